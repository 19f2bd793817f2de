//! Callers whom AWS knows: they sign a `GetCallerIdentity` for this one request, and AWS's Security Token Service says who
//! signed it (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
//!
//! The client sends the query of the pre-signed URL in the header [`CALLER_IDENTITY`]. Its signature covers three headers that
//! the client does not send but the gateway writes: the method, host and path of the request at hand. So it is worth
//! nothing for another request, and nothing elsewhere.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::IamIdentity;
use crate::arrival::Timestamp;
use crate::authorizers::Asked;
use crate::memory::{Fetched, Key};
use crate::payload::Query;
use crate::ports::{Clock, IdentityProviders, PortError, World};
use crate::refusal::Refusal;
use crate::signature::{self, LIFETIME_SECONDS_MAX, SignatureError};

/// The header with the query of a pre-signed `GetCallerIdentity`.
pub const CALLER_IDENTITY: HeaderName = HeaderName::from_static("x-gatelet-caller-identity");
/// The signed header that holds the method of the request at hand.
const METHOD: HeaderName = HeaderName::from_static("x-gatelet-request-method");
/// The signed header that holds its host.
const HOST: HeaderName = HeaderName::from_static("x-gatelet-request-host");
/// The signed header that holds its path.
const PATH: HeaderName = HeaderName::from_static("x-gatelet-request-path");

/// The longest query that is passed on.
const QUERY_BYTES_MAX: usize = 4 * 1024;
/// The longest time for which AWS is believed, in seconds, however long the signature lives.
const BELIEVED_SECONDS_MAX: u64 = 15 * 60;
/// How long AWS may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Everything that a query may say, and whether it must. What is not among these might ask the service for something else.
const PARAMETERS: [(&str, bool); 8] = [
    ("Action", true),
    ("Version", true),
    ("X-Amz-Algorithm", true),
    ("X-Amz-Credential", true),
    ("X-Amz-Date", true),
    ("X-Amz-Expires", false),
    ("X-Amz-SignedHeaders", true),
    ("X-Amz-Signature", true),
];
/// The token of temporary credentials.
const SECURITY_TOKEN: &str = "X-Amz-Security-Token";

/// Who signed the query of the header, for this request.
pub(super) async fn caller<W: World>(
    world: &W,
    asked: &Asked<'_>,
    query: &str,
) -> Result<Arc<IamIdentity>, Refusal> {
    let lifetime = checked(query).map_err(Refusal::Signature)?;
    let bound = bound_headers(asked).ok_or(Refusal::Signature(SignatureError::Mismatch))?;
    let values = [METHOD, HOST, PATH].map(|name| bound.get(name).map_or(&b""[..], HeaderValue::as_bytes));
    let [method, host, path] = values;
    let key = Key::of([query.as_bytes(), method, host, path]);
    let now = asked.arrival.now;
    let fetch = Box::pin(async {
        let timeout = asked.arrival.time_for(PATIENCE, world.clock().now());
        let timeout = timeout.ok_or_else(|| unavailable(&PortError::Timeout { what: SERVICE }))?;
        let answer = world.identity_providers().caller_identity(query, &bound, timeout).await;
        let value = match answer.map_err(|error| unavailable(&error))? {
            Ok(document) => Arc::new(identity(&document).map_err(|error| unavailable(&error))?),
            Err(status) => return Err(refused(asked, status)),
        };
        Ok(Fetched { value, keep_until: Some(believed_until(query, lifetime, now)) })
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

/// Checks that a query asks for nothing but the caller's identity, bound to a request, and returns how long it lives.
fn checked(query: &str) -> Result<u64, SignatureError> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(SignatureError::BadSignedHeaders("the signed `GetCallerIdentity` is too long"));
    }
    let pairs: Vec<_> = Query::new(query).pairs().collect();
    let known = |name: &str| PARAMETERS.iter().any(|(known, _)| *known == name) || name == SECURITY_TOKEN;
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
    for name in [METHOD, HOST, PATH] {
        if !signed.split(';').any(|signed| signed == name.as_str()) {
            return Err(SignatureError::HeaderNotSigned(name.as_str().to_owned()));
        }
    }
    let expires = value("X-Amz-Expires").map_or(Some(BELIEVED_SECONDS_MAX), |text| text.parse().ok());
    expires
        .filter(|seconds| *seconds <= LIFETIME_SECONDS_MAX)
        .ok_or(SignatureError::QueryLacks(vec!["X-Amz-Expires"]))
}

/// The headers that the signature covers, as the request at hand has them.
fn bound_headers(asked: &Asked<'_>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(METHOD, HeaderValue::from_str(asked.head.method.as_str()).ok()?);
    headers.insert(HOST, HeaderValue::from_str(&asked.located.host).ok()?);
    headers.insert(PATH, HeaderValue::from_str(asked.head.uri.path()).ok()?);
    Some(headers)
}

/// AWS is believed as long as the signature lives, but never longer than a quarter of an hour.
fn believed_until(query: &str, lifetime_seconds: u64, now: Timestamp) -> Timestamp {
    let date = Query::new(query).pairs().find(|(name, _)| name == "X-Amz-Date").map(|(_, value)| value);
    let signed_at = date.and_then(|date| signature::timestamp(&date)).unwrap_or(now);
    let lifetime = Duration::from_secs(lifetime_seconds);
    signed_at.after(lifetime).min(now.after(Duration::from_secs(BELIEVED_SECONDS_MAX)))
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
