//! The stages of a request's life, one file each. Each returns what it established, so that a later one cannot
//! run without it. Their order is `pipeline.rs`; what they ask of the world goes through the ports.

pub mod access;
pub mod client;
pub mod compress;
pub mod cors;
pub mod locate;
pub mod map_body;
pub mod map_request;
pub mod map_response;
pub mod route;
pub mod throttle;
pub mod validate;
