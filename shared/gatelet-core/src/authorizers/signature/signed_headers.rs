//! Which headers a signature covers, and which it must.

use http::HeaderMap;
use http::header::HOST;

use super::error::SignatureError;

/// The other name of `host`, by which clients of HTTP/2 may sign it.
pub(super) const AUTHORITY: &str = ":authority";

/// What AWS demands to be signed where it is there
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
const DEMANDED: &str = "x-amz-";

/// Headers of that family that need not be signed: a token counts only together with the key that signed, and
/// AWS's own clients add it afterwards (API Gateway's generated JavaScript SDK); `x-amz-user-agent` is left out by SDKs
/// where they pre-sign; CloudFront puts `x-amz-cf-id` in on the way.
const EXCEPTED: [&str; 3] = ["x-amz-security-token", "x-amz-user-agent", "x-amz-cf-id"];

/// Checks the list and that it has what it must have.
///
/// # Errors
/// The host or an `x-amz-` header is not signed, or the list is none that a signer makes.
pub(super) fn check(list: &str, headers: &HeaderMap) -> Result<(), SignatureError> {
    let names: Vec<&str> = list.split(';').collect();
    if !names.iter().any(|name| *name == HOST.as_str() || *name == AUTHORITY) {
        return Err(SignatureError::HostNotSigned);
    }
    if names.windows(2).any(|pair| matches!(pair, [first, second] if first >= second)) {
        return Err(SignatureError::BadSignedHeaders("they are not in order, or one is there twice"));
    }
    let known = |name: &str| name == AUTHORITY || name == HOST.as_str() || headers.contains_key(name);
    if names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        return Err(SignatureError::BadSignedHeaders("they have upper-case letters"));
    }
    if !names.iter().all(|name| known(name)) {
        return Err(SignatureError::BadSignedHeaders("one of them is not in the request"));
    }
    let unsigned = |name: &&str| {
        name.starts_with(DEMANDED) && !EXCEPTED.contains(name) && names.binary_search(name).is_err()
    };
    match headers.keys().map(http::HeaderName::as_str).find(unsigned) {
        Some(name) => Err(SignatureError::HeaderNotSigned(name.to_owned())),
        None => Ok(()),
    }
}
