//! What brings definitions to a gateway in AWS: `gatelet pack`, `deploy`, `deployments`, `rollback`, `domain` and `access-keys`, each
//! started as a user starts it, against a DynamoDB over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access_keys;
mod domains;
mod fixture;
mod packed;
mod refusals;
mod stages;
