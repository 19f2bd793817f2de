//! Every limit of the local server, in one place; those of every front door are `gatelet-aws`'s. AWS's own where AWS has one
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>).

use std::time::Duration;

pub use gatelet_aws::edge::limits::{BODY_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, URL_BYTES_MAX};
use gatelet_model::limits::TIMEOUT_MILLISECONDS_MAX;

/// How much of a request's head is read before it is given up: well above what is allowed, so that a client whose
/// head is too large hears so in the gateway's own words.
pub const HEAD_BYTES_READ_MAX: usize = 64 * 1024;

/// The largest unit of HTTP/2 headers that is taken in before the connection itself refuses, for the same reason.
pub const HTTP2_HEADER_LIST_BYTES_MAX: u32 = 64 * 1024;

/// The longest chain of a client's certificate, the root's included
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html#rest-api-mutual-tls-prerequisites>).
pub const CERTIFICATE_CHAIN_MAX: usize = 4;

/// How many requests of a connection may wait to begin whose header names are remembered as the client spelled them.
/// One is answered after the other, so that more than one or two is a client that does not wait for answers.
pub const HEADS_AHEAD_MAX: usize = 16;

/// How many requests one HTTP/2 connection may have under way.
pub const HTTP2_STREAMS_MAX: u32 = 128;

/// How many streams a client may open and reset before the server has looked at them; then the connection is closed
/// (CVE-2023-44487).
pub const HTTP2_PENDING_RESETS_MAX: usize = 20;

/// How many streams may be reset by the server for the client's mistakes; then the connection is closed.
pub const HTTP2_ERROR_RESETS_MAX: usize = 128;

/// How much of what a client still sends is thrown away when its connection is closed, and for how long, so that it
/// reads its answer.
pub const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// See [`LINGER_BYTES_MAX`].
pub const LINGER: Duration = Duration::from_secs(2);

/// How many connections are open at once. Further ones wait to be accepted.
pub const CONNECTIONS_MAX: usize = 1_000;

/// How long accepting rests after the machine has refused a connection, such as for want of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long the server waits for things, and how often it looks. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From a connection's beginning to the end of its TLS handshake.
    pub handshake: Duration,
    /// From a request's first byte to the end of its head.
    pub head: Duration,
    /// A connection with no request under way.
    pub keep_alive: Duration,
    /// Between two pieces of a request's body.
    pub body: Duration,
    /// For a client that takes nothing of its answer.
    pub write: Duration,
    /// From a request's arrival until its answer begins. Longer than the longest integration timeout, so that the
    /// integration's own answer for it is given.
    pub answer: Duration,
    /// How often connections are looked at.
    pub look: Duration,
    /// For requests under way when the server is told to stop.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            keep_alive: Duration::from_secs(60),
            body: Duration::from_secs(30),
            write: Duration::from_secs(60),
            answer: Duration::from_millis(TIMEOUT_MILLISECONDS_MAX as u64 + 20_000),
            look: Duration::from_secs(1),
            stop: Duration::from_secs(30),
        }
    }
}
