//! The path of a resource or route: `/pets/{id}/photos/{proxy+}`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::{ParameterName, shortened};
use crate::limits;
use crate::problem::Problem;

/// One part of a [`PathTemplate`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// This text, to the letter.
    Static(Box<str>),
    /// `{name}`: one segment, not empty.
    Parameter(ParameterName),
    /// `{name+}`: all that is left, at least one segment; the last of its path.
    Greedy(ParameterName),
}

/// The path of a resource or route, such as `/pets/{id}`. `/` alone has no segments.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathTemplate {
    text: Box<str>,
    segments: Box<[Segment]>,
}

impl PathTemplate {
    /// Reads a path. A trailing slash is dropped, as AWS does on import.
    ///
    /// # Errors
    /// A [`Problem`] for a missing leading slash, an empty segment, a brace in the wrong place, a greedy
    /// parameter that is not last, a parameter named twice, or a character that no path segment holds.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let fail = |why: &str, help: &str| {
            Err(Problem::error(format!("`{}` is not a path: {why}", shortened(text))).help(help))
        };
        let Some(rest) = text.strip_prefix('/') else {
            return fail("it does not begin with `/`", "write it as `/pets/{id}`");
        };
        if rest == "/" {
            return fail("it has an empty segment", "remove the doubled `/`");
        }
        if text.len() > limits::PATH_BYTES_MAX || text.matches('/').count() > limits::PATH_SEGMENTS_MAX {
            return fail(
                "it is longer or deeper than any URL that is taken",
                "shorten it; a greedy parameter `{name+}` takes any number of segments",
            );
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let mut segments = Vec::new();
        let parts = (!rest.is_empty()).then(|| rest.split('/'));
        for part in parts.into_iter().flatten() {
            if matches!(segments.last(), Some(Segment::Greedy(_))) {
                return fail("a greedy parameter is not its last part", "move `{name+}` to the end");
            }
            match parse_segment(part) {
                Ok(segment) => segments.push(segment),
                Err((why, help)) => return fail(why, help),
            }
        }
        let mut names: Vec<_> = segments.iter().filter_map(Segment::parameter).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return fail("it names a parameter twice", "give each parameter a name of its own");
        }
        Ok(Self { text: format!("/{rest}").into(), segments: segments.into() })
    }

    /// The path as written, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its parts, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The names of its parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &ParameterName> {
        self.segments.iter().filter_map(Segment::parameter)
    }

    /// The last part as AWS's resources name it: `{id}` of `/pets/{id}`; empty for `/`.
    #[must_use]
    pub fn path_part(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The path above this one; none above `/`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.segments.split_last()?;
        let (text, _) = self.text.rsplit_once('/')?;
        let text = if text.is_empty() { "/" } else { text };
        Some(Self { text: text.into(), segments: above.into() })
    }
}

impl Segment {
    /// The name, where the segment is a parameter.
    #[must_use]
    pub const fn parameter(&self) -> Option<&ParameterName> {
        match self {
            Self::Static(_) => None,
            Self::Parameter(name) | Self::Greedy(name) => Some(name),
        }
    }
}

fn parse_segment(part: &str) -> Result<Segment, (&'static str, &'static str)> {
    const BRACES: &str = "a parameter is a whole segment: `/pets/{id}`, not `/pets/x{id}`";
    if part.is_empty() {
        return Err(("it has an empty segment", "remove the doubled `/`"));
    }
    if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        let (name, greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        let name = ParameterName::parse(name)
            .map_err(|_| ("a parameter's name is not one", "letters, digits, `.`, `_`, `-`, `:` and `$`"))?;
        return Ok(if greedy { Segment::Greedy(name) } else { Segment::Parameter(name) });
    }
    if part.contains(['{', '}']) {
        return Err(("a brace stands inside a segment", BRACES));
    }
    if part.contains(['?', '#', '\\']) || part.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err((
            "a segment has a character that no URL path holds",
            "remove it, or write it percent-encoded",
        ));
    }
    Ok(Segment::Static(part.into()))
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for PathTemplate {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|problem| problem.to_string())
    }
}

impl From<PathTemplate> for String {
    fn from(path: PathTemplate) -> Self {
        path.text.into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn reads_every_kind_of_segment() {
        let path = PathTemplate::parse("/pets/{id}/{proxy+}").unwrap();
        let kinds: Vec<_> = path.parameters().map(ParameterName::as_str).collect();
        assert_eq!(kinds, ["id", "proxy"]);
        assert!(matches!(path.segments(), [Segment::Static(_), Segment::Parameter(_), Segment::Greedy(_)]));
        assert_eq!(path.path_part(), "{proxy+}");
        assert_eq!(path.parent().unwrap().as_str(), "/pets/{id}");
    }

    #[test]
    fn root_has_no_segments_and_no_parent() {
        let root = PathTemplate::parse("/").unwrap();
        assert!(root.segments().is_empty());
        assert!(root.parent().is_none());
        assert_eq!(PathTemplate::parse("/pets/").unwrap().as_str(), "/pets");
        assert_eq!(PathTemplate::parse("/pets").unwrap().parent().unwrap().as_str(), "/");
    }

    #[test]
    fn refuses_what_is_not_a_path() {
        for text in
            ["/a".repeat(limits::PATH_SEGMENTS_MAX + 1), format!("/{}", "a".repeat(limits::PATH_BYTES_MAX))]
        {
            assert!(PathTemplate::parse(&text).is_err(), "too long");
        }
        for text in
            ["", "pets", "/a//b", "/{p+}/x", "/x{id}", "/{}", "/{a}/{a}", "/a b", "/a?b", "/{a b}", "//"]
        {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
    }
}
