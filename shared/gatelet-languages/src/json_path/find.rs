//! The search. What stops it follows Jayway to the letter: a member that is missing behind a step that can find several ends the whole search in
//! some places and is passed over in others.

use super::{BYTES_PER_VISIT, DEPTH_MAX, FindError, JsonPath, Step, VISITS_PER_FOUND, VISITS_PER_MEMBER};
use crate::LanguageError;
use crate::heap::{Heap, ListId, Map, MapId, Value};

/// Why a search ends before its end.
pub(super) enum Stop {
    /// There is nothing.
    Nothing,
    /// The path does not fit the document, or a limit is met.
    Error(Box<FindError>),
}

/// What becomes of members that are not there when several are named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// They are left out.
    Skipped,
    /// Then there is nothing.
    Required,
}

/// The path does not fit the document.
pub(super) fn unfit(message: impl Into<String>) -> Stop {
    Stop::Error(Box::new(FindError::Data(LanguageError::new(0, message))))
}

fn limit(message: impl Into<String>) -> Stop {
    Stop::Error(Box::new(FindError::Limit(LanguageError::new(0, message))))
}

/// Takes visits from what is left of them.
pub(super) fn take(visits_left: &mut u64, count: u64) -> Result<(), Stop> {
    match visits_left.checked_sub(count) {
        Some(left) => {
            *visits_left = left;
            Ok(())
        }
        None => {
            *visits_left = 0;
            Err(limit(
                "a JSONPath looks at more than it may in this document: let it name more exactly what it looks for",
            ))
        }
    }
}

/// Takes the visits of looking at so many bytes.
pub(super) fn take_bytes(visits_left: &mut u64, bytes: usize) -> Result<(), Stop> {
    take(visits_left, 1 + (bytes / BYTES_PER_VISIT) as u64)
}

/// The value that steps mean, all of which are definite.
pub(super) fn definite<'a>(
    steps: &[Step],
    root: Value<'a>,
    heap: &mut Heap<'a>,
    missing: Missing,
    visits_left: &mut u64,
) -> Result<Value<'a>, Stop> {
    let mut value = root;
    for (at, step) in steps.iter().enumerate() {
        take(visits_left, 1)?;
        value = match step {
            Step::Property(name) => {
                take_bytes(visits_left, name.len())?;
                let Value::Map(id) = value else { return Err(Stop::Nothing) };
                heap.map(id).and_then(|map| map.get(name)).ok_or(Stop::Nothing)?
            }
            Step::Index(index) => {
                let values = heap.list(list_of(value)?);
                usize::try_from(*index)
                    .ok()
                    .and_then(|index| values.get(index))
                    .copied()
                    .ok_or(Stop::Nothing)?
            }
            Step::FromEnd(number) => {
                let values = heap.list(list_of(value)?);
                usize::try_from(length(values) + i64::from(*number))
                    .ok()
                    .and_then(|index| values.get(index))
                    .copied()
                    .ok_or(Stop::Nothing)?
            }
            Step::Properties(names) => {
                several(names, value, at + 1 == steps.len(), heap, missing, visits_left)?
            }
            // These are not definite.
            _ => return Err(Stop::Nothing),
        };
    }
    Ok(value)
}

fn length(values: &[Value<'_>]) -> i64 {
    i64::try_from(values.len()).unwrap_or(i64::MAX)
}

fn list_of(value: Value<'_>) -> Result<ListId, Stop> {
    match value {
        Value::List(id) => Ok(id),
        Value::Null => Err(Stop::Nothing),
        _ => Err(unfit("a JSONPath has an index or a slice where the document has no list")),
    }
}

/// A map of the members named.
fn several<'a>(
    names: &[Box<str>],
    value: Value<'a>,
    last: bool,
    heap: &mut Heap<'a>,
    missing: Missing,
    visits_left: &mut u64,
) -> Result<Value<'a>, Stop> {
    let Value::Map(id) = value else { return Err(Stop::Nothing) };
    if !last {
        return Err(unfit("a JSONPath goes on behind brackets with several names, where it must end"));
    }
    let mut merged = Map::default();
    for name in names {
        take_bytes(visits_left, name.len())?;
        match heap.map(id).and_then(|map| map.entry(name)) {
            Some((key, value)) => {
                take(visits_left, VISITS_PER_MEMBER)?;
                merged.put(key, value);
            }
            None if missing == Missing::Required => return Err(Stop::Nothing),
            None => {}
        }
    }
    Ok(Value::Map(heap.new_map(merged)))
}

/// Everything that a path means which is not definite.
pub(super) fn all<'a>(
    path: &JsonPath,
    root: Value<'a>,
    heap: &mut Heap<'a>,
    visits_left: &mut u64,
) -> Result<Vec<Value<'a>>, Stop> {
    let mut search = Search { path, root, heap, found: Vec::new(), visits_left };
    search.step(0, root, DEPTH_MAX)?;
    Ok(search.found)
}

struct Search<'p, 'h, 'a> {
    path: &'p JsonPath,
    root: Value<'a>,
    heap: &'h mut Heap<'a>,
    found: Vec<Value<'a>>,
    visits_left: &'h mut u64,
}

impl<'a> Search<'_, '_, 'a> {
    /// Takes a visit, and one of the levels that are left.
    fn deeper(&mut self, depth_left: usize) -> Result<usize, Stop> {
        take(self.visits_left, 1)?;
        depth_left
            .checked_sub(1)
            .ok_or_else(|| limit(format!("a JSONPath goes more than {DEPTH_MAX} levels deep")))
    }

    fn is_last(&self, at: usize) -> bool {
        at + 1 == self.path.steps.len()
    }

    /// Goes on from a value with the step at a place of the path.
    fn step(&mut self, at: usize, value: Value<'a>, depth_left: usize) -> Result<(), Stop> {
        let depth_left = self.deeper(depth_left)?;
        let path = self.path;
        let Some(step) = path.steps.get(at) else {
            take(self.visits_left, VISITS_PER_FOUND)?;
            self.found.push(value);
            return Ok(());
        };
        match step {
            Step::Property(name) => {
                let Value::Map(id) = value else { return Err(Stop::Nothing) };
                take_bytes(self.visits_left, name.len())?;
                match self.heap.map(id).and_then(|map| map.get(name)) {
                    Some(value) => self.step(at + 1, value, depth_left),
                    // From the step before on, all are definite, or it is the last.
                    None if self.is_last(at) || at.saturating_sub(1) >= path.definite_from => {
                        Err(Stop::Nothing)
                    }
                    None => Ok(()),
                }
            }
            Step::Properties(names) => {
                let last = self.is_last(at);
                let merged = several(names, value, last, self.heap, Missing::Skipped, self.visits_left)?;
                self.step(at + 1, merged, depth_left)
            }
            Step::Index(index) => self.index(at, value, i64::from(*index), depth_left),
            Step::FromEnd(number) => {
                let length = length(self.heap.list(list_of(value)?));
                self.index(at, value, length + i64::from(*number), depth_left)
            }
            Step::Indexes(indexes) => {
                for index in indexes {
                    self.index(at, value, i64::from(*index), depth_left)?;
                }
                Ok(())
            }
            Step::SliceFrom(from) => {
                let length = length(self.heap.list(list_of(value)?));
                let from = if *from < 0 { length + i64::from(*from) } else { i64::from(*from) };
                self.slice(at, value, from.max(0), length, depth_left)
            }
            Step::SliceTo(to) => {
                let length = length(self.heap.list(list_of(value)?));
                let to = if *to < 0 { length + i64::from(*to) } else { i64::from(*to) };
                self.slice(at, value, 0, to, depth_left)
            }
            Step::Slice(from, to) => match self.heap.list(list_of(value)?) {
                [] => Ok(()),
                _ => self.slice(at, value, i64::from(*from), i64::from(*to), depth_left),
            },
            Step::Wildcard => self.wildcard(at, value, depth_left),
            Step::Scan => self.scan(at + 1, value, depth_left),
            Step::Filter(_) => self.filter(at, value, depth_left),
        }
    }

    fn index(&mut self, at: usize, value: Value<'a>, index: i64, depth_left: usize) -> Result<(), Stop> {
        let values = self.heap.list(list_of(value)?);
        let value = usize::try_from(index).ok().and_then(|index| values.get(index)).copied();
        self.step(at + 1, value.ok_or(Stop::Nothing)?, depth_left)
    }

    fn slice(
        &mut self,
        at: usize,
        value: Value<'a>,
        from: i64,
        to: i64,
        depth_left: usize,
    ) -> Result<(), Stop> {
        let to = to.min(length(self.heap.list(list_of(value)?)));
        // A slice that begins before the list finds nothing at all.
        for index in from..to {
            self.index(at, value, index, depth_left)?;
        }
        Ok(())
    }

    fn element(&self, id: ListId, index: usize) -> Option<Value<'a>> {
        self.heap.list(id).get(index).copied()
    }

    fn member(&self, id: MapId, index: usize) -> Option<Value<'a>> {
        self.heap.map(id)?.entries().get(index).map(|(_, value)| *value)
    }

    fn wildcard(&mut self, at: usize, value: Value<'a>, depth_left: usize) -> Result<(), Stop> {
        let mut index = 0;
        match value {
            Value::Map(id) => {
                while let Some(value) = self.member(id, index) {
                    self.step(at + 1, value, depth_left)?;
                    index += 1;
                }
            }
            Value::List(id) => {
                while let Some(value) = self.element(id, index) {
                    match self.step(at + 1, value, depth_left) {
                        Ok(()) | Err(Stop::Nothing) => index += 1,
                        error => return error,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn filter(&mut self, at: usize, value: Value<'a>, depth_left: usize) -> Result<(), Stop> {
        match value {
            Value::Map(_) => match self.accepts(at, value)? {
                true => self.step(at + 1, value, depth_left),
                false => Ok(()),
            },
            Value::List(id) => {
                let mut index = 0;
                while let Some(value) = self.element(id, index) {
                    self.deeper(depth_left)?;
                    if self.accepts(at, value)? {
                        self.step(at + 1, value, depth_left)?;
                    }
                    index += 1;
                }
                Ok(())
            }
            _ => Err(unfit("a JSONPath has a filter where the document has neither list nor map")),
        }
    }

    fn accepts(&mut self, at: usize, value: Value<'a>) -> Result<bool, Stop> {
        let Some(Step::Filter(filter)) = self.path.steps.get(at) else { return Ok(false) };
        filter.accepts(value, self.root, self.heap, self.visits_left)
    }

    /// Looks for a step everywhere below a value.
    fn scan(&mut self, at: usize, value: Value<'a>, depth_left: usize) -> Result<(), Stop> {
        let depth_left = self.deeper(depth_left)?;
        let mut index = 0;
        match value {
            Value::Map(id) => {
                if self.scan_takes(at, value)? {
                    self.step(at, value, depth_left)?;
                }
                while let Some(value) = self.member(id, index) {
                    self.scan(at, value, depth_left)?;
                    index += 1;
                }
            }
            Value::List(id) => {
                if self.scan_takes(at, value)? {
                    if self.is_last(at) {
                        self.step(at, value, depth_left)?;
                    } else {
                        // Here the step itself is not looked at: every element goes on.
                        let mut index = 0;
                        while let Some(value) = self.element(id, index) {
                            self.step(at + 1, value, depth_left)?;
                            index += 1;
                        }
                    }
                }
                while let Some(value) = self.element(id, index) {
                    self.scan(at, value, depth_left)?;
                    index += 1;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the step behind a scan applies to a list or map.
    fn scan_takes(&mut self, at: usize, value: Value<'a>) -> Result<bool, Stop> {
        Ok(match self.path.steps.get(at) {
            Some(Step::Property(name)) => self.has(value, name)?,
            Some(Step::Properties(names)) => {
                for name in names {
                    if !self.has(value, name)? {
                        return Ok(false);
                    }
                }
                matches!(value, Value::Map(_))
            }
            Some(Step::Wildcard) => true,
            Some(Step::Filter(_)) => self.accepts(at, value)?,
            Some(Step::Scan) | None => false,
            Some(_) => matches!(value, Value::List(_)),
        })
    }

    fn has(&mut self, value: Value<'a>, name: &str) -> Result<bool, Stop> {
        let Value::Map(id) = value else { return Ok(false) };
        take_bytes(self.visits_left, name.len())?;
        Ok(self.heap.map(id).is_some_and(|map| map.get(name).is_some()))
    }
}
