//! Lambda authorizers before a world in memory: when the function is asked, what is remembered, and that whatever goes
//! wrong stays closed and forgotten.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod definitions;
mod faults;
mod fixture;
mod flights;
mod identity;
mod kept;
mod keys;
mod shared;
