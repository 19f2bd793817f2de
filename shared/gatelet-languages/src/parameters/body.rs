//! Values of a body, found by the paths of a definition's mappings.

use bumpalo::Bump;

use super::BodyPath;
use crate::LanguageError;
use crate::heap::{Heap, Value};
use crate::json;
use crate::json_path::{JsonPath, VISITS_MAX};

/// The paths that the mappings of one message name, compiled: the body is read once for all of them.
#[derive(Debug, Clone, Default)]
pub struct BodyPaths(Vec<Wanted>);

#[derive(Debug, Clone)]
enum Wanted {
    Whole,
    Part(JsonPath),
}

impl BodyPaths {
    /// Adds a path; returns its place among the values.
    ///
    /// # Errors
    /// A [`LanguageError`] for what is no JSONPath.
    pub fn add(&mut self, path: &BodyPath) -> Result<usize, LanguageError> {
        self.0.push(match path.is_whole() {
            true => Wanted::Whole,
            false => Wanted::Part(JsonPath::parse(path.as_str())?),
        });
        Ok(self.0.len() - 1)
    }

    /// Whether there is none, so that no body is needed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of each path in a body, as text: of a map or list its JSON. None where there is nothing or `null`, and where
    /// the body cannot be read. Only its first `parsed_bytes_max` bytes are looked at for parts.
    #[must_use]
    pub fn values(&self, body: &str, parsed_bytes_max: usize) -> Vec<Option<String>> {
        let texts = Bump::new();
        let mut heap = Heap::new(&texts);
        let parsed = body.get(..body.floor_char_boundary(parsed_bytes_max)).unwrap_or_default();
        let reads = self.0.iter().any(|wanted| matches!(wanted, Wanted::Part(_)));
        let root = if reads { json::read_lenient(parsed, &mut heap).ok() } else { None };
        // One budget for all paths of the message.
        let mut visits_left = VISITS_MAX;
        let mut value = |wanted: &Wanted| match wanted {
            Wanted::Whole => Some(body.to_owned()),
            Wanted::Part(path) => {
                let found = path.find_within(root?, &mut heap, &mut visits_left).ok()??;
                text(found, &heap)
            }
        };
        self.0.iter().map(&mut value).collect()
    }
}

fn text(value: Value<'_>, heap: &Heap<'_>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text.to_owned()),
        other => {
            let mut text = String::new();
            json::write(other, heap, &mut text).ok()?;
            Some(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rest::{RequestSource, parse_request_source};
    use super::*;

    fn values(body: &str, paths: &[&str]) -> Vec<Option<String>> {
        let mut all = BodyPaths::default();
        for path in paths {
            let RequestSource::Body(path) =
                parse_request_source(&format!("method.request.body{path}")).unwrap()
            else {
                panic!("{path}")
            };
            all.add(&path).unwrap();
        }
        all.values(body, 100)
    }

    #[test]
    fn values_are_texts_and_what_is_not_there_is_none() {
        let body = r#"{"a": {"b": [1, "x", null, 1.50, true]}, "c": "d"}"#;
        let found =
            values(body, &["", ".c", ".a.b[0]", ".a.b[1]", ".a.b[2]", ".a.b[4]", ".a.b", ".none", ".a.c.d"]);
        let expected = [
            Some(body),
            Some("d"),
            Some("1"),
            Some("x"),
            None,
            Some("true"),
            Some(r#"[1,"x",null,1.5,true]"#),
            None,
            None,
        ];
        assert_eq!(found, expected.map(|value| value.map(str::to_owned)));
    }

    #[test]
    fn what_cannot_be_read_has_no_parts() {
        assert_eq!(values("<a/>", &["", ".c"]), [Some("<a/>".to_owned()), None]);
        let long = format!(r#"{{"c": "d", "e": "{}"}}"#, "x".repeat(100));
        assert_eq!(values(&long, &["", ".e"]), [Some(long.clone()), None]);
        let deep = "[".repeat(90);
        assert_eq!(values(&deep, &[".a"]), [None]);
    }
}
