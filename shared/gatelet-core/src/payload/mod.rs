//! What requests and answers are made of: bodies, headers, the one canonical path, queries.
//! No rule about who may call or where a request goes lives here.

mod body;
pub mod coding;
mod header_names;
pub mod headers;
mod path;
mod query;

pub use body::{Body, BodyError, Collected};
pub use header_names::{HeaderNames, Spelling, Spellings};
pub use path::{CanonicalPath, PathError};
pub use query::{Query, push_pair};

/// A request as the edge hands it over: its head is parsed, its body may still be on the way.
pub type Request = http::Request<Body>;

/// An answer as the edge takes it.
pub type Response = http::Response<Body>;
