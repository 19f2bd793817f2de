//! The meter, whole: what instances report, as the stream tells it or fails to, becomes totals, metrics and events.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod backfill;
mod fixture;
mod folding;
mod metrics;
mod properties;
mod returns;
mod thresholds;
mod wire;
