//! Headers and query parameters as JSON objects.

use std::fmt;

use gatelet_core::payload::HeaderNames;
use gatelet_core::refusal::Refusal;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How many headers are read: far more than any door lets through, and fewer than the map of them can hold.
const HEADERS_READ_MAX: usize = 4_096;

/// The headers of an event: `{"name": "value"}` or `{"name": ["value", ...]}`, read without a map between.
#[derive(Debug, Default)]
pub(super) struct SentHeaders {
    /// By name in lower case.
    pub(super) headers: HeaderMap,
    /// The names as they were sent.
    pub(super) names: HeaderNames,
    /// What is wrong with them.
    pub(super) refusal: Option<Refusal>,
}

/// Why a header is refused whose name or value HTTP does not know.
pub(super) const NO_HEADER: Refusal = Refusal::BadHeaders("a header is none that HTTP knows");

impl SentHeaders {
    fn push(&mut self, name: &HeaderName, text: &str) {
        match HeaderValue::from_bytes(text.as_bytes()) {
            Ok(_) if self.headers.len() >= HEADERS_READ_MAX => self.refusal = Some(Refusal::HeadersTooLarge),
            Ok(value) => {
                self.headers.append(name, value);
            }
            Err(_) => self.refusal = Some(NO_HEADER),
        }
    }
}

impl<'de> serde::Deserialize<'de> for SentHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Headers;
        impl<'de> Visitor<'de> for Headers {
            type Value = SentHeaders;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of headers")
            }

            fn visit_unit<E>(self) -> Result<SentHeaders, E> {
                Ok(SentHeaders::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SentHeaders, A::Error> {
                let mut sent = SentHeaders::default();
                while let Some(name) = map.next_key_seed(Name { names: &mut sent.names })? {
                    let Some(name) = name else {
                        sent.refusal = Some(NO_HEADER);
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    map.next_value_seed(Texts(&mut |text: &str| sent.push(&name, text)))?;
                }
                Ok(sent)
            }
        }
        deserializer.deserialize_any(Headers)
    }
}

/// A header's name, noted as it is spelled.
struct Name<'a> {
    names: &'a mut HeaderNames,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<HeaderName>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<HeaderName>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header's name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let name = HeaderName::from_bytes(text.as_bytes()).ok();
        if name.is_some() {
            self.names.push(text);
        }
        Ok(name)
    }
}

/// A text or a list of texts, each handed over as it comes; `null` is none.
pub(super) struct Texts<'a>(pub(super) &'a mut dyn FnMut(&str));

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Texts(self.0))?.is_some() {}
        Ok(())
    }
}
