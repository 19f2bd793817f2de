//! Reading what a function answered: JSON objects whose values are looked at only where they matter, and taken for what
//! they are meant to be as AWS does: `"201"` is a number, `true` in a header is text (recorded).

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Base64 whose padding may be left out.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The lowest status of an answer: those below only announce one.
const STATUS_MIN: u16 = 200;

/// A JSON object, its values as they stand in the text.
#[derive(Debug)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads an object; `None` where the text is something else.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn of(value: &'a RawValue, what: &str) -> Result<Self, String> {
        Self::read(value.get()).ok_or_else(|| format!("`{what}` is not an object"))
    }

    /// The last value of a name; one that is null is as if it were not there.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(other, _)| other == name);
        found.map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    /// All members in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// `statusCode`.
    pub(super) fn status(&self) -> Result<Option<StatusCode>, String> {
        let Some(value) = self.get("statusCode") else { return Ok(None) };
        let wrong = || format!("`statusCode` is `{}`, which is no status", shortened(value.get()));
        let text = text(value).ok_or_else(wrong)?;
        let number = match text.parse::<u16>() {
            Ok(number) => Some(number),
            // A whole number written as a fraction, as some languages write every number.
            Err(_) => text.strip_suffix(".0").and_then(|whole| whole.parse().ok()),
        };
        let status = number.filter(|number| *number >= STATUS_MIN);
        status.and_then(|number| StatusCode::from_u16(number).ok()).map(Some).ok_or_else(wrong)
    }

    /// `headers` and, where they are asked for, `multiValueHeaders` as one map: for a name in both, the values of the latter
    /// come first, and what is in both stands once
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>).
    pub(super) fn headers(&self, with_multiple: bool) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        if let Some(value) = self.get("multiValueHeaders").filter(|_| with_multiple) {
            for (name, list) in &Self::of(value, "multiValueHeaders")?.0 {
                if list.get() == "null" {
                    continue;
                }
                let list: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|_| {
                    format!("the header `{}` in `multiValueHeaders` is not a list", shortened(name))
                })?;
                for value in list {
                    add_header(&mut headers, name, value)?;
                }
            }
        }
        if let Some(value) = self.get("headers") {
            for (name, value) in &Self::of(value, "headers")?.0 {
                add_header(&mut headers, name, value)?;
            }
        }
        Ok(headers)
    }

    /// Adds `cookies` as `Set-Cookie` headers.
    pub(super) fn add_cookies(&self, headers: &mut HeaderMap) -> Result<(), String> {
        let Some(value) = self.get("cookies") else { return Ok(()) };
        let list: Vec<&RawValue> =
            serde_json::from_str(value.get()).map_err(|_| "`cookies` is not a list".to_owned())?;
        for cookie in list {
            add_header(headers, SET_COOKIE.as_str(), cookie)?;
        }
        Ok(())
    }

    /// `isBase64Encoded`.
    pub(super) fn is_base64(&self) -> Result<bool, String> {
        match self.get("isBase64Encoded").map(RawValue::get) {
            None | Some("false" | "\"false\"") => Ok(false),
            Some("true" | "\"true\"") => Ok(true),
            Some(other) => Err(format!("`isBase64Encoded` is `{}`, not true or false", shortened(other))),
        }
    }

    /// `body`, where this is part of `payload`: not copied where it has no escapes.
    pub(super) fn body(&self, payload: &Bytes) -> Result<Bytes, String> {
        let Some(value) = self.get("body") else { return Ok(Bytes::new()) };
        match text(value) {
            Some(Cow::Borrowed(text)) => Ok(payload.slice_ref(text.as_bytes())),
            Some(Cow::Owned(text)) => Ok(Bytes::from(text)),
            None => {
                Err("`body` is an object or a list: make it text, as with `JSON.stringify` or `json.dumps`"
                    .to_owned())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Text(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A text, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A JSON string's text.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(json).ok().map(|Text(text)| text)
}

/// Decodes a body.
pub(super) fn decode_base64(body: &[u8]) -> Result<Bytes, String> {
    BASE64
        .decode(body)
        .map(Bytes::from)
        .map_err(|error| format!("`body` is not base64, as `isBase64Encoded` says: {error}"))
}

/// A value as text: a string's own, and numbers and booleans as they are written. Objects, lists and null are none.
pub(crate) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => string(json),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// Most header values of a function's answer (ours; far above what any client takes).
const ANSWER_HEADERS_MAX: usize = 1_000;

/// Adds one value; null is as if it were not there.
fn add_header(headers: &mut HeaderMap, name: &str, value: &RawValue) -> Result<(), String> {
    if value.get() == "null" {
        return Ok(());
    }
    let wrong = || format!("the header `{}` has a name or value that no header can have", shortened(name));
    let text = text(value).ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| wrong())?;
    if headers.len() >= ANSWER_HEADERS_MAX {
        return Err(format!("the answer has more than {ANSWER_HEADERS_MAX} headers"));
    }
    if !headers.get_all(&name).iter().any(|other| *other == value) {
        headers.append(name, value);
    }
    Ok(())
}

/// The beginning of a text, for messages.
pub(crate) fn shortened(text: &str) -> String {
    const CHARACTERS_MAX: usize = 200;
    text.chars().take(CHARACTERS_MAX).collect()
}
