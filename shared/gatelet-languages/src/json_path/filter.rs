//! Filters: `[?(@.a == 'x' && @.b > 1)]`.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::find::{self, Missing, Stop, take};
use super::parse::{Patterns, Start, parse_operand};
use super::{JsonPath, compare};
use crate::LanguageError;
use crate::error::shown;
use crate::heap::{Heap, Value};
use crate::selection::SizedPattern;

/// A compiled filter: criteria, each but the first with what joins it to those before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    first: Criterion,
    others: Vec<(Join, Criterion)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq)]
enum Criterion {
    /// `@.a`, `!@.a`
    Exists { path: JsonPath, wanted: bool },
    /// `@.a == 1`
    Compare { left: Operand, operator: Operator, right: Operand },
}

/// In the order in which Jayway looks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    GreaterOrEqual,
    LessOrEqual,
    NotEqual,
    Less,
    Greater,
    Matches,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("==", Operator::Equal),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=~", Operator::Matches),
];

#[derive(Debug, Clone)]
enum Operand {
    Path(JsonPath, Start),
    /// A text, and a number, `true` or `null` as well: they are compared by what the other side is.
    Text(Box<str>),
    /// A pattern, with its text.
    Pattern(SizedPattern),
}

impl PartialEq for Operand {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path(path, start), Self::Path(other, from)) => path == other && start == from,
            (Self::Text(text), Self::Text(other)) => text == other,
            (Self::Pattern(pattern), Self::Pattern(other)) => pattern.as_str() == other.as_str(),
            _ => false,
        }
    }
}

impl Filter {
    /// Compiles what stands in the parentheses of a filter.
    pub(super) fn parse(statement: &str, patterns: &mut Patterns) -> Result<Self, LanguageError> {
        let mut criteria = Vec::new();
        let mut joins = Vec::new();
        let mut start = 0;
        // Quotes do not count here either.
        for (at, join) in joins_of(statement) {
            let text = statement.get(start..at).unwrap_or_default();
            criteria.push(Criterion::parse(text, patterns)?);
            joins.push(join);
            start = at + JOIN_LENGTH;
        }
        let last = Criterion::parse(statement.get(start..).unwrap_or_default(), patterns)?;
        // It is judged from its end, whatever the operators.
        let others = joins.into_iter().rev().zip(criteria.into_iter().rev()).collect();
        Ok(Self { first: last, others })
    }

    /// Whether it accepts a value of a document.
    pub(super) fn accepts<'a>(
        &self,
        item: Value<'a>,
        root: Value<'a>,
        heap: &mut Heap<'a>,
        visits_left: &mut u64,
    ) -> Result<bool, Stop> {
        let mut accepted = self.first.holds(item, root, heap, visits_left)?;
        for (join, criterion) in &self.others {
            accepted = match join {
                Join::And => accepted && criterion.holds(item, root, heap, visits_left)?,
                Join::Or => accepted || criterion.holds(item, root, heap, visits_left)?,
            };
        }
        Ok(accepted)
    }
}

/// How long `&&` and `||` are, in bytes.
const JOIN_LENGTH: usize = 2;

/// Where criteria are joined, and how, from the left.
fn joins_of(statement: &str) -> Vec<(usize, Join)> {
    let bytes = statement.as_bytes();
    let mut joins = Vec::new();
    let mut at = 0;
    while let Some(pair) = bytes.get(at..at + JOIN_LENGTH) {
        let join = match pair {
            b"&&" => Some(Join::And),
            b"||" => Some(Join::Or),
            _ => None,
        };
        at += if join.is_some() { JOIN_LENGTH } else { 1 };
        joins.extend(join.map(|join| (at - JOIN_LENGTH, join)));
    }
    joins
}

impl Criterion {
    fn parse(text: &str, patterns: &mut Patterns) -> Result<Self, LanguageError> {
        let clean = text.trim_start_matches(['[', '?', '(', ' ']).trim_end_matches([')', ' ']);
        if clean.is_empty() {
            return Err(LanguageError::new(0, "a filter lacks what stands beside `&&` or `||`"));
        }
        let found = OPERATORS.iter().find_map(|(sign, operator)| Some((clean.split_once(sign)?, *operator)));
        let Some(((left, right), operator)) = found else {
            let clean = clean.trim();
            let (wanted, path) = match clean.strip_prefix('!') {
                Some(path) if path.starts_with('@') => (false, path),
                _ => (true, clean),
            };
            if !path.starts_with(['$', '@']) {
                let message = format!("the filter {} is no path and compares nothing", shown(clean));
                return Err(LanguageError::new(0, message));
            }
            let (path, _) = parse_operand(path)?;
            return Ok(Self::Exists { path, wanted });
        };
        let (left, right) = (left.trim(), right.trim());
        // The left one may be negated, which then means nothing.
        let left = left.strip_prefix('!').filter(|path| path.starts_with('@')).unwrap_or(left);
        if right.starts_with("!@") {
            return Err(LanguageError::new(
                0,
                "`!` stands in a filter before a path that something is compared with",
            ));
        }
        let (left, right) = (Operand::parse(left, patterns)?, Operand::parse(right, patterns)?);
        Ok(Self::Compare { left, operator, right })
    }

    fn holds<'a>(
        &self,
        item: Value<'a>,
        root: Value<'a>,
        heap: &mut Heap<'a>,
        visits_left: &mut u64,
    ) -> Result<bool, Stop> {
        take(visits_left, 1)?;
        match self {
            // It looks at the item even where it begins with `$`.
            Self::Exists { path, wanted } => {
                let there = match find::definite(&path.steps, item, heap, Missing::Required, visits_left) {
                    Ok(value) => value != Value::Null,
                    Err(Stop::Nothing) => false,
                    Err(error) => return Err(error),
                };
                Ok(there == *wanted)
            }
            Self::Compare { left, operator, right } => {
                let left = left.value(item, root, heap, visits_left);
                let right = right.value(item, root, heap, visits_left);
                match (left, right) {
                    (Err(error @ Stop::Error(_)), _) | (Ok(_), Err(error @ Stop::Error(_))) => Err(error),
                    (Err(Stop::Nothing), _) | (_, Err(Stop::Nothing)) => Ok(false),
                    (Ok(left), Ok(right)) => operator.holds(left, right, visits_left),
                }
            }
        }
    }
}

impl Start {
    const fn of<'a>(self, item: Value<'a>, root: Value<'a>) -> Value<'a> {
        match self {
            Self::Document => root,
            Self::Item => item,
        }
    }
}

/// What an operand is when it is compared.
#[derive(Clone, Copy)]
enum Side<'p, 'a> {
    Value(Value<'a>),
    Text(&'p str),
    Pattern(&'p SizedPattern),
}

impl Operand {
    fn parse(text: &str, patterns: &mut Patterns) -> Result<Self, LanguageError> {
        if text.starts_with(['$', '@']) {
            let (path, start) = parse_operand(text)?;
            return Ok(Self::Path(path, start));
        }
        if let Some(inside) = text.strip_prefix('\'') {
            if inside.is_empty() {
                return Err(LanguageError::new(
                    0,
                    "a filter compares with a single quote that is not closed",
                ));
            }
            if let Some(inside) = inside.strip_suffix('\'') {
                return Ok(Self::Text(inside.into()));
            }
        }
        if let Some((pattern, ignores_case)) = pattern_of(text) {
            let pattern = patterns.compile(pattern, ignores_case)?;
            return Ok(Self::Pattern(pattern));
        }
        Ok(Self::Text(text.into()))
    }

    fn value<'p, 'a>(
        &'p self,
        item: Value<'a>,
        root: Value<'a>,
        heap: &mut Heap<'a>,
        visits_left: &mut u64,
    ) -> Result<Side<'p, 'a>, Stop> {
        match self {
            Self::Path(path, start) => {
                let from = start.of(item, root);
                find::definite(&path.steps, from, heap, Missing::Skipped, visits_left).map(Side::Value)
            }
            Self::Text(text) => Ok(Side::Text(text)),
            Self::Pattern(pattern) => Ok(Side::Pattern(pattern)),
        }
    }
}

/// `/pattern/` and `/pattern/i`, and whether it is the latter.
fn pattern_of(text: &str) -> Option<(&str, bool)> {
    let inside = text.strip_prefix('/')?;
    match inside.strip_suffix('/') {
        Some(pattern) => Some((pattern, false)),
        None => Some((inside.strip_suffix("/i")?, true)),
    }
}

impl Operator {
    fn holds(self, left: Side<'_, '_>, right: Side<'_, '_>, visits_left: &mut u64) -> Result<bool, Stop> {
        if self == Self::Matches {
            return match (left, right) {
                (Side::Pattern(pattern), other) | (other, Side::Pattern(pattern)) => {
                    matches(pattern, other, visits_left)
                }
                _ => Err(find::unfit("`=~` needs a pattern such as `/a.*/` at one side")),
            };
        }
        let nothing = |side: Side<'_, '_>| matches!(side, Side::Value(Value::Null));
        if !matches!(self, Self::Equal | Self::NotEqual) && (nothing(left) ^ nothing(right)) {
            return Ok(false);
        }
        let order = match (left, right) {
            (Side::Pattern(_), Side::Pattern(_)) => None,
            (Side::Pattern(_), other) => compare::is_nothing(other.plain()).then_some(Ordering::Less),
            (other, Side::Pattern(_)) => compare::is_nothing(other.plain()).then_some(Ordering::Greater),
            (left, right) => compare::compare(right.plain(), left.plain(), visits_left)?,
        };
        let Some(order) = order else { return Ok(false) };
        Ok(match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::GreaterOrEqual => order.is_le(),
            Self::LessOrEqual => order.is_ge(),
            Self::Less => order.is_gt(),
            Self::Greater => order.is_lt(),
            Self::Matches => false,
        })
    }
}

impl<'v> Side<'v, 'v> {
    const fn plain(self) -> Value<'v> {
        match self {
            Self::Value(value) => value,
            Self::Text(text) => Value::Text(text),
            Self::Pattern(_) => Value::Null,
        }
    }
}

/// A list or map, which Java would hold its text against, matches nothing here.
fn matches(pattern: &SizedPattern, side: Side<'_, '_>, visits_left: &mut u64) -> Result<bool, Stop> {
    let text = match side {
        Side::Text(text) | Side::Value(Value::Text(text) | Value::Big(text)) => Cow::Borrowed(text),
        Side::Value(Value::Boolean(it)) => Cow::Borrowed(if it { "true" } else { "false" }),
        Side::Value(Value::Integer(number)) => Cow::Owned(number.to_string()),
        Side::Value(Value::Double(number)) => Cow::Owned(crate::json::java_double(number)),
        Side::Value(Value::Null | Value::List(_) | Value::Map(_)) | Side::Pattern(_) => return Ok(false),
    };
    take(visits_left, pattern.steps(&text))?;
    Ok(pattern.is_match(&text))
}
