//! The buckets that an instance knows, bounded by what they take; what counts of those that are forgotten stays known.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits::bucket::Bucket;
use crate::limits::bucket::rate::Nanoseconds;
use crate::memory::Key;

/// For how many forgotten buckets that were not full it is known when they are; about 5 MB. The emptiest of them stay.
const FORGOTTEN_MAX: usize = 100_000;
/// What a bucket takes beside itself: its key, and its places among the others.
const PLACE_BYTES: usize = 128;

/// The buckets that an instance knows.
///
/// There are two halves, as in [`Kept`](crate::memory::Kept): new buckets go into the young one, and whatever is read from the
/// old one moves there. When the young one is full it becomes the old one, whose buckets are forgotten but for those that are
/// used elsewhere. Of a forgotten bucket that is not full yet one time is kept, when it will be: with that it begins anew,
/// and whatever comes between, an instance lets no more through than the limit.
#[derive(Debug)]
pub(super) struct Buckets {
    young: Half,
    old: Half,
    forgotten: BTreeMap<u128, Nanoseconds>,
    /// The one that was looked for last, which has had its shards since it was judged.
    last: Option<Key>,
    half_max: usize,
    half_bytes_max: usize,
}

#[derive(Debug)]
struct Half {
    entries: BTreeMap<Key, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    bucket: Arc<Bucket>,
    /// What it took when it was last measured.
    bytes: usize,
}

impl Buckets {
    /// At most so many, of at most so many bytes together.
    pub(super) const fn new(max: usize, bytes_max: usize) -> Self {
        Self {
            young: Half::new(),
            old: Half::new(),
            forgotten: BTreeMap::new(),
            last: None,
            half_max: if max < 2 { 1 } else { max / 2 },
            half_bytes_max: bytes_max / 2,
        }
    }

    /// The bucket of a key.
    pub(super) fn get(&mut self, key: &Key) -> Arc<Bucket> {
        if let Some(last) = self.last.replace(*key).filter(|last| last != key) {
            self.young.measure(&last);
        }
        if let Some(entry) = self.young.entries.get(key) {
            return Arc::clone(&entry.bucket);
        }
        let known = self.old.entries.remove(key);
        if let Some(entry) = &known {
            self.old.bytes = self.old.bytes.saturating_sub(entry.bytes);
        }
        let bucket = known.map(|entry| entry.bucket).unwrap_or_else(|| {
            let full = self.forgotten.remove(&short(key));
            Arc::new(full.map_or_else(Bucket::default, Bucket::full_at))
        });
        let bytes = bytes(&bucket);
        if self.young.entries.len() >= self.half_max
            || self.young.bytes.saturating_add(bytes) > self.half_bytes_max
        {
            self.forget();
        }
        self.young.bytes = self.young.bytes.saturating_add(bytes);
        self.young.entries.insert(*key, Entry { bucket: Arc::clone(&bucket), bytes });
        bucket
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.entries.len() + self.old.entries.len()
    }

    /// Of how many it is known that they were not full.
    #[cfg(test)]
    pub(super) fn forgotten_len(&self) -> usize {
        self.forgotten.len()
    }

    /// Forgets the old half; the young one takes its place.
    fn forget(&mut self) {
        let old = std::mem::replace(&mut self.old, std::mem::replace(&mut self.young, Half::new()));
        let judged = |half: &Half| half.entries.values().filter_map(|entry| entry.bucket.judged()).max();
        let present = judged(&self.old).max(judged(&old)).unwrap_or(Nanoseconds::MIN);
        self.forgotten.retain(|_, full| *full > present);
        for (key, entry) in old.entries {
            // Whoever holds it judges by it; a second one would let through as much again.
            if Arc::strong_count(&entry.bucket) > 1 {
                self.old.bytes = self.old.bytes.saturating_add(entry.bytes);
                self.old.entries.insert(key, entry);
                continue;
            }
            let full = entry.bucket.full_from();
            if full > present {
                self.forgotten.insert(short(&key), full);
            }
        }
        let excess = self.forgotten.len().saturating_sub(FORGOTTEN_MAX);
        if excess > 0 {
            let mut times: Vec<_> = self.forgotten.values().copied().collect();
            let (_, last, _) = times.select_nth_unstable(excess - 1);
            let last = *last;
            self.forgotten.retain(|_, full| *full > last);
        }
    }
}

impl Half {
    const fn new() -> Self {
        Self { entries: BTreeMap::new(), bytes: 0 }
    }

    fn measure(&mut self, key: &Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            let bytes = bytes(&entry.bucket);
            self.bytes = self.bytes.saturating_sub(entry.bytes).saturating_add(bytes);
            entry.bytes = bytes;
        }
    }
}

/// Half of a key, which is as good as any digest.
fn short(key: &Key) -> u128 {
    let (first, _) = key.as_bytes().split_at(16);
    first.try_into().map_or(0, u128::from_le_bytes)
}

fn bytes(bucket: &Bucket) -> usize {
    bucket.bytes() + PLACE_BYTES
}
