//! The query of a request, taken apart only where somebody asks.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is escaped in a query's names and values: all but unreserved characters.
const QUERY_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A query as it stood in the request line, without the question mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// A query by its text.
    #[must_use]
    pub const fn new(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The text as it came.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Names and values, decoded, in order; `+` is a space. A part without `=` has an empty value.
    pub fn pairs(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.0.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        })
    }

    /// All values of a name, in order. Names are told apart by case.
    pub fn values(self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        self.pairs().filter(move |(other, _)| other == name).map(|(_, value)| value)
    }

    /// The last value of a name, the one that counts where only one can
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>).
    #[must_use]
    pub fn last_value(self, name: &str) -> Option<Cow<'a, str>> {
        self.values(name).last()
    }
}

/// Adds a name and a value to a query under construction.
pub fn push_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, QUERY_PART));
    query.push('=');
    query.extend(utf8_percent_encode(value, QUERY_PART));
}

fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains(['%', '+']) {
        return Cow::Borrowed(part);
    }
    let spaced = part.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8_lossy() {
        Cow::Borrowed(_) => Cow::Owned(spaced),
        Cow::Owned(text) => Cow::Owned(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_in_order() {
        let query = Query::new("a=1&b=x%20y+z&a=2&flag&=v&&c=%C3%A9%3D");
        let pairs: Vec<(String, String)> =
            query.pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let expected = [("a", "1"), ("b", "x y z"), ("a", "2"), ("flag", ""), ("", "v"), ("c", "é=")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(query.last_value("a").as_deref(), Some("2"));
        assert_eq!(query.last_value("A"), None);
    }

    #[test]
    fn what_is_pushed_reads_back() {
        let mut query = String::new();
        push_pair(&mut query, "a b", "1&2=3+4%");
        push_pair(&mut query, "é", "");
        let pairs: Vec<_> = Query::new(&query).pairs().collect();
        assert_eq!(pairs, [("a b".into(), "1&2=3+4%".into()), ("é".into(), "".into())]);
    }
}
