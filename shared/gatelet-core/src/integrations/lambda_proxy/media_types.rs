//! Which payloads are bytes and which are text
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>).

/// The binary media types of a REST API: `image/png`, `image/*` or `*/*`.
#[derive(Debug, Default)]
pub struct MediaTypes(Vec<Box<str>>);

impl MediaTypes {
    /// The types of a definition.
    #[must_use]
    pub fn new(types: &[String]) -> Self {
        Self(types.iter().map(|kind| essence(kind).to_ascii_lowercase().into()).collect())
    }

    /// Whether a type is among them. A wildcard stands for a whole subtype or for everything: `*/png` is no wildcard.
    #[must_use]
    pub fn contain(&self, kind: &str) -> bool {
        let kind = essence(kind);
        self.0.iter().any(|pattern| {
            if &**pattern == "*/*" {
                return true;
            }
            match pattern.strip_suffix('*').filter(|family| family.ends_with('/')) {
                Some(family) => {
                    kind.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family))
                }
                None => kind.eq_ignore_ascii_case(pattern),
            }
        })
    }
}

/// The first entry of an `Accept` header, the only one that AWS looks at.
pub(super) fn first_entry(accept: &str) -> &str {
    accept.split(',').next().unwrap_or_default()
}

/// Whether HTTP APIs tell a function a body of this type as text; all others, and a body of no type, are base64. Seen in
/// public threads.
pub(super) fn is_text_to_http_apis(content_type: Option<&str>) -> bool {
    let kind = content_type.map_or("", essence);
    let is_text = kind.get(.."text/".len()).is_some_and(|start| start.eq_ignore_ascii_case("text/"));
    is_text
        || ["application/json", "application/xml", "application/javascript"]
            .iter()
            .any(|text| kind.eq_ignore_ascii_case(text))
}

/// A media type without its parameters.
fn essence(kind: &str) -> &str {
    kind.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_matched_whole_by_family_or_all() {
        let types =
            MediaTypes::new(&["image/*".to_owned(), "Application/PDF".to_owned(), "*/test".to_owned()]);
        for (kind, binary) in [
            ("image/png", true),
            ("IMAGE/jpeg; q=1", true),
            ("application/pdf", true),
            ("application/pdf2", false),
            ("application/json", false),
            ("a/test", false),
            ("images/png", false),
            ("", false),
        ] {
            assert_eq!(types.contain(kind), binary, "{kind}");
        }
        assert!(MediaTypes::new(&["*/*".to_owned()]).contain("a/b"));
        assert!(MediaTypes::new(&["application/*".to_owned()]).contain("application/*"));
        assert!(!MediaTypes::default().contain("*/*"));
        assert_eq!(first_entry("image/png;q=0.5, */*"), "image/png;q=0.5");
    }

    #[test]
    fn http_apis_know_few_texts() {
        for (kind, text) in [
            (Some("text/html; charset=utf-8"), true),
            (Some("application/JSON"), true),
            (Some("application/xml"), true),
            (Some("application/javascript;x=y"), true),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/vnd.api+json"), false),
            (Some("image/png"), false),
            (None, false),
        ] {
            assert_eq!(is_text_to_http_apis(kind), text, "{kind:?}");
        }
    }
}
