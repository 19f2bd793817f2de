//! Asking a gateway that runs: `gatelet authorize` and `gatelet invoke`, and what other commands ask its control plane.

mod ask;
pub(super) mod authorize;
pub(super) mod invoke;

pub(super) use ask::{Asked, CONTROL, token};
