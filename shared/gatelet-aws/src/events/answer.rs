//! From an answer to what a door takes.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, response};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::event::Door;

/// The largest answer of a function that is not streamed, in bytes of JSON: 6 MB
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024;
/// The largest answer that a load balancer takes, in bytes of JSON: 1 MB
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#lambda-target-considerations>).
const LOAD_BALANCER_BYTES_MAX: usize = 1024 * 1024;
/// The longest escape that JSON writes for one byte of text: `\u0000`.
const ESCAPE_BYTES_MAX: usize = "\\u0000".len();
/// What an answer's JSON has besides its headers and body, at most.
const FRAME_BYTES: usize = 256;

impl Door {
    /// The largest body that may stand in an answer that is not streamed; its JSON is held against the same limit.
    #[must_use]
    pub const fn answer_bytes_max(self) -> usize {
        match self {
            Self::LoadBalancer { .. } => LOAD_BALANCER_BYTES_MAX,
            _ => ANSWER_BYTES_MAX,
        }
    }
}

/// An answer for a door that takes it whole. It serializes to the door's shape: a body that is UTF-8 as text, another in base64.
#[derive(Debug)]
pub struct Buffered {
    door: Door,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Buffered {
    /// An answer with its whole body.
    #[must_use]
    pub fn new(door: Door, head: response::Parts, body: Bytes) -> Self {
        let mut headers = head.headers;
        remove_framing(&mut headers);
        Self { door, status: head.status, headers, body }
    }

    /// Whether the door takes it, as large as it is.
    #[must_use]
    pub fn fits(&self) -> bool {
        let limit = self.door.answer_bytes_max();
        self.json_bytes_max() <= limit || self.json_bytes() <= limit
    }

    /// The length of its body, in bytes.
    #[must_use]
    pub const fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// The length that its JSON never exceeds, told without a look at a single byte of it.
    fn json_bytes_max(&self) -> usize {
        let headers =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() * ESCAPE_BYTES_MAX + 8);
        FRAME_BYTES + headers.sum::<usize>() + self.body.len() * ESCAPE_BYTES_MAX
    }

    /// The length of its JSON. What cannot be written has none that fits.
    fn json_bytes(&self) -> usize {
        let mut written = Counted(0);
        serde_json::to_writer(&mut written, self).map_or(usize::MAX, |()| written.0)
    }

    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }
}

/// How much was written, and nothing else of it.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What can never be an answer's own: the door frames it anew.
fn remove_framing(headers: &mut HeaderMap) {
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        headers.remove(name);
    }
}

impl Serialize for Buffered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_struct("Answer", 6)?;
        answer.serialize_field("statusCode", &self.status.as_u16())?;
        match self.door {
            Door::FunctionUrl | Door::HttpApi => {
                answer
                    .serialize_field("headers", &Joined { headers: &self.headers, without_cookies: true })?;
                answer.serialize_field("cookies", &Values(&self.headers, &SET_COOKIE))?;
            }
            Door::LoadBalancer { multi_value } => {
                let reason = self.status.canonical_reason().unwrap_or("Unknown");
                answer.serialize_field(
                    "statusDescription",
                    &format_args!("{} {reason}", self.status.as_u16()),
                )?;
                if multi_value {
                    answer.serialize_field("multiValueHeaders", &Several(&self.headers))?;
                } else {
                    let headers = Joined { headers: &self.headers, without_cookies: false };
                    answer.serialize_field("headers", &headers)?;
                }
            }
            Door::RestApi | Door::Invoke => {
                answer.serialize_field("multiValueHeaders", &Several(&self.headers))?;
            }
        }
        match self.text() {
            Some(text) => answer.serialize_field("body", text)?,
            None => answer.serialize_field("body", &Encoded(&self.body))?,
        }
        answer.serialize_field("isBase64Encoded", &self.text().is_none())?;
        answer.end()
    }
}

/// Bytes in base64, written without a copy between.
struct Encoded<'a>(&'a [u8]);

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// Every header once, several values with commas between.
struct Joined<'a> {
    headers: &'a HeaderMap,
    without_cookies: bool,
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for name in self.headers.keys().filter(|name| !self.without_cookies || **name != SET_COOKIE) {
            let mut values = self.headers.get_all(name).iter().map(text);
            let mut joined = values.next().unwrap_or_default().into_owned();
            // Cookies cannot be joined: where there is one place, the last one stands in it, as everywhere on AWS.
            for value in values {
                if *name == SET_COOKIE {
                    joined = value.into_owned();
                } else {
                    joined.push(',');
                    joined.push_str(&value);
                }
            }
            map.serialize_entry(name.as_str(), &joined)?;
        }
        map.end()
    }
}

/// Every header with the list of its values.
struct Several<'a>(&'a HeaderMap);

impl Serialize for Several<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for name in self.0.keys() {
            map.serialize_entry(name.as_str(), &Values(self.0, name))?;
        }
        map.end()
    }
}

/// The list of one header's values.
struct Values<'a>(&'a HeaderMap, &'a HeaderName);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for value in self.0.get_all(self.1) {
            list.serialize_element(&*text(value))?;
        }
        list.end()
    }
}

/// JSON has no bytes: what is not UTF-8 in a value is replaced.
fn text(value: &HeaderValue) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// What goes before a streamed answer: every header once, and the cookies apart
/// (<https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html>).
#[derive(Debug)]
pub struct Prelude {
    /// The status.
    pub status: StatusCode,
    /// Every header once, several values with commas between. What is not ASCII in a value is left out, because a prelude
    /// cannot hold it.
    pub headers: HeaderMap,
    /// The values of `Set-Cookie`.
    pub cookies: Vec<String>,
}

impl From<response::Parts> for Prelude {
    fn from(head: response::Parts) -> Self {
        let mut sent = head.headers;
        remove_framing(&mut sent);
        let cookies = sent.get_all(SET_COOKIE).iter().map(|value| text(value).into_owned()).collect();
        sent.remove(SET_COOKIE);
        let is_plain = sent.keys_len() == sent.len() && sent.values().all(|value| value.to_str().is_ok());
        let headers = if is_plain { sent } else { joined(&sent) };
        Self { status: head.status, headers, cookies }
    }
}

fn joined(sent: &HeaderMap) -> HeaderMap {
    let ascii = |value: &HeaderValue| -> String {
        text(value).chars().filter(|character| matches!(character, '\t' | ' '..='~')).collect()
    };
    let value = |name| {
        let values: Vec<String> = sent.get_all(name).iter().map(ascii).collect();
        HeaderValue::from_str(&values.join(",")).ok()
    };
    sent.keys().filter_map(|name| Some((name.clone(), value(name)?))).collect()
}
