//! A request on its way out: made ready for the wire, and its body watched.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::ports::BackendError;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Method, Request, Uri, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use super::addresses::Host;

/// A request that can be sent.
pub(super) struct Prepared {
    pub(super) parts: http::request::Parts,
    pub(super) body: Body,
    /// The `Host` header names another host than the URI, which only HTTP/1.1 can say.
    pub(super) needs_http1: bool,
}

/// Checks where a request goes and sets what belongs to the connection: the version, `Host`, the framing.
///
/// Framing is what hyper makes of the body, except for two cases that it leaves out: an empty body of a method
/// that is expected to have one is announced, as
/// [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-8.6-5) asks, and a body of unknown length is sent
/// whatever the method.
pub(super) fn prepare(request: Request<Body>) -> Result<Prepared, BackendError> {
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::CONNECT {
        return Err(BackendError::BadAddress(
            "the method `CONNECT` opens tunnels and calls nothing".to_owned(),
        ));
    }
    let authority = usable_authority(&parts.uri)?;
    let needs_http1 = settle_host(&mut parts.headers, &authority);
    let mut uri = std::mem::take(&mut parts.uri).into_parts();
    uri.authority = Some(authority);
    parts.uri = Uri::from_parts(uri).map_err(|problem| BackendError::BadAddress(problem.to_string()))?;
    parts.version = Version::HTTP_11;
    settle_framing(&parts.method, &mut parts.headers, &body);
    Ok(Prepared { parts, body, needs_http1 })
}

/// The authority with its host in the one form by which it is judged, pooled, verified and named to the
/// backend.
fn usable_authority(uri: &Uri) -> Result<Authority, BackendError> {
    let bad = |problem: String| BackendError::BadAddress(format!("`{uri}`: {problem}"));
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS => {}
        Some(scheme) => return Err(bad(format!("`{scheme}` is not spoken: write `http` or `https`"))),
        None => return Err(bad("it names no scheme and no host: write `https://host/path`".to_owned())),
    }
    let authority = uri.authority().ok_or_else(|| bad("it names no host".to_owned()))?;
    if authority.as_str().contains('@') {
        return Err(bad("credentials in a URI are not sent: map an `Authorization` header".to_owned()));
    }
    let host = Host::parse(authority.host()).map_err(|problem| bad(problem.to_string()))?;
    let port = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    let is_port_usable = matches!(port, "" | ":") || authority.port_u16().is_some_and(|port| port > 0);
    if !is_port_usable {
        return Err(bad(format!("`{}` is not a port", port.trim_start_matches(':'))));
    }
    let canonical = host.to_string();
    if canonical == authority.host() {
        return Ok(authority.clone());
    }
    format!("{canonical}{port}").parse().map_err(|_| bad(format!("`{canonical}` is not a host")))
}

/// Leaves at most one `Host` header, and none where it only repeats the URI. Returns whether one is left.
fn settle_host(headers: &mut HeaderMap, authority: &Authority) -> bool {
    let Some(host) = headers.get_all(HOST).iter().next_back().cloned() else { return false };
    if host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) {
        headers.remove(HOST);
        return false;
    }
    headers.insert(HOST, host);
    true
}

fn settle_framing(method: &Method, headers: &mut HeaderMap, body: &Body) {
    match body.exact_length() {
        Some(0) => {
            headers.remove(TRANSFER_ENCODING);
            if matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            } else if headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") {
                headers.remove(CONTENT_LENGTH);
            }
        }
        Some(_) => {
            headers.remove(CONTENT_LENGTH);
            headers.remove(TRANSFER_ENCODING);
        }
        None if headers.contains_key(CONTENT_LENGTH) => {
            headers.remove(TRANSFER_ENCODING);
        }
        None => {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
}

/// A request's body on its way out.
pub(crate) struct RequestBody {
    body: Body,
    watch: Option<Arc<BodyWatch>>,
}

/// What is known about a body that streams from the client through to the backend.
#[derive(Debug, Default)]
pub(crate) struct BodyWatch(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    failure: Option<BodyError>,
    waiting_since: Option<Instant>,
    waited: Duration,
}

impl RequestBody {
    /// A body, and its watch where it is a stream.
    pub(crate) fn new(body: Body) -> (Self, Option<Arc<BodyWatch>>) {
        let watch = matches!(body, Body::Stream(_)).then(Arc::<BodyWatch>::default);
        (Self { body, watch: watch.clone() }, watch)
    }
}

impl BodyWatch {
    /// What broke the body, if anything has.
    pub(super) fn failure(&self) -> Option<BodyError> {
        self.lock().failure.clone()
    }

    /// How long the connection has waited for the client to send more of the body, until `now`.
    pub(super) fn waited(&self, now: Instant) -> Duration {
        let watched = self.lock();
        watched.waited + watched.waiting_since.map_or(Duration::ZERO, |since| now - since)
    }

    fn note(&self, polled: &Poll<Option<Result<Frame<Bytes>, BodyError>>>) {
        let mut watched = self.lock();
        match polled {
            Poll::Pending => {
                watched.waiting_since.get_or_insert_with(Instant::now);
            }
            Poll::Ready(frame) => {
                if let Some(since) = watched.waiting_since.take() {
                    watched.waited += since.elapsed();
                }
                if let Some(Err(failure)) = frame {
                    watched.failure = Some(failure.clone());
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Some(watch) = &self.watch {
            watch.note(&polled);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        HttpBody::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.body)
    }
}
