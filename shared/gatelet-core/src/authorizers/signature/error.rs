//! Why a signature is refused, in AWS's words: each is recorded of AWS, unless it says otherwise.

use gatelet_model::rest::GatewayResponseType as Type;

use super::{ALGORITHM, LIFETIME_SECONDS_MAX, TERMINATOR};

const MISSING: &str = "MissingAuthenticationTokenException";
const INCOMPLETE: &str = "IncompleteSignatureException";
const INVALID: &str = "InvalidSignatureException";
const UNRECOGNIZED: &str = "UnrecognizedClientException";
const EXPIRED: &str = "ExpiredTokenException";

/// What AWS says where its own signature came out otherwise.
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your \
                        AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// Why a request is not taken as signed. Its text is what the client is told; it may repeat what the client sent,
/// so that it must be escaped where it is put into a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("Missing Authentication Token")]
    Missing,
    /// There are two.
    #[error("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    BothForms,
    /// What counts once is there twice. The text is ours: AWS's is not known.
    #[error("'{0}' is given more than once.")]
    Repeated(&'static str),
    /// A part of the `Authorization` header is no `key=value`. Carries the header's hash.
    #[error(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{0}'."
    )]
    NotKeyValue(String),
    /// The `Authorization` header is not whole, or comes without a date.
    #[error("{}", authorization_lacks(parameters, *date, authorization_hash))]
    AuthorizationLacks {
        /// The parameters that it lacks.
        parameters: Vec<&'static str>,
        /// Whether the date is missing.
        date: bool,
        /// The header's hash.
        authorization_hash: String,
    },
    /// The query of a pre-signed URL is not whole. Carries the parameters that it lacks.
    #[error("{}Re-examine the query-string parameters.", query_lacks(_0))]
    QueryLacks(Vec<&'static str>),
    /// The date is none.
    #[error("Date must be in ISO-8601 'basic format'. Got '{0}'. See http://en.wikipedia.org/wiki/ISO_8601")]
    BadDate(String),
    /// The lifetime of a pre-signed URL is none, in S3's words. Carries why.
    #[error("X-Amz-Expires {0}")]
    BadExpires(&'static str),
    /// The request is too old.
    #[error("Signature expired: {signed} is now earlier than {limit} ({now} - {window}.)")]
    Expired {
        /// When it was signed.
        signed: String,
        /// When it would have had to be signed at the earliest.
        limit: String,
        /// The present.
        now: String,
        /// How long a signature lives, as `5 min`.
        window: String,
    },
    /// The request comes out of the future.
    #[error("Signature not yet current: {signed} is still later than {limit} ({now} + {window}.)")]
    NotYetCurrent {
        /// When it says it was signed.
        signed: String,
        /// When it could have been signed at the latest.
        limit: String,
        /// The present.
        now: String,
        /// How far clocks may differ, as `5 min`.
        window: String,
    },
    /// The signature does not cover the host.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// The signature does not cover a header that it must.
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    HeaderNotSigned(String),
    /// The list of signed headers is none that a signer makes, so that no signature of it can be right. Carries why.
    #[error("{MISMATCH}")]
    BadSignedHeaders(&'static str),
    /// The algorithm is another: Signature Version 4A (`AWS4-ECDSA-P256-SHA256`), or none at all.
    #[error("Unsupported AWS 'algorithm': '{0}' (only {ALGORITHM} for now). ")]
    UnsupportedAlgorithm(String),
    /// The credential is not an access key's id with a scope.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{0}'"
    )]
    BadCredential(String),
    /// The scope is another than the request's.
    #[error("{}", sentences(_0))]
    BadScope(Vec<ScopeProblem>),
    /// `x-amz-content-sha256` is not the body's hash, in S3's words. `UNSIGNED-PAYLOAD` and the forms of chunked
    /// uploads are S3's own: execute-api hashes every body.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadMismatch,
    /// Signed with another secret, or changed on the way.
    #[error("{MISMATCH}")]
    Mismatch,
    /// The access key or its session token is unknown, or they do not belong together.
    #[error("The security token included in the request is invalid.")]
    InvalidToken,
    /// The access key was temporary and is over.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
}

/// What is wrong with a credential's scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeProblem {
    /// Another region.
    #[error("Credential should be scoped to a valid region, not '{0}'. ")]
    Region(String),
    /// Another service. Carries the right one.
    #[error("Credential should be scoped to correct service: '{0}'. ")]
    Service(String),
    /// Another last part.
    #[error("Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{0}'. ")]
    Terminator(String),
    /// Another day than the request's date.
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != \
         '{date}', from '{signed}'. "
    )]
    Date {
        /// The scope's day.
        scope: String,
        /// The day of the request's date.
        date: String,
        /// The request's date.
        signed: String,
    },
}

impl SignatureError {
    /// Which gateway response of a REST API it is.
    ///
    /// ASSUMPTION: what AWS calls incomplete and what names an unknown key are `DEFAULT_4XX`; the first is known of
    /// the answer to an `Authorization` that is no `key=value`.
    #[must_use]
    pub fn response_type(&self) -> Type {
        match self.error_type() {
            MISSING => Type::MissingAuthenticationToken,
            INVALID => Type::InvalidSignature,
            EXPIRED => Type::ExpiredToken,
            _ => Type::Default4xx,
        }
    }

    /// `x-amzn-ErrorType`. The status is 403 for all.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Missing => MISSING,
            Self::Repeated(_)
            | Self::NotKeyValue(_)
            | Self::AuthorizationLacks { .. }
            | Self::QueryLacks(_)
            | Self::BadDate(_)
            | Self::BadExpires(_)
            | Self::UnsupportedAlgorithm(_)
            | Self::BadCredential(_) => INCOMPLETE,
            Self::BothForms
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::HostNotSigned
            | Self::HeaderNotSigned(_)
            | Self::BadSignedHeaders(_)
            | Self::BadScope(_)
            | Self::PayloadMismatch
            | Self::Mismatch => INVALID,
            Self::InvalidToken => UNRECOGNIZED,
            Self::ExpiredToken => EXPIRED,
        }
    }

    /// What the text does not tell the client, for whoever explains a decision.
    #[must_use]
    pub const fn cause(&self) -> Option<&'static str> {
        match self {
            Self::BadSignedHeaders(why) => Some(why),
            Self::UnsupportedAlgorithm(_) => Some("requests are signed with Signature Version 4, not 4A"),
            _ => None,
        }
    }
}

/// Why a lifetime is refused.
pub(super) mod expires {
    pub(in crate::authorizers::signature) const NO_NUMBER: &str = "should be a number";
    pub(in crate::authorizers::signature) const NEGATIVE: &str = "must be non-negative";
    pub(in crate::authorizers::signature) const TOO_LONG: &str = "must be less than a week (in seconds); that is, the given \
                                                     X-Amz-Expires must be less than 604800 seconds";
    const _: () = assert!(super::LIFETIME_SECONDS_MAX == 604_800, "the text names the limit");
}

fn authorization_lacks(parameters: &[&str], date: bool, hash: &str) -> String {
    let mut text: String =
        parameters.iter().map(|name| format!("Authorization header requires '{name}' parameter. ")).collect();
    if date {
        text.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    text + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + hash
}

fn query_lacks(parameters: &[&str]) -> String {
    parameters.iter().map(|name| format!("AWS query-string parameters must include '{name}'. ")).collect()
}

fn sentences(problems: &[ScopeProblem]) -> String {
    problems.iter().map(ToString::to_string).collect()
}
