//! The data plane as a Lambda function: an event comes in, the pipeline serves it, its answer goes out in the shape of the door.
//!
//! Here live the router's own ports and what a frozen world asks for. What an event means is `gatelet_aws::events`'s, what a
//! request means is the core's.

mod body;
mod log;
mod router;
mod world;

pub use body::AnswerBody;
pub use router::{Invocation, Ports, Reply, Router};
pub use world::RouterWorld;
