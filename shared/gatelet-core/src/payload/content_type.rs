//! The type of a payload, read in one way by whoever judges it, maps it or tells text from bytes: what was judged is what is used.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::headers::last_value;

/// The type of a body that says none.
pub const JSON: &str = "application/json";

/// A media type without its parameters: of a list the first entry's.
#[must_use]
pub fn essence(kind: &str) -> &str {
    kind.split([',', ';']).next().unwrap_or_default().trim()
}

/// The `Content-Type` of a message as it was written: of several the last. One that names no type is none.
#[must_use]
pub fn content_type(headers: &HeaderMap) -> Option<&str> {
    last_value(headers, CONTENT_TYPE.as_str()).filter(|kind| !essence(kind).is_empty())
}

/// Whether a message's `Content-Type` could be understood in two ways: there are several, it is a list or no text, or it names no type.
/// A comma in quotation marks belongs to a parameter; a blank one is none.
#[must_use]
pub fn is_ambiguous(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (None, _) => false,
        (Some(_), Some(_)) => true,
        (Some(value), None) if value.as_bytes().trim_ascii().is_empty() => false,
        (Some(_), None) => content_type(headers).is_none_or(is_list),
    }
}

fn is_list(kind: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for byte in kind.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return true,
            _ => {}
        }
    }
    // Who never closes the marks may mean the comma in them.
    quoted && kind.contains(',')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn message(values: &[&'static [u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value);
            value.into_iter().for_each(|value| {
                headers.append(CONTENT_TYPE, value);
            });
        }
        headers
    }

    #[test]
    fn a_type_is_taken_without_its_parameters() {
        assert_eq!(essence(" Text/HTML ; charset=utf-8, a/b"), "Text/HTML");
        assert_eq!(essence("a/b, c/d; q=1"), "a/b");
        assert_eq!(essence(""), "");
    }

    #[test]
    fn of_several_types_the_last_counts_and_a_blank_one_is_none() {
        assert_eq!(content_type(&message(&[b"a/b", b"c/d; x=\xc3\xa9"])), Some("c/d; x=\u{e9}"));
        assert_eq!(content_type(&HeaderMap::new()), None);
        for none in [&b""[..], b" ; q=1", b", a/b", b"a/b\xff"] {
            assert_eq!(content_type(&message(&[none])), None, "{none:?}");
        }
    }

    #[test]
    fn what_two_readers_may_take_for_two_types_is_known() {
        assert!(!is_ambiguous(&HeaderMap::new()));
        for clear in [&b"a/b"[..], b"", b" ", br#"a/b; boundary="1,2""#, br#"a/b; x="\",""#] {
            assert!(!is_ambiguous(&message(&[clear])), "{clear:?}");
        }
        for unclear in [
            &b"a/b, c/d"[..],
            b", a/b",
            b" ; q=1",
            b"a/b\xff",
            br#"a/b; x="1,2"#,
            br#"a/b; x="\"", c/d"#,
            br#"a/b; x="\\", c/d"#,
        ] {
            assert!(is_ambiguous(&message(&[unclear])), "{unclear:?}");
        }
        assert!(is_ambiguous(&message(&[b"a/b", b"a/b"])));
    }
}
