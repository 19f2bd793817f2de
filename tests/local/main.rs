//! The local server with everything behind it, over real sockets: the edge, the pipeline, the embedded store, backends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod addresses;
mod client;
mod clients;
mod command;
mod desync;
mod fixture;
mod limits;
mod projects;
mod protocols;
mod records;
mod stop;

use std::future::Future;

use gatelet_tests::backend::PATIENCE;

/// Waits for what should come at once.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it does not hang")
}
