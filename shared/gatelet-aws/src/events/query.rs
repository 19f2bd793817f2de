//! Query parameters as a JSON object.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use super::headers::Texts;

/// Names and values in the order of the event, each value with its name.
#[derive(Debug, Default)]
pub(super) struct SentQuery(pub(super) Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for SentQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parameters;
        impl<'de> Visitor<'de> for Parameters {
            type Value = SentQuery;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of query parameters")
            }

            fn visit_unit<E>(self) -> Result<SentQuery, E> {
                Ok(SentQuery::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SentQuery, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    map.next_value_seed(Texts(&mut |text: &str| {
                        pairs.push((name.clone(), text.to_owned()))
                    }))?;
                }
                Ok(SentQuery(pairs))
            }
        }
        deserializer.deserialize_any(Parameters)
    }
}
