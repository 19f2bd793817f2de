//! What is wrong with a token.

use std::fmt;

use crate::refusal::{Challenge, Refusal};

/// Why a token is not accepted. Texts are AWS's where they are known:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html>, and answers and access logs
/// that people have shown in public. ASSUMPTION: the other texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// It is none: parts, base64 or JSON.
    Malformed,
    /// It is larger than any that is read.
    TooLarge,
    /// Its header asks for an extension that nobody here understands (`crit`, `b64`).
    Extension,
    /// Its algorithm is none that is accepted for the key.
    Algorithm,
    /// It does not name a key of its issuer.
    UnknownKey,
    /// Its signature is not its issuer's.
    Signature,
    /// Its issuer is none of the authorizer's.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It says that it was issued later than now.
    IssuedInFuture,
    /// A claim that must be there is missing, or is not what the authorizer asks for.
    MissingClaim,
    /// A claim is of another type than it may be.
    ClaimType,
    /// It is not the kind of token that is asked for: an access token instead of an id token, or the other way round.
    Use,
    /// The issuer's discovery document cannot be had.
    Discovery,
    /// The issuer's keys cannot be had.
    Keys,
}

impl Defect {
    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "the token is malformed",
            Self::TooLarge => "the token is too large",
            Self::Extension => "the token uses an unsupported extension",
            Self::Algorithm => "the token's signing algorithm is not accepted",
            Self::UnknownKey => "the token is not signed with a key of the issuer",
            Self::Signature => "the token does not have a valid signature",
            Self::Issuer => "the token does not have a valid issuer",
            Self::Audience => "the token does not have a valid audience",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::IssuedInFuture => "the token was issued in the future",
            Self::MissingClaim => "the token lacks a required claim",
            Self::ClaimType => "the token has a claim of a wrong type",
            Self::Use => "the token is not of the kind that is asked for",
            Self::Discovery => "OIDC discovery endpoint communication error",
            Self::Keys => "JWKS communication error",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<Defect> for Refusal {
    /// Always 401: AWS answers so even where the keys cannot be had, as recorded on HTTP APIs.
    fn from(defect: Defect) -> Self {
        Self::Unauthorized(Some(Challenge::InvalidToken(defect.as_str())))
    }
}
