//! What came of a run, and whether it was allowed.

use std::collections::BTreeMap;

use gatelet_core::limits::{Day, LEASE_LIFE, Nanoseconds, nanoseconds};

use super::run::{HEARS_AFTER_MAX, beginning, length};
use super::scenario::Scenario;

/// Clocks tell whole milliseconds, in seconds.
const CLOCK_STEP: f64 = 0.001;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It passed.
    Admitted,
    /// It passed because the store failed and its instance judged by itself.
    Degraded,
    /// It came too soon.
    Refused,
    /// The quota was used up.
    OverQuota,
    /// The quota's store failed, and the quota is strict.
    Closed,
}

impl Fate {
    /// Whether it passed.
    #[must_use]
    pub const fn passed(self) -> bool {
        matches!(self, Self::Admitted | Self::Degraded)
    }
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// When it came, in true nanoseconds since 1970.
    pub arrived: u64,
    /// When it was answered.
    pub at: u64,
    /// The same by its instance's clock.
    pub wall: Nanoseconds,
    /// The instance that answered: another one after it was killed.
    pub incarnation: u32,
    /// By which of the scenario's limits it was judged.
    pub limit: usize,
    /// The first day of the quota's period.
    pub day: Option<Day>,
    /// What became of it.
    pub fate: Fate,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// All requests that were answered, in the order of their answers.
    pub answered: Vec<Answered>,
    /// How often the store was written to, refused writes and those sent again included.
    pub writes: u64,
    /// Those of them that took no tokens of a bucket.
    pub refused_writes: u64,
    /// The most tokens that an instance held at once.
    pub largest_lease: i64,
    /// The most tokens of a quota that were asked for at once.
    pub largest_block: u32,
    /// How many tokens of buckets were taken from the store, of the last limit's size.
    pub tokens: f64,
    /// How far clocks lay apart at most, those excepted that are wrong on purpose, in seconds.
    pub skew_seconds: f64,
    /// When calls failed, in true nanoseconds, each with its instance.
    pub failures: Vec<(u64, u32)>,
    /// How many instances there were, one after another.
    pub incarnations: u32,
    /// How many calls were lost with what they had taken, as far as callers knew.
    pub lost: u64,
    /// Changes with anything that happened.
    pub trace: u64,
}

impl Outcome {
    /// How many requests passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.answered.iter().filter(|answered| answered.fate.passed()).count()
    }

    /// Which part of all requests passed.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a ratio of some thousands")]
    pub fn share_passed(&self) -> f64 {
        self.passed() as f64 / (self.answered.len() as f64).max(1.0)
    }

    /// Writes for each request.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a ratio of some thousands")]
    pub fn writes_each(&self) -> f64 {
        self.writes as f64 / (self.answered.len() as f64).max(1.0)
    }
}

/// By how many requests the worst of all windows goes beyond a line: `start` and `per_second` for each second of its length.
/// Not more than 0 where every window keeps to it. `times` are in nanoseconds, the earliest first.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a run is short against what a float tells apart")]
pub fn over(times: &[u64], start: f64, per_second: f64) -> f64 {
    let Some(first) = times.first() else { return f64::NEG_INFINITY };
    let (mut lowest, mut worst) = (f64::INFINITY, f64::NEG_INFINITY);
    for (position, time) in times.iter().enumerate() {
        // How far the count is ahead of the line; the worst window is the greatest climb of that.
        let ahead = position as f64 - per_second * (time.saturating_sub(*first) as f64 / 1e9);
        lowest = lowest.min(ahead);
        worst = worst.max(ahead - lowest + 1.0 - start);
    }
    worst
}

impl Outcome {
    /// By how many requests the theorem of throttles was exceeded, under the limit that did worst; not more than 0 where it held.
    ///
    /// No window of length T sees more than `B + r·(T + ε) + min(N·L, r·τ)` admitted while the store answers, by true time:
    /// ε is how far clocks lie apart, and a millisecond more because they tell no less; L is the most tokens that an
    /// instance held; τ is how long a lease lives. How long the store takes does not matter: a lease lives from when it was
    /// decided on, and its tokens are none that were there before. While instances do not agree about the limit, because some
    /// have not heard of its change, nothing is promised but what [`Self::beyond_own_bucket`] looks at.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "as in `over`")]
    pub fn beyond_theorem(&self, scenario: &Scenario) -> f64 {
        let mut worst = f64::NEG_INFINITY;
        let begins = nanoseconds(beginning()).unsigned_abs();
        for (position, (from, throttle)) in scenario.limits.iter().enumerate() {
            let from = if position > 0 { begins + length(*from + HEARS_AFTER_MAX) } else { begins };
            let until =
                scenario.limits.get(position + 1).map_or(u64::MAX, |(until, _)| begins + length(*until));
            let times: Vec<u64> = self
                .answered
                .iter()
                .filter(|answered| answered.limit == position && answered.fate == Fate::Admitted)
                .filter(|answered| (from..until).contains(&answered.at))
                .map(|answered| answered.at)
                .collect();
            let (rate, burst) = (throttle.rate_per_second(), f64::from(throttle.burst()));
            let leased =
                (scenario.instances as f64 * self.largest_lease as f64).min(rate * LEASE_LIFE.as_secs_f64());
            let start = burst + rate * (self.skew_seconds + CLOCK_STEP) + leased;
            worst = worst.max(over(&times, start, rate));
        }
        worst
    }

    /// By how many requests an instance exceeded a bucket of its own: what holds even while the store fails.
    #[must_use]
    pub fn beyond_own_bucket(&self, scenario: &Scenario) -> f64 {
        let mut worst = f64::NEG_INFINITY;
        for (position, (_, throttle)) in scenario.limits.iter().enumerate() {
            let mut times: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
            for answered in &self.answered {
                if answered.limit == position && answered.fate.passed() {
                    times.entry(answered.incarnation).or_default().push(answered.at);
                }
            }
            let rate = throttle.rate_per_second();
            let start = f64::from(throttle.burst()) + rate * (self.skew_seconds + CLOCK_STEP);
            for times in times.values() {
                worst = worst.max(over(times, start, rate));
            }
        }
        worst
    }
}
