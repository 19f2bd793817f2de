//! What requests and answers are made of: bodies, headers, the one canonical path, queries.
//! No rule about who may call or where a request goes lives here.

mod body;
pub mod coding;
mod content_type;
mod header_names;
pub mod headers;
mod path;
mod query;

pub use body::{Body, BodyError, Collected};
pub use content_type::{JSON, content_type, essence, is_ambiguous};
pub use header_names::{HeaderNames, Spelling, Spellings};
pub use path::{CanonicalPath, PathError};
pub use query::{Query, push_pair};

/// The largest payload that API Gateway takes, and what a mapping, a signature or a coding reads at most, in bytes
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>).
pub const PAYLOAD_BYTES_MAX: usize = 10 * 1024 * 1024;

/// A request as the edge hands it over: its head is parsed, its body may still be on the way.
pub type Request = http::Request<Body>;

/// An answer as the edge takes it.
pub type Response = http::Response<Body>;
