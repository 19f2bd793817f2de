//! Asking the store for leases and blocks: one request at a time for each, while others wait for what it brings.

use std::ops::ControlFlow;
use std::time::Duration;

use gatelet_model::PartId;

use super::bucket::rate::{Nanoseconds, nanoseconds};
use super::bucket::shard::{Asking, Now};
use super::bucket::{self, Bucket, Limit};
use super::period::Day;
use super::quota::{self, Quota, QuotaLimit};
use crate::ports::{Clock, Counters, QuotaName, QuotaTake, Timestamp};

/// How long the store may take: a request does not wait longer to learn that it may pass.
const STORE_WAIT_MAX: Duration = Duration::from_secs(1);
/// How often a request asks, at most: where others take at the same time, what it asks for may just have gone.
const ASKS_MAX: usize = 4;
/// How often it waits for others who ask, at most: each of these brings it nothing only where many others wait, too.
const WAITS_MAX: usize = 64;
/// For how long a quota's counter is kept after its period: usage of the last period is still asked for.
pub const QUOTA_KEPT: Duration = Duration::from_hours(40 * 24);

/// What limits ask of the world, and the request's share of chance and time.
#[derive(Debug, Clone, Copy)]
pub struct Ports<'a, C, K> {
    /// The counters.
    pub counters: &'a C,
    /// Time.
    pub clock: &'a K,
    /// A number by chance.
    pub draw: u64,
    /// When whoever asks gives up.
    pub deadline: Timestamp,
}

impl<C: Counters, K: Clock> Ports<'_, C, K> {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Now {
        Now { wall: nanoseconds(self.clock.now()), monotonic: self.clock.monotonic(), draw: self.draw }
    }

    /// Until when the store may answer.
    #[must_use]
    pub fn deadline(&self) -> Timestamp {
        self.deadline.min(self.clock.now().after(STORE_WAIT_MAX))
    }
}

/// What became of a request at a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It may pass.
    Admitted {
        /// The store failed, and this instance judged by itself.
        degraded: bool,
        /// How many tokens are left, where that is known.
        left: Option<u32>,
    },
    /// It may not.
    Refused {
        /// When it may be tried again; none where it never may.
        until: Option<Timestamp>,
    },
    /// The store failed, and nobody passes without it.
    Closed,
}

/// Takes a token of a throttle.
pub async fn take_token<C: Counters, K: Clock>(
    ports: &Ports<'_, C, K>,
    name: &str,
    bucket: &Bucket,
    limit: &Limit,
) -> Taken {
    let is_shared = ports.counters.are_shared();
    match concluded(bucket.judge(limit, true, is_shared, ports.now())) {
        ControlFlow::Break(taken) => taken,
        // Asking takes much room in a future, and few requests ask.
        ControlFlow::Continue(_) => Box::pin(lease(ports, name, bucket, limit)).await,
    }
}

const fn concluded(verdict: bucket::Verdict) -> ControlFlow<Taken, (u32, Asking)> {
    match verdict {
        bucket::Verdict::Admitted { degraded } => {
            ControlFlow::Break(Taken::Admitted { degraded, left: None })
        }
        bucket::Verdict::Refused { until: Some(until) } => {
            ControlFlow::Break(Taken::Refused { until: Some(timestamp(until)) })
        }
        bucket::Verdict::Refused { until: None } => ControlFlow::Break(Taken::Refused { until: None }),
        bucket::Verdict::Ask { shard, asking } => ControlFlow::Continue((shard, asking)),
    }
}

async fn lease<C: Counters, K: Clock>(
    ports: &Ports<'_, C, K>,
    name: &str,
    bucket: &Bucket,
    limit: &Limit,
) -> Taken {
    let is_shared = ports.counters.are_shared();
    let (mut asks, mut waits, mut entered) = (0, 0, None);
    loop {
        let now = ports.now();
        let (shard, asking) = match concluded(bucket.judge(limit, false, is_shared, now)) {
            ControlFlow::Break(taken) => return taken,
            ControlFlow::Continue(_) if asks == ASKS_MAX || waits == WAITS_MAX => {
                return Taken::Refused { until: Some(timestamp(now.wall)) };
            }
            ControlFlow::Continue(asking) => asking,
        };
        // Whether it waited or not, another may have asked meanwhile: it is judged again before it asks.
        if entered.is_none() {
            match bucket.turn.enter() {
                Ok(turn) => entered = Some(turn),
                Err(waiting) => {
                    waits += 1;
                    // Woken or not, it looks again.
                    let _ = waiting.await;
                }
            }
            continue;
        }
        asks += 1;
        let answer = ports.counters.take_tokens(name, shard, asking.take, ports.deadline()).await;
        bucket.answered(shard, &asking, answer.ok(), ports.now());
    }
}

/// Takes a token of the quota that a key has in a plan. With the first day of the period that it was taken from.
pub async fn take_quota<C: Counters, K: Clock>(
    ports: &Ports<'_, C, K>,
    (plan, key): (&PartId, &PartId),
    quota: &Quota,
    limit: &QuotaLimit,
) -> (Taken, Day) {
    let now = ports.now();
    match judged(quota, limit, true, now) {
        Ok(taken) => (taken, day_of(limit, now)),
        Err(_) => Box::pin(block(ports, (plan, key), quota, limit)).await,
    }
}

fn day_of(limit: &QuotaLimit, now: Now) -> Day {
    limit.at(timestamp(now.wall)).0.first
}

fn judged(quota: &Quota, limit: &QuotaLimit, is_first: bool, now: Now) -> Result<Taken, quota::Block> {
    match quota.judge(limit, is_first, now) {
        quota::Verdict::Admitted { left, degraded } => Ok(Taken::Admitted { degraded, left: Some(left) }),
        quota::Verdict::UsedUp { next } => Ok(Taken::Refused { until: Some(next.start()) }),
        quota::Verdict::Closed => Ok(Taken::Closed),
        quota::Verdict::Ask(block) => Err(block),
    }
}

async fn block<C: Counters, K: Clock>(
    ports: &Ports<'_, C, K>,
    (plan, key): (&PartId, &PartId),
    quota: &Quota,
    limit: &QuotaLimit,
) -> (Taken, Day) {
    let (mut asks, mut waits, mut entered) = (0, 0, None);
    loop {
        let now = ports.now();
        let day = day_of(limit, now);
        let block = match judged(quota, limit, false, now) {
            Ok(taken) => return (taken, day),
            Err(_) if asks == ASKS_MAX || waits == WAITS_MAX => {
                return (Taken::Refused { until: Some(timestamp(now.wall)) }, day);
            }
            Err(block) => block,
        };
        if entered.is_none() {
            match quota.turn.enter() {
                Ok(turn) => entered = Some(turn),
                Err(waiting) => {
                    waits += 1;
                    // Woken or not, it looks again.
                    let _ = waiting.await;
                }
            }
            continue;
        }
        asks += 1;
        quota.asks(now);
        let take = QuotaTake {
            quota: QuotaName { plan, key, first_day: block.first_day },
            tokens: block.tokens,
            limit: block.limit,
            expires: block.next.start().after(QUOTA_KEPT),
        };
        let answer = ports.counters.take_quota(take, ports.deadline()).await;
        quota.answered(&block, answer.ok(), ports.now());
    }
}

const fn timestamp(moment: Nanoseconds) -> Timestamp {
    const PER_MILLISECOND: u64 = 1_000_000;
    Timestamp::from_milliseconds(moment.unsigned_abs().div_ceil(PER_MILLISECOND))
}
