//! From an event to a request.

use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gatelet_core::payload::{Body, HeaderNames, Request};
use gatelet_core::refusal::Refusal;
use gatelet_core::{Scheme, Vouched};
use gatelet_model::StageName;
use http::header::{COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};

use super::event::{Door, HttpEvent, RequestContext};
use super::headers::{NO_HEADER, SentHeaders};
use super::origin::{self, Origin, Trust};
use super::target::{self, Spelling};
use super::vouched::vouched;
use crate::edge::remove_certificate_headers;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of a client that nobody tells: no rule lets it in.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// An event that no HTTP door sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is no HTTP request: this function takes the events of a Function URL, a load balancer or API Gateway, and \
     `{{\"httpMethod\": \"GET\", \"path\": \"/\"}}` with `headers` and `body` as one likes"
)]
pub struct UnknownEvent;

/// A request as it came through a door.
#[derive(Debug)]
pub struct Received {
    /// The door, which wants its answer in its own shape.
    pub door: Door,
    /// The request; its `Host` is the one that the client called.
    pub request: Request,
    /// The client's address as the platform tells it.
    pub peer: IpAddr,
    /// The client's protocol as the platform tells it.
    pub scheme: Scheme,
    /// Who stands in front of the door.
    pub origin: Origin,
    /// What the platform has verified of the caller.
    pub vouched: Vouched,
    /// Why no rule needs to look at it: what the event holds is no request that HTTP knows.
    pub refusal: Option<Refusal>,
}

impl HttpEvent {
    /// The request that the event tells of. The headers by which the edge proves itself are taken off, and those that tell of a
    /// client's certificate, whoever wrote them: no backend sees them.
    ///
    /// # Errors
    /// [`UnknownEvent`]. What a client can bring about is told by [`Received::refusal`] instead.
    pub fn receive(mut self, trust: &Trust) -> Result<Received, UnknownEvent> {
        let door = Door::of(&self).ok_or(UnknownEvent)?;
        let sent = self.take_headers(door);
        let context = self.request_context.take().unwrap_or_default();
        let mut refusal = sent.refusal;
        let mut headers = sent.headers;

        let origin = match door {
            Door::Invoke => Origin::Anybody,
            _ => trust.origin_secrets.judge(&headers),
        };
        headers.remove(origin::SECRET);
        let told_host = single(&headers, &origin::HOST).filter(|_| origin == Origin::Proven).cloned();
        if let Some(host) = told_host {
            headers.insert(HOST, host);
        } else if !headers.contains_key(HOST) {
            // Whoever invokes the function itself calls no host.
            let name = context.domain_name.as_deref().unwrap_or("localhost");
            if let Ok(host) = HeaderValue::from_str(name) {
                headers.insert(HOST, host);
            }
        }

        let told = told_peer(door, &context, &headers);
        let viewer = if origin == Origin::Proven { viewer(&headers) } else { None };
        let peer = viewer.unwrap_or(told);
        let vouched = vouched(door, origin, trust, &context, &headers);
        headers.remove(origin::HOST);
        headers.remove(origin::CLIENT);
        remove_certificate_headers(&mut headers);
        remove_hops(&mut headers, [Some(told), viewer]);
        let scheme = scheme(door, &headers);
        let mut request = Request::default();
        match self.method(&context).map(str::parse::<Method>) {
            Some(Ok(method)) => *request.method_mut() = method,
            _ => refusal = Some(Refusal::BadHeaders("the method is none that HTTP knows")),
        }
        *request.version_mut() = version(&context);
        match target::uri(self.target(door, &context)) {
            Some(uri) => *request.uri_mut() = uri,
            None => refusal = Some(Refusal::UriTooLong),
        }
        match body(self.body.take(), self.is_base64_encoded) {
            Ok(body) => *request.body_mut() = body,
            Err(failed) => refusal = Some(failed),
        }
        *request.headers_mut() = headers;
        if matches!(door, Door::RestApi | Door::Invoke) {
            request.extensions_mut().insert::<HeaderNames>(sent.names);
        }
        Ok(Received { door, request, peer, scheme, origin, vouched, refusal })
    }

    /// The headers, with all their values where the door tells them.
    fn take_headers(&mut self, door: Door) -> SentHeaders {
        let several = self.multi_value_headers.take().filter(|several| !several.headers.is_empty());
        let mut sent = several.or_else(|| self.headers.take()).unwrap_or_default();
        if matches!(door, Door::FunctionUrl | Door::HttpApi)
            && let Some(cookies) = self.cookies.take().filter(|cookies| !cookies.is_empty())
        {
            match HeaderValue::from_bytes(cookies.join("; ").as_bytes()) {
                Ok(value) => {
                    sent.headers.insert(COOKIE, value);
                }
                Err(_) => sent.refusal = Some(NO_HEADER),
            }
        }
        sent
    }

    fn method<'a>(&'a self, context: &'a RequestContext) -> Option<&'a str> {
        // Format 2.0 has it in the context alone; `cargo lambda watch` says GET in the other place, whatever it is.
        let of_context = context.http.as_ref().and_then(|http| http.method.as_deref());
        of_context.or(self.http_method.as_deref())
    }

    /// Path and query, as the client wrote them as far as the door kept that.
    fn target(&self, door: Door, context: &RequestContext) -> String {
        let raw_path = self.raw_path.as_deref().unwrap_or_default();
        let path = self.path.as_deref().unwrap_or_default();
        let single = self.query_string_parameters.as_ref();
        let query =
            self.multi_value_query_string_parameters.as_ref().filter(|all| !all.0.is_empty()).or(single);
        let raw_query = self.raw_query_string.as_deref();
        let (mut target, spelling) = match door {
            Door::FunctionUrl => (target::path(raw_path, Spelling::AsSent), Spelling::AsSent),
            Door::HttpApi => {
                (target::path(below_stage(raw_path, context), Spelling::Decoded), Spelling::AsSent)
            }
            Door::LoadBalancer { .. } => (target::path(path, Spelling::AsSent), Spelling::AsSent),
            // An HTTP API's own payload 1.0 says its version, and has its stage in the path.
            Door::RestApi if self.version.as_deref() == Some("1.0") => {
                (target::path(below_stage(path, context), Spelling::AsSent), Spelling::Decoded)
            }
            Door::RestApi | Door::Invoke => (target::path(path, Spelling::AsSent), Spelling::Decoded),
        };
        match (raw_query, query) {
            (Some(raw), _) => target::push_raw_query(&mut target, raw),
            (None, Some(query)) => target::push_query(&mut target, query, spelling),
            (None, None) => {}
        }
        target
    }
}

/// An HTTP API's path without its stage, which is no part of ours. It stands there on the API's own name alone, and `$default`
/// stands nowhere: what looks like a stage elsewhere is the client's path.
fn below_stage<'a>(path: &'a str, context: &RequestContext) -> &'a str {
    let is_own_name = context.domain_name.as_deref().is_some_and(|name| name.contains(".execute-api."));
    let stage = context.stage.as_deref().filter(|stage| is_own_name && *stage != StageName::DEFAULT);
    let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path)
}

fn version(context: &RequestContext) -> Version {
    let of_http = context.http.as_ref().and_then(|http| http.protocol.as_deref());
    match of_http.or(context.protocol.as_deref()) {
        Some("HTTP/1.0") => Version::HTTP_10,
        Some("HTTP/2.0" | "HTTP/2") => Version::HTTP_2,
        Some("HTTP/3.0" | "HTTP/3") => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// The client's address as the door tells it. A load balancer adds it as the last of `X-Forwarded-For`, where a client can
/// only write before it.
fn told_peer(door: Door, context: &RequestContext, headers: &HeaderMap) -> IpAddr {
    let told = match door {
        Door::FunctionUrl | Door::HttpApi => context.http.as_ref().and_then(|http| http.source_ip.as_deref()),
        Door::RestApi | Door::Invoke => {
            context.identity.as_ref().and_then(|client| client.source_ip.as_deref())
        }
        Door::LoadBalancer { .. } => {
            let last = headers.get_all(FORWARDED_FOR).iter().next_back();
            last.and_then(|value| value.to_str().ok()?.rsplit(',').next())
        }
    };
    told.and_then(parse_address).unwrap_or(NOBODY)
}

/// The client as the edge tells it; none where it tells none, or more than one.
fn viewer(headers: &HeaderMap) -> Option<IpAddr> {
    single(headers, &origin::CLIENT)?.to_str().ok()?.parse().ok()
}

/// A header's value, where there is one alone: of two, one may be the client's own.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Takes the client off the end of `X-Forwarded-For`, where door and edge have added whom they heard: the gateway adds it
/// itself, and a function would be told of it twice.
fn remove_hops(headers: &mut HeaderMap, added: [Option<IpAddr>; 2]) {
    let values = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().ok());
    let Some(values) = values.collect::<Option<Vec<&str>>>() else { return };
    let way = values.join(",");
    let mut before = way.as_str();
    for address in added.into_iter().flatten() {
        let (rest, last) = before.rsplit_once(',').unwrap_or(("", before));
        if parse_address(last) == Some(address) {
            before = rest.trim_end();
        }
    }
    if before.len() == way.len() {
        return;
    }
    headers.remove(FORWARDED_FOR);
    if let Some(value) = HeaderValue::from_str(before).ok().filter(|value| !value.is_empty()) {
        headers.insert(FORWARDED_FOR, value);
    }
}

fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

/// Doors of API Gateway are `https` only; the others say what they heard, and overwrite what a client says.
fn scheme(door: Door, headers: &HeaderMap) -> Scheme {
    let heard = match door {
        Door::RestApi | Door::HttpApi => None,
        _ => headers.get(FORWARDED_PROTO),
    };
    match heard {
        Some(scheme) if scheme == "http" => Scheme::Http,
        _ => Scheme::Https,
    }
}

fn body(text: Option<String>, is_base64: Option<bool>) -> Result<Body, Refusal> {
    let text = text.unwrap_or_default();
    if is_base64 != Some(true) {
        return Ok(text.into());
    }
    STANDARD.decode(text).map(|bytes| Bytes::from(bytes).into()).map_err(|_| Refusal::RequestBodyFailed)
}
