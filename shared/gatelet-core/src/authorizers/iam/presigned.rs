//! What a pre-signed `GetCallerIdentity` must be before AWS is asked about it: what is wrong in a way that can be seen here
//! costs no call.

use std::time::Duration;

use http::HeaderName;

use crate::arrival::Timestamp;
use crate::payload::Query;
use crate::record::iso_8601;
use crate::signature::{self, ALGORITHM, LIFETIME_SECONDS_MAX, SKEW_SECONDS, ScopeProblem, SignatureError};

/// For how long a signature lives that does not say it, in seconds, and the longest time for which AWS is believed, however
/// long the signature lives.
pub(super) const BELIEVED_SECONDS_MAX: u64 = 15 * 60;
/// The longest query that is passed on.
const QUERY_BYTES_MAX: usize = 4 * 1024;
/// How long an access key's id may be
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>).
const ACCESS_KEY_ID_BYTES: std::ops::RangeInclusive<usize> = 16..=128;
/// How many hexadecimal digits a signature has.
const SIGNATURE_DIGITS: usize = 64;
/// How many digits the day of a date has.
const DAY_DIGITS: usize = 8;
/// The service that is asked.
const SERVICE: &str = "sts";
/// The last part of every credential's scope.
const TERMINATOR: &str = "aws4_request";

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

/// Checks that a query asks a region's service for nothing but the caller's identity, bound to these headers, and could be
/// rightly signed and alive; returns until when AWS is believed.
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
    let algorithm = value("X-Amz-Algorithm").unwrap_or_default();
    if algorithm != ALGORITHM {
        return Err(SignatureError::UnsupportedAlgorithm(algorithm.to_owned()));
    }
    let signed = value("X-Amz-SignedHeaders").unwrap_or_default();
    for name in bound {
        if !signed.split(';').any(|signed| signed == name.as_str()) {
            return Err(SignatureError::HeaderNotSigned(name.as_str().to_owned()));
        }
    }
    let date = value("X-Amz-Date").unwrap_or_default();
    let signed_at = signature::timestamp(date).ok_or_else(|| SignatureError::BadDate(date.to_owned()))?;
    let seconds = lifetime_seconds(value("X-Amz-Expires"))?;
    check_time(signed_at, date, seconds, now)?;
    check_credential(value("X-Amz-Credential").unwrap_or_default(), date, region)?;
    let digits = value("X-Amz-Signature").unwrap_or_default();
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != SIGNATURE_DIGITS || !digits.bytes().all(is_digit) {
        return Err(SignatureError::Mismatch);
    }
    let lives_until = signed_at.after(Duration::from_secs(seconds));
    Ok(lives_until.min(now.after(Duration::from_secs(BELIEVED_SECONDS_MAX))))
}

fn lifetime_seconds(expires: Option<&str>) -> Result<u64, SignatureError> {
    let seconds = match expires {
        None => Some(BELIEVED_SECONDS_MAX),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Some(_) => None,
    };
    seconds
        .filter(|seconds| *seconds <= LIFETIME_SECONDS_MAX)
        .ok_or(SignatureError::QueryLacks(vec!["X-Amz-Expires"]))
}

fn check_time(
    signed_at: Timestamp,
    date: &str,
    lifetime_seconds: u64,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let now = now.milliseconds() / 1_000;
    let signed_seconds = signed_at.milliseconds() / 1_000;
    let (earliest, latest) = (now.saturating_sub(lifetime_seconds), now + SKEW_SECONDS);
    let window = |seconds: u64| format!("{seconds} sec");
    if signed_seconds < earliest {
        return Err(SignatureError::Expired {
            signed: date.to_owned(),
            limit: basic(earliest),
            now: basic(now),
            window: window(lifetime_seconds),
        });
    }
    if signed_seconds > latest {
        return Err(SignatureError::NotYetCurrent {
            signed: date.to_owned(),
            limit: basic(latest),
            now: basic(now),
            window: window(SKEW_SECONDS),
        });
    }
    Ok(())
}

/// A moment as signatures have it.
fn basic(seconds: u64) -> String {
    iso_8601(seconds).replace(['-', ':'], "")
}

fn check_credential(credential: &str, date: &str, region: &str) -> Result<(), SignatureError> {
    let parts: Vec<&str> = credential.splitn(6, '/').collect();
    let &[id, day, of_region, service, terminator] = parts.as_slice() else {
        return Err(SignatureError::BadCredential(credential.to_owned()));
    };
    if !ACCESS_KEY_ID_BYTES.contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SignatureError::InvalidToken);
    }
    let mut problems = Vec::new();
    if of_region != region {
        problems.push(ScopeProblem::Region(of_region.to_owned()));
    }
    if service != SERVICE {
        problems.push(ScopeProblem::Service(SERVICE.to_owned()));
    }
    if terminator != TERMINATOR {
        problems.push(ScopeProblem::Terminator(terminator.to_owned()));
    }
    if date.get(..DAY_DIGITS) != Some(day) {
        problems.push(ScopeProblem::Date {
            scope: day.to_owned(),
            date: date.chars().take(DAY_DIGITS).collect(),
            signed: date.to_owned(),
        });
    }
    if problems.is_empty() { Ok(()) } else { Err(SignatureError::BadScope(problems)) }
}
