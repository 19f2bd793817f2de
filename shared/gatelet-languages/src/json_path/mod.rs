//! JSONPath in the dialect of Jayway 2.0 (<https://github.com/json-path/JsonPath>), which mapping templates are applied with
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>).
//!
//! A path that can mean one value only is definite and gives that value; any other gives a list of what it found. Where this
//! dialect is odd it is odd here: what a path meant on the real service it means here. In particular it has no functions
//! (`.length()` is the name of a member), filters know `== != < <= > >= =~` and `&&`, `||`, and a negative index finds nothing, while `[-1:]` does.

mod compare;
mod filter;
mod find;
mod parse;

use filter::Filter;

use crate::LanguageError;
use crate::heap::{Heap, Value};

/// How many values one search may look at: a document of 10 MB looked through once.
pub const VISITS_MAX: usize = 5_000_000;

/// How deep a search may go, over the levels of a document and the steps of a path.
pub const DEPTH_MAX: usize = 1000;

/// A compiled path.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
    /// From which step on all are definite.
    definite_from: usize,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// `.name`
    Property(Box<str>),
    /// `['a','b']`
    Properties(Vec<Box<str>>),
    /// `[0]`
    Index(i32),
    /// `[0,1]`
    Indexes(Vec<i32>),
    /// `[(@.length-1)]`
    FromEnd(i32),
    /// `[-2:]`
    SliceFrom(i32),
    /// `[:2]`
    SliceTo(i32),
    /// `[1:2]`
    Slice(i32, i32),
    /// `*`
    Wildcard,
    /// `..`
    Scan,
    /// `[?(...)]`
    Filter(Filter),
}

impl Step {
    const fn is_definite(&self) -> bool {
        matches!(self, Self::Property(_) | Self::Properties(_) | Self::Index(_) | Self::FromEnd(_))
    }
}

impl JsonPath {
    /// Compiles a path. One that does not begin with `$` or `@` is one below `$`.
    ///
    /// # Errors
    /// A [`LanguageError`] where Jayway would not take it, and for patterns that need backtracking.
    pub fn parse(text: &str) -> Result<Self, LanguageError> {
        parse::parse(text).map(|(path, _)| path)
    }

    fn new(steps: Vec<Step>) -> Self {
        let definite = steps.iter().rev().take_while(|step| step.is_definite()).count();
        Self { definite_from: steps.len() - definite, steps }
    }

    /// Whether it can mean one value only.
    #[must_use]
    pub const fn is_definite(&self) -> bool {
        self.definite_from == 0
    }

    /// Finds what it means in a document: for a definite path the value, for any other a new list. `None` where there is nothing.
    ///
    /// # Errors
    /// A [`LanguageError`] where the path does not fit the document in a way that Jayway calls an error, such as an index into a map, and where
    /// a limit is met.
    pub fn find<'a>(&self, root: Value<'a>, heap: &mut Heap<'a>) -> Result<Option<Value<'a>>, LanguageError> {
        let found = match self.is_definite() {
            true => find::definite(&self.steps, root, heap, find::Missing::Skipped),
            false => find::all(self, root, heap).map(|values| Value::List(heap.new_list(values))),
        };
        match found {
            Ok(value) => Ok(Some(value)),
            Err(find::Stop::Nothing) => Ok(None),
            Err(find::Stop::Error(error)) => Err(*error),
        }
    }
}

#[cfg(test)]
mod tests;
