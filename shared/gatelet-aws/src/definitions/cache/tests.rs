#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::AtomicBool;

use super::*;

/// Time as a test sets it.
#[derive(Default)]
struct ManualClock {
    time_of_day: AtomicU64,
    monotonic: AtomicU64,
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.time_of_day.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic.load(Ordering::SeqCst))
    }
}

const DEADLINE: Timestamp = Timestamp::from_milliseconds(10_000_000);

/// A store of numbers that counts how often it is asked.
#[derive(Default)]
struct Store {
    asked: AtomicU64,
    fails: AtomicBool,
}

impl Store {
    async fn load(&self, _: Option<Arc<u64>>, _: Timestamp) -> Result<Arc<u64>, PortError> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        // Others get their turn while the store is asked.
        tokio::task::yield_now().await;
        if self.fails.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable { what: "the store", why: format!("failure {asked}") });
        }
        Ok(Arc::new(asked))
    }
}

struct Setup {
    clock: Arc<ManualClock>,
    store: Store,
    cache: Cache<Box<str>, u64>,
}

impl Setup {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let timing = Timing::new(Arc::clone(&clock) as Arc<dyn Clock>, Duration::from_secs(2));
        let cache = Cache::new("a number", timing, |number: &u64| *number > 1_000_000);
        Self { clock, store: Store::default(), cache }
    }

    async fn get(&self, key: &str) -> Result<u64, PortError> {
        let load = |known, deadline| self.store.load(known, deadline);
        self.cache.get(key, DEADLINE, load).await.map(|number| *number)
    }

    fn pass(&self, milliseconds: u64) {
        self.clock.time_of_day.fetch_add(milliseconds, Ordering::SeqCst);
        self.clock.monotonic.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_value_is_looked_up_again_when_it_is_old() {
    let setup = Setup::new();
    assert_eq!(setup.get("a").await, Ok(1));
    setup.pass(1_999);
    assert_eq!(setup.get("a").await, Ok(1));
    setup.pass(1);
    assert_eq!(setup.get("a").await, Ok(2));
    assert_eq!(setup.get("b").await, Ok(3), "another key is another value");
}

#[tokio::test]
async fn either_clock_makes_a_value_old() {
    let setup = Setup::new();
    assert_eq!(setup.get("a").await, Ok(1));
    setup.clock.time_of_day.store(5_000, Ordering::SeqCst);
    assert_eq!(setup.get("a").await, Ok(2), "the monotonic clock stood still");
    setup.clock.time_of_day.store(100, Ordering::SeqCst);
    setup.clock.monotonic.store(5_000, Ordering::SeqCst);
    assert_eq!(setup.get("a").await, Ok(3), "the time of day went back");
}

#[tokio::test]
async fn an_old_value_is_better_than_none() {
    let setup = Setup::new();
    assert_eq!(setup.get("a").await, Ok(1));
    setup.store.fails.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        setup.pass(3 * 60 * 60 * 1_000 / 10_000);
        assert_eq!(setup.get("a").await, Ok(1));
    }
    let asked = setup.store.asked.load(Ordering::SeqCst);
    assert!(asked <= 3, "a failing store is left in peace for a while, and was asked {asked} times");
    setup.pass(5_000);
    setup.store.fails.store(false, Ordering::SeqCst);
    assert_eq!(setup.get("a").await, Ok(asked + 1));
}

#[tokio::test]
async fn without_a_value_a_failure_is_heard() {
    let setup = Setup::new();
    setup.store.fails.store(true, Ordering::SeqCst);
    assert!(setup.get("a").await.is_err());
    setup.store.fails.store(false, Ordering::SeqCst);
    assert_eq!(setup.get("a").await, Ok(2), "the next one asks again at once");
}

#[tokio::test]
async fn one_looks_up_for_all_who_wait() {
    let setup = Setup::new();
    let (first, second, third) = tokio::join!(setup.get("a"), setup.get("a"), setup.get("a"));
    assert_eq!((first, second, third), (Ok(1), Ok(1), Ok(1)));

    setup.pass(5_000);
    let (first, second) = tokio::join!(setup.get("a"), setup.get("a"));
    assert_eq!((first, second), (Ok(2), Ok(1)), "whoever finds somebody at it takes the old value");
}

#[tokio::test]
async fn all_who_wait_share_a_failure() {
    let setup = Setup::new();
    setup.store.fails.store(true, Ordering::SeqCst);
    let (first, second, third) = tokio::join!(setup.get("a"), setup.get("a"), setup.get("a"));
    assert!(first.is_err());
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_eq!(setup.store.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_look_up_that_is_given_up_leaves_the_way_free() {
    let setup = Setup::new();
    let load = |_, _| std::future::pending::<Result<Arc<u64>, PortError>>();
    let given_up = setup.cache.get("a", DEADLINE, load);
    assert!(tokio::time::timeout(Duration::from_millis(1), given_up).await.is_err());
    assert_eq!(setup.get("a").await, Ok(1));
}

#[tokio::test]
async fn a_refresh_asks_at_once_and_tells_of_failure() {
    let setup = Setup::new();
    assert_eq!(setup.get("a").await, Ok(1));
    let load = |known, deadline| setup.store.load(known, deadline);
    assert_eq!(*setup.cache.refresh("a", DEADLINE, load).await.unwrap(), 2);
    assert_eq!(setup.get("a").await, Ok(2));
    setup.store.fails.store(true, Ordering::SeqCst);
    let load = |known, deadline| setup.store.load(known, deadline);
    assert!(setup.cache.refresh("a", DEADLINE, load).await.is_err());
    assert_eq!(setup.get("a").await, Ok(2));
}

#[tokio::test]
async fn names_at_random_fill_no_memory() {
    let setup = Setup::new();
    assert_eq!(setup.get("kept").await, Ok(1));
    for number in 0..3 * KEYS_MAX {
        let load = |_, _| async { Ok(Arc::new(u64::MAX)) };
        setup.cache.get(number.to_string().as_str(), DEADLINE, load).await.unwrap();
    }
    assert!(setup.cache.entries.read().unwrap().len() <= KEYS_MAX);
    assert_eq!(setup.get("kept").await, Ok(1), "what is there is not forgotten");
}
