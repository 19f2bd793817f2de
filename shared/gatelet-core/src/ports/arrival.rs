//! What a request arrives with and no rule may invent.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::authorizers::ClientCertificate;
use crate::authorizers::iam::IamIdentity;

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

/// The client's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without encryption: on one machine alone, for AWS's endpoints have no such.
    Http,
    /// Encrypted, though TLS may end before the edge.
    Https,
}

impl Scheme {
    /// As URLs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Its own port, which URLs leave out.
    #[must_use]
    pub const fn port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

/// A request's arrival at the edge.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When.
    pub now: Timestamp,
    /// `$context.requestId` on REST APIs: a UUID.
    pub request_id: Box<str>,
    /// `$context.extendedRequestId`, which on HTTP and WebSocket APIs is the only id: 15 base64 characters and `=`.
    pub extended_request_id: Box<str>,
    /// A random number for draws such as the canary's: evenly spread over all of `u64`.
    pub draw: u64,
    /// The client's address as the platform tells it, never as a header does.
    pub peer: IpAddr,
    /// The client's protocol as the platform tells it, never as a header does.
    pub scheme: Scheme,
    /// The trace that the platform began, as `X-Amzn-Trace-Id` has it; none where it began none.
    pub trace_id: Option<Box<str>>,
    /// When the edge gives up; every port call ends before.
    pub deadline: Timestamp,
    /// What the platform vouches for.
    pub vouched: Vouched,
}

/// What the platform in front has verified of the caller: never taken from a header that a client can write.
#[derive(Debug, Clone, Default)]
pub struct Vouched {
    /// The identity of a caller who signed, where a Function URL of `AuthType: AWS_IAM` stands in front.
    pub identity: Option<Arc<IamIdentity>>,
    /// The certificate that the client showed in the TLS handshake.
    pub certificate: Option<Arc<ClientCertificate>>,
}

impl Arrival {
    /// How long a call that begins at `now` may take: its own limit, but never beyond the edge's deadline. Nothing
    /// where no time is left for it.
    #[must_use]
    pub fn time_for(&self, limit: Duration, now: Timestamp) -> Option<Duration> {
        Some(limit.min(self.deadline.since(now))).filter(|time| !time.is_zero())
    }
}

#[cfg(test)]
impl Arrival {
    /// The arrival of a request of which nothing is special, with a minute left for it.
    pub(crate) fn in_tests(now: Timestamp) -> Self {
        Self {
            now,
            request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into(),
            extended_request_id: "JKJaXmPLvHcESHA=".into(),
            draw: 0,
            peer: IpAddr::from([127, 0, 0, 1]),
            scheme: Scheme::Https,
            trace_id: None,
            deadline: now.after(Duration::from_secs(60)),
            vouched: Vouched::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_by_its_own_limit_or_the_deadline_whichever_is_first() {
        let now = Timestamp::from_milliseconds(1_000);
        let arrival = Arrival { deadline: now.after(Duration::from_secs(3)), ..Arrival::in_tests(now) };
        let limit = Duration::from_secs(2);
        assert_eq!(arrival.time_for(limit, now), Some(limit));
        assert_eq!(
            arrival.time_for(limit, now.after(Duration::from_millis(2_500))),
            Some(Duration::from_millis(500))
        );
        for late in [3, 4] {
            assert_eq!(arrival.time_for(limit, now.after(Duration::from_secs(late))), None);
        }
    }
}
