//! What a request arrives with and no rule may invent.

use std::net::IpAddr;
use std::time::Duration;

/// A moment, in milliseconds since 1970 in UTC. Passed in by the edge: the core has no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A moment by its milliseconds since 1970.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// The moment this much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How much later this is than another moment; zero where it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// A request's arrival at the edge.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When.
    pub now: Timestamp,
    /// `$context.requestId`: a UUID.
    pub request_id: Box<str>,
    /// `$context.extendedRequestId`: 15 base64 characters and `=`.
    pub extended_request_id: Box<str>,
    /// A random number for draws such as the canary's: evenly spread over all of `u64`.
    pub draw: u64,
    /// The client's address as the platform tells it, never as a header does.
    pub peer: IpAddr,
    /// When the edge gives up; every port call ends before.
    pub deadline: Timestamp,
}
