//! A Lambda authorizer for Amazon API Gateway itself: tokens of any issuer, API keys with usage plans, ranges of addresses and a
//! policy, all of it from one document.
//!
//! Here live the document, the events of authorizers and their answers. How a token is verified and what limits a key is the
//! core's, how a policy is read and decided is `gatelet-languages`'s.

mod answer;
mod api_keys;
mod authorizer;
mod configuration;
mod event;
mod ports;
mod statements;

pub use answer::{Answer, Failure};
pub use authorizer::{Authorizer, CONFIGURATION_FILE};
pub use configuration::Rules;
pub use ports::AuthorizerPorts;

#[cfg(test)]
mod tests;
