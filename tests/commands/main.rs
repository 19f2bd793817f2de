//! What brings definitions to a gateway in AWS, and who may call it: `gatelet pack`, `deploy`, `deployments`, `rollback`, `domain`,
//! `access-keys`, `keys`, `plans`, `usage`, `render` and `invoke`, each started as a user starts it, against a DynamoDB over loopback or a gateway that
//! runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access_keys;
mod authors;
mod domains;
mod fixture;
mod packed;
mod refusals;
mod stages;
mod usage_plans;
