//! Limits through the whole data plane: what an instance remembers of API keys and plans, what it counts, and what it does while
//! nothing can be known; and what real processes let through together.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod counted;
mod gateway;
mod known;
mod processes;
mod runtime_api;
