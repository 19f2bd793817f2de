//! What a client is told of its limits, where the operator says so: `RateLimit` and `RateLimit-Policy`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>), and `Retry-After`. AWS tells none of it.

use std::fmt::Write as _;
use std::time::Duration;

use gatelet_model::{QuotaPeriod, Throttle};
use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use crate::limits::QuotaLimit;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a client is told of its limits.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    policies: String,
    /// What is left of the quota, and for how long.
    left: Option<(u32, Duration)>,
}

impl Allowance {
    /// A throttle: what passes at once, and the time in which that comes anew.
    #[must_use]
    pub(crate) fn policy_of_throttle(name: &str, throttle: Throttle) -> String {
        let seconds = (f64::from(throttle.burst()) / throttle.rate_per_second()).ceil().max(1.0);
        format!(r#""{name}";q={};w={seconds}"#, throttle.burst())
    }

    /// A quota.
    #[must_use]
    pub(crate) fn policy_of_quota(name: &str, quota: &QuotaLimit) -> String {
        let days = match quota.period {
            QuotaPeriod::Day => 1,
            QuotaPeriod::Week => 7,
            QuotaPeriod::Month => 30,
        };
        format!(r#""{name}";q={};w={}"#, quota.limit, days * 86_400)
    }

    pub(super) fn add_policy(&mut self, policy: &str) {
        if !self.policies.is_empty() {
            self.policies.push_str(", ");
        }
        self.policies.push_str(policy);
    }

    pub(super) const fn note_left(&mut self, left: u32, resets_in: Duration) {
        self.left = Some((left, resets_in));
    }

    /// Puts it on an answer, with when a refused request may be sent again.
    pub(crate) fn mark(&self, headers: &mut HeaderMap, retry_after: Option<Duration>) {
        let mut insert = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        if !self.policies.is_empty() {
            insert(RATE_LIMIT_POLICY, self.policies.clone());
        }
        let mut state = String::new();
        if let Some((left, resets_in)) = self.left {
            // Writing into a text cannot fail.
            let _ = write!(state, r#""quota";r={left};t={}"#, whole_seconds(resets_in));
        }
        if !state.is_empty() {
            insert(RATE_LIMIT, state);
        }
        if let Some(retry_after) = retry_after {
            insert(RETRY_AFTER, whole_seconds(retry_after).max(1).to_string());
        }
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
