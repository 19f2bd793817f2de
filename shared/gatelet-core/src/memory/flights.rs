//! Kept values that are fetched by one request at a time, however many wait for them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures_channel::oneshot;

use super::{Kept, Key, Weight};
use crate::ports::Timestamp;

/// Kept values, and who waits for those that are being fetched.
#[derive(Debug)]
pub struct Flights<V, E> {
    kept: Kept<V>,
    under_way: Mutex<BTreeMap<Key, Waiting<V, E>>>,
}

type Waiting<V, E> = Vec<oneshot::Sender<Result<V, E>>>;

/// What a fetch brought.
#[derive(Debug)]
pub struct Fetched<V> {
    /// The value.
    pub value: V,
    /// Until when it is kept; none if only those who wait for it by now are given it.
    pub keep_until: Option<Timestamp>,
}

/// Whether a value had to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was remembered.
    Memory,
    /// Another request was fetching it.
    Shared,
    /// It was fetched for this request.
    Fetched,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Memory => "remembered",
            Self::Shared => "another request was asking",
            Self::Fetched => "asked now",
        })
    }
}

impl<V: Clone + Weight, E: Clone> Flights<V, E> {
    /// Keeps at most this many values, of at most this many bytes together.
    #[must_use]
    pub const fn new(max: usize, bytes_max: usize) -> Self {
        Self { kept: Kept::new(max, bytes_max), under_way: Mutex::new(BTreeMap::new()) }
    }

    /// What is kept.
    #[must_use]
    pub const fn kept(&self) -> &Kept<V> {
        &self.kept
    }

    /// The value that is kept under a key, else the one that `fetch` brings; only one of those who ask at the same time
    /// fetches. A failure is theirs who asked at that time, and is never kept. When the one who fetches is dropped, the
    /// next of them fetches.
    ///
    /// # Errors
    /// What `fetch` says.
    pub async fn get_or_fetch(
        &self,
        key: Key,
        now: Timestamp,
        fetch: impl Future<Output = Result<Fetched<V>, E>>,
    ) -> Result<(V, Source), E> {
        loop {
            if let Some(value) = self.kept.get(&key, now) {
                return Ok((value, Source::Memory));
            }
            match self.join(key) {
                Some(waiting) => {
                    if let Ok(result) = waiting.await {
                        return result.map(|value| (value, Source::Shared));
                    }
                }
                None => break,
            }
        }
        let flight = Flight { flights: self, key };
        // Another may have ended since it was looked for.
        if let Some(value) = self.kept.get(&key, now) {
            return Ok((value, Source::Memory));
        }
        let fetched = fetch.await;
        if let Ok(Fetched { value, keep_until: Some(expires) }) = &fetched {
            self.kept.put(key, value.clone(), *expires);
        }
        let result = fetched.map(|fetched| fetched.value);
        for waiting in flight.end() {
            // Whoever has gone needs nothing any more.
            let _ = waiting.send(result.clone());
        }
        result.map(|value| (value, Source::Fetched))
    }

    /// Joins those who wait for a value, or none to be the one who fetches it.
    fn join(&self, key: Key) -> Option<oneshot::Receiver<Result<V, E>>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = under_way.get_mut(&key) {
            let (sender, receiver) = oneshot::channel();
            waiting.push(sender);
            return Some(receiver);
        }
        under_way.insert(key, Vec::new());
        None
    }
}

/// A fetch under way. Dropped before its end, it wakes those who wait, and the first of them fetches.
struct Flight<'a, V, E> {
    flights: &'a Flights<V, E>,
    key: Key,
}

impl<V, E> Flight<'_, V, E> {
    /// Ends it: whoever asks from now on does not wait for it.
    fn end(self) -> Waiting<V, E> {
        let waiting = self.take();
        // Its place may be another's by the time it is dropped.
        std::mem::forget(self);
        waiting
    }

    fn take(&self) -> Waiting<V, E> {
        let mut under_way = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.key).unwrap_or_default()
    }
}

impl<V, E> Drop for Flight<'_, V, E> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
