//! Callers whom AWS knows: they sign a `GetCallerIdentity` for this one request, and AWS's Security Token Service says who
//! signed it (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
//!
//! The client sends the query of the pre-signed URL in the header [`CALLER_IDENTITY`]. Its signature covers five headers that
//! the client does not send but the gateway writes: the method, host, path and query of the request at hand, and its body's
//! hash. So it is worth nothing for another request, and nothing elsewhere; the same request can be repeated as long as the
//! signature lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::signed::collected;
use super::{IamIdentity, presigned};
use crate::authorizers::Asked;
use crate::memory::{Fetched, Key};
use crate::payload::Body;
use crate::ports::{Clock, IdentityProviders, PortError, World};
use crate::refusal::Refusal;
use crate::signature::{PayloadHash, SignatureError};

/// The header with the query of a pre-signed `GetCallerIdentity`.
pub const CALLER_IDENTITY: HeaderName = HeaderName::from_static("x-gatelet-caller-identity");
/// The signed header that holds the method of the request at hand.
const METHOD: HeaderName = HeaderName::from_static("x-gatelet-request-method");
/// The signed header that holds its host.
const HOST: HeaderName = HeaderName::from_static("x-gatelet-request-host");
/// The signed header that holds its path.
const PATH: HeaderName = HeaderName::from_static("x-gatelet-request-path");

/// The signed header that holds its query, without the question mark.
const QUERY: HeaderName = HeaderName::from_static("x-gatelet-request-query");
/// The signed header that holds the SHA-256 of its body, in lower-case hexadecimal digits.
const BODY: HeaderName = HeaderName::from_static("x-gatelet-request-body");

/// All of them: what is not covered could be changed.
static BOUND: [HeaderName; 5] = [METHOD, HOST, PATH, QUERY, BODY];

/// How long AWS may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many calls of the service an instance has under way at most. Whoever sends what looks like a signature makes one.
pub const CALLS_MAX: usize = 16;

/// The calls of the service that are under way.
#[derive(Debug, Default)]
pub struct Calls(AtomicUsize);

impl Calls {
    /// Begins a call, which ends when it is dropped; none where there are too many.
    fn begin(&self) -> Option<Call<'_>> {
        let one_more = |count: usize| (count < CALLS_MAX).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok().map(|_| Call(&self.0))
    }
}

struct Call<'a>(&'a AtomicUsize);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who signed the query of the header, for this request.
pub(super) async fn caller<W: World>(
    world: &W,
    asked: &Asked<'_>,
    query: &str,
    body: &mut Body,
) -> Result<Arc<IamIdentity>, Refusal> {
    let now = asked.arrival.now;
    let region = asked.located.stage.region();
    let until = presigned::believed_until(query, &BOUND, region, now).map_err(Refusal::Signature)?;
    let payload = PayloadHash::of(collected(body).await?);
    let bound = bound_headers(asked, &payload).ok_or(Refusal::Signature(SignatureError::Mismatch))?;
    let values = BOUND.iter().map(|name| bound.get(name).map_or(&b""[..], HeaderValue::as_bytes));
    let key = Key::of(std::iter::once(query.as_bytes()).chain(values));
    let fetch = Box::pin(async {
        let timeout = asked.arrival.time_for(PATIENCE, world.clock().now());
        let timeout = timeout.ok_or_else(|| unavailable(&PortError::Timeout { what: SERVICE }))?;
        let Some(_call) = world.memory().token_service_calls.begin() else {
            return Err(Refusal::CredentialsUnavailable(format!(
                "{CALLS_MAX} calls of {SERVICE} are under way"
            )));
        };
        let answer = world.identity_providers().caller_identity(query, &bound, timeout).await;
        let value = match answer.map_err(|error| unavailable(&error))? {
            Ok(document) => Arc::new(identity(&document).map_err(|error| unavailable(&error))?),
            Err(status) => return Err(refused(asked, status)),
        };
        Ok(Fetched { value, keep_until: Some(until) })
    });
    let (identity, source) = world.memory().callers.get_or_fetch(key, now, fetch).await?;
    asked.record.explain(|| {
        format!("AWS's token service says that `{}` signed for this request ({source})", identity.user_arn)
    });
    Ok(identity)
}

const SERVICE: &str = "AWS's token service";

fn unavailable(error: &PortError) -> Refusal {
    Refusal::CredentialsUnavailable(error.to_string())
}

/// AWS did not accept the signature; what it says about it is not passed on.
fn refused(asked: &Asked<'_>, status: StatusCode) -> Refusal {
    asked.record.explain(|| format!("AWS's token service refuses the signature with {status}"));
    match status {
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Refusal::CredentialsUnavailable(format!("AWS's token service answered {status}"))
        }
        _ => Refusal::Signature(SignatureError::Mismatch),
    }
}

/// The headers that the signature covers, as the request at hand has them.
fn bound_headers(asked: &Asked<'_>, payload: &PayloadHash) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(BOUND.len());
    headers.insert(METHOD, HeaderValue::from_str(asked.head.method.as_str()).ok()?);
    headers.insert(HOST, HeaderValue::from_str(&asked.located.host).ok()?);
    headers.insert(PATH, HeaderValue::from_str(asked.head.uri.path()).ok()?);
    headers.insert(QUERY, HeaderValue::from_str(asked.head.uri.query().unwrap_or_default()).ok()?);
    headers.insert(BODY, HeaderValue::from_str(payload.as_str()).ok()?);
    Some(headers)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "GetCallerIdentityResponse")]
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "GetCallerIdentityResult")]
    result: Caller,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Caller {
    account: Box<str>,
    arn: Box<str>,
    user_id: Box<str>,
}

fn identity(document: &[u8]) -> Result<IamIdentity, PortError> {
    let Answer { response: Response { result } } = serde_json::from_slice(document)
        .map_err(|error| PortError::Unreadable { what: SERVICE, why: error.to_string() })?;
    Ok(IamIdentity {
        account_id: result.account,
        user_arn: result.arn,
        user_id: result.user_id,
        access_key: None,
        principal_org_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_calls_than_the_bound_are_under_way() {
        let calls = Calls::default();
        let mut under_way: Vec<_> = std::iter::from_fn(|| calls.begin()).take(2 * CALLS_MAX).collect();
        assert_eq!(under_way.len(), CALLS_MAX);
        drop(under_way.pop());
        under_way.extend(calls.begin());
        assert_eq!(under_way.len(), CALLS_MAX, "the place of one that ended is another's");
        assert!(calls.begin().is_none());
    }
}
