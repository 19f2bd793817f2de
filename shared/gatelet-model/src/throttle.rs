//! How many requests are taken.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// A token bucket: `rate` tokens a second, at most `burst` of them at once, one for each request
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>).
/// A rate and burst of 0 refuse everything.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ThrottleParts", into = "ThrottleParts")]
pub struct Throttle {
    rate_per_second: f64,
    burst: u32,
}

#[derive(Serialize, Deserialize)]
struct ThrottleParts {
    rate_per_second: f64,
    burst: u32,
}

impl Throttle {
    /// Checks the rate: finite, not negative.
    ///
    /// # Errors
    /// A [`Problem`] where it is neither.
    pub fn new(rate_per_second: f64, burst: u32) -> Result<Self, Problem> {
        if rate_per_second.is_finite() && rate_per_second >= 0.0 {
            Ok(Self { rate_per_second, burst })
        } else {
            Err(Problem::error(format!("`{rate_per_second}` is not a rate"))
                .help("give requests per second, 0 or more"))
        }
    }

    /// Tokens that come in each second.
    #[must_use]
    pub const fn rate_per_second(self) -> f64 {
        self.rate_per_second
    }

    /// Tokens that the bucket holds.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }
}

impl TryFrom<ThrottleParts> for Throttle {
    type Error = String;
    fn try_from(parts: ThrottleParts) -> Result<Self, String> {
        Self::new(parts.rate_per_second, parts.burst).map_err(|problem| problem.message)
    }
}

impl From<Throttle> for ThrottleParts {
    fn from(throttle: Throttle) -> Self {
        Self { rate_per_second: throttle.rate_per_second, burst: throttle.burst }
    }
}
