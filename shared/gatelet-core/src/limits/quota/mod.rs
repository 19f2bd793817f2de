//! A quota, as one instance knows it: the block that it holds, and when it takes another.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatelet_model::QuotaPeriod;

use super::bucket::rate::{Nanoseconds, nanoseconds};
use super::bucket::shard::Now;
use super::period::{Day, Period};
use super::turn::Turn;
use crate::ports::{QuotaTaken, Timestamp};

/// For how long requests a block is made, at the pace of those before.
const BLOCK_LASTS: Duration = Duration::from_secs(10);
/// An instance takes one of so many of the tokens that are left, or a single one.
const SHARE: i64 = 64;
/// For how long a quota that is used up is believed to be: an extension counts after that.
const USED_UP_REMEMBERED: Duration = Duration::from_secs(10);
/// For how long after a failure of the store an instance judges by itself, before it asks again.
const DEGRADED: Duration = Duration::from_secs(1);

/// What a key may use in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaLimit {
    /// How often it begins anew.
    pub period: QuotaPeriod,
    /// Requests in a period.
    pub limit: u32,
    /// Requests taken off the limit of the period in which `since` is.
    pub offset: u32,
    /// When the key was put into the plan.
    pub since: Timestamp,
    /// Whether nobody passes while the counter cannot be had.
    pub is_strict: bool,
}

impl QuotaLimit {
    /// The period of a moment, and its limit.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> (Period, u32) {
        let period = Period::of(self.period, Day::of(moment));
        let offset = if period.holds(self.since) { self.offset } else { 0 };
        (period, self.limit.saturating_sub(offset))
    }
}

/// A quota, as one instance knows it.
#[derive(Debug, Default)]
pub struct Quota {
    state: Mutex<State>,
    /// Whose turn it is to take a block.
    pub(super) turn: Turn,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may pass. With how many tokens are left for all, as far as is known.
    Admitted { left: u32, degraded: bool },
    /// The period has no more.
    UsedUp { next: Day },
    /// The counter cannot be had, and nobody passes without.
    Closed,
    /// A block must be taken first.
    Ask(Block),
}

/// A block that is about to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) first_day: Day,
    pub(super) next: Day,
    /// How many tokens, debts included.
    pub(super) tokens: u32,
    /// How many of them are for debts.
    debt: u32,
    pub(super) limit: u32,
}

/// Tokens that an instance holds and will not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unused {
    /// The first day of their period.
    pub first_day: Day,
    /// The first day of the next.
    pub next: Day,
    /// How many.
    pub tokens: u32,
}

#[derive(Debug, Default)]
struct State {
    period: Option<Period>,
    /// Tokens of the block that are left.
    left: u32,
    /// Requests that passed while the counter could not be had.
    debt: u32,
    /// How many were used by all when the counter was last heard of.
    used: i64,
    used_up_until: Nanoseconds,
    degraded_until: Nanoseconds,
    /// Requests since a block was asked for.
    seen: u32,
    asked: Nanoseconds,
    touched: Nanoseconds,
    /// It is not known whether what was asked for last is taken.
    is_unknown: bool,
}

impl Quota {
    /// Judges a request.
    pub(super) fn judge(&self, quota: &QuotaLimit, is_first: bool, now: Now) -> Verdict {
        let (period, limit) = quota.at(Timestamp::from_milliseconds(now.wall.unsigned_abs() / 1_000_000));
        let mut state = self.state();
        state.follow(period);
        if is_first {
            state.seen = state.seen.saturating_add(1);
        }
        state.touched = now.wall;
        if limit == 0 {
            return Verdict::UsedUp { next: period.next };
        }
        // What is held was taken under the limit of then: where that was lowered, it waits to be given back.
        if state.left > 0 && state.used <= i64::from(limit) {
            state.left -= 1;
            let left = i64::from(limit).saturating_sub(state.used).saturating_add(i64::from(state.left));
            return Verdict::Admitted {
                left: u32::try_from(left.max(0)).unwrap_or(u32::MAX),
                degraded: false,
            };
        }
        if is_within(now.wall, state.used_up_until, USED_UP_REMEMBERED) {
            return Verdict::UsedUp { next: period.next };
        }
        if is_within(now.wall, state.degraded_until, DEGRADED) {
            return state.judge_alone(quota);
        }
        Verdict::Ask(state.block(period, limit, now))
    }

    /// Notes that the store is asked now.
    pub(super) fn asks(&self, now: Now) {
        let mut state = self.state();
        state.seen = 0;
        state.asked = now.wall;
    }

    /// Notes what the store said to what was asked; `None` where it failed.
    pub(super) fn answered(&self, block: &Block, answer: Option<QuotaTaken>, now: Now) {
        let mut state = self.state();
        if state.period.is_none_or(|period| period.first != block.first_day) {
            return;
        }
        state.is_unknown = answer.is_none();
        match answer {
            Some(QuotaTaken::Taken { used }) => {
                let debt = state.debt.min(block.debt);
                state.debt -= debt;
                state.used = used;
                // Beside what was given back meanwhile.
                state.left = state.left.saturating_add(block.tokens - debt);
            }
            Some(QuotaTaken::Refused { used }) => {
                state.used = used;
                if used >= i64::from(block.limit) {
                    state.used_up_until = now.wall.saturating_add(length(USED_UP_REMEMBERED));
                    // There is nothing to take them from.
                    state.debt = 0;
                }
            }
            None => {
                // It may be taken: asked for again, a debt could be paid many times.
                state.debt = state.debt.saturating_sub(block.debt);
                state.degraded_until = now.wall.saturating_add(length(DEGRADED));
            }
        }
    }

    /// Gives back the token of a request that was refused after all.
    pub fn give_back(&self, first_day: Day) {
        let mut state = self.state();
        if state.period.is_some_and(|period| period.first == first_day) {
            if state.debt > 0 {
                state.debt -= 1;
            } else {
                state.left = state.left.saturating_add(1);
            }
        }
    }

    /// Takes what is left of the block, where no request has come for so long; nothing where there is nothing.
    pub fn take_unused(&self, now: Nanoseconds, idle: Duration) -> Option<Unused> {
        let mut state = self.state();
        let period = state.period?;
        if Day::of(Timestamp::from_milliseconds(now.unsigned_abs() / 1_000_000)) >= period.next {
            // There is nothing any more to take them from.
            state.debt = 0;
        }
        let is_idle = now.saturating_sub(state.touched) >= length(idle);
        let tokens = if is_idle { std::mem::take(&mut state.left) } else { 0 };
        (tokens > 0).then_some(Unused { first_day: period.first, next: period.next, tokens })
    }

    /// Whether nothing is lost of what the period has, where this is forgotten.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.state();
        state.left == 0 && state.debt == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a pause of this length lasts, that ends at a moment; not where a clock that was set back makes it longer.
fn is_within(now: Nanoseconds, until: Nanoseconds, pause: Duration) -> bool {
    let rest = until.saturating_sub(now);
    rest > 0 && rest <= length(pause)
}

fn length(duration: Duration) -> Nanoseconds {
    nanoseconds(Timestamp::from_milliseconds(0).after(duration))
}

impl State {
    /// What is held of another period is void.
    fn follow(&mut self, period: Period) {
        if self.period != Some(period) {
            let Self { seen, asked, degraded_until, is_unknown, .. } = *self;
            *self = Self { period: Some(period), seen, asked, degraded_until, is_unknown, ..Self::default() };
        }
    }

    fn judge_alone(&mut self, quota: &QuotaLimit) -> Verdict {
        if quota.is_strict {
            return Verdict::Closed;
        }
        self.debt = self.debt.saturating_add(1);
        Verdict::Admitted { left: 0, degraded: true }
    }

    fn block(&self, period: Period, limit: u32, now: Now) -> Block {
        let (first_day, next) = (period.first, period.next);
        if self.is_unknown {
            // What is not heard of again is lost: where the store takes longer than anybody waits, no more than this.
            return Block { first_day, next, tokens: 1, debt: 0, limit };
        }
        let passed = now.wall.saturating_sub(self.asked).max(1);
        let expected = i64::from(self.seen).saturating_mul(length(BLOCK_LASTS)) / passed;
        let left = i64::from(limit).saturating_sub(self.used).max(1);
        let share = expected.min(left / SHARE).max(1);
        let tokens = share.saturating_add(i64::from(self.debt)).min(left);
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        Block { first_day, next, tokens, debt: self.debt.min(tokens), limit }
    }
}
