//! Time that moves when a test says so.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;

/// A clock that stands still until it is advanced.
#[derive(Debug)]
pub struct VirtualClock {
    microseconds: AtomicU64,
}

impl VirtualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { microseconds: AtomicU64::new(now.milliseconds() * 1_000) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let step = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(step, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.microseconds.load(Ordering::Relaxed) / 1_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.microseconds.load(Ordering::Relaxed))
    }
}
