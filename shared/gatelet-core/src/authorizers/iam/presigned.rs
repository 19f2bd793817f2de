//! What a pre-signed `GetCallerIdentity` must be before AWS is asked about it: what is wrong in a way that can be seen here
//! costs no call.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::payload::Query;
use crate::ports::Timestamp;
use crate::signature::{self, Claim, SKEW_SECONDS, Service, SignatureError, SignedRequest};

/// The longest time for which AWS is believed, in seconds, however long the signature lives.
pub(super) const BELIEVED_SECONDS_MAX: u64 = 15 * 60;
/// The longest query that is passed on.
const QUERY_BYTES_MAX: usize = 4 * 1024;
/// How long an access key's id may be
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>).
const ACCESS_KEY_ID_BYTES: std::ops::RangeInclusive<usize> = 16..=128;
/// How many hexadecimal digits a signature has.
const SIGNATURE_DIGITS: usize = 64;
/// The service that is asked.
const SERVICE: &str = "sts";

/// Everything that a query may say, and whether it must. What is not among these might ask the service for something else.
const PARAMETERS: [(&str, bool); 9] = [
    ("Action", true),
    ("Version", true),
    ("X-Amz-Algorithm", true),
    ("X-Amz-Credential", true),
    ("X-Amz-Date", true),
    ("X-Amz-Expires", false),
    ("X-Amz-SignedHeaders", true),
    ("X-Amz-Signature", true),
    // Of temporary credentials.
    ("X-Amz-Security-Token", false),
];

/// Checks that a query asks a region's service for nothing but the caller's identity, bound to these headers and no others, and
/// could be rightly signed and alive; returns until when AWS is believed.
pub(super) fn believed_until(
    query: &str,
    bound: &[HeaderName],
    region: &str,
    now: Timestamp,
) -> Result<Timestamp, SignatureError> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(SignatureError::BadSignedHeaders("the signed `GetCallerIdentity` is too long"));
    }
    let pairs: Vec<_> = Query::new(query).pairs().collect();
    let known = |name: &str| PARAMETERS.iter().any(|(known, _)| *known == name);
    let value = |name: &str| {
        let mut values = pairs.iter().filter(|(other, _)| other == name).map(|(_, value)| &**value);
        values.next().filter(|_| values.next().is_none())
    };
    let is_whole = PARAMETERS.iter().all(|(name, must)| !must || value(name).is_some());
    if !is_whole || !pairs.iter().all(|(name, _)| known(name) && value(name).is_some()) {
        return Err(SignatureError::QueryLacks(vec!["GetCallerIdentity"]));
    }
    if value("Action") != Some("GetCallerIdentity") || value("Version") != Some("2011-06-15") {
        return Err(SignatureError::QueryLacks(vec!["GetCallerIdentity"]));
    }
    let signed = value("X-Amz-SignedHeaders").unwrap_or_default();
    if let Some(name) = bound.iter().find(|name| !signed.split(';').any(|signed| signed == name.as_str())) {
        return Err(SignatureError::HeaderNotSigned(name.as_str().to_owned()));
    }
    // What AWS will be sent besides the query: of the values nothing is judged here.
    let headers = bound.iter().map(|name| (name.clone(), HeaderValue::from_static(""))).collect();
    let request = SignedRequest { method: "GET", host: SERVICE, path: "/", query, headers: &headers };
    let claim = Claim::read(request, Service::new(SERVICE, region), now)?;
    let id = claim.access_key_id();
    if !ACCESS_KEY_ID_BYTES.contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SignatureError::InvalidToken);
    }
    let digits = value("X-Amz-Signature").unwrap_or_default();
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != SIGNATURE_DIGITS || !digits.bytes().all(is_digit) {
        return Err(SignatureError::Mismatch);
    }
    // Both could be read just now.
    let signed_at = value("X-Amz-Date").and_then(signature::timestamp).unwrap_or(now);
    let seconds = value("X-Amz-Expires").and_then(|text| text.parse().ok()).unwrap_or(SKEW_SECONDS);
    let believed = now.after(Duration::from_secs(BELIEVED_SECONDS_MAX));
    Ok(signed_at.after(Duration::from_secs(seconds)).min(believed))
}
