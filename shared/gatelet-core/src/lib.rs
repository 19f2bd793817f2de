//! The data plane: the life of a request, as pure decisions and narrow ports.
//!
//! [`pipeline`] reads as that life. The core has no clock, no I/O, no randomness and no SDK: what it needs of the world
//! comes through [`ports`], what no rule may invent comes with the [`Arrival`].
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic, reason = "tests"))]

pub mod authorizers;
pub mod integrations;
pub mod limits;
pub mod memory;
pub mod payload;
pub mod pipeline;
pub mod ports;
pub mod record;
pub mod refusal;
pub mod snapshot;
pub mod stages;

pub use authorizers::signature;
pub use ports::{Arrival, Scheme, Timestamp, Vouched};
