//! An instance's own idea of the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// The true time, in nanoseconds since 1970, as nobody inside knows it.
#[derive(Debug, Clone)]
pub(super) struct TrueTime(Arc<AtomicU64>);

impl TrueTime {
    pub(super) fn at(nanoseconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(nanoseconds)))
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, nanoseconds: u64) {
        self.0.store(nanoseconds, Ordering::Relaxed);
    }
}

/// A clock that shows another time than the true one, beside one that counts from the instance's start.
#[derive(Debug)]
pub(super) struct SkewedClock {
    time: TrueTime,
    started: u64,
    skew: AtomicI64,
    /// For how long the instance was frozen so deeply that its monotonic clock stood still.
    stood_still: AtomicU64,
}

impl SkewedClock {
    pub(super) fn new(time: TrueTime, skew: i64) -> Self {
        let started = time.get();
        Self { time, started, skew: AtomicI64::new(skew), stood_still: AtomicU64::new(0) }
    }

    /// Sets the time of day.
    pub(super) fn step(&self, skew: i64) {
        self.skew.store(skew, Ordering::Relaxed);
    }

    pub(super) fn stand_still(&self, nanoseconds: u64) {
        self.stood_still.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let skewed = self.time.get().saturating_add_signed(self.skew.load(Ordering::Relaxed));
        Timestamp::from_milliseconds(skewed / NANOSECONDS_PER_MILLISECOND)
    }

    fn monotonic(&self) -> Duration {
        let lived = self.time.get().saturating_sub(self.started);
        Duration::from_nanos(lived.saturating_sub(self.stood_still.load(Ordering::Relaxed)))
    }
}
