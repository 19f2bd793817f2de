//! What a client is told of its limits, where the operator says so: `RateLimit` and `RateLimit-Policy`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>), and `Retry-After`. AWS tells none of it.

use std::fmt::Write as _;
use std::time::Duration;

use gatelet_model::Throttle;
use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use crate::limits::QuotaLimit;
use crate::ports::Timestamp;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The largest number that a header may have (<https://www.rfc-editor.org/rfc/rfc9651#section-3.3.1>).
const NUMBER_MAX: f64 = 999_999_999_999_999.0;
const DAY_SECONDS: u64 = 86_400;

/// What a client is told of its limits.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    policies: String,
    /// What is left of the quota, and for how long.
    left: Option<(u32, Duration)>,
}

impl Allowance {
    /// A throttle: what passes at once, and the time in which that comes anew, where it does.
    #[must_use]
    pub(crate) fn policy_of_throttle(name: &str, throttle: Throttle) -> String {
        let seconds = (f64::from(throttle.burst()) / throttle.rate_per_second()).ceil().max(1.0);
        let window = if seconds <= NUMBER_MAX { format!(";w={seconds}") } else { String::new() };
        format!(r#""{name}";q={}{window}"#, throttle.burst())
    }

    /// A quota, as it is at a moment.
    #[must_use]
    pub(crate) fn policy_of_quota(name: &str, quota: &QuotaLimit, now: Timestamp) -> String {
        let (period, limit) = quota.at(now);
        format!(r#""{name}";q={limit};w={}"#, period.next.since(period.first) * DAY_SECONDS)
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
