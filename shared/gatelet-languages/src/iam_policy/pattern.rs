//! Texts with wildcards and policy variables.
//!
//! `*` is any number of characters, `?` one
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>). A variable stands
//! for the one value of a condition key, taken as it is: a wildcard in it is a character
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>).

use super::json::Text;
use super::keys;
use super::request::{HEAD, Request};
use super::verdict::Verdict;
use crate::LanguageError;
use crate::error::shown;

/// A pattern, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pieces: Box<[Piece]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    /// `?`
    One,
    /// `*`
    Run,
    Variable {
        /// In lower case.
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// A piece, when its value is known.
#[derive(Debug, Clone, Copy)]
enum Known<'k> {
    Literal(&'k str),
    One,
    Run,
}

/// What a text may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    /// `*` and `?` are wildcards.
    pub(super) wildcards: bool,
    /// `${` begins a variable.
    pub(super) variables: bool,
    /// Variables name keys that a request to an API can have.
    pub(super) checked: bool,
}

/// Whether `A` is `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    /// For letters of ASCII.
    Ignored,
}

impl Pattern {
    /// Compiles the part of a text from a position to another.
    pub(super) fn parse(
        text: &Text<'_>,
        start: usize,
        end: usize,
        syntax: Syntax,
    ) -> Result<Self, LanguageError> {
        let mut builder = Builder::default();
        let mut at = start;
        while let Some(rest) = text.value.get(at..end).filter(|rest| !rest.is_empty()) {
            if let Some(inside) = rest.strip_prefix("${").filter(|_| syntax.variables) {
                let Some((inside, _)) = inside.split_once('}') else {
                    let message = format!("the variable {} is not closed: a `}}` is missing", shown(rest));
                    return Err(LanguageError::new(text.place(at), message));
                };
                let piece = variable(inside, syntax.checked)
                    .map_err(|message| LanguageError::new(text.place(at), message))?;
                builder.push(piece);
                at += "${".len() + inside.len() + "}".len();
                continue;
            }
            let character = rest.chars().next().unwrap_or_default();
            at += character.len_utf8();
            match character {
                '*' if syntax.wildcards => builder.push(Piece::Run),
                '?' if syntax.wildcards => builder.push(Piece::One),
                literal => builder.literal.push(literal),
            }
        }
        Ok(builder.finish())
    }

    /// A pattern of wildcards and characters alone.
    pub(super) fn wild(text: &str) -> Self {
        let mut builder = Builder::default();
        for character in text.chars() {
            match character {
                '*' => builder.push(Piece::Run),
                '?' => builder.push(Piece::One),
                literal => builder.literal.push(literal),
            }
        }
        builder.finish()
    }

    /// Takes every text.
    pub(super) fn any() -> Self {
        Self { pieces: Box::new([Piece::Run]) }
    }

    /// Takes one text.
    pub(super) fn literal(text: &str) -> Self {
        Self { pieces: Box::new([Piece::Literal(text.into())]) }
    }

    /// Takes what this one takes and, behind it, what the other does.
    pub(super) fn then(self, other: Self) -> Self {
        let mut builder = Builder::default();
        self.pieces.into_iter().chain(other.pieces).for_each(|piece| builder.push(piece));
        builder.finish()
    }

    /// Whether a variable has no value in the request.
    fn lacks_value(&self, request: &Request<'_>) -> bool {
        self.pieces.iter().any(|piece| piece.known(request).is_none())
    }

    /// Whether the pattern takes the text; unknown where a variable has no value.
    pub(super) fn matches(&self, text: &str, case: Case, request: &Request<'_>) -> Verdict {
        if !self.pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. })) {
            return self.matches_plainly(text, case).into();
        }
        if self.lacks_value(request) {
            return Verdict::Unknown;
        }
        wild(|at| self.pieces.get(at)?.known(request), text, case).into()
    }

    /// The same of a pattern that has no variables.
    pub(super) fn matches_plainly(&self, text: &str, case: Case) -> bool {
        match &*self.pieces {
            [Piece::Run] => true,
            [Piece::Literal(literal)] => text.len() == literal.len() && starts_with(text, literal, case),
            [Piece::Literal(literal), Piece::Run] => starts_with(text, literal, case),
            pieces => wild(|at| pieces.get(at)?.plain(), text, case),
        }
    }

    /// Whether the text is the pattern's, character for character; unknown where a variable has no value.
    pub(super) fn equals(&self, text: &str, ignore_case: bool, request: &Request<'_>) -> Verdict {
        if self.lacks_value(request) {
            return Verdict::Unknown;
        }
        if ignore_case {
            let lower = |it: char| it.to_lowercase();
            let own = self.pieces.iter().filter_map(|piece| piece.known(request)).flat_map(Known::characters);
            return own.flat_map(lower).eq(text.chars().flat_map(lower)).into();
        }
        wild(|at| self.pieces.get(at)?.known(request), text, Case::Sensitive).into()
    }

    /// Holds a pattern of six parts against an ARN's, each for itself; unknown where a variable has no value.
    ///
    /// A value with a colon begins another part, as a whole ARN in a variable must.
    pub(super) fn matches_arn(&self, head: &[&str; HEAD], resource: &str, request: &Request<'_>) -> Verdict {
        let known: Option<Vec<Known<'_>>> = self.pieces.iter().map(|piece| piece.known(request)).collect();
        let Some(known) = known else { return Verdict::Unknown };
        let mut parts: Vec<Vec<Known<'_>>> = vec![Vec::new()];
        for piece in known {
            let Known::Literal(mut literal) = piece else {
                if let Some(part) = parts.last_mut() {
                    part.push(piece);
                }
                continue;
            };
            while parts.len() <= HEAD
                && let Some((before, behind)) = literal.split_once(':')
            {
                if let Some(part) = parts.last_mut() {
                    part.push(Known::Literal(before));
                }
                parts.push(Vec::new());
                literal = behind;
            }
            if let Some(part) = parts.last_mut() {
                part.push(Known::Literal(literal));
            }
        }
        let texts = head.iter().copied().chain([resource]);
        let all = parts.len() == HEAD + 1
            && parts
                .iter()
                .zip(texts)
                .all(|(part, text)| wild(|at| part.get(at).copied(), text, Case::Sensitive));
        all.into()
    }
}

/// Texts of which the beginning and the end are known, in no particular case.
#[derive(Debug)]
pub(super) struct Template(Vec<Sign>);

/// A character, or what stands for characters. Letters are in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Character(char),
    One,
    Run,
}

impl Template {
    /// The texts that begin and end so, with anything between.
    pub(super) fn new(beginning: &str, end: &str) -> Self {
        let characters =
            |text: &str| text.chars().flat_map(char::to_lowercase).map(Sign::Character).collect();
        let (mut signs, end): (Vec<_>, Vec<_>) = (characters(beginning), characters(end));
        signs.push(Sign::Run);
        signs.extend(end);
        Self(signs)
    }
}

impl Pattern {
    /// Whether the pattern may take one of the template's texts; it may where a variable has no value. Case is passed over,
    /// so that the answer holds under every operator.
    pub(super) fn could_take(&self, template: &Template, request: &Request<'_>) -> bool {
        let mut own = Vec::new();
        for piece in &self.pieces {
            match piece.known(request) {
                None => own.push(Sign::Run),
                Some(Known::One) => own.push(Sign::One),
                Some(Known::Run) => own.push(Sign::Run),
                Some(Known::Literal(literal)) => {
                    own.extend(literal.chars().flat_map(char::to_lowercase).map(Sign::Character));
                }
            }
        }
        have_common(&own, &template.0)
    }
}

/// Whether two patterns take a common text. Time grows with the product of their lengths.
fn have_common(one: &[Sign], other: &[Sign]) -> bool {
    // For each place in `other`: whether what is before it and what of `one` is taken so far have a common text.
    let mut reached = vec![true];
    for sign in other {
        let before = reached.last() == Some(&true);
        reached.push(before && *sign == Sign::Run);
    }
    for sign in one {
        let mut diagonal = reached.first() == Some(&true);
        let mut left = diagonal && *sign == Sign::Run;
        if let Some(first) = reached.first_mut() {
            *first = left;
        }
        for (place, theirs) in reached.iter_mut().skip(1).zip(other) {
            let above = *place;
            *place = match (sign, theirs) {
                (Sign::Run, _) | (_, Sign::Run) => above || left,
                (Sign::One, _) | (_, Sign::One) => diagonal,
                (Sign::Character(own), Sign::Character(their)) => diagonal && own == their,
            };
            (diagonal, left) = (above, *place);
        }
    }
    reached.last() == Some(&true)
}

impl<'k> Known<'k> {
    fn characters(self) -> std::str::Chars<'k> {
        match self {
            Self::Literal(literal) => literal.chars(),
            Self::One => "?".chars(),
            Self::Run => "*".chars(),
        }
    }
}

impl Piece {
    fn plain(&self) -> Option<Known<'_>> {
        match self {
            Self::Literal(literal) => Some(Known::Literal(literal)),
            Self::One => Some(Known::One),
            Self::Run => Some(Known::Run),
            Self::Variable { .. } => None,
        }
    }

    fn known<'k>(&'k self, request: &'k Request<'_>) -> Option<Known<'k>> {
        let Self::Variable { key, default } = self else { return self.plain() };
        match (request.context)(key).as_slice() {
            [value] => Some(Known::Literal(value)),
            [] => default.as_deref().map(Known::Literal),
            _ => None,
        }
    }
}

/// Holds a text against pieces. Behind a `*` only the last one is ever tried again: what an earlier one could take
/// more, the later could too.
fn wild<'k>(piece: impl Fn(usize) -> Option<Known<'k>>, text: &str, case: Case) -> bool {
    let (mut next, mut at) = (0, 0);
    // The piece behind the last `*`, and how far that `*` reaches.
    let mut run: Option<(usize, usize)> = None;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let taken = match piece(next) {
            Some(Known::Run) => {
                run = Some((next + 1, at));
                Some(0)
            }
            Some(Known::One) => rest.chars().next().map(char::len_utf8),
            Some(Known::Literal(literal)) => starts_with(rest, literal, case).then_some(literal.len()),
            None if rest.is_empty() => return true,
            // A `*` at the end takes whatever is left.
            None if run.is_some_and(|(behind, _)| behind == next) => return true,
            None => None,
        };
        if let Some(taken) = taken {
            next += 1;
            at += taken;
            continue;
        }
        let Some((behind, reach)) = run else { return false };
        let Some(skipped) = text.get(reach..).and_then(|rest| skip(rest, piece(behind), case)) else {
            return false;
        };
        let reach = reach + skipped;
        run = Some((behind, reach));
        (next, at) = (behind, reach);
    }
}

/// How far a `*` reaches further, at least one character: on to where what is behind it could begin.
fn skip(rest: &str, behind: Option<Known<'_>>, case: Case) -> Option<usize> {
    let one = rest.chars().next()?.len_utf8();
    let Some(Known::Literal(literal)) = behind.filter(|_| case == Case::Sensitive) else { return Some(one) };
    let Some(first) = literal.bytes().next() else { return Some(one) };
    let further = rest.as_bytes().get(one..)?;
    Some(one + further.iter().position(|byte| *byte == first)?)
}

fn starts_with(text: &str, literal: &str, case: Case) -> bool {
    match case {
        Case::Sensitive => text.starts_with(literal),
        Case::Ignored => text.get(..literal.len()).is_some_and(|it| it.eq_ignore_ascii_case(literal)),
    }
}

#[derive(Default)]
struct Builder {
    pieces: Vec<Piece>,
    literal: String,
}

impl Builder {
    fn push(&mut self, piece: Piece) {
        if let Piece::Literal(literal) = &piece {
            self.literal.push_str(literal);
            return;
        }
        self.flush();
        // `**` is `*`.
        if piece != Piece::Run || self.pieces.last() != Some(&Piece::Run) {
            self.pieces.push(piece);
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal).into()));
        }
    }

    fn finish(mut self) -> Pattern {
        self.flush();
        Pattern { pieces: self.pieces.into() }
    }
}

/// What stands between `${` and `}`.
fn variable(inside: &str, checked: bool) -> Result<Piece, String> {
    if matches!(inside, "*" | "?" | "$") {
        return Ok(Piece::Literal(inside.into()));
    }
    let (key, default) = match inside.split_once(", ") {
        Some((key, default)) => (key, Some(default)),
        None => (inside, None),
    };
    let default = match default {
        None => None,
        Some(quoted) => {
            let default = quoted.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
            match default.filter(|default| !default.contains('\'')) {
                Some(default) => Some(default.into()),
                None => {
                    return Err(format!(
                        "the default of the variable {} must stand in single quotes: `${{{key}, 'nobody'}}`",
                        shown(inside)
                    ));
                }
            }
        }
    };
    if key.is_empty()
        || !key.chars().all(|it| it.is_ascii_graphic() && !matches!(it, '*' | '?' | '$' | '\'' | ',' | '{'))
    {
        return Err(format!(
            "{} names no variable: write it as `${{aws:username}}` or `${{aws:username, 'nobody'}}`, and `${{*}}`, \
             `${{?}}` or `${{$}}` for the characters themselves",
            shown(inside)
        ));
    }
    match keys::problem_of_variable(key).filter(|_| checked) {
        Some(problem) => Err(problem),
        None => Ok(Piece::Variable { key: key.to_lowercase().into(), default }),
    }
}

/// Where the parts of an ARN begin and end in a text. A colon in a variable divides nothing.
pub(super) fn arn_parts(text: &str, variables: bool) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|_| parts.len() < HEAD) {
        let Some(found) = rest.find([':', '$']) else { break };
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with(':') {
            parts.push((start, at));
            at += 1;
            start = at;
        } else if variables && rest.starts_with("${") {
            at += rest.find('}').unwrap_or(rest.len());
        } else {
            at += 1;
        }
    }
    parts.push((start, text.len()));
    parts
}
