//! One shard of a bucket, as one instance knows it: its lease, and when it asks for another.
//!
//! The instance replays its bucket in `time`: what was taken by everybody before its last lease, and what it has used
//! itself since. A token of a lease is used when that replay has one, never before; so whoever leases tokens that come a
//! little later waits for them, and a bucket that nobody else takes from is judged exactly, whatever was leased.

use std::time::Duration;

use super::rate::{Nanoseconds, Rate};
use crate::ports::{TakeForm, Timestamp, TokenTake, TokensTaken};

/// How long tokens of a lease may be used, by the wall clock and by a clock that only grows, whichever ends it first.
pub const LEASE_LIFE: Duration = Duration::from_secs(3);
/// How far in advance tokens are leased that have not come yet.
const ADVANCE: Duration = Duration::from_millis(100);
/// How far clocks of instances may lie apart, and a bucket still be taken for what it says. One that is further ahead was
/// filled by a wrong clock, or under another limit; it begins anew with all its tokens used.
const CLOCK_ERROR_MAX: Duration = Duration::from_secs(10);
/// The same just after an instance has heard of another limit, under which a bucket may stand further ahead than this one's ever
/// does: whoever hears of the limit first would find it shut for as long as the old one took to fill.
const CLOCK_ERROR_AT_CHANGE: Duration = Duration::from_secs(2);
/// An instance that does not know that it is alone leases one of so many of the tokens that are left.
const SHARE: i64 = 3;
/// After so many undisturbed leases in a row an instance that was not alone is taken to be, for each of which it costs a
/// write too many to be wrong.
const DISTURBED: i32 = -3;
/// By how much less than full a bucket counts as idle: while many take, it is now full and now not within the time of a call,
/// and whoever guesses wrong pays for a write. Buckets hold so much less where they are shared.
const CREDIT: Duration = Duration::from_millis(50);
/// How often it takes to be wrong to guess otherwise, less one.
const IDLE_MAX: i8 = 1;
/// How long an instance waits at first, and at most, before it asks an exhausted bucket again, beyond the time that it knows of.
const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(4);
/// How many standard deviations fewer requests than expected a lease is made for: what is leased and not used is lost.
const CAUTION: f64 = 2.5;
/// For how long after it means nothing any more a bucket is kept.
const KEPT_AFTER: Duration = Duration::from_hours(1);

/// The present, by both clocks, and a number by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The time of day.
    pub wall: Nanoseconds,
    /// By a clock that only grows.
    pub monotonic: Duration,
    /// Evenly spread over all of `u64`: keeps instances from asking all at once.
    pub draw: u64,
}

impl Now {
    fn after(&self, duration: Duration) -> Nanoseconds {
        self.wall.saturating_add(length(duration))
    }
}

fn length(duration: Duration) -> Nanoseconds {
    Nanoseconds::try_from(duration.as_nanos()).unwrap_or(Nanoseconds::MAX)
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It has used a token.
    Admitted,
    /// There is no token.
    Refused {
        /// When there may be one.
        until: Nanoseconds,
    },
    /// A lease must be taken first.
    Ask(Asking),
}

/// A lease that is about to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// The call.
    pub take: TokenTake,
    /// How many tokens it is for.
    pub tokens: i64,
    /// How far in advance they may come.
    pub advance: Nanoseconds,
    /// What tokens are worth; the answer means nothing under other terms.
    pub rate: Rate,
    /// When it was decided on: the lease lives from then.
    pub at: Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stored {
    time: Option<Nanoseconds>,
    /// It may be moved by the knowledge of what stands there.
    is_sure: bool,
}

/// One shard of a bucket, as one instance knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shard {
    /// The replay of what is known to be taken.
    time: Nanoseconds,
    /// Tokens of the lease that are left.
    left: i64,
    /// When the lease ends, by each clock.
    ends: (Nanoseconds, Duration),
    /// What stood in the store when it was last heard of.
    stored: Option<Stored>,
    /// How much more often it was found idle than busy of late.
    idle: i8,
    /// How many leases in a row nobody else has taken from the bucket; less than nothing for a while after somebody has.
    undisturbed: i32,
    /// Nothing is asked before; there is no token to be had.
    closed_until: Nanoseconds,
    backoff: Duration,
    /// Nothing is taken yet under a limit that fills the bucket sooner than the one before.
    is_shorter: bool,
}

impl Shard {
    /// Forgets the lease, and that the bucket was emptier than it can be: the limit is another.
    pub(super) fn follow(&mut self, rate: &Rate, old: Option<Rate>, now: Now) {
        let Self { time, stored, idle, undisturbed, .. } = *self;
        let time = time.min(now.wall.saturating_add(rate.span));
        let is_shorter = old.is_some_and(|old| old.span > rate.span);
        *self = Self { time, stored, idle, undisturbed, is_shorter, ..Self::default() };
    }

    /// How many tokens of a lease are left at a moment.
    #[must_use]
    pub(super) fn left(&self, now: Now) -> i64 {
        if self.is_leased(now) { self.left } else { 0 }
    }

    /// Judges a request, of which about `expected` more come in a lease's life.
    pub(super) fn judge(&mut self, rate: &Rate, expected: f64, now: Now) -> Judgement {
        self.forget_wrong_clocks(rate, now);
        let due = rate.due(self.time).saturating_add(self.withheld(rate));
        if due > now.wall {
            return Judgement::Refused { until: due };
        }
        if self.is_leased(now) {
            self.time = rate.taken(self.time, now.wall);
            self.left -= 1;
            return Judgement::Admitted;
        }
        // What is left of a lease that has ended is nobody's any more.
        self.left = 0;
        if now.wall < self.closed_until {
            return Judgement::Refused { until: self.closed_until };
        }
        Judgement::Ask(self.asking(rate, expected, now))
    }

    /// Notes what the store said to what was asked.
    pub(super) fn answered(&mut self, rate: &Rate, asking: &Asking, answer: TokensTaken, now: Now) {
        match answer {
            TokensTaken::Taken { before } => self.taken(rate, asking, before),
            TokensTaken::Refused { time } => self.refused(rate, asking, time, now),
        }
    }

    /// Forgets what the store said: it is not known what stands there now.
    pub(super) fn unanswered(&mut self) {
        self.stored = None;
        self.left = 0;
    }

    /// How much less the bucket holds, where it is shared.
    fn withheld(&self, rate: &Rate) -> Nanoseconds {
        if self.undisturbed > 0 { 0 } else { credit(rate) }
    }

    fn is_leased(&self, now: Now) -> bool {
        let (wall, monotonic) = self.ends;
        // A clock that was set back does not make a lease longer.
        self.left > 0 && now.wall < wall && wall <= now.after(LEASE_LIFE) && now.monotonic < monotonic
    }

    /// A clock that was ahead and was set back, here or elsewhere, would close the bucket until then.
    fn forget_wrong_clocks(&mut self, rate: &Rate, now: Now) {
        if is_beyond_clocks(rate, self.time, now) {
            self.time = now.wall.saturating_add(rate.span);
        }
        if self.closed_until > now.after(BACKOFF_MAX).saturating_add(rate.interval) {
            self.closed_until = 0;
        }
    }

    fn asking(&self, rate: &Rate, expected: f64, now: Now) -> Asking {
        let advance = advance(expected);
        let horizon =
            now.wall.saturating_add(advance).saturating_add(rate.span).saturating_sub(self.withheld(rate));
        let room = |time: Nanoseconds| rate.tokens(horizon.saturating_sub(time.max(now.wall)));
        let shared = |room: i64| cautious(expected).min(room / SHARE).max(1);
        let credit = credit(rate);
        let (tokens, form) = match self.stored {
            Some(Stored { time: Some(from), is_sure: true, .. }) => {
                // What is not used of it is given back by the next such change.
                let tokens = whole(expected).min(room(self.time)).max(1);
                let time = self.time.max(now.wall).saturating_add(tokens * rate.interval);
                (tokens, TakeForm::Unchanged { from, time })
            }
            Some(Stored { time: Some(time), .. }) if self.idle <= 0 => {
                let tokens = shared(room(time));
                let length = tokens * rate.interval;
                (
                    tokens,
                    TakeForm::Busy {
                        now: now.wall.saturating_sub(credit),
                        latest: horizon.saturating_sub(length),
                        length,
                    },
                )
            }
            _ => {
                let tokens = shared(room(now.wall));
                let time = now.wall.saturating_add(tokens * rate.interval);
                (tokens, TakeForm::Idle { now: now.wall.saturating_sub(credit), time })
            }
        };
        let lasts = Duration::from_nanos(rate.span.saturating_add(tokens * rate.interval).unsigned_abs());
        let present = Timestamp::from_milliseconds(now.wall.unsigned_abs() / 1_000_000);
        let expires = present.after(lasts.saturating_add(CLOCK_ERROR_MAX).saturating_add(KEPT_AFTER));
        Asking { take: TokenTake { form, expires }, tokens, advance, rate: *rate, at: now }
    }

    fn taken(&mut self, rate: &Rate, asking: &Asking, before: Option<Nanoseconds>) {
        let known = self.stored.and_then(|stored| stored.time);
        let is_undisturbed = before == known;
        self.undisturbed = if is_undisturbed { self.undisturbed.saturating_add(1) } else { DISTURBED };
        let (start, time) = match asking.take.form {
            TakeForm::Unchanged { time, .. } => (self.time, time),
            TakeForm::Idle { time, .. } => (asking.at.wall, time),
            TakeForm::Busy { length, .. } => {
                let before = before.unwrap_or(asking.at.wall);
                (before, before.saturating_add(length))
            }
        };
        // What this instance knows to be used stays so, whatever others made of the bucket.
        self.time = self.time.max(start);
        self.found(rate, before, asking.at);
        self.stored = Some(Stored { time: Some(time), is_sure: self.undisturbed > 0 });
        self.is_shorter = false;
        self.left = asking.tokens;
        self.ends = (asking.at.after(LEASE_LIFE), asking.at.monotonic.saturating_add(LEASE_LIFE));
        self.closed_until = 0;
        self.backoff = Duration::ZERO;
    }

    fn found(&mut self, rate: &Rate, time: Option<Nanoseconds>, now: Now) {
        let is_idle = time.is_none_or(|time| time <= now.wall.saturating_sub(credit(rate)));
        let toward = if is_idle { self.idle + 1 } else { self.idle - 1 };
        self.idle = toward.clamp(-IDLE_MAX, IDLE_MAX);
    }

    fn refused(&mut self, rate: &Rate, asking: &Asking, time: Option<Nanoseconds>, now: Now) {
        self.undisturbed = DISTURBED;
        self.found(rate, time, now);
        self.stored = Some(Stored { time, is_sure: false });
        let Some(time) = time else { return };
        if self.is_shorter && is_beyond(rate, time, now, CLOCK_ERROR_AT_CHANGE) {
            // As empty as it can be under this limit.
            self.is_shorter = false;
            self.time = now.wall.saturating_add(rate.span);
            self.stored = Some(Stored { time: Some(time), is_sure: true });
            return;
        }
        if is_beyond_clocks(rate, time, now) {
            // The next change puts it where a bucket stands that has just been emptied, if nobody else does before.
            self.time = now.wall.saturating_add(rate.span).saturating_sub(rate.interval);
            self.stored = Some(Stored { time: Some(time), is_sure: true });
            return;
        }
        // Whoever takes next takes a token that comes within the advance.
        let open = rate.due(time).saturating_add(credit(rate)).saturating_sub(asking.advance);
        if open > now.wall {
            self.backoff = (self.backoff * 2).clamp(BACKOFF_MIN, BACKOFF_MAX);
            let spread = self.backoff.mul_f64(f64::from((now.draw >> 32) as u32) / f64::from(u32::MAX));
            self.closed_until = open.saturating_add(length(spread));
        }
    }
}

/// Whoever expects nobody within [`ADVANCE`] would let go waste what comes later.
fn advance(expected: f64) -> Nanoseconds {
    let within = expected * ADVANCE.as_secs_f64() / LEASE_LIFE.as_secs_f64();
    if within >= 1.0 { length(ADVANCE) } else { 0 }
}

/// See [`CREDIT`]; little where a bucket holds little.
fn credit(rate: &Rate) -> Nanoseconds {
    const PART: Nanoseconds = 8;
    length(CREDIT).min(rate.span.saturating_sub(rate.interval) / PART)
}

/// Whether no clock that is right can have put a bucket there.
pub(super) fn is_beyond_clocks(rate: &Rate, time: Nanoseconds, now: Now) -> bool {
    is_beyond(rate, time, now, CLOCK_ERROR_MAX)
}

fn is_beyond(rate: &Rate, time: Nanoseconds, now: Now, error: Duration) -> bool {
    time > now.after(ADVANCE + error).saturating_add(rate.span)
}

/// How many tokens a lease is for that is hardly ever left unused, where requests come by chance.
fn cautious(expected: f64) -> i64 {
    whole(1.0 + (expected - CAUTION * expected.sqrt()).max(0.0))
}

#[allow(clippy::cast_possible_truncation, reason = "casts of floats saturate")]
const fn whole(number: f64) -> i64 {
    // Such that tokens times their interval stay far from what the type holds.
    const TOKENS_MAX: i64 = 1_000_000;
    let tokens = number as i64;
    if tokens < 1 {
        1
    } else if tokens > TOKENS_MAX {
        TOKENS_MAX
    } else {
        tokens
    }
}
