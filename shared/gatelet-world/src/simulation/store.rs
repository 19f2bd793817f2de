//! The store: exact, as the real one is, and reached badly.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gatelet_core::Timestamp;
use gatelet_core::limits::Nanoseconds;
use gatelet_core::ports::{Counters, PortError, QuotaName, QuotaTake, QuotaTaken, TakeForm, TokensTaken};

use super::network::{Answer, Request, throttled};
use super::random::Random;
use crate::MemoryCounters;

/// One way, at least and on average beyond that.
const WAY_MIN: Duration = Duration::from_millis(1);
const WAY_MEAN: Duration = Duration::from_micros(1_500);
/// So often a way takes so many times as long.
const TAIL: (f64, u32) = (0.005, 10);
/// For how long a request lies somewhere, at most, and is carried out then.
const LINGERS_MAX: Duration = Duration::from_secs(5);

/// What the store is like for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// As ever.
    Fine,
    /// So many times slower.
    Slow(u32),
    /// It refuses to do anything.
    Throttled,
    /// Nothing reaches it.
    Down,
}

/// A while, from the beginning of the run.
#[derive(Debug, Clone, Copy)]
pub struct Spell {
    /// From when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// What it is like.
    pub weather: Weather,
}

/// How the store and the way to it fail.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// How often a request is lost on its way.
    pub request_lost: f64,
    /// How often a reply is lost: what was asked for is done.
    pub reply_lost: f64,
    /// How often a request is carried out only seconds later, maybe after it was sent again.
    pub lingers: f64,
    /// What the store is like at times.
    pub spells: Vec<Spell>,
    /// Whether it grants what it should refuse: a broken store.
    pub is_generous: bool,
}

/// How one sending of a request goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sending {
    Lost,
    Refused { after: Duration },
    Arrives { after: Duration, reply_after: Option<Duration> },
}

impl Faults {
    pub(super) fn weather(&self, since: Duration) -> Weather {
        let spell = self.spells.iter().find(|spell| spell.from <= since && since < spell.until);
        spell.map_or(Weather::Fine, |spell| spell.weather)
    }

    pub(super) fn sending(&self, since: Duration, random: &mut Random) -> Sending {
        let weather = self.weather(since);
        let times = if let Weather::Slow(times) = weather { times } else { 1 };
        let (there, back) = (way(random) * times, way(random) * times);
        if weather == Weather::Down || random.chance(self.request_lost) {
            return Sending::Lost;
        }
        if weather == Weather::Throttled {
            return Sending::Refused { after: there + back };
        }
        let lingers = if random.chance(self.lingers) {
            random.between(Duration::ZERO, LINGERS_MAX)
        } else {
            Duration::ZERO
        };
        let reply_after = (!random.chance(self.reply_lost)).then_some(back);
        Sending::Arrives { after: there + lingers, reply_after }
    }
}

fn way(random: &mut Random) -> Duration {
    let way = WAY_MIN + random.until_next(WAY_MEAN);
    if random.chance(TAIL.0) { way * TAIL.1 } else { way }
}

/// The store, with what it was asked for.
#[derive(Debug, Default)]
pub(super) struct Store {
    counters: MemoryCounters,
    /// By how much bucket times grew beyond the present, less what was given back.
    pub(super) taken: Nanoseconds,
    /// How many writes were refused.
    pub(super) refused: u64,
}

impl Store {
    pub(super) fn writes(&self) -> u64 {
        self.counters.writes()
    }

    /// Carries out a request.
    pub(super) fn apply(
        &mut self,
        request: &Request,
        is_generous: bool,
        now: Nanoseconds,
    ) -> Result<Answer, PortError> {
        let never = Timestamp::from_milliseconds(u64::MAX);
        match request {
            Request::Tokens { bucket, shard, take } => {
                let taken = at_once(self.counters.take_tokens(bucket, *shard, *take, never))?;
                self.refused += u64::from(matches!(taken, TokensTaken::Refused { .. }));
                Ok(Answer::Tokens(match taken {
                    TokensTaken::Taken { before } => {
                        self.taken += match take.form {
                            TakeForm::Idle { time, .. } => time - now,
                            TakeForm::Busy { length, .. } => length,
                            TakeForm::Unchanged { from, time } => time - before.unwrap_or(from).max(now),
                        };
                        taken
                    }
                    TokensTaken::Refused { time } if is_generous => {
                        TokensTaken::Taken { before: time.min(Some(now)) }
                    }
                    TokensTaken::Refused { .. } => taken,
                }))
            }
            Request::Quota { plan, key, first_day, tokens, limit, expires } => {
                let quota = QuotaName { plan, key, first_day: *first_day };
                let take = QuotaTake { quota, tokens: *tokens, limit: *limit, expires: *expires };
                let taken = at_once(self.counters.take_quota(take, never))?;
                Ok(Answer::Quota(match taken {
                    QuotaTaken::Refused { used } if is_generous => QuotaTaken::Taken { used },
                    _ => taken,
                }))
            }
        }
    }
}

/// What is there without waiting, as everything of counters in memory is.
fn at_once<T>(future: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(throttled()),
    }
}
