//! Requests that come as Lambda events, and answers as Lambda takes them.
//!
//! Here live the shapes of the doors in front of a function: Function URLs, load balancers, API Gateway's two formats, and
//! plain invocations. Our own, because raw paths, the spelling and the number of headers must survive
//! (`aws_lambda_events` is our oracle in tests). No rule of the gateway lives here.
//!
//! The way of an event: [`HttpEvent`] in `event` is what JSON says, with `headers` and `query` as its parts;
//! [`HttpEvent::receive`] in `receive` makes the request of it, `target` its path and query; [`Origin`] in `origin` judges who
//! stands in front, and `vouched` what is believed of the caller; `answer` writes the answer, [`Buffered`] for a door that takes it whole, [`Prelude`] for one that takes it
//! as it comes.

mod answer;
mod event;
mod headers;
mod origin;
mod query;
mod receive;
mod target;
mod vouched;

pub use answer::{Buffered, Prelude};
pub use event::{Door, HttpEvent};
pub use origin::{Origin, OriginProblem, OriginSecrets, Trust};
pub use receive::{Received, UnknownEvent};

#[cfg(test)]
mod tests;
