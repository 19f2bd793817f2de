//! JSON Schema, draft 4, which models are written in
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html>,
//! <https://datatracker.ietf.org/doc/html/draft-fge-json-schema-validation-00>).
//!
//! A [`Schema`] is compiled once with everything that it refers to. Other documents are handed in; nothing is ever fetched. What is wrong with a
//! value is told in the words of the validator that the real service runs, a Java library
//! (<https://github.com/java-json-tools/json-schema-validator>), and in its order: the keywords of one place by their names; what lies below a place
//! is looked at only where the place itself is right.
//!
//! Written here and not taken from a crate, because the words, their order and one reading of the body for judging and passing on are what matters, and
//! because a general validator would weigh more than the rest of the gateway's languages together.

mod canonical;
mod compile;
mod format;
mod keywords;
mod plain;
mod uri;
mod validate;

use std::collections::{BTreeMap, BTreeSet};

use bumpalo::Bump;

use crate::LanguageError;
use crate::heap::{Heap, Value};
use crate::json::{self, Decimal};
use crate::selection::SizedPattern;
use format::Format;

/// How much one validation may do: places of a schema and a value that it looks at, names that it looks for, and every [`BYTES_PER_VISIT`] bytes
/// that it looks at. One takes some ten nanoseconds.
pub const VISITS_MAX: u64 = 2_000_000;

/// How many bytes of a value are looked at for one visit.
const BYTES_PER_VISIT: usize = 32;

/// How many bytes of the canonical form of a value are written for one visit: a short number takes longer to write than many letters to read.
const WRITTEN_BYTES_PER_VISIT: usize = 8;

/// How deep a validation may go, over the levels of a value and the alternatives of a schema.
pub(crate) const DEPTH_MAX: usize = 800;

/// How many schemas a schema may consist of, with all that it refers to.
pub(crate) const SCHEMAS_MAX: usize = 20_000;

/// How many patterns a schema may have, with all that it refers to; the same one twice counts once.
pub(crate) const PATTERNS_MAX: usize = 1_000;

/// How large one compiled pattern may grow, in bytes: as large as `^.{1,255}$` does. What holding texts against it may cost is taken from
/// [`VISITS_MAX`].
pub(crate) const PATTERN_BYTES_MAX: usize = 1 << 19;

/// How large the patterns of a schema may grow together, in bytes.
pub(crate) const PATTERNS_BYTES_MAX: usize = 1 << 23;

/// How many things that are wrong with a value are told; what is wrong beyond them is not looked for.
pub const VIOLATIONS_MAX: usize = 100;

/// After how many bytes of what is wrong with a value nothing more is looked for.
pub const TOLD_BYTES_MAX: usize = 1 << 16;

/// How many bytes of a value, or of a list of values or names, what is wrong with it shows.
const SHOWN_BYTES_MAX: usize = 1 << 10;

/// Where a schema that is referred to may be had: its text by its address, without a fragment.
pub type Documents<'d> = dyn Fn(&str) -> Option<String> + 'd;

/// A compiled schema.
#[derive(Debug, Clone)]
pub struct Schema {
    nodes: Vec<Node>,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations(Vec<String>);

impl Violations {
    /// As the service shows them: in brackets, with commas between.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("[{}]", self.0.join(", "))
    }

    /// One text for each.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.0
    }
}

impl Schema {
    /// Compiles a schema, which is found at `address`, with everything that it refers to.
    ///
    /// # Errors
    /// A [`LanguageError`] where it is not JSON, a keyword has a value that draft 4 does not know, a reference leads nowhere or in a circle that no
    /// value would end, or a limit is met. A pattern that cannot be run is no error before a value meets it: see [`Self::problems`].
    pub fn compile(text: &str, address: &str, documents: &Documents<'_>) -> Result<Self, LanguageError> {
        compile::compile(text, address, documents)
    }

    /// Its patterns that cannot be run, and why: a value that meets one cannot be judged.
    pub fn problems(&self) -> impl Iterator<Item = &LanguageError> {
        let patterns = self.nodes.iter().flat_map(|node| {
            node.pattern.iter().chain(node.pattern_properties.iter().map(|(pattern, _)| pattern))
        });
        patterns.filter_map(|pattern| pattern.compiled.as_ref().err())
    }

    /// Holds a document against it. One that is not JSON, or has two members of one name, is wrong as a whole.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn validate_document(&self, document: &str) -> Result<Result<(), Violations>, LanguageError> {
        let texts = Bump::new();
        let mut heap = Heap::new(&texts);
        match json::read_unambiguous(document, &mut heap) {
            Ok(value) => self.validate(value, &heap),
            Err(error) => Ok(Err(Violations(vec![error.to_string()]))),
        }
    }

    /// Holds a value against it.
    ///
    /// # Errors
    /// A [`LanguageError`] where a limit is met before anything is found to be wrong, or a pattern that cannot be run, so that nothing can be said.
    pub fn validate(
        &self,
        value: Value<'_>,
        heap: &Heap<'_>,
    ) -> Result<Result<(), Violations>, LanguageError> {
        validate::validate(self, value, heap)
    }
}

/// Which of a schema's nodes.
type NodeId = usize;

/// One schema or subschema.
#[derive(Debug, Clone, Default)]
struct Node {
    /// `$ref`: then nothing else counts.
    reference: Option<NodeId>,
    additional_items: Additional,
    additional_properties: Additional,
    all_of: Vec<NodeId>,
    any_of: Vec<NodeId>,
    dependencies: Vec<(Box<str>, Dependency)>,
    enumeration: Option<Enumeration>,
    format: Option<Format>,
    items: Items,
    max_items: Option<u64>,
    max_length: Option<u64>,
    max_properties: Option<u64>,
    maximum: Option<Bound>,
    min_items: Option<u64>,
    min_length: Option<u64>,
    min_properties: Option<u64>,
    minimum: Option<Bound>,
    multiple_of: Option<Number>,
    not: Option<NodeId>,
    one_of: Vec<NodeId>,
    pattern: Option<Pattern>,
    pattern_properties: Vec<(Pattern, NodeId)>,
    properties: BTreeMap<Box<str>, NodeId>,
    required: Vec<Box<str>>,
    types: Option<Types>,
    unique_items: bool,
}

/// `additionalItems`, `additionalProperties`.
#[derive(Debug, Clone, Copy, Default)]
enum Additional {
    /// Anything.
    #[default]
    Allowed,
    /// `false`
    Forbidden,
    /// What a schema takes.
    Schema(NodeId),
}

/// `items`
#[derive(Debug, Clone, Default)]
enum Items {
    #[default]
    Any,
    All(NodeId),
    Each(Vec<NodeId>),
}

#[derive(Debug, Clone)]
enum Dependency {
    Properties(Vec<Box<str>>),
    Schema(NodeId),
}

/// `enum`, by the canonical form of its values, and as it is shown.
#[derive(Debug, Clone)]
struct Enumeration {
    values: BTreeSet<String>,
    /// How long the longest of them is, in bytes.
    longest: usize,
    shown: Box<str>,
}

/// A number of a schema, and as it is shown.
#[derive(Debug, Clone)]
struct Number {
    value: Decimal,
    /// The same where it is a small integer.
    small: Option<i64>,
    shown: Box<str>,
}

/// `minimum`, `maximum`
#[derive(Debug, Clone)]
struct Bound {
    number: Number,
    exclusive: bool,
}

#[derive(Debug, Clone)]
struct Pattern {
    /// Or why it cannot be run.
    compiled: Result<SizedPattern, LanguageError>,
    shown: Box<str>,
}

/// A set of primitive types, one bit each, in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Types(u8);

impl Types {
    const NAMES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    const INTEGER: Self = Self(1 << 2);
    const NUMBER: Self = Self(1 << 4);

    /// A type by its name; a number may be an integer.
    fn of_name(name: &str) -> Option<Self> {
        let position = Self::NAMES.iter().position(|known| *known == name)?;
        let own = Self(1 << position);
        Some(if own == Self::NUMBER { own.and(Self::INTEGER) } else { own })
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The names in a set.
    fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, name)| name)
    }
}

/// A text as what is wrong shows it: cut where it is longer than [`SHOWN_BYTES_MAX`].
fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    match text.get(..text.floor_char_boundary(SHOWN_BYTES_MAX)) {
        Some(start) if start.len() < text.len() => format!("{start}...").into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests;
