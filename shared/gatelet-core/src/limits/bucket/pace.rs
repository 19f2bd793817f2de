//! How fast requests come.

use std::time::Duration;

use super::shard::LEASE_LIFE;

/// How many requests came in about the last life of a lease: all of the present window, and of the one before as much as
/// still lies within.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    begun: Duration,
    present: u32,
    before: u32,
}

impl Pace {
    /// Counts a request. `now` is by a clock that only grows.
    pub(super) fn count(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.begun);
        if passed >= LEASE_LIFE {
            let is_next = passed < LEASE_LIFE * 2;
            self.before = if is_next { self.present } else { 0 };
            self.begun = if is_next { self.begun + LEASE_LIFE } else { now };
            self.present = 0;
        }
        self.present = self.present.saturating_add(1);
    }

    /// How many more are to be expected in a lease's life.
    pub(super) fn expected(&self, now: Duration) -> f64 {
        let passed = now.saturating_sub(self.begun).as_secs_f64() / LEASE_LIFE.as_secs_f64();
        f64::from(self.present) + f64::from(self.before) * (1.0 - passed).max(0.0)
    }
}
