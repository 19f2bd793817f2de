//! Values in memory that are looked up again when they are old: one look-up per key at a time, and an old value
//! rather than none.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use gatelet_core::ports::{Clock, PortError, Timestamp};

/// How long a request that has an old value waits for the store to answer before it takes the old one; at most
/// half of the time that it has left.
const REFRESH_WAIT_MAX: Duration = Duration::from_secs(2);
/// After how long a failed refresh is tried again: an outage costs a waiting request once in this time.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How many keys are remembered. Beyond, those that the store does not have are forgotten: a client that asks for
/// names at random fills no memory.
const KEYS_MAX: usize = 10_000;

/// When a value is old.
#[derive(Clone)]
pub(super) struct Timing {
    clock: Arc<dyn Clock>,
    refresh_after: Duration,
}

impl Timing {
    pub(super) const fn new(clock: Arc<dyn Clock>, refresh_after: Duration) -> Self {
        Self { clock, refresh_after }
    }
}

/// Values by key.
pub(super) struct Cache<K, V> {
    what: &'static str,
    timing: Timing,
    is_absent: fn(&V) -> bool,
    entries: RwLock<HashMap<K, Arc<Entry<V>>>>,
}

/// A key's value, and who is looking it up.
struct Entry<V> {
    value: ArcSwapOption<V>,
    due: Due,
    /// Held by the one who looks up.
    flight: tokio::sync::Mutex<()>,
    /// Counts look-ups that came to an end without any value in memory.
    failures: AtomicU64,
    last_failure: Mutex<Option<PortError>>,
}

/// When to look again: by the time of day or by the monotonic clock, whichever comes first, because either may stand
/// still or jump when a Lambda is frozen.
#[derive(Default)]
struct Due {
    time_of_day_milliseconds: AtomicU64,
    monotonic_milliseconds: AtomicU64,
}

impl Due {
    fn has_come(&self, clock: &dyn Clock) -> bool {
        clock.now().milliseconds() >= self.time_of_day_milliseconds.load(Ordering::Relaxed)
            || milliseconds(clock.monotonic()) >= self.monotonic_milliseconds.load(Ordering::Relaxed)
    }

    fn set(&self, clock: &dyn Clock, after: Duration) {
        let time_of_day = clock.now().after(after).milliseconds();
        let monotonic = milliseconds(clock.monotonic().saturating_add(after));
        self.time_of_day_milliseconds.store(time_of_day, Ordering::Relaxed);
        self.monotonic_milliseconds.store(monotonic, Ordering::Relaxed);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl<K: Eq + Hash, V> Cache<K, V> {
    /// An empty cache of what the store calls so.
    pub(super) fn new(what: &'static str, timing: Timing, is_absent: fn(&V) -> bool) -> Self {
        Self { what, timing, is_absent, entries: RwLock::new(HashMap::new()) }
    }

    /// A key's value: the one in memory, looked up again where it is old. `load` is given what is known and the
    /// deadline of its calls.
    ///
    /// # Errors
    /// That of `load`, where nothing is in memory.
    pub(super) async fn get<Q, F>(
        &self,
        key: &Q,
        deadline: Timestamp,
        load: impl FnOnce(Option<Arc<V>>, Timestamp) -> F,
    ) -> Result<Arc<V>, PortError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned + ?Sized,
        Q::Owned: Into<K>,
        F: Future<Output = Result<Arc<V>, PortError>>,
    {
        let entry = self.entry(key);
        match entry.value.load_full() {
            Some(value) if entry.due.has_come(&*self.timing.clock) => {
                Ok(self.freshened(&entry, value, deadline, load).await)
            }
            Some(value) => Ok(value),
            None => self.first(&entry, deadline, load).await,
        }
    }

    /// A key's value, looked up now.
    ///
    /// # Errors
    /// That of `load`; what is in memory stays.
    pub(super) async fn refresh<Q, F>(
        &self,
        key: &Q,
        deadline: Timestamp,
        load: impl FnOnce(Option<Arc<V>>, Timestamp) -> F,
    ) -> Result<Arc<V>, PortError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned + ?Sized,
        Q::Owned: Into<K>,
        F: Future<Output = Result<Arc<V>, PortError>>,
    {
        let entry = self.entry(key);
        let _flight = self.flight(&entry, deadline).await?;
        let value = load(entry.value.load_full(), deadline).await?;
        self.keep(&entry, &value);
        Ok(value)
    }

    /// Refreshes an old value, unless somebody is at it; the old one where that fails.
    async fn freshened<F>(
        &self,
        entry: &Entry<V>,
        old: Arc<V>,
        deadline: Timestamp,
        load: impl FnOnce(Option<Arc<V>>, Timestamp) -> F,
    ) -> Arc<V>
    where
        F: Future<Output = Result<Arc<V>, PortError>>,
    {
        let clock = &*self.timing.clock;
        let Ok(_flight) = entry.flight.try_lock() else { return old };
        if !entry.due.has_come(clock) {
            return entry.value.load_full().unwrap_or(old);
        }
        let now = clock.now();
        let wait = (deadline.since(now) / 2).min(REFRESH_WAIT_MAX);
        match load(Some(Arc::clone(&old)), now.after(wait)).await {
            Ok(value) => {
                self.keep(entry, &value);
                value
            }
            Err(error) => {
                entry.due.set(clock, RETRY_AFTER_FAILURE);
                tracing::warn!(what = self.what, %error, "what is in memory is served on");
                old
            }
        }
    }

    /// Looks up what is not in memory. Those who waited for a look-up that failed share its error: one outage is
    /// not asked about once for each of them in turn.
    async fn first<F>(
        &self,
        entry: &Entry<V>,
        deadline: Timestamp,
        load: impl FnOnce(Option<Arc<V>>, Timestamp) -> F,
    ) -> Result<Arc<V>, PortError>
    where
        F: Future<Output = Result<Arc<V>, PortError>>,
    {
        let failures_before = entry.failures.load(Ordering::Acquire);
        let _flight = self.flight(entry, deadline).await?;
        if let Some(value) = entry.value.load_full() {
            return Ok(value);
        }
        if entry.failures.load(Ordering::Acquire) != failures_before
            && let Some(failure) = lock(&entry.last_failure).clone()
        {
            return Err(failure);
        }
        match load(None, deadline).await {
            Ok(value) => {
                self.keep(entry, &value);
                Ok(value)
            }
            Err(error) => {
                *lock(&entry.last_failure) = Some(error.clone());
                entry.failures.fetch_add(1, Ordering::Release);
                Err(error)
            }
        }
    }

    async fn flight<'a>(
        &self,
        entry: &'a Entry<V>,
        deadline: Timestamp,
    ) -> Result<tokio::sync::MutexGuard<'a, ()>, PortError> {
        let left = deadline.since(self.timing.clock.now());
        tokio::time::timeout(left, entry.flight.lock())
            .await
            .map_err(|_| PortError::Timeout { what: self.what })
    }

    fn keep(&self, entry: &Entry<V>, value: &Arc<V>) {
        entry.value.store(Some(Arc::clone(value)));
        entry.due.set(&*self.timing.clock, self.timing.refresh_after);
    }

    fn entry<Q>(&self, key: &Q) -> Arc<Entry<V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned + ?Sized,
        Q::Owned: Into<K>,
    {
        if let Some(entry) = self.entries.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Arc::clone(entry);
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= KEYS_MAX {
            entries.retain(|_, entry| {
                let is_present = |value: &Arc<V>| !(self.is_absent)(value);
                Arc::strong_count(entry) > 1 || entry.value.load_full().as_ref().is_some_and(is_present)
            });
        }
        Arc::clone(entries.entry(key.to_owned().into()).or_insert_with(|| {
            Arc::new(Entry {
                value: ArcSwapOption::empty(),
                due: Due::default(),
                flight: tokio::sync::Mutex::new(()),
                failures: AtomicU64::new(0),
                last_failure: Mutex::new(None),
            })
        }))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
