//! Who may call, in the whole data plane: AWS's tables, signed requests, tokens, and what may never be confused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod fixture;
mod isolation;
mod rows;
mod signed;
mod threats;
mod token_service;
mod web_identity;
