//! Who stands in front of a public door: anybody, or the edge that proves itself by a secret header.

use std::fmt;

use http::{HeaderMap, HeaderName};
use subtle::ConstantTimeEq;

/// The header by which the edge proves itself.
pub(super) const SECRET: HeaderName = HeaderName::from_static("x-gatelet-origin-secret");
/// The host that the client called, as the edge tells it: the edge itself must call the door by the door's own name.
pub(super) const HOST: HeaderName = HeaderName::from_static("x-gatelet-host");

/// The client's address, as the edge tells it.
pub(super) const CLIENT: HeaderName = HeaderName::from_static("x-gatelet-client");

/// The client's certificate, as the edge tells it that has verified it: PEM, escaped as in URLs.
pub(super) const CERTIFICATE: HeaderName = HeaderName::from_static("x-gatelet-client-certificate");

/// How many secrets are valid at a time: the old one and the new one, while the edge changes over.
const SECRETS_MAX: usize = 2;
/// The shortest secret, in characters. Nobody guesses one of this length that is random.
const SECRET_CHARACTERS_MIN: usize = 16;

/// Whom a door believes what it tells of the client.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// What proves the edge.
    pub origin_secrets: OriginSecrets,
    /// Whether the load balancer in front verifies client certificates: its listener's mutual authentication is `verify`.
    pub load_balancer_certificates: bool,
}

/// The secrets that prove the edge; none where anybody may call.
#[derive(Clone, Default)]
pub struct OriginSecrets(Vec<Box<str>>);

/// Why secrets cannot be taken. It shows none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginProblem {
    /// None, though something is written: it would open the door to everybody.
    #[error("no secret is in it: write one, or leave it unset where anybody may call")]
    Empty,
    /// More than an old one and a new one.
    #[error("{0} secrets are given: write one, or the old and the new one while the edge changes over")]
    TooMany(usize),
    /// One that can be guessed.
    #[error("a secret has {0} characters: write a random one of at least {SECRET_CHARACTERS_MIN}")]
    TooShort(usize),
    /// One that no header can hold.
    #[error("a secret holds a character that a header cannot: write letters and digits")]
    NotPlain,
}

/// What is known of whoever sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Anybody may call.
    Anybody,
    /// The edge, which proved itself: what it says of the client is believed.
    Proven,
    /// Somebody who went around the edge.
    Unproven,
}

impl OriginSecrets {
    /// Reads secrets with commas between.
    ///
    /// # Errors
    /// An [`OriginProblem`].
    pub fn parse(text: &str) -> Result<Self, OriginProblem> {
        let secrets: Vec<Box<str>> =
            text.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(Into::into).collect();
        if secrets.is_empty() && !text.is_empty() {
            return Err(OriginProblem::Empty);
        }
        if secrets.len() > SECRETS_MAX {
            return Err(OriginProblem::TooMany(secrets.len()));
        }
        for secret in &secrets {
            if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(OriginProblem::NotPlain);
            }
            if secret.len() < SECRET_CHARACTERS_MIN {
                return Err(OriginProblem::TooShort(secret.len()));
            }
        }
        Ok(Self(secrets))
    }

    /// Judges a request by its headers. Every secret is compared to its end, so that the time tells nothing.
    #[must_use]
    pub fn judge(&self, headers: &HeaderMap) -> Origin {
        if self.0.is_empty() {
            return Origin::Anybody;
        }
        let mut given = headers.get_all(SECRET).iter();
        let (Some(given), None) = (given.next(), given.next()) else { return Origin::Unproven };
        let mut proven = subtle::Choice::from(0);
        for secret in &self.0 {
            proven |= secret.as_bytes().ct_eq(given.as_bytes());
        }
        if proven.into() { Origin::Proven } else { Origin::Unproven }
    }
}

impl fmt::Debug for OriginSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginSecrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use http::HeaderValue;

    use super::*;

    const OLD: &str = "old-0123456789abcdef";
    const NEW: &str = "new-0123456789abcdef";

    fn judged(secrets: &str, given: &[&'static str]) -> Origin {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(SECRET, HeaderValue::from_static(value));
        }
        OriginSecrets::parse(secrets).unwrap().judge(&headers)
    }

    #[test]
    fn both_secrets_count_while_they_rotate_and_nothing_else() {
        let both = format!("{OLD}, {NEW}");
        assert_eq!(judged(&both, &[OLD]), Origin::Proven);
        assert_eq!(judged(&both, &[NEW]), Origin::Proven);
        assert_eq!(judged(NEW, &[OLD]), Origin::Unproven);
        assert_eq!(judged(NEW, &[]), Origin::Unproven);
        assert_eq!(judged(NEW, &[NEW, NEW]), Origin::Unproven);
        assert_eq!(judged(NEW, &["new-0123456789abcde"]), Origin::Unproven);
        assert_eq!(judged("", &[OLD]), Origin::Anybody);
    }

    #[test]
    fn bad_secrets_are_refused_and_never_shown() {
        let problem = |text: &str| OriginSecrets::parse(text).unwrap_err();
        assert_eq!(problem("short"), OriginProblem::TooShort(5));
        assert_eq!(problem(" , "), OriginProblem::Empty);
        assert_eq!(problem(&format!("{OLD},{NEW},{OLD}")), OriginProblem::TooMany(3));
        assert_eq!(problem("with a space in the middle"), OriginProblem::NotPlain);
        assert!(!format!("{:?} {}", OriginSecrets::parse(OLD).unwrap(), problem("short")).contains("short"));
    }
}
