//! Values that are kept for a while, bounded in number and size.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;

use super::{Key, Weight};
use crate::ports::Timestamp;

/// Values that are kept until they end, or until more than `max` others came after them, or more than so many bytes.
///
/// There are two halves: new values go into the young one, and whatever is read from the old one moves there. When the
/// young one is full it becomes the old one, whose values are forgotten: what is read often stays, without any list to
/// be kept in order. Each half takes half of the number and half of the bytes.
pub struct Kept<V> {
    halves: Mutex<Halves<V>>,
    half_max: usize,
    half_bytes_max: usize,
}

struct Halves<V> {
    young: Half<V>,
    old: Half<V>,
}

struct Half<V> {
    entries: HashTable<Entry<V>>,
    /// What they take together.
    bytes: usize,
}

struct Entry<V> {
    key: Key,
    value: V,
    expires: Timestamp,
    /// What it takes, with its own place.
    bytes: usize,
}

impl<V: Clone + Weight> Kept<V> {
    /// Keeps at most this many values, of at most this many bytes together.
    #[must_use]
    pub const fn new(max: usize, bytes_max: usize) -> Self {
        let halves = Halves { young: Half::new(), old: Half::new() };
        Self {
            halves: Mutex::new(halves),
            half_max: if max < 2 { 1 } else { max / 2 },
            half_bytes_max: bytes_max / 2,
        }
    }

    /// The value of a key that has not ended by now.
    pub fn get(&self, key: &Key, now: Timestamp) -> Option<V> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = halves.young.entries.find(key.hash(), |entry| entry.key == *key) {
            return (now < entry.expires).then(|| entry.value.clone());
        }
        let entry = halves.old.remove(key)?;
        if now >= entry.expires {
            return None;
        }
        let value = entry.value.clone();
        halves.insert(entry, self.half_max, self.half_bytes_max);
        Some(value)
    }

    /// Keeps a value until a moment, in place of the one before. One that alone takes more than half of the bytes is not kept.
    pub fn put(&self, key: Key, value: V, expires: Timestamp) {
        let bytes = size_of::<Entry<V>>() + value.bytes();
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.remove(&key);
        if bytes <= self.half_bytes_max {
            halves.insert(Entry { key, value, expires, bytes }, self.half_max, self.half_bytes_max);
        }
    }

    /// The value of a key that has not ended by now, else the one that is made now and kept until a moment.
    pub fn get_or_put(&self, key: &Key, now: Timestamp, expires: Timestamp, make: impl FnOnce() -> V) -> V {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = halves.young.entries.find(key.hash(), |entry| entry.key == *key)
            && now < entry.expires
        {
            return entry.value.clone();
        }
        let known = halves.remove(key).filter(|entry| now < entry.expires);
        let entry = known.unwrap_or_else(|| {
            let value = make();
            let bytes = size_of::<Entry<V>>() + value.bytes();
            Entry { key: *key, value, expires, bytes }
        });
        let value = entry.value.clone();
        if entry.bytes <= self.half_bytes_max {
            halves.insert(entry, self.half_max, self.half_bytes_max);
        }
        value
    }

    /// Forgets a value.
    pub fn forget(&self, key: &Key) {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// How many values are kept, ended ones among them.
    #[must_use]
    pub fn len(&self) -> usize {
        let halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.young.entries.len() + halves.old.entries.len()
    }

    /// About how many bytes the kept values take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.young.bytes + halves.old.bytes
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<V> Halves<V> {
    fn insert(&mut self, entry: Entry<V>, half_max: usize, half_bytes_max: usize) {
        let bytes = self.young.bytes.saturating_add(entry.bytes);
        if self.young.entries.len() >= half_max || bytes > half_bytes_max {
            self.old = std::mem::replace(&mut self.young, Half::new());
        }
        self.young.bytes += entry.bytes;
        self.young.entries.insert_unique(entry.key.hash(), entry, |entry| entry.key.hash());
    }

    fn remove(&mut self, key: &Key) -> Option<Entry<V>> {
        let (young, old) = (self.young.remove(key), self.old.remove(key));
        young.or(old)
    }
}

impl<V> Half<V> {
    const fn new() -> Self {
        Self { entries: HashTable::new(), bytes: 0 }
    }

    fn remove(&mut self, key: &Key) -> Option<Entry<V>> {
        let found = self.entries.find_entry(key.hash(), |entry| entry.key == *key).ok()?;
        let (entry, _) = found.remove();
        self.bytes -= entry.bytes;
        Some(entry)
    }
}

impl<V> fmt::Debug for Kept<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Kept")
            .field("half_max", &self.half_max)
            .field("half_bytes_max", &self.half_bytes_max)
            .finish_non_exhaustive()
    }
}
