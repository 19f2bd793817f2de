//! Cross-origin rules of an HTTP API.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Which pages of other origins may call
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// Whether credentials may be sent.
    pub allow_credentials: bool,
    /// Headers that may be sent; `*` is any.
    pub allow_headers: Vec<String>,
    /// Methods that may be used; `*` is any.
    pub allow_methods: Vec<String>,
    /// Origins; `*` is any, `https://*` any of a scheme.
    pub allow_origins: Vec<String>,
    /// Headers that a page may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember the answer, in seconds; none where nothing is said.
    pub max_age_seconds: Option<i32>,
}

impl Cors {
    /// Checks that the rules can be kept.
    ///
    /// # Errors
    /// A [`Problem`] for credentials from any origin, or for an age outside -1 to 86,400.
    pub fn check(&self) -> Result<(), Problem> {
        const MAX_AGE_SECONDS: std::ops::RangeInclusive<i32> = -1..=86_400;
        if self.allow_credentials && self.allow_origins.iter().any(|origin| origin == "*") {
            return Err(Problem::error("allow-credentials is not supported if `allow-origin` is *")
                .help("list the origins, or do without credentials"));
        }
        if self.max_age_seconds.is_some_and(|seconds| !MAX_AGE_SECONDS.contains(&seconds)) {
            return Err(Problem::error("the CORS max age is out of range").help("give -1 to 86,400 seconds"));
        }
        Ok(())
    }
}
