//! Which integration response answers: `selectionPattern`, a Java regular expression held against the whole of a
//! status code or error message
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html>).

mod ecma;
mod java;
mod sized;

pub(crate) use ecma::translate_ecma;
pub(crate) use java::translate;
pub(crate) use sized::SizedPattern;

use regex::{Regex, RegexBuilder};

use crate::LanguageError;
use crate::error::shown;

/// How much of a text is held against a pattern, in bytes: an error message is as long as its function likes.
const TEXT_BYTES_MAX: usize = 8 << 10;

/// How large a compiled pattern may grow, in bytes. Matching takes time in proportion to this and to the text: at
/// worst some 35 ms for all of [`TEXT_BYTES_MAX`], where 100 KB would take half a second.
const COMPILED_BYTES_MAX: usize = 1 << 16;

/// A selection pattern, compiled.
///
/// One that cannot be compiled is kept as an error, because AWS takes it at definition and so do we.
#[derive(Debug, Clone)]
pub struct SelectionPattern {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Default,
    Pattern(Regex),
    Broken(LanguageError),
}

/// How a pattern takes a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match<'a> {
    /// It is the default: it takes what no other takes.
    Default,
    /// It matches.
    Yes,
    /// It does not.
    No,
    /// It cannot be told: the pattern is one that this gateway cannot run.
    Broken(&'a LanguageError),
}

impl SelectionPattern {
    /// Compiles a pattern. None, an empty one and `.*` make the default response.
    #[must_use]
    pub fn compile(pattern: Option<&str>) -> Self {
        let kind = match pattern {
            None | Some("" | ".*") => Kind::Default,
            Some(pattern) => compile(pattern).map_or_else(Kind::Broken, Kind::Pattern),
        };
        Self { kind }
    }

    /// Why it cannot be run, if so.
    #[must_use]
    pub const fn error(&self) -> Option<&LanguageError> {
        match &self.kind {
            Kind::Broken(error) => Some(error),
            Kind::Default | Kind::Pattern(_) => None,
        }
    }

    /// Holds it against the whole of a text; one of more than 8 KB counts as if it ended there.
    #[must_use]
    pub fn matches(&self, text: &str) -> Match<'_> {
        let text = text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or(text);
        match &self.kind {
            Kind::Default => Match::Default,
            Kind::Pattern(pattern) if pattern.is_match(text) => Match::Yes,
            Kind::Pattern(_) => Match::No,
            Kind::Broken(error) => Match::Broken(error),
        }
    }
}

/// The position of the pattern that takes a text: the first that matches and `is_preferred`, else the first that
/// matches, else the first default; `None` where there is neither, which AWS answers as a configuration error.
///
/// Mock integrations prefer the entry whose own status code is the template's.
///
/// ASSUMPTION: a broken pattern counts only where no other matches; then nobody can tell whether it would have.
///
/// # Errors
/// The [`LanguageError`] of that broken pattern.
pub fn select<'p>(
    patterns: impl IntoIterator<Item = &'p SelectionPattern>,
    text: &str,
    is_preferred: impl Fn(usize) -> bool,
) -> Result<Option<usize>, &'p LanguageError> {
    let mut first = None;
    let mut default = None;
    let mut broken = None;
    for (position, pattern) in patterns.into_iter().enumerate() {
        match pattern.matches(text) {
            Match::Yes if is_preferred(position) => return Ok(Some(position)),
            Match::Yes => first = first.or(Some(position)),
            Match::Default => default = default.or(Some(position)),
            Match::Broken(error) => broken = broken.or(Some(error)),
            Match::No => {}
        }
    }
    match (first, broken) {
        (None, Some(error)) => Err(error),
        (first, _) => Ok(first.or(default)),
    }
}

fn compile(pattern: &str) -> Result<Regex, LanguageError> {
    let translated = java::translate(pattern)?;
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(COMPILED_BYTES_MAX).build();
    // Alone first, because `a)|(b` would be a pattern once it stands in a group.
    let whole = build(&translated).and_then(|_| build(&format!("^(?:{translated})$")));
    whole.map_err(|error| {
        let why = match error {
            regex::Error::CompiledTooBig(_) => "grows too large: make its repetitions smaller".to_owned(),
            other => format!("cannot be run: {}", last_line(&other.to_string())),
        };
        LanguageError::new(0, format!("the selection pattern {} {why}", shown(pattern)))
    })
}

/// The message of the last line; those above draw the pattern as it was translated.
fn last_line(message: &str) -> &str {
    let line = message.lines().next_back().unwrap_or_default();
    line.trim_start_matches("error: ")
}

#[cfg(test)]
mod tests;
