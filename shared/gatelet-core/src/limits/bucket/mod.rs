//! A bucket, as one instance knows it: its shards, how often it is asked of, and what counts while the store fails.

mod pace;
pub(super) mod rate;
pub(super) mod shard;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatelet_model::Throttle;

use pace::Pace;
use rate::{Nanoseconds, Rate};
use shard::{Asking, Judgement, Now, Shard};

use super::turn::Turn;
use crate::ports::TokensTaken;

/// For how long after a failure of the store an instance judges by itself, before it asks again.
const DEGRADED: Duration = Duration::from_secs(1);

/// A bucket, as one instance knows it.
#[derive(Debug, Default)]
pub struct Bucket {
    state: Mutex<State>,
    /// Whose turn it is to take a lease.
    pub turn: Turn,
}

/// Which bucket is meant, and how it fills.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The throttle.
    pub throttle: Throttle,
    /// Its terms; none where it lets nothing through.
    pub rate: Option<Rate>,
}

impl Limit {
    /// The terms of a throttle.
    #[must_use]
    pub fn of(throttle: Throttle) -> Self {
        Self { throttle, rate: Rate::of(throttle) }
    }
}

/// What becomes of a request, with the shard where it is to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may pass.
    Admitted {
        /// The store failed, and this instance judged by itself.
        degraded: bool,
    },
    /// It comes too soon.
    Refused {
        /// When there may be a token; none where there never will be.
        until: Option<Nanoseconds>,
    },
    /// A lease must be taken first.
    Ask {
        /// From this shard.
        shard: u32,
        /// Of this kind.
        asking: Asking,
    },
}

#[derive(Debug, Default)]
struct State {
    rate: Option<Rate>,
    shards: Vec<Shard>,
    current: usize,
    /// The replay of all that this instance has let through.
    own: Nanoseconds,
    /// By the clock that only grows: setting the other one must not keep the store away.
    degraded_until: Duration,
    pace: Pace,
    has_asked: bool,
    /// When it was last judged.
    judged: Nanoseconds,
}

impl Bucket {
    /// A bucket of which an instance remembers no more than when it is full again.
    #[must_use]
    pub fn full_at(own: Nanoseconds) -> Self {
        Self { state: Mutex::new(State { own, ..State::default() }), ..Self::default() }
    }

    /// When it is full again, as far as this instance alone took from it.
    #[must_use]
    pub fn full_from(&self) -> Nanoseconds {
        self.state().own
    }

    /// When it was last judged, by the time of day; none if never.
    #[must_use]
    pub fn judged(&self) -> Option<Nanoseconds> {
        let state = self.state();
        state.rate.map(|_| state.judged)
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.state().shards.capacity() * size_of::<Shard>()
    }

    /// Judges a request. `is_first` where it has not been judged before; `is_shared` where other instances take from the bucket.
    pub fn judge(&self, limit: &Limit, is_first: bool, is_shared: bool, now: Now) -> Verdict {
        let Some(rate) = limit.rate else { return Verdict::Refused { until: None } };
        let mut state = self.state();
        // Whoever has waited meets the limit as it has become; were it his, two limits would end each other's leases.
        let rate = state.rate.filter(|_| !is_first).unwrap_or(rate);
        if is_first {
            state.follow(rate, is_shared, now);
            state.judged = now.wall;
            state.pace.count(now.monotonic);
        }
        if !is_shared {
            return state.judge_alone(&rate, false, now);
        }
        if now.monotonic < state.degraded_until {
            return state.judge_alone(&rate, true, now);
        }
        state.judge_shared(&rate, now)
    }

    /// Notes what the store said to what was asked; `None` where it failed.
    pub fn answered(&self, shard: u32, asking: &Asking, answer: Option<TokensTaken>, now: Now) {
        let mut state = self.state();
        let Some(rate) = state.rate else { return };
        let Some(known) = state.shards.get_mut(shard as usize) else { return };
        match answer {
            // The limit was changed meanwhile, and what was taken is not worth the same.
            Some(_) if asking.rate != rate => known.unanswered(),
            Some(answer) => known.answered(&rate, asking, answer, now),
            None => {
                known.unanswered();
                state.degraded_until = now.monotonic.saturating_add(DEGRADED);
            }
        }
    }

    /// How many tokens of leases are left at a moment: what would be lost now.
    #[must_use]
    pub fn left(&self, now: Now) -> i64 {
        self.state().shards.iter().map(|shard| shard.left(now)).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Leases of another limit end at once. Whatever was used under it, the bucket is no emptier than empty.
    fn follow(&mut self, rate: Rate, is_shared: bool, now: Now) {
        let count = if is_shared { rate.shards as usize } else { 0 };
        if self.rate == Some(rate) && self.shards.len() == count {
            return;
        }
        let old = self.rate.replace(rate);
        self.own = self.own.min(now.wall.saturating_add(rate.whole().span));
        self.shards.resize(count, Shard::default());
        self.shards.shrink_to_fit();
        self.shards.iter_mut().for_each(|shard| shard.follow(&rate, old, now));
        self.current = 0;
    }

    fn judge_alone(&mut self, rate: &Rate, degraded: bool, now: Now) -> Verdict {
        match self.own(rate, now) {
            Err(until) => Verdict::Refused { until: Some(until) },
            Ok(()) => {
                self.own = rate.whole().taken(self.own, now.wall);
                Verdict::Admitted { degraded }
            }
        }
    }

    /// Whether a bucket of this instance alone has a token; otherwise when.
    fn own(&mut self, rate: &Rate, now: Now) -> Result<(), Nanoseconds> {
        let whole = rate.whole();
        // A clock that was far ahead and was set back would close it for as long.
        if shard::is_beyond_clocks(&whole, self.own, now) {
            self.own = now.wall.saturating_add(whole.span);
        }
        let due = whole.due(self.own);
        if due > now.wall { Err(due) } else { Ok(()) }
    }

    fn judge_shared(&mut self, rate: &Rate, now: Now) -> Verdict {
        // Whatever the store grants, as it does after a clock was wrong or the store was away, no instance lets through more
        // than a bucket of its own would.
        if let Err(until) = self.own(rate, now) {
            return Verdict::Refused { until: Some(until) };
        }
        // What is leased from other shards is there for some of those who are expected.
        let leased: i64 = self.shards.iter().map(|shard| shard.left(now)).sum();
        #[allow(clippy::cast_precision_loss, reason = "tokens of a few seconds")]
        let expected = (self.pace.expected(now.monotonic) - leased as f64).max(0.0);
        let mut until = Nanoseconds::MAX;
        // The one that a lease was taken from last, then all from a place by chance, so that instances spread.
        let count = self.shards.len();
        let by_chance = now.draw as usize % count.max(1);
        let first = if self.has_asked { self.current } else { by_chance };
        let others = (0..count).map(|step| (by_chance + step) % count).filter(|position| *position != first);
        for position in std::iter::once(first).chain(others) {
            let Some(shard) = self.shards.get_mut(position) else { continue };
            match shard.judge(rate, expected, now) {
                Judgement::Admitted => {
                    self.current = position;
                    self.own = rate.whole().taken(self.own, now.wall);
                    return Verdict::Admitted { degraded: false };
                }
                Judgement::Refused { until: of_shard } => until = until.min(of_shard),
                Judgement::Ask(asking) => {
                    self.current = position;
                    self.has_asked = true;
                    let shard = u32::try_from(position).unwrap_or(u32::MAX);
                    return Verdict::Ask { shard, asking };
                }
            }
        }
        Verdict::Refused { until: Some(until) }
    }
}
