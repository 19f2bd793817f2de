//! Many instances, a faulty store and time that a seed decides, against what limits promise.
//!
//! Runs repeat: what fails names its seed. Each promise has a test beside it that shows how it looks when it is broken.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod exact;
mod quotas;
mod steady;
mod theorem;

use std::time::Duration;

use gatelet_model::Throttle;
use gatelet_world::simulation::Phase;

/// A rate for each second, and as many seconds' tokens at once.
fn throttle(rate: f64, burst_seconds: f64) -> Throttle {
    Throttle::new(rate, (rate * burst_seconds).ceil() as u32).unwrap()
}

/// Requests by chance.
fn requests(seconds: f64, per_second: f64) -> Phase {
    Phase { lasts: Duration::from_secs_f64(seconds), per_second, even: false }
}

/// Requests of a steady client.
fn steadily(seconds: f64, per_second: f64) -> Phase {
    Phase { even: true, ..requests(seconds, per_second) }
}
