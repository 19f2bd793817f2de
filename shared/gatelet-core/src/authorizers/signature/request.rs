//! What a signature is judged by: the request as the client sent it, and the service that it was meant for.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::hexadecimal;

/// A request as the client sent it: nothing decoded, mended, added or taken away.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method, as in the request line.
    pub method: &'a str,
    /// By what name the client addressed the gateway, with the port where it named one: `Host` or `:authority`.
    pub host: &'a str,
    /// The path, as in the request line, with the stage and whatever else addressed the API.
    pub path: &'a str,
    /// The query, as in the request line, without the question mark.
    pub query: &'a str,
    /// All headers. `Host` is not read here, because a front door may have put its own name there.
    pub headers: &'a HeaderMap,
}

/// The SHA-256 of a request's body, in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadHash(String);

impl PayloadHash {
    /// The hash of a whole body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self::of_parts([body])
    }

    /// The hash of a body that came in parts.
    #[must_use]
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let hash = parts.into_iter().fold(Sha256::new(), Digest::chain_update).finalize();
        Self(hexadecimal(&hash))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The service that requests must be signed for, and its ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service<'a> {
    /// Its name in scopes, such as `execute-api`.
    pub name: &'a str,
    /// The region that it answers for.
    pub region: &'a str,
    /// How it reads a path.
    pub path_form: PathForm,
    /// Where the token of a pre-signed URL stands.
    pub token_place: TokenPlace,
}

impl<'a> Service<'a> {
    /// A service with the ways that all but a few of AWS's have, `execute-api` and `apigateway` among them.
    #[must_use]
    pub const fn new(name: &'a str, region: &'a str) -> Self {
        Self { name, region, path_form: PathForm::Normalized, token_place: TokenPlace::Signed }
    }
}

/// How a path is read before it is signed
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>). Either way it is
/// then encoded once more than the request line has it, so that `%40` becomes `%2540`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathForm {
    /// Without `.`, `..` and empty segments: every service but S3.
    Normalized,
    /// As it was sent.
    AsSent,
}

/// Whether the `X-Amz-Security-Token` of a pre-signed URL is part of what was signed. A token in a header may be
/// either signed or not, for AWS's own clients of `execute-api` do both; it counts only together with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPlace {
    /// Signed with the rest.
    Signed,
    /// Added to a URL that was signed without it, as AWS IoT has it.
    Added,
}
