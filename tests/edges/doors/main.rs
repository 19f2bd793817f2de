//! The function whole, in this process: an event goes in as JSON, an answer comes out in the shape of its door. Its world is in
//! memory, or a pack as `sam deploy` would bring it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod ending;
mod events;
mod failures;
mod fixture;
mod origin;
mod sizes;
mod streaming;
mod unconfigured;
