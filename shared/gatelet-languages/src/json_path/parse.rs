//! The grammar of paths, which is that of Jayway's own hand-written reader: what it skips is skipped here.

use super::filter::Filter;
use super::{JsonPath, PATTERNS_BYTES_MAX, PATTERNS_MAX, Step};
use crate::LanguageError;
use crate::error::shown;
use crate::selection::{self, SizedPattern};

/// How large one compiled pattern may grow, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 16;

/// What a path begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// `$`, the document.
    Document,
    /// `@`, what a filter looks at.
    Item,
}

/// The patterns of one path: how many there are, and how large they have grown together.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    count: usize,
    bytes: usize,
}

impl Patterns {
    /// Compiles a pattern, which is held against the whole of a text.
    ///
    /// # Errors
    /// A [`LanguageError`] for what cannot be run, and where a limit is met.
    pub(super) fn compile(
        &mut self,
        pattern: &str,
        ignores_case: bool,
    ) -> Result<SizedPattern, LanguageError> {
        let refused = |why: String| LanguageError::new(0, why);
        if self.count == PATTERNS_MAX {
            return Err(refused(format!(
                "a JSONPath has more than {PATTERNS_MAX} patterns: let it have fewer"
            )));
        }
        self.count += 1;
        let translated = selection::translate(pattern)?;
        let left = PATTERN_BYTES_MAX.min(PATTERNS_BYTES_MAX - self.bytes);
        let compiled = SizedPattern::compile(&format!("^(?:{translated})$"), ignores_case, left);
        let compiled = compiled.map_err(|error| {
            refused(match error {
                regex::Error::CompiledTooBig(_) => format!(
                    "the pattern {} grows too large, alone or with those before it: make its repetitions smaller",
                    shown(pattern)
                ),
                _ => format!("the pattern {} cannot be run", shown(pattern)),
            })
        })?;
        self.bytes = PATTERNS_BYTES_MAX.min(self.bytes + compiled.size());
        Ok(compiled)
    }
}

/// Compiles a path.
pub(super) fn parse(text: &str) -> Result<(JsonPath, Start), LanguageError> {
    parse_in(text, Some(&mut Patterns::default()))
}

/// Compiles a path of a filter, which must be definite and so can have no filter itself.
pub(super) fn parse_operand(text: &str) -> Result<(JsonPath, Start), LanguageError> {
    let (path, start) = parse_in(text, None)?;
    match path.is_definite() {
        true => Ok((path, start)),
        false => Err(refused(text, "stands in a filter, where it must mean one value only")),
    }
}

/// Compiles a path, with its filters where patterns for them may be had.
fn parse_in(text: &str, patterns: Option<&mut Patterns>) -> Result<(JsonPath, Start), LanguageError> {
    let trimmed = text.trim_matches(|character| character <= ' ');
    if trimmed.is_empty() {
        return Err(refused(text, "is empty: write `$` for the whole"));
    }
    if trimmed.ends_with('.') {
        return Err(refused(text, "ends in a point: name what to look for behind it"));
    }
    let (start, path) = match trimmed.split_at_checked(1) {
        Some(("$", rest)) => (Start::Document, rest.to_owned()),
        Some(("@", rest)) => (Start::Item, rest.to_owned()),
        _ => (Start::Document, format!(".{trimmed}")),
    };
    if !path.is_empty() && !path.starts_with(['.', '[']) {
        return Err(refused(text, "goes on with something other than `.` or `[` behind its root"));
    }
    let mut reader = Reader { whole: text, rest: &path, patterns };
    let mut steps = Vec::new();
    while let Some(step) = reader.step()? {
        steps.push(step);
    }
    Ok((JsonPath::new(steps), start))
}

fn refused(text: &str, why: &str) -> LanguageError {
    LanguageError::new(0, format!("the JSONPath {} {why}", shown(text)))
}

struct Reader<'t, 'p> {
    whole: &'t str,
    rest: &'t str,
    /// Where filters may stand: what their patterns may still take.
    patterns: Option<&'p mut Patterns>,
}

impl<'t> Reader<'t, '_> {
    fn refused(&self, why: &str) -> LanguageError {
        refused(self.whole, why)
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn step(&mut self) -> Result<Option<Step>, LanguageError> {
        loop {
            let Some(character) = self.rest.chars().next() else { return Ok(None) };
            return Ok(Some(match character {
                ' ' => return Err(self.refused("has a space: put names with spaces between `['` and `']`")),
                '$' => return Err(self.refused("has a second `$`")),
                '[' => {
                    let fragment = self.fragment();
                    self.analyze(fragment)?
                }
                '.' => {
                    self.take(1);
                    if self.rest.starts_with('.') {
                        self.take(1);
                        Step::Scan
                    } else {
                        match self.name() {
                            "" => continue,
                            "*" => Step::Wildcard,
                            name => self.property(name)?,
                        }
                    }
                }
                '*' => {
                    self.take(1);
                    Step::Wildcard
                }
                _ => {
                    let name = self.name();
                    self.property(name)?
                }
            }));
        }
    }

    fn name(&mut self) -> &'t str {
        let end = self.rest.find(['.', '[', ' ']).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// A name without brackets is read as `['name']`, so that quotes in it count.
    fn property(&mut self, name: &str) -> Result<Step, LanguageError> {
        if name.contains(['\'', ']']) {
            return self.analyze(&format!("['{name}']"));
        }
        Ok(Step::Property(name.into()))
    }

    /// Everything up to the bracket that closes the one at the front. Quotes do not count.
    fn fragment(&mut self) -> &'t str {
        let mut depth = 0_usize;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                return self.take(at + 1);
            }
        }
        self.take(self.rest.len())
    }

    fn analyze(&mut self, fragment: &str) -> Result<Step, LanguageError> {
        if fragment == "[*]" {
            return Ok(Step::Wildcard);
        }
        for (at, character) in fragment.char_indices() {
            let rest = fragment.get(at..).unwrap_or_default();
            match character {
                '?' if self.patterns.is_some() => {
                    let before = fragment.get(..at).and_then(|before| before.rfind('[')).unwrap_or_default();
                    return self.filter(fragment.get(before..).unwrap_or_default()).map(Step::Filter);
                }
                '?' => return Err(self.refused("has a filter in a filter")),
                '\'' => return self.properties(rest),
                '0'..='9' | ':' | '-' | '@' => return self.array(rest),
                _ => {}
            }
        }
        Err(self.refused("has brackets without an index, a slice, a filter, or names in single quotes"))
    }

    fn properties(&self, rest: &str) -> Result<Step, LanguageError> {
        let Some((inside, _)) = rest.split_once(']') else {
            return Err(self.refused("has brackets that are not closed"));
        };
        // Between the first and the second quote stands a name, between the second and the third nothing that counts, and so on.
        let parts: Vec<&str> = inside.split('\'').collect();
        let closed = parts.len().saturating_sub(1);
        let mut names: Vec<Box<str>> =
            parts.iter().take(closed).skip(1).step_by(2).map(|name| (*name).into()).collect();
        Ok(match (names.len(), names.pop()) {
            (1, Some(name)) => Step::Property(name),
            (_, last) => {
                names.extend(last);
                Step::Properties(names)
            }
        })
    }

    /// `[(@.length-1)]`, indexes and slices, from the first character that counts.
    fn array(&self, rest: &str) -> Result<Step, LanguageError> {
        if let Some(function) = rest.strip_prefix('@') {
            return self.index_from_end(function);
        }
        let mut numbers = Vec::new();
        let mut digits = String::new();
        let mut sequence = false;
        // Whether a slice begins at the start of the list, and ends at its end.
        let mut slice = None;
        let mut characters = rest.chars().peekable();
        while let Some(character) = characters.next_if(|it| matches!(it, '0'..='9' | ',' | ' ' | ':' | '-')) {
            match character {
                ' ' => {}
                ',' => {
                    numbers.push(self.number(&digits)?);
                    digits.clear();
                    sequence = true;
                }
                ':' => {
                    let from_start = digits.is_empty();
                    if !from_start {
                        numbers.push(self.number(&digits)?);
                        digits.clear();
                    }
                    while let Some(digit) = characters.next_if(|it| matches!(it, '0'..='9' | ' ' | '-')) {
                        if digit != ' ' {
                            digits.push(digit);
                        }
                    }
                    let to_end = digits.is_empty();
                    if from_start || !to_end {
                        numbers.push(self.number(&digits)?);
                        digits.clear();
                    }
                    // What stands behind a slice is passed over.
                    characters.next_if(|it| *it != ']');
                    slice = Some((from_start, to_end));
                }
                digit => digits.push(digit),
            }
        }
        if characters.peek().is_none() {
            return Err(self.refused("has brackets that are not closed"));
        }
        if !digits.is_empty() {
            numbers.push(self.number(&digits)?);
        }
        let step = match (slice, numbers.as_slice()) {
            (None, [only]) => Some(Step::Index(*only)),
            _ if sequence => Some(Step::Indexes(numbers)),
            (Some((true, _)), [to, ..]) => Some(Step::SliceTo(*to)),
            (Some((false, true)), [from, ..]) => Some(Step::SliceFrom(*from)),
            (Some((false, false)), [from, to, ..]) => Some(Step::Slice(*from, *to)),
            _ => None,
        };
        step.ok_or_else(|| self.refused("has brackets without an index"))
    }

    fn index_from_end(&self, function: &str) -> Result<Step, LanguageError> {
        let unclear = || self.refused("has brackets that are not `[(@.length-1)]` or the like");
        // The character behind `@` is taken for a point.
        let mut characters = function.chars();
        characters.next().ok_or_else(unclear)?;
        let (name, number) = characters.as_str().split_once('-').ok_or_else(unclear)?;
        let name: String = name.chars().filter(|it| !matches!(it, ' ' | '(' | ')')).collect();
        let (number, _) = number.split_once(')').ok_or_else(unclear)?;
        let number: String = number.chars().filter(|it| *it != ' ').collect();
        match name.as_str() {
            "size" | "length" => self.number(&format!("-{number}")).map(Step::FromEnd),
            _ => Err(unclear()),
        }
    }

    fn number(&self, digits: &str) -> Result<i32, LanguageError> {
        digits.parse().map_err(|_| self.refused("has an index that is no number"))
    }

    fn filter(&mut self, fragment: &str) -> Result<Filter, LanguageError> {
        let end = self
            .filter_end(fragment)
            .ok_or_else(|| self.refused("has a filter whose brackets do not match"))?;
        let inside = fragment.get(1..end - 1).unwrap_or_default().trim();
        let statement = inside.strip_prefix('?').map(str::trim);
        let statement = statement.and_then(|it| it.strip_prefix('(')?.strip_suffix(')'));
        let statement = statement.ok_or_else(|| self.refused("has a filter that is not `[?(...)]`"))?;
        let statement = statement.trim();
        match self.patterns.as_deref_mut() {
            Some(patterns) => Filter::parse(statement, patterns),
            None => Err(self.refused("has a filter in a filter")),
        }
    }

    /// Where a filter ends: at the first `]` outside of quotes with as many `(` as `)` before it.
    fn filter_end(&self, fragment: &str) -> Option<usize> {
        let (mut quoted, mut round, mut square) = (false, 0_i32, 0_i32);
        let mut before = ' ';
        for (at, character) in fragment.char_indices() {
            match character {
                '\'' if before != '\\' => quoted = !quoted,
                _ if quoted => {}
                '(' => round += 1,
                ')' => round -= 1,
                '[' => square += 1,
                ']' => {
                    square -= 1;
                    if round == 0 {
                        return (square == 0).then_some(at + 1);
                    }
                }
                _ => {}
            }
            before = character;
        }
        None
    }
}
