//! How a client spelled the names of its headers.

use std::borrow::Cow;

/// The names of a request's headers as the client spelled them, in their order.
///
/// [`http::HeaderMap`] knows names in lower case alone, but REST APIs tell a function each name as it was sent. An edge
/// that sees the raw head puts this into the request's extensions; without it the common spelling is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderNames {
    /// One name on each line: no name holds a line break.
    lines: String,
}

impl HeaderNames {
    /// Adds the next name. One that no header can have is left out.
    pub fn push(&mut self, name: &str) {
        let is_token = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b':' | b',' | b';' | b'"');
        if !name.is_empty() && name.bytes().all(is_token) {
            self.lines.push_str(name);
            self.lines.push('\n');
        }
    }

    /// Looks names up, quickest in the order in which they were sent.
    #[must_use]
    pub fn spellings(&self) -> Spellings<'_> {
        Spellings { lines: &self.lines, at: 0 }
    }
}

impl<'a> FromIterator<&'a str> for HeaderNames {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut all = Self::default();
        names.into_iter().for_each(|name| all.push(name));
        all
    }
}

/// Looks up how names were spelled.
#[derive(Debug)]
pub struct Spellings<'a> {
    lines: &'a str,
    /// Behind the name that was found last: the next one asked for is most often the next one sent.
    at: usize,
}

impl<'a> Spellings<'a> {
    /// How a name was spelled the first time behind the one found last, else the first time at all.
    pub fn of(&mut self, name: &str) -> Option<&'a str> {
        self.find(self.at, name).or_else(|| self.find(0, name))
    }

    fn find(&mut self, from: usize, name: &str) -> Option<&'a str> {
        let mut at = from;
        for line in self.lines.get(from..)?.split_terminator('\n') {
            at += line.len() + 1;
            if line.eq_ignore_ascii_case(name) {
                self.at = at;
                return Some(line);
            }
        }
        None
    }
}

/// How the names of a request's headers are spelled to whoever sees them as they were sent.
#[derive(Debug)]
pub struct Spelling<'a> {
    sent: Option<Spellings<'a>>,
    /// Clients of HTTP/1 commonly begin each word with a capital; HTTP/2 knows lower case alone.
    capitals: bool,
}

impl<'a> Spelling<'a> {
    /// That of a request of which the edge has seen this.
    #[must_use]
    pub fn of(names: Option<&'a HeaderNames>, version: http::Version) -> Self {
        Self { sent: names.map(HeaderNames::spellings), capitals: version != http::Version::HTTP_2 }
    }

    /// How a name in lower case is spelled.
    pub fn spelled(&mut self, name: &'a str) -> Cow<'a, str> {
        if is_capital_on_aws(name) {
            return Cow::Owned(capitalised(name));
        }
        match self.sent.as_mut().and_then(|sent| sent.of(name)) {
            Some(sent) => Cow::Borrowed(sent),
            None if self.capitals => Cow::Owned(capitalised(name)),
            None => Cow::Borrowed(name),
        }
    }
}

/// Names that AWS writes in its own way, whatever the client sent (recorded).
fn is_capital_on_aws(name: &str) -> bool {
    matches!(name, "authorization" | "content-length" | "host" | "user-agent" | "x-amzn-trace-id")
        || name.starts_with("x-forwarded-")
}

/// The name with a capital at the beginning of each word.
fn capitalised(name: &str) -> String {
    let mut text = name.to_owned();
    let starts = std::iter::once(0).chain(name.match_indices('-').map(|(at, _)| at + 1));
    for start in starts {
        if let Some(first) = text.get_mut(start..start + 1) {
            first.make_ascii_uppercase();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_spelled_and_in_any_order() {
        let names: HeaderNames = ["Host", "x-mixed-CASE", "Accept", "HOST"].into_iter().collect();
        let mut spellings = names.spellings();
        assert_eq!(spellings.of("host"), Some("Host"));
        assert_eq!(spellings.of("x-mixed-case"), Some("x-mixed-CASE"));
        assert_eq!(spellings.of("accept"), Some("Accept"));
        assert_eq!(spellings.of("x-mixed-case"), Some("x-mixed-CASE"));
        assert_eq!(spellings.of("absent"), None);
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        let names: HeaderNames = ["", "a b", "a:b", "a\nb", "ok"].into_iter().collect();
        assert_eq!(names, ["ok"].into_iter().collect());
    }
}
