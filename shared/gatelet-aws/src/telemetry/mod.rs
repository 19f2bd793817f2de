//! What is told of requests that are over, the line that every front door writes for a sealed record, and of what goes on
//! inside a function.
//!
//! Where the line goes is the door's own; what a definition's access log says of a request is a rule of the gateway
//! and not here.

mod cause;
mod diagnostics;
mod line;

pub use cause::cause;
pub use diagnostics::{start as start_diagnostics, write_line};
pub use line::push_line;
