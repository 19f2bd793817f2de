//! Events: how a request is told to a function. Here is what both forms are made of; each form is a file, and so is what
//! events tell of callers. Which function is told, and what its answer means, is decided elsewhere.

pub(crate) mod authorizer;
mod callers;
mod format_1_0;
mod format_2_0;
pub(crate) mod json;

use std::borrow::Cow;
use std::net::IpAddr;

use gatelet_model::{PathTemplate, StageVariables};
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName};

pub(super) use format_1_0::write as write_1_0;
pub(super) use format_2_0::write as write_2_0;

use self::json::{Json, decoded, text_of};
use crate::integrations::trace;
use crate::payload::{CanonicalPath, Query};
use crate::ports::Arrival;
use crate::record::Record;
use crate::snapshot::routes::{self, Rules};
use crate::stages::locate::Located;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PORT: &str = "x-forwarded-port";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// A request as an event is made from it.
pub(super) struct Source<'a> {
    pub(super) arrival: &'a Arrival,
    pub(super) record: &'a Record,
    pub(super) located: &'a Located,
    pub(super) method: &'a http::Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) extensions: &'a http::Extensions,
    /// Percent-encoded.
    pub(super) query: &'a str,
    /// The path below the stage, or what a mapping put in its place.
    pub(super) path: &'a str,
    pub(super) path_is_mapped: bool,
    /// The client's own path below the stage.
    pub(super) canonical: &'a CanonicalPath,
    pub(super) purpose: Purpose<'a>,
}

/// What the function that hears of a request is to do.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// To answer it.
    Integration {
        /// The whole body.
        body: &'a [u8],
        /// Whether it is passed on in base64.
        binary: bool,
    },
    /// To say whether it may be answered. No body is told.
    Authorizer {
        /// The ARN of what is called.
        arn: &'a str,
        /// The values of the identity sources, in the definition's order; none where there are no sources.
        identity: &'a [Cow<'a, str>],
    },
}

/// What an event says of the route, apart from the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route<'a> {
    /// `GET /pets/{id}` or `$default`.
    pub(super) key: &'a str,
    /// The resource's path, or `$default`.
    pub(super) resource: &'a str,
    /// The resource's id; on HTTP APIs the route's key.
    pub(super) resource_id: &'a str,
    /// None on `$default`.
    pub(super) template: Option<&'a PathTemplate>,
    pub(super) rules: Rules,
    /// The method's name, where its author gave it one; REST APIs alone have it.
    pub(super) operation_name: Option<&'a str>,
}

/// One header, with what the gateway added among them.
pub(super) struct Field<'a> {
    /// In lower case.
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

impl<'a> Source<'a> {
    /// The request's headers and those that the gateway adds; values of one name stand behind each other.
    ///
    /// The client's own `X-Forwarded-For` stays in front, as on AWS: nobody may trust more than its last entry.
    pub(super) fn fields(&self) -> Vec<Field<'a>> {
        let headers = self.headers;
        let mut fields = Vec::with_capacity(headers.len() + 6);
        for (name, value) in headers {
            if !is_ours(name) {
                fields.push(Field { name: name.as_str(), value: text_of(value.as_bytes()) });
            }
        }
        let host = &*self.located.host;
        let port = port(headers).unwrap_or(self.arrival.scheme.port());
        if !headers.contains_key(HOST) {
            fields.push(Field { name: HOST_NAME, value: Cow::Borrowed(host) });
        }
        let mut add = |name, value| fields.push(Field { name, value });
        add("x-amzn-trace-id", trace::header(self.arrival));
        add(X_FORWARDED_FOR, Cow::Owned(forwarded_for(headers, self.arrival.peer)));
        add(X_FORWARDED_PORT, Cow::Borrowed(port));
        add(X_FORWARDED_PROTO, Cow::Borrowed(self.arrival.scheme.as_str()));
        fields
    }

    /// Names and values of the query, decoded; values of one name stand behind each other in their order.
    pub(super) fn query(&self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        let mut pairs: Vec<_> = Query::new(self.query).pairs().collect();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs
    }

    /// The part of the host before its first dot.
    pub(super) fn domain_prefix(&self) -> &'a str {
        let host: &'a str = &self.located.host;
        host.split_once('.').map_or(host, |(prefix, _)| prefix)
    }

    /// The path as the client knows it, with what addressed the stage, in the canonical spelling.
    pub(super) fn whole_path(&self) -> Cow<'a, str> {
        let path: &'a str = self.path;
        match self.located.base() {
            _ if self.path_is_mapped => Cow::Borrowed(path),
            "" => Cow::Borrowed(path),
            base => Cow::Owned([base, path].concat()),
        }
    }

    /// The protocol as `$context.protocol` has it.
    pub(super) fn protocol(&self) -> &'static str {
        match self.record.version {
            http::Version::HTTP_2 => "HTTP/2.0",
            http::Version::HTTP_3 => "HTTP/3.0",
            http::Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        }
    }

    pub(super) fn user_agent(&self) -> Option<&'a str> {
        crate::payload::headers::last_value(self.headers, "user-agent")
    }

    /// The body's length; of a body that is not told, what the client says of it.
    pub(super) fn content_length(&self) -> Option<Cow<'a, str>> {
        match self.purpose {
            Purpose::Integration { body, .. } => Some(Cow::Owned(body.len().to_string())),
            Purpose::Authorizer { .. } => {
                crate::payload::headers::last_value(self.headers, CONTENT_LENGTH.as_str()).map(Cow::Borrowed)
            }
        }
    }

    /// The size that an event will about have, so that it is written without moving.
    pub(super) fn size_hint(&self) -> usize {
        const FIXED: usize = 2_048;
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 8).sum();
        let body = match self.purpose {
            Purpose::Integration { body, .. } => body.len() * 4 / 3,
            Purpose::Authorizer { .. } => 0,
        };
        FIXED + 2 * headers + 4 * self.query.len() + body
    }

    /// Writes `body` and `isBase64Encoded`, where a body is told at all; `nothing` is what stands for one that is empty.
    /// Text that is not UTF-8 is mended, as AWS does it.
    pub(super) fn write_body(&self, json: &mut Json, nothing: Option<&str>) {
        let Purpose::Integration { body, binary } = self.purpose else { return };
        let binary = binary && !body.is_empty();
        match nothing {
            _ if binary => json.base64("body", body),
            _ if !body.is_empty() => json.text("body", &text_of(body)),
            Some(nothing) => json.raw("body", nothing),
            None => {}
        }
        json.raw("isBase64Encoded", if binary { "true" } else { "false" });
    }
}

const HOST_NAME: &str = "host";

/// Values of one name, taken from the front of a list in which they stand behind each other.
pub(super) fn groups<T>(list: &[T], same: impl Fn(&T, &T) -> bool) -> impl Iterator<Item = &[T]> {
    list.chunk_by(same)
}

/// Writes an object of the values of a template's parameters, or nothing where there are none.
///
/// REST APIs pass them on percent-encoded, HTTP APIs decoded (recorded).
fn write_path_parameters(json: &mut Json, source: &Source<'_>, route: &Route<'_>) -> bool {
    let Some(template) = route.template else { return false };
    let mut any = false;
    for (name, value) in routes::parameters(template, source.canonical, route.rules) {
        if !any {
            json.object("pathParameters");
            any = true;
        }
        json.any_key(name.as_str());
        match route.rules {
            Rules::Rest => json.push_text(value),
            Rules::Http => json.push_text(&decoded(value)),
        }
    }
    if any {
        json.close();
    }
    any
}

/// The stage's variables as JSON, made once; `None` where there are none.
pub(crate) fn stage_variables(variables: &StageVariables) -> Option<Box<str>> {
    if variables.is_empty() {
        return None;
    }
    let mut json = Json::with_capacity(64 * variables.len());
    json.open();
    for (name, value) in variables.iter() {
        json.any_key(name.as_str());
        json.push_text(value);
    }
    json.close();
    Some(json.into_text())
}

/// Puts among a request's headers what the gateway adds to them, for mappings and templates that look at them.
pub(crate) fn add_own_headers(headers: &mut HeaderMap, arrival: &Arrival, host: &str) {
    let forwarded_for = forwarded_for(headers, arrival.peer);
    let port = port(headers).unwrap_or(arrival.scheme.port()).to_owned();
    let mut set = |name: HeaderName, text: &str| {
        if let Ok(value) = http::HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    set(HeaderName::from_static("x-amzn-trace-id"), &trace::header(arrival));
    set(HeaderName::from_static(X_FORWARDED_FOR), &forwarded_for);
    set(HeaderName::from_static(X_FORWARDED_PORT), &port);
    set(HeaderName::from_static(X_FORWARDED_PROTO), arrival.scheme.as_str());
    if !headers.contains_key(HOST)
        && let Ok(host) = http::HeaderValue::from_str(host)
    {
        headers.insert(HOST, host);
    }
}

/// Headers that the gateway writes itself.
fn is_ours(name: &HeaderName) -> bool {
    *name == CONTENT_LENGTH || matches!(name.as_str(), X_FORWARDED_FOR | X_FORWARDED_PORT | X_FORWARDED_PROTO)
}

fn forwarded_for(headers: &HeaderMap, peer: IpAddr) -> String {
    let peer = peer.to_string();
    match crate::payload::headers::joined_values(headers, X_FORWARDED_FOR) {
        Some(earlier) if !earlier.trim().is_empty() => [&*earlier, ", ", &*peer].concat(),
        _ => peer,
    }
}

/// The port that the client named; none where it is the scheme's own.
fn port(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let (_, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(port)
}
