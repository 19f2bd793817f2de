//! Lambda functions: the adapter behind the core's `Functions` port.
//!
//! It speaks Lambda's own API, with AWS or with whoever stands in for it, such as the function host of one machine.
//! Here live addresses, signatures, connections and time limits. What an event or an answer contains is the core's.
//!
//! The way of a call: [`LambdaFunctions`] in `client`; `target` finds where a function is called; [`services`](crate::services)
//! signs and sends; `refusals` names what Lambda refused; `stream` takes a streamed answer apart.

mod client;
mod refusals;
mod settings;
mod stream;
mod target;

pub use client::LambdaFunctions;
pub use settings::{LambdaLimits, LambdaSettings};
