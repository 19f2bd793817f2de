//! Which payloads are bytes and which are text
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>).

use crate::payload::essence;

/// What somebody accepts who does not say it.
const EVERYTHING: &str = "*/*";

/// The binary media types of a REST API: `image/png`, `image/*` or `*/*`.
#[derive(Debug, Default)]
pub struct MediaTypes(Vec<Box<str>>);

impl MediaTypes {
    /// Whether a client with such an `Accept` header takes bytes: its first entry is the only one that AWS looks at.
    #[must_use]
    pub fn are_accepted(&self, accept: Option<&str>) -> bool {
        // ASSUMPTION: who does not say what he accepts, accepts everything.
        self.contain(accept.unwrap_or(EVERYTHING))
    }

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
            if **pattern == *EVERYTHING {
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
    }

    #[test]
    fn who_says_nothing_accepts_everything_and_else_the_first_entry_counts() {
        let images = MediaTypes::new(&["image/*".to_owned()]);
        let all = MediaTypes::new(&["*/*".to_owned()]);
        assert!(images.are_accepted(Some("image/png;q=0.5, */*")));
        assert!(!images.are_accepted(Some("text/html, image/png")));
        assert!(!images.are_accepted(None));
        assert!(all.are_accepted(None) && all.are_accepted(Some("text/html")));
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
