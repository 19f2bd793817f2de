//! State, whole: the adapter for DynamoDB on the embedded engine, the operation that deploys, and what the data plane
//! then sees; also when the store fails, when two deploy at once, and when the process is killed half-way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod api_keys;
mod connectors;
mod counters;
mod credentials;
mod decisions;
mod deployments;
mod fixture;
mod kill_loop;
mod published;
mod races;
mod refusals;
