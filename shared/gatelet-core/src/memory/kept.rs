//! Values that are kept for a while, in bounded number.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;

use super::Key;
use crate::arrival::Timestamp;

/// Values that are kept until they end, or until more than `max` others came after them.
///
/// There are two halves: new values go into the young one, and whatever is read from the old one moves there. When the
/// young one is full it becomes the old one, whose values are forgotten: what is read often stays, without any list to
/// be kept in order.
pub struct Kept<V> {
    halves: Mutex<Halves<V>>,
    half_max: usize,
}

struct Halves<V> {
    young: HashTable<Entry<V>>,
    old: HashTable<Entry<V>>,
}

struct Entry<V> {
    key: Key,
    value: V,
    expires: Timestamp,
}

impl<V: Clone> Kept<V> {
    /// Keeps at most this many values.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        let halves = Halves { young: HashTable::new(), old: HashTable::new() };
        Self { halves: Mutex::new(halves), half_max: if max < 2 { 1 } else { max / 2 } }
    }

    /// The value of a key that has not ended by now.
    pub fn get(&self, key: &Key, now: Timestamp) -> Option<V> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = halves.young.find(key.hash(), |entry| entry.key == *key) {
            return (now < entry.expires).then(|| entry.value.clone());
        }
        let found = halves.old.find_entry(key.hash(), |entry| entry.key == *key).ok()?;
        let (entry, _) = found.remove();
        if now >= entry.expires {
            return None;
        }
        let value = entry.value.clone();
        halves.insert(entry, self.half_max);
        Some(value)
    }

    /// Keeps a value until a moment, in place of the one before.
    pub fn put(&self, key: Key, value: V, expires: Timestamp) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.remove(&key);
        halves.insert(Entry { key, value, expires }, self.half_max);
    }

    /// Forgets a value.
    pub fn forget(&self, key: &Key) {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// How many values are kept, ended ones among them.
    #[must_use]
    pub fn len(&self) -> usize {
        let halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.young.len() + halves.old.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<V> Halves<V> {
    fn insert(&mut self, entry: Entry<V>, half_max: usize) {
        if self.young.len() >= half_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert_unique(entry.key.hash(), entry, |entry| entry.key.hash());
    }

    fn remove(&mut self, key: &Key) {
        for half in [&mut self.young, &mut self.old] {
            if let Ok(found) = half.find_entry(key.hash(), |entry| entry.key == *key) {
                found.remove();
            }
        }
    }
}

impl<V> fmt::Debug for Kept<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Kept").field("half_max", &self.half_max).finish_non_exhaustive()
    }
}
