//! Requests that are signed with an access key of this installation.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::header::HOST;

use super::{CALLER_IDENTITY, KnownKey, closed, remembered_until};
use crate::authorizers::Asked;
use crate::memory::{Fetched, Key};
use crate::payload::{Body, PAYLOAD_BYTES_MAX, Request};
use crate::ports::{BackendError, Credentials, PortError, World};
use crate::refusal::Refusal;
use crate::signature::{Claim, Credential, PayloadHash, Service, SignatureError, SignedRequest, SigningKey};

/// The service that requests to an API are signed for.
const SERVICE: &str = "execute-api";
/// The longest id of an access key that is looked up
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>).
const ACCESS_KEY_ID_BYTES_MAX: usize = 128;
/// A secret whose key is derived where there is none, so that an unknown access key costs the time of a known one.
const DECOY: &str = "an access key that nobody has ..........";

/// A request's headers as the client sent them, before any was taken off: a signature covers what nobody behind it sees.
pub struct Sent {
    headers: HeaderMap,
}

/// Headers hold secrets: none of their values is printed.
impl fmt::Debug for Sent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sent").field("headers", &self.headers.len()).finish_non_exhaustive()
    }
}

impl Sent {
    /// The headers of a request to a route that asks for a signature.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self { headers: request.headers().clone() }
    }

    /// The query of a `GetCallerIdentity` that the client signed.
    pub(super) fn caller_identity(&self) -> Option<&str> {
        let mut values = self.headers.get_all(CALLER_IDENTITY).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        value.to_str().ok()
    }
}

/// The access key that a request is signed with.
pub(super) async fn known_key<W: World>(
    world: &W,
    asked: &Asked<'_>,
    sent: Option<&Sent>,
    body: &mut Body,
) -> Result<Arc<KnownKey>, Refusal> {
    let sent = sent.ok_or(Refusal::Signature(SignatureError::Missing))?;
    let uri = &asked.head.uri;
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => sent.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default(),
    };
    let request = SignedRequest {
        method: asked.head.method.as_str(),
        host,
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        headers: &sent.headers,
    };
    let service = Service::new(SERVICE, asked.located.stage.region());
    let claim = Claim::read(request, service, asked.arrival.now).map_err(Refusal::Signature)?;
    let known = find(world, asked, claim.access_key_id()).await?;
    let payload = PayloadHash::of(collected(body).await?);
    let usable = known.as_deref().filter(|known| known.key.enabled);
    let secret = usable.map_or(DECOY, |known| known.key.secret.reveal());
    let signing_key = SigningKey::derive(secret, &claim.scope());
    let credential = usable.map(|known| Credential {
        signing_key: &signing_key,
        session_token: known.key.session_token.as_ref().map(crate::ports::Secret::reveal),
        expires: known.key.expires,
    });
    claim.verify(&payload, credential.as_ref()).map_err(Refusal::Signature)?;
    known.ok_or(Refusal::Signature(SignatureError::InvalidToken))
}

/// What is known of an access key. An id that nobody has is remembered, too, so that one that comes again is not read again;
/// each that is new is a read, but for those that the store can tell never were issued.
async fn find<W: World>(world: &W, asked: &Asked<'_>, id: &str) -> Result<Option<Arc<KnownKey>>, Refusal> {
    if id.len() > ACCESS_KEY_ID_BYTES_MAX {
        return Ok(None);
    }
    let fetch = Box::pin(async {
        let key = world.credentials().access_key(id, asked.arrival.deadline).await?;
        let value = key.map(KnownKey::compile).transpose()?.map(Arc::new);
        Ok::<_, PortError>(Fetched { value, keep_until: Some(remembered_until(asked)) })
    });
    let key = Key::of([id.as_bytes()]);
    let found = world.memory().access_keys.get_or_fetch(key, asked.arrival.now, fetch).await;
    let (known, source) = found.map_err(|error| closed(&error))?;
    asked.record.explain(|| match &known {
        None => format!("no access key `{id}` was issued here ({source})"),
        Some(known) if !known.key.enabled => format!("the access key `{id}` is disabled ({source})"),
        Some(_) => format!("the access key `{id}` was issued here ({source})"),
    });
    Ok(known)
}

/// The whole body, which stays in its place.
pub(super) async fn collected(body: &mut Body) -> Result<&[u8], Refusal> {
    let whole = std::mem::take(body).collect_up_to(PAYLOAD_BYTES_MAX).await;
    let whole = whole.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
    *body = Body::from(whole);
    body.as_bytes().ok_or(Refusal::Internal)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn headers_are_never_printed() {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, HeaderValue::from_static("a-secret"));
        headers.insert(http::header::COOKIE, HeaderValue::from_static("a-session"));
        let printed = format!("{:?}", Sent { headers });
        assert!(!printed.contains("a-secret") && !printed.contains("a-session"), "{printed}");
    }
}
