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
    /// Origins; `*` is any, `https://*` any of a scheme, and `https://*.example.com` any below a domain, which AWS has not.
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
    /// A [`Problem`] for credentials from any origin, a star that stands for something else, or an age outside -1 to 86,400.
    pub fn check(&self) -> Result<(), Problem> {
        const MAX_AGE_SECONDS: std::ops::RangeInclusive<i32> = -1..=86_400;
        if self.allow_credentials && self.allow_origins.iter().any(|origin| origin.trim() == "*") {
            return Err(Problem::error("allow-credentials is not supported if `allow-origin` is *")
                .help("list the origins, or do without credentials"));
        }
        if let Some(origin) = self.allow_origins.iter().find(|origin| !is_understood(origin)) {
            return Err(Problem::error(format!("the origin `{origin}` is not understood"))
                .help("write `*`, `https://*`, `https://*.example.com` or an origin without a star"));
        }
        if self.max_age_seconds.is_some_and(|seconds| !MAX_AGE_SECONDS.contains(&seconds)) {
            return Err(Problem::error("the CORS max age is out of range").help("give -1 to 86,400 seconds"));
        }
        Ok(())
    }
}

/// Whether a star, if there is one, stands where it has a meaning.
fn is_understood(origin: &str) -> bool {
    let origin = origin.trim();
    match origin.split_once('*') {
        None | Some(("", "")) => true,
        Some((before, behind)) => {
            let is_scheme = before
                .strip_suffix("://")
                .is_some_and(|scheme| !scheme.is_empty() && !scheme.contains(['/', ':']));
            let is_domain = behind.strip_prefix('.').is_some_and(|domain| {
                !domain.is_empty() && !domain.starts_with('.') && !domain.contains(['*', '/'])
            });
            is_scheme && (behind.is_empty() || is_domain)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origins: &[&str]) -> Result<(), Problem> {
        let allow_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        Cors { allow_origins, ..Cors::default() }.check()
    }

    #[test]
    fn a_star_stands_for_all_for_a_scheme_or_below_a_domain() {
        for good in [
            "*",
            "https://*",
            "https://*.example.com",
            "https://*.example.com:8443",
            "https://a.example",
            "null",
        ] {
            assert_eq!(check(&[good]), Ok(()), "{good}");
        }
        for bad in [
            "*.example.com",
            "https://a.*",
            "https://*example.com",
            "https://*.",
            "https://*.*.com",
            "**",
            "://*",
        ] {
            assert!(check(&["https://a.example", bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_are_for_no_unnamed_origin() {
        let cors = |origin: &str| Cors {
            allow_credentials: true,
            allow_origins: vec![origin.to_owned()],
            ..Cors::default()
        };
        assert!(cors("*").check().is_err());
        // The gateway looks at it without the space, and so does this.
        assert!(cors("* ").check().is_err());
        assert_eq!(cors("https://*").check(), Ok(()));
    }
}
