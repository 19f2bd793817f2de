//! `matches`, `split`, `replaceAll` and `replaceFirst`: Java's regular expressions as far as they run in linear time.

use crate::LanguageError;
use crate::error::shown;
use crate::selection::{SizedPattern, translate};
use crate::vtl::limits::BYTES_PER_STEP;

use super::replacement::{Piece, Replacement};

/// How large a compiled pattern may grow, in bytes.
const COMPILED_BYTES_MAX: usize = 1 << 16;

/// How many steps each match takes, beside its text.
const MATCH_STEPS: u64 = 4;

/// The methods that take one.
const METHODS: [&str; 4] = ["matches", "split", "replaceAll", "replaceFirst"];

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(in crate::vtl) enum Pattern {
    /// No character of it means anything but itself.
    Plain(Box<str>),
    Regex(Box<Compiled>),
}

/// A pattern of which some characters mean something else.
#[derive(Debug, Clone)]
pub(in crate::vtl) struct Compiled {
    pattern: SizedPattern,
    /// Whether all searches of a text together, each from the end of the match before, look at about as much as the text.
    is_local: bool,
}

/// Why a pattern is not worked with to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It takes too many steps.
    Fuel,
    /// The replacement is none, or names a group that there is not.
    Group,
    /// The text grows too long.
    Long,
}

impl Pattern {
    /// Whether a method takes one.
    pub(in crate::vtl) fn is_taken_by(method: &str) -> bool {
        METHODS.contains(&method)
    }

    /// A pattern of which no character means anything but itself.
    pub(in crate::vtl) fn plain(pattern: &str) -> Option<Self> {
        if !pattern.contains(['\\', '[', ']', '{', '}', '(', ')', '^', '$', '.', '|', '?', '*', '+']) {
            return Some(Self::Plain(pattern.into()));
        }
        // The most usual one.
        let plain = pattern
            .strip_prefix('\\')
            .filter(|rest| rest.len() == 1 && !rest.chars().all(char::is_alphanumeric))?;
        Some(Self::Plain(plain.into()))
    }

    /// Compiles a pattern for a method: `matches` holds it against the whole of a text.
    ///
    /// # Errors
    /// A [`LanguageError`] for what Java would not take, for what needs backtracking, and for what grows too large.
    pub(in crate::vtl) fn parse(pattern: &str, method: &str) -> Result<Self, LanguageError> {
        if let Some(plain) = Self::plain(pattern) {
            return Ok(plain);
        }
        let translated = translate(pattern).map_err(|error| {
            LanguageError::new(0, error.message.replace("the selection pattern", "the pattern"))
        })?;
        let build = |pattern: &str| SizedPattern::compile(pattern, false, COMPILED_BYTES_MAX);
        let compiled = match method {
            // Alone first, because `a)|(b` would be a pattern once it stands in a group.
            "matches" => build(&translated).and_then(|_| build(&format!("^(?:{translated})$"))),
            _ => build(&translated),
        };
        let compiled = compiled.map_err(|_| {
            LanguageError::new(0, format!("the pattern {} cannot be run: simplify it", shown(pattern)))
        })?;
        Ok(Self::Regex(Box::new(Compiled { pattern: compiled, is_local: is_local(pattern) })))
    }

    /// Whether it matches the whole of a text, where it was compiled for that.
    pub(super) fn is_whole(&self, text: &str, fuel: &mut u64) -> Result<bool, Failure> {
        match self {
            Self::Plain(plain) => Ok(**plain == *text),
            Self::Regex(compiled) => {
                take(fuel, compiled.pattern.steps(text))?;
                Ok(compiled.pattern.is_match(text))
            }
        }
    }

    /// As Java's `split`: without empty parts at the end where there is no limit, and without an empty one at the beginning where
    /// nothing was matched there.
    pub(super) fn split<'t>(
        &self,
        text: &'t str,
        limit: i64,
        fuel: &mut u64,
    ) -> Result<Vec<&'t str>, Failure> {
        let mut parts = Vec::new();
        let mut start = 0;
        let is_full =
            |parts: &[&str]| limit > 0 && i64::try_from(parts.len() + 1).unwrap_or(i64::MAX) >= limit;
        self.each_match(text, fuel, &mut |_, from, to| {
            if is_full(&parts) {
                return Ok(false);
            }
            // An empty match at the end cuts nothing off.
            if from == to && from >= text.len() {
                return Ok(false);
            }
            if to > 0 {
                parts.push(text.get(start..from).unwrap_or_default());
                start = to;
            }
            Ok(true)
        })?;
        if parts.is_empty() && start == 0 {
            return Ok(vec![text]);
        }
        parts.push(text.get(start..).unwrap_or_default());
        if limit == 0 {
            while parts.last().is_some_and(|part| part.is_empty()) {
                parts.pop();
            }
        }
        Ok(parts)
    }

    /// As Java's `replaceAll` and `replaceFirst`.
    pub(super) fn replace(
        &self,
        text: &str,
        replacement: &str,
        is_all: bool,
        bytes_max: usize,
        fuel: &mut u64,
    ) -> Result<String, Failure> {
        let mut replaced = String::with_capacity(text.len());
        let mut start = 0;
        // As in Java, nobody looks at it where there is no match.
        let mut read: Option<Replacement> = None;
        let mut locations = match self {
            Self::Plain(_) => None,
            Self::Regex(compiled) => Some(compiled.pattern.regex().capture_locations()),
        };
        self.each_match(text, fuel, &mut |fuel, from, to| {
            let read = match &mut read {
                Some(read) => read,
                none => {
                    take(fuel, replacement.len() as u64)?;
                    let parsed = match self {
                        Self::Plain(_) => Replacement::parse(replacement, 1, &mut |_| None),
                        Self::Regex(compiled) => {
                            let regex = compiled.pattern.regex();
                            let named =
                                &mut |name: &str| regex.capture_names().position(|other| other == Some(name));
                            Replacement::parse(replacement, regex.captures_len(), named)
                        }
                    };
                    none.insert(parsed.ok_or(Failure::Group)?)
                }
            };
            let mut add = |piece: &str| {
                if replaced.len() + piece.len() > bytes_max {
                    return Err(Failure::Long);
                }
                replaced.push_str(piece);
                Ok(())
            };
            let whole = text.get(from..to).unwrap_or_default();
            add(text.get(start..from).unwrap_or_default())?;
            if let (true, Self::Regex(compiled), Some(locations)) = (read.has_groups, self, &mut locations) {
                take(fuel, GROUP_FACTOR * compiled.pattern.steps(whole))?;
                if !compiled.is_local {
                    take(fuel, compiled.pattern.steps(text.get(from..).unwrap_or_default()))?;
                }
                compiled.pattern.regex().captures_read_at(locations, text, from);
            }
            take(fuel, read.pieces.len() as u64)?;
            for piece in &read.pieces {
                match (piece, &locations) {
                    (Piece::Text(piece), _) => add(piece)?,
                    (Piece::Group(0), _) | (_, None) => add(whole)?,
                    (Piece::Group(group), Some(locations)) => {
                        let (from, to) = locations.get(*group).unwrap_or((0, 0));
                        add(text.get(from..to).unwrap_or_default())?;
                    }
                }
            }
            start = to;
            Ok(is_all)
        })?;
        let rest = text.get(start..).unwrap_or_default();
        if replaced.len() + rest.len() > bytes_max {
            return Err(Failure::Long);
        }
        replaced.push_str(rest);
        Ok(replaced)
    }

    /// Goes through the matches in a text as long as that is wanted, and takes the steps of looking for them.
    fn each_match(
        &self,
        text: &str,
        fuel: &mut u64,
        see: &mut dyn FnMut(&mut u64, usize, usize) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Plain(plain) => {
                take(fuel, (text.len() / BYTES_PER_STEP) as u64)?;
                for (at, found) in text.match_indices(&**plain) {
                    take(fuel, MATCH_STEPS)?;
                    if !see(fuel, at, at + found.len())? {
                        break;
                    }
                }
            }
            Self::Regex(compiled) => {
                let pattern = &compiled.pattern;
                if compiled.is_local {
                    take(fuel, pattern.steps(text))?;
                }
                for found in pattern.regex().find_iter(text) {
                    take(fuel, MATCH_STEPS)?;
                    if !compiled.is_local {
                        // At worst it has looked at all that was left.
                        take(fuel, pattern.steps(text.get(found.start()..).unwrap_or_default()))?;
                    }
                    if !see(fuel, found.start(), found.end())? {
                        break;
                    }
                }
                if !compiled.is_local {
                    take(fuel, pattern.steps(text))?;
                }
            }
        }
        Ok(())
    }
}

/// How much more looking for groups takes than looking for a match.
const GROUP_FACTOR: u64 = 8;

fn take(fuel: &mut u64, steps: u64) -> Result<(), Failure> {
    *fuel = fuel.checked_sub(steps).ok_or(Failure::Fuel)?;
    Ok(())
}

/// Whether a pattern is a row of characters and classes, each with its quantifier at most: neither alternatives nor groups with quantifiers.
///
/// What such a pattern looks at behind the end of a match, no later match can end in, else this one would have gone on as far: so a
/// text is looked at about twice. Any other can look at the rest of the text for each of its matches, as `.*b|a` does where there is no `b`.
fn is_local(pattern: &str) -> bool {
    // Quoted text can hold anything.
    if pattern.contains("\\Q") {
        return false;
    }
    let mut in_class = 0_usize;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' => in_class += 1,
            ']' => in_class = in_class.saturating_sub(1),
            _ if in_class > 0 => {}
            '|' => return false,
            '(' if characters.peek() == Some(&'?') => return false,
            ')' if matches!(characters.peek(), Some('?' | '*' | '+' | '{')) => return false,
            _ => {}
        }
    }
    true
}
