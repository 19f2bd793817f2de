//! How long nothing was asked: between two requests a function may be frozen, and what it was connected to is gone.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use gatelet_core::ports::Clock;

/// After which pause pooled connections are not trusted: the function may have been frozen, and most servers close a connection
/// that is idle for longer. Time of day tells, because a frozen function's own timers stand still.
const TRUSTED_PAUSE: Duration = Duration::from_secs(4);

/// What a process has under way, and since when it has nothing.
#[derive(Debug, Default)]
pub struct Pause {
    under_way: AtomicUsize,
    /// When the last request ended, in milliseconds since 1970; 0 before the first.
    ended: AtomicU64,
}

/// A request under way, until it is dropped.
#[must_use = "the request ends where this is dropped"]
pub struct UnderWay<'a> {
    pause: &'a Pause,
    clock: &'a dyn Clock,
    /// Whether nothing was under way for longer than connections are trusted.
    pub is_first_after_pause: bool,
}

impl Pause {
    /// A request begins.
    pub fn begin<'a>(&'a self, clock: &'a dyn Clock) -> UnderWay<'a> {
        let alone = self.under_way.fetch_add(1, Ordering::AcqRel) == 0;
        let ended = self.ended.load(Ordering::Acquire);
        let paused = clock.now().milliseconds().saturating_sub(ended);
        let is_first_after_pause = alone && ended != 0 && u128::from(paused) > TRUSTED_PAUSE.as_millis();
        UnderWay { pause: self, clock, is_first_after_pause }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.pause.ended.store(self.clock.now().milliseconds(), Ordering::Release);
        self.pause.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use gatelet_core::Timestamp;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    struct At(u64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_milliseconds(self.0)
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn only_the_first_request_after_a_long_pause_trusts_nothing() {
        let pause = Pause::default();
        assert!(!pause.begin(&At(1_000)).is_first_after_pause, "nothing is connected yet");
        assert!(!pause.begin(&At(5_000)).is_first_after_pause, "four seconds later");
        let after_freeze = pause.begin(&At(9_001));
        assert!(after_freeze.is_first_after_pause);
        assert!(!pause.begin(&At(60_000)).is_first_after_pause, "another one is under way");
    }
}
