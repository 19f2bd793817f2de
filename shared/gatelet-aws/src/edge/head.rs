//! What a door refuses by a request's head alone, and how.

use gatelet_core::payload::{self, Response};
use gatelet_core::pipeline;
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, Uri};

use super::limits::{HEADER_BYTES_MAX, HEADERS_MAX, URL_BYTES_MAX};

/// Headers of which two readers of a request might each take a different one.
const SINGLE: [(HeaderName, &str); 3] = [
    (HOST, "more than one Host header"),
    (AUTHORIZATION, "more than one Authorization header"),
    (CONTENT_TYPE, "more than one Content-Type header"),
];

/// Holds a head against the limits, of which that of the body is `body_bytes_max`, and refuses what could be understood in two ways.
///
/// # Errors
/// [`Refusal::UriTooLong`], [`Refusal::HeadersTooLarge`], [`Refusal::BadHeaders`], [`Refusal::RequestTooLarge`].
pub fn check_head(uri: &Uri, headers: &HeaderMap, body_bytes_max: usize) -> Result<(), Refusal> {
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > URL_BYTES_MAX {
        return Err(Refusal::UriTooLong);
    }
    let header_bytes =
        || headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    if headers.len() > HEADERS_MAX || header_bytes() > HEADER_BYTES_MAX {
        return Err(Refusal::HeadersTooLarge);
    }
    check_one_meaning(uri, headers)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length.is_some_and(|length| length > body_bytes_max as u64) {
        true => Err(Refusal::RequestTooLarge),
        false => Ok(()),
    }
}

/// Refuses what could be understood in two ways: a header that counts once and is there twice, and a request in absolute form
/// (`GET http://a/ HTTP/1.1`) that names another host than its `Host` header does.
///
/// Underscores in header names are taken, as AWS does: nothing here folds them into hyphens, so `x_id` and `x-id`
/// stay two names for the authorizer and for the backend alike.
fn check_one_meaning(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    for (name, why) in SINGLE {
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(Refusal::BadHeaders(why));
        }
    }
    let (Some(authority), Some(host)) = (uri.authority(), headers.get(HOST)) else { return Ok(()) };
    match host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) {
        true => Ok(()),
        false => Err(Refusal::BadHeaders("the Host header differs from the request's authority")),
    }
}

/// Refuses a request that the pipeline has not seen.
pub fn refuse_unseen(refusal: Refusal, uri: &Uri, headers: &HeaderMap, record: &mut Record) -> Response {
    record.note_request(uri.path(), payload::headers::last_value(headers, "user-agent"));
    pipeline::refuse(refusal, record)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::edge::limits::BODY_BYTES_MAX;

    fn checked(uri: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        check_head(request.uri(), request.headers(), BODY_BYTES_MAX)
    }

    #[test]
    fn limits_hold_to_the_byte() {
        let url = |bytes: usize| format!("/{}", "a".repeat(bytes - 1));
        assert_eq!(checked(&url(URL_BYTES_MAX), &[]), Ok(()));
        assert_eq!(checked(&url(URL_BYTES_MAX + 1), &[]), Err(Refusal::UriTooLong));
        let value = |bytes: usize| "v".repeat(bytes - "x".len());
        assert_eq!(checked("/", &[("x", &value(HEADER_BYTES_MAX))]), Ok(()));
        assert_eq!(checked("/", &[("x", &value(HEADER_BYTES_MAX + 1))]), Err(Refusal::HeadersTooLarge));
        assert_eq!(checked("/", &[("x", "1"); HEADERS_MAX]), Ok(()));
        assert_eq!(checked("/", &[("x", "1"); HEADERS_MAX + 1]), Err(Refusal::HeadersTooLarge));
        assert_eq!(checked("/", &[("content-length", "10485760")]), Ok(()));
        assert_eq!(checked("/", &[("content-length", "10485761")]), Err(Refusal::RequestTooLarge));
    }

    #[test]
    fn what_can_be_understood_in_two_ways_is_refused() {
        for name in ["host", "authorization", "content-type"] {
            let twice = checked("/", &[(name, "a"), (name, "a")]);
            assert!(matches!(twice, Err(Refusal::BadHeaders(_))), "{name}: {twice:?}");
        }
        assert_eq!(checked("/", &[("accept", "a"), ("accept", "b"), ("x_id", "1"), ("x-id", "2")]), Ok(()));
        assert_eq!(checked("http://A:1/", &[("host", "a:1")]), Ok(()));
        assert!(checked("http://a/", &[("host", "b")]).is_err());
    }
}
