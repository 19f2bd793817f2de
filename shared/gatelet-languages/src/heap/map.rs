//! A map that keeps the order of its keys, as Java's `LinkedHashMap` does.

use std::collections::BTreeMap;

use super::Value;

/// From how many keys on a map is searched by an index: below, looking at each is quicker. A tree, so that no choice of keys makes it slow.
const INDEXED_FROM: usize = 16;

/// A map from texts to values, in the order in which its keys came first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map<'a> {
    entries: Vec<(&'a str, Value<'a>)>,
    index: BTreeMap<&'a str, usize>,
}

impl<'a> Map<'a> {
    /// A map of keys and values in their order, and a key that stood there twice, if one did: then its last value counts at its first place.
    #[must_use]
    pub fn collected(entries: Vec<(&'a str, Value<'a>)>) -> (Self, Option<&'a str>) {
        let twice = |at: usize, key: &str| {
            entries.get(..at).is_some_and(|before| before.iter().any(|(other, _)| *other == key))
        };
        if entries.len() < INDEXED_FROM && !entries.iter().enumerate().any(|(at, (key, _))| twice(at, key)) {
            return (Self { entries, index: BTreeMap::new() }, None);
        }
        let (mut map, mut doubled) = (Self::default(), None);
        for (key, value) in entries {
            if map.put(key, value).is_some() {
                doubled = Some(key);
            }
        }
        (map, doubled)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.position(key).and_then(|at| self.entries.get(at)).map(|(_, value)| *value)
    }

    /// A key as it is kept here, and its value.
    pub(crate) fn entry(&self, key: &str) -> Option<(&'a str, Value<'a>)> {
        self.position(key).and_then(|at| self.entries.get(at)).copied()
    }

    /// Sets the value of a key, which keeps its place if it is there; returns what it had before.
    pub fn put(&mut self, key: &'a str, value: Value<'a>) -> Option<Value<'a>> {
        if let Some(at) = self.position(key) {
            return self.entries.get_mut(at).map(|(_, old)| std::mem::replace(old, value));
        }
        self.entries.push((key, value));
        let count = self.entries.len();
        if count == INDEXED_FROM {
            self.index = self.entries.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
        } else if count > INDEXED_FROM {
            self.index.insert(key, count - 1);
        }
        None
    }

    /// Takes a key out; returns what it had.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let at = self.position(key)?;
        let (_, value) = self.entries.remove(at);
        self.index.clear();
        if self.entries.len() >= INDEXED_FROM {
            self.index = self.entries.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
        }
        Some(value)
    }

    /// Its keys and values, in order.
    #[must_use]
    pub fn entries(&self) -> &[(&'a str, Value<'a>)] {
        &self.entries
    }

    fn position(&self, key: &str) -> Option<usize> {
        match self.index.is_empty() {
            true => self.entries.iter().position(|(other, _)| *other == key),
            false => self.index.get(key).copied(),
        }
    }
}
