//! What every front door does for a request before and after the pipeline: opens its arrival, keeps its record until
//! it is sealed exactly once, tells of the client's certificate, and holds a panic to the request it belongs to.
//!
//! How bytes come in and go out is the door's own (the local server, the router function); what a request means is
//! the core's.

mod certificate;
mod head;
mod identity;
pub mod limits;
mod outbound;
mod panics;
mod record;

pub use certificate::{certificate_of_header, client_certificate, remove_certificate_headers};
pub use head::{check_head, refuse_unseen};
pub use identity::arrival;
pub use outbound::Outbound;
pub use panics::unless_panicking;
pub use record::{OpenRecord, Sink, has_body};
