//! The machine's clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;

/// The machine's clock, as the core's port.
///
/// [`Clock::monotonic`] counts from when this was made and stands still while the machine sleeps, as also a
/// frozen Lambda function does: what must not outlive a pause is judged by the earlier of both times.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A machine that believes to be before 1970 has no time of day worth telling.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_milliseconds(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.began.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, SystemClock};

    #[test]
    fn the_time_of_day_is_after_this_was_written_and_monotonic_time_grows() {
        let clock = SystemClock::new();
        let beginning_of_2026 = 1_767_225_600_000;
        assert!(clock.now().milliseconds() > beginning_of_2026);
        let earlier = clock.monotonic();
        assert!(clock.monotonic() >= earlier);
    }
}
