//! The function host with real processes, called through the adapter that also calls AWS.
//!
//! Python is what `GATELET_TEST_PYTHON` names, else `python3`; Node what `GATELET_TEST_NODE` names, else `node`. Tests
//! for which there is none are skipped, and say so.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod api;
mod bad;
mod code;
mod events;
mod fixture;
mod handlers;
mod load;
mod log;
mod processes;
mod provided;
mod streaming;

use std::future::Future;

use gatelet_tests::backend::PATIENCE;

/// Waits for what should come soon.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it does not hang")
}
