//! `matches`, `split`, `replaceAll` and `replaceFirst`: Java's regular expressions as far as they run in linear time.

use regex::{Captures, Regex, RegexBuilder};

use crate::LanguageError;
use crate::error::shown;
use crate::selection::translate;

/// How large a compiled pattern may grow, in bytes.
const COMPILED_BYTES_MAX: usize = 1 << 18;

/// The methods that take one.
const METHODS: [&str; 4] = ["matches", "split", "replaceAll", "replaceFirst"];

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(in crate::vtl) enum Pattern {
    /// No character of it means anything but itself.
    Plain(Box<str>),
    Regex(Box<Regex>),
}

impl Pattern {
    /// Whether a method takes one.
    pub(in crate::vtl) fn is_taken_by(method: &str) -> bool {
        METHODS.contains(&method)
    }

    /// Compiles a pattern for a method: `matches` holds it against the whole of a text.
    ///
    /// # Errors
    /// A [`LanguageError`] for what Java would not take, for what needs backtracking, and for what grows too large.
    pub(in crate::vtl) fn parse(pattern: &str, method: &str) -> Result<Self, LanguageError> {
        if !pattern.contains(['\\', '[', ']', '{', '}', '(', ')', '^', '$', '.', '|', '?', '*', '+']) {
            return Ok(Self::Plain(pattern.into()));
        }
        // The most usual one.
        if let Some(plain) = pattern
            .strip_prefix('\\')
            .filter(|rest| rest.len() == 1 && !rest.chars().all(char::is_alphanumeric))
        {
            return Ok(Self::Plain(plain.into()));
        }
        let translated = translate(pattern).map_err(|error| {
            LanguageError::new(0, error.message.replace("the selection pattern", "the pattern"))
        })?;
        let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(COMPILED_BYTES_MAX).build();
        let compiled = match method {
            // Alone first, because `a)|(b` would be a pattern once it stands in a group.
            "matches" => build(&translated).and_then(|_| build(&format!("^(?:{translated})$"))),
            _ => build(&translated),
        };
        let regex = compiled.map_err(|_| {
            LanguageError::new(0, format!("the pattern {} cannot be run: simplify it", shown(pattern)))
        })?;
        Ok(Self::Regex(Box::new(regex)))
    }

    /// Whether it matches the whole of a text, where it was compiled for that.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        match self {
            Self::Plain(plain) => **plain == *text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// As Java's `split`: without empty parts at the end where there is no limit, and without an empty one at the beginning where
    /// nothing was matched there.
    pub(super) fn split<'t>(&self, text: &'t str, limit: i64) -> Vec<&'t str> {
        let mut parts = Vec::new();
        let mut start = 0;
        let is_full =
            |parts: &[&str]| limit > 0 && i64::try_from(parts.len() + 1).unwrap_or(i64::MAX) >= limit;
        let mut cut = |from: usize, to: usize| {
            if is_full(&parts) {
                return false;
            }
            if to > 0 {
                parts.push(text.get(start..from).unwrap_or_default());
                start = to;
            }
            true
        };
        match self {
            Self::Plain(plain) if !plain.is_empty() => {
                for (at, found) in text.match_indices(&**plain) {
                    if !cut(at, at + found.len()) {
                        break;
                    }
                }
            }
            Self::Plain(_) => {
                for (at, _) in text.char_indices() {
                    if !cut(at, at) {
                        break;
                    }
                }
            }
            Self::Regex(regex) => {
                for found in regex.find_iter(text) {
                    // An empty match at the end cuts nothing off.
                    if found.is_empty() && found.start() >= text.len() {
                        break;
                    }
                    if !cut(found.start(), found.end()) {
                        break;
                    }
                }
            }
        }
        if parts.is_empty() && start == 0 {
            return vec![text];
        }
        parts.push(text.get(start..).unwrap_or_default());
        if limit == 0 {
            while parts.last().is_some_and(|part| part.is_empty()) {
                parts.pop();
            }
        }
        parts
    }

    /// As Java's `replaceAll` and `replaceFirst`; none where the replacement names a group that there is not, and where the result grows beyond a bound.
    pub(super) fn replace(
        &self,
        text: &str,
        replacement: &str,
        is_all: bool,
        bytes_max: usize,
    ) -> Option<String> {
        let mut replaced = String::with_capacity(text.len());
        let mut start = 0;
        let mut add =
            |from: usize, to: usize, captures: Option<&Captures<'_>>, whole: &str| -> Option<bool> {
                replaced.push_str(text.get(start..from)?);
                expand(replacement, captures, whole, &mut replaced)?;
                start = to;
                (replaced.len() <= bytes_max).then_some(is_all)
            };
        match self {
            Self::Plain(plain) => {
                for (at, found) in text.match_indices(&**plain) {
                    if !add(at, at + found.len(), None, found)? {
                        break;
                    }
                }
            }
            Self::Regex(regex) => {
                for captures in regex.captures_iter(text) {
                    let whole = captures.get(0)?;
                    if !add(whole.start(), whole.end(), Some(&captures), whole.as_str())? {
                        break;
                    }
                }
            }
        }
        replaced.push_str(text.get(start..)?);
        Some(replaced)
    }
}

/// Java's replacements: `$1`, `${name}`, and a backslash before what stands for itself.
fn expand(replacement: &str, captures: Option<&Captures<'_>>, whole: &str, out: &mut String) -> Option<()> {
    if !replacement.contains(['\\', '$']) {
        out.push_str(replacement);
        return Some(());
    }
    let mut rest = replacement;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..)?;
        match first {
            '\\' => {
                let literal = rest.chars().next()?;
                out.push(literal);
                rest = rest.get(literal.len_utf8()..)?;
            }
            '$' if rest.starts_with('{') => {
                let (name, behind) = rest.get(1..)?.split_once('}')?;
                let captures = captures?;
                out.push_str(captures.name(name).map_or("", |group| group.as_str()));
                rest = behind;
            }
            '$' => {
                let groups = captures.map_or(1, Captures::len);
                let mut group = rest.chars().next()?.to_digit(10)? as usize;
                rest = rest.get(1..)?;
                if group >= groups {
                    return None;
                }
                // Further digits belong to it as long as there is such a group.
                while let Some(digit) = rest.chars().next().and_then(|it| it.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= groups {
                        break;
                    }
                    group = longer;
                    rest = rest.get(1..)?;
                }
                match captures {
                    Some(captures) => out.push_str(captures.get(group).map_or("", |group| group.as_str())),
                    None => out.push_str(whole),
                }
            }
            other => out.push(other),
        }
    }
    Some(())
}
