//! The bundle that `sam deploy` takes, run for real as far as one machine allows: validated, built, run by AWS's own emulator and by
//! `cargo lambda watch`, deployed into moto, and its role held against what it calls.
//!
//! The tools come from `cargo xtask test`; without them each test says that it is skipped. What needs a container is
//! `cargo xtask sam-local`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod authorizer;
mod aws;
mod build;
mod concurrent;
mod containers;
mod emulator;
mod events;
mod machine;
mod validators;
mod watch;
