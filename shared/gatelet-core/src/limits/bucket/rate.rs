//! A throttle in the terms of its bucket: the generic cell rate algorithm
//! (<https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm>), which is a token bucket whose whole state is one time.

use gatelet_model::Throttle;

use crate::ports::Timestamp;

/// A time since 1970, or a length of time, in nanoseconds.
pub type Nanoseconds = i64;

const SECOND: Nanoseconds = 1_000_000_000;
/// No bucket takes longer to fill: ten years. What would is filled as fast as that.
const SPAN_MAX: Nanoseconds = 10 * 366 * 86_400 * SECOND;
/// How many tokens a second one shard of a bucket gives at most. Each write takes at least one, and one item of DynamoDB takes
/// about 1,000 writes a second
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>), failed ones included.
const SHARD_RATE_MAX: f64 = 500.0;
/// How many shards a bucket has at most.
const SHARDS_MAX: u32 = 64;
/// Of a burst about one token of so many is lost, at most, because all shards hold as many as each other.
const ROUNDED_OFF: u32 = 50;

/// The present, as buckets have it.
#[must_use]
pub const fn nanoseconds(moment: Timestamp) -> Nanoseconds {
    const PER_MILLISECOND: u64 = 1_000_000;
    let since = moment.milliseconds().saturating_mul(PER_MILLISECOND);
    if since > i64::MAX as u64 { i64::MAX } else { since.cast_signed() }
}

/// How fast one shard of a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The time in which one token comes.
    pub interval: Nanoseconds,
    /// The time in which an empty bucket is filled: all its tokens' intervals.
    pub span: Nanoseconds,
    /// Into how many shards the bucket is divided; each has this interval and span.
    pub shards: u32,
    /// Interval and span of all shards together, nothing lost by dividing.
    whole: (Nanoseconds, Nanoseconds),
}

impl Rate {
    /// The terms of a throttle; none where it lets nothing through, for want of a rate or of room for a single token.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "casts of floats saturate, and rounding an interval up gives less than a token in a billion away"
    )]
    pub fn of(throttle: Throttle) -> Option<Self> {
        let (rate, burst) = (throttle.rate_per_second(), throttle.burst());
        if rate <= 0.0 || burst == 0 {
            return None;
        }
        // Each shard must hold a token.
        let wanted = ((rate / SHARD_RATE_MAX).ceil() as u32).clamp(1, SHARDS_MAX).min(burst);
        // Rather up to twice as fast ones than such that lose much of the burst.
        let lost = |shards: &u32| {
            (burst % shards).saturating_sub(burst.saturating_add(ROUNDED_OFF / 2) / ROUNDED_OFF)
        };
        let shards = (wanted.div_ceil(2)..=wanted).rev().min_by_key(lost).unwrap_or(1);
        let terms = |shards: u32| {
            let interval = (SECOND as f64 * f64::from(shards) / rate).ceil();
            let interval = (interval as Nanoseconds).clamp(1, SPAN_MAX);
            // Rounded down: all shards together hold no more than the burst.
            let span = interval.saturating_mul(i64::from(burst / shards)).min(SPAN_MAX).max(interval);
            (interval, span)
        };
        let (interval, span) = terms(shards);
        Some(Self { interval, span, shards, whole: terms(1) })
    }

    /// A bucket that is not divided, of exactly the burst.
    #[must_use]
    pub const fn whole(&self) -> Self {
        let (interval, span) = self.whole;
        Self { interval, span, shards: 1, whole: self.whole }
    }

    /// When a bucket of this time has a token.
    #[must_use]
    pub const fn due(&self, time: Nanoseconds) -> Nanoseconds {
        time.saturating_add(self.interval).saturating_sub(self.span)
    }

    /// The time after a token is taken at a moment.
    #[must_use]
    pub fn taken(&self, time: Nanoseconds, now: Nanoseconds) -> Nanoseconds {
        time.max(now).saturating_add(self.interval)
    }

    /// How many whole tokens come in a length of time.
    #[must_use]
    pub const fn tokens(&self, length: Nanoseconds) -> i64 {
        if length <= 0 { 0 } else { length / self.interval }
    }
}
