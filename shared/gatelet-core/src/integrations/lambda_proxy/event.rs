//! What both forms of event are made of.

use std::borrow::Cow;
use std::net::IpAddr;

use gatelet_model::{PathTemplate, StageVariables};
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName};

use super::json::{Json, decoded, text_of};
use crate::arrival::Arrival;
use crate::integrations::{Call, trace};
use crate::payload::Query;
use crate::record::Record;
use crate::snapshot::routes::{self, Rules};

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PORT: &str = "x-forwarded-port";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// A request as an event is made from it.
pub(super) struct Source<'a> {
    pub(super) arrival: &'a Arrival,
    pub(super) record: &'a Record,
    pub(super) call: &'a Call<'a>,
    pub(super) body: &'a [u8],
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
        let headers = &self.call.headers;
        let mut fields = Vec::with_capacity(headers.len() + 6);
        for (name, value) in headers {
            if !is_ours(name) {
                fields.push(Field { name: name.as_str(), value: text_of(value.as_bytes()) });
            }
        }
        let host = &*self.call.located.host;
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
        let mut pairs: Vec<_> = Query::new(&self.call.query).pairs().collect();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs
    }

    /// The part of the host before its first dot.
    pub(super) fn domain_prefix(&self) -> &'a str {
        let host: &'a str = &self.call.located.host;
        host.split_once('.').map_or(host, |(prefix, _)| prefix)
    }

    /// The path as the client knows it, with what addressed the stage, in the canonical spelling.
    pub(super) fn whole_path(&self) -> Cow<'a, str> {
        let path: &'a str = &self.call.path;
        match self.call.located.base() {
            _ if self.call.path_is_mapped => Cow::Borrowed(path),
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
        crate::payload::headers::last_value(&self.call.headers, "user-agent")
    }

    pub(super) fn content_type(&self) -> Option<&'a str> {
        crate::payload::headers::last_value(&self.call.headers, "content-type")
    }

    /// The size that an event will about have, so that it is written without moving.
    pub(super) fn size_hint(&self) -> usize {
        const FIXED: usize = 2_048;
        let headers: usize =
            self.call.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 8).sum();
        FIXED + 2 * headers + 4 * self.call.query.len() + self.body.len() * 4 / 3
    }

    /// Writes `body` and `isBase64Encoded`. Text that is not UTF-8 is mended, as AWS does it.
    pub(super) fn write_body(&self, json: &mut Json, binary: bool) {
        if binary {
            json.base64("body", self.body);
        } else {
            json.text("body", &text_of(self.body));
        }
        self.write_flag(json, binary);
    }

    pub(super) fn write_flag(&self, json: &mut Json, binary: bool) {
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
pub(super) fn write_path_parameters(
    json: &mut Json,
    source: &Source<'_>,
    template: Option<&PathTemplate>,
    rules: Rules,
) -> bool {
    let Some(template) = template else { return false };
    let mut any = false;
    for (name, value) in routes::parameters(template, source.call.canonical, rules) {
        if !any {
            json.object("pathParameters");
            any = true;
        }
        json.any_key(name.as_str());
        match rules {
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
pub(super) fn stage_variables(variables: &StageVariables) -> Option<Box<str>> {
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
    String::from_utf8(json.into_bytes()).ok().map(Into::into)
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
