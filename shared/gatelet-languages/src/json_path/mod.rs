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

/// How much one search may do where its caller sets no budget: values that it looks at, values that it finds, names that it looks for, criteria
/// of filters that it judges, and every [`BYTES_PER_VISIT`] bytes that it compares. One takes some ten nanoseconds.
pub const VISITS_MAX: u64 = 2_000_000;

/// How many bytes of texts are compared for one visit.
const BYTES_PER_VISIT: usize = 32;

/// How many visits a found value takes beside its own: it is kept.
const VISITS_PER_FOUND: u64 = 1;

/// How many visits a member takes that is put into a map of several named ones: it is kept, and found again by its name.
const VISITS_PER_MEMBER: u64 = 4;

/// How many patterns the filters of one path may have.
pub(crate) const PATTERNS_MAX: usize = 100;

/// How large the patterns of one path may grow together, in bytes.
pub(crate) const PATTERNS_BYTES_MAX: usize = 1 << 19;

/// How deep a search may go, over the levels of a document and the steps of a path.
pub(crate) const DEPTH_MAX: usize = 1000;

/// Why nothing can be said of what a path means in a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The search would take too long or go too deep. Whether there is something is not known.
    #[error(transparent)]
    Limit(LanguageError),
    /// The path does not fit the document, where Jayway raises an exception: an index into a map, for example.
    #[error(transparent)]
    Data(LanguageError),
}

impl From<FindError> for LanguageError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Limit(error) | FindError::Data(error) => error,
        }
    }
}

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

    /// Finds what it means in a document: for a definite path the value, for any other a new list. `None` where there is nothing. Does as much
    /// as [`VISITS_MAX`] allows.
    ///
    /// # Errors
    /// A [`LanguageError`] where the path does not fit the document in a way that Jayway calls an error, such as an index into a map, and where
    /// a limit is met.
    pub fn find<'a>(&self, root: Value<'a>, heap: &mut Heap<'a>) -> Result<Option<Value<'a>>, LanguageError> {
        let mut visits_left = VISITS_MAX;
        Ok(self.find_within(root, heap, &mut visits_left)?)
    }

    /// The same with a budget of visits, see [`VISITS_MAX`], from which what the search does is taken: nothing is left of it where it is met.
    ///
    /// # Errors
    /// A [`FindError`], which tells a limit that is met from a path that does not fit the document.
    pub fn find_within<'a>(
        &self,
        root: Value<'a>,
        heap: &mut Heap<'a>,
        visits_left: &mut u64,
    ) -> Result<Option<Value<'a>>, FindError> {
        let found = match self.is_definite() {
            true => find::definite(&self.steps, root, heap, find::Missing::Skipped, visits_left),
            false => {
                let found = find::all(self, root, heap, visits_left);
                found.map(|values| Value::List(heap.new_list(values)))
            }
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
