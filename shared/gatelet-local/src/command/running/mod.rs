//! Asking a gateway that runs: `gatelet authorize`, and what other commands ask its control plane.

mod ask;
pub(super) mod authorize;

pub(super) use ask::{Asked, CONTROL};
