//! All limits that an instance knows.

mod buckets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use gatelet_model::{PartId, Throttle};

use super::bucket::Bucket;
use super::bucket::rate::nanoseconds;
use super::quota::Quota;
use super::usage::Usage;
use crate::memory::Key;
use crate::ports::{Counters, QuotaName, Timestamp, UnusedQuota};
use buckets::Buckets;

/// How many buckets are remembered.
const BUCKETS_MAX: usize = 40_000;
/// What they take at most, in bytes.
const BUCKETS_BYTES_MAX: usize = 12 << 20;
/// From how many pairs of a key and a plan on those are forgotten for which nothing is to be settled; AWS has 10,000 keys in an
/// account.
const CLIENTS_MAX: usize = 10_000;
/// How many more there are, at least, before it is looked for such again: looking takes long.
const CLIENTS_MORE: usize = CLIENTS_MAX / 10;
/// For how many of them at once the store is asked when an instance settles: little time is left at its end.
const SETTLED_AT_ONCE: usize = 16;
/// After how long without a request unused tokens of a quota are given back, where somebody looks.
const QUOTA_IDLE: Duration = Duration::from_mins(1);

/// What the operator says of limits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LimitSettings {
    /// What all APIs take together. AWS has one for each account and region; here it is the operator's to set.
    pub account: Option<Throttle>,
    /// Whether clients are told of their limits: `RateLimit`, `RateLimit-Policy` and `Retry-After`.
    pub headers: bool,
}

/// All limits that an instance knows.
#[derive(Debug)]
pub struct Limits {
    /// What the operator says.
    pub settings: LimitSettings,
    buckets: Mutex<Buckets>,
    clients: Mutex<Clients>,
    /// This instance's name among all that report.
    instance: OnceLock<Box<str>>,
    /// How many things this instance has given a name.
    named: AtomicU64,
}

#[derive(Debug)]
struct Clients {
    known: BTreeMap<(PartId, PartId), Arc<ClientCounts>>,
    /// From how many on it is looked for those to forget.
    look_at: usize,
}

/// What is counted for a key of a plan.
#[derive(Debug)]
pub struct ClientCounts {
    /// Its quota.
    pub quota: Quota,
    /// Its usage.
    pub usage: Usage,
}

impl Clients {
    /// Forgets those for which nothing is to be settled. Whoever uses one keeps it.
    fn make_room(&mut self) {
        if self.known.len() < self.look_at {
            return;
        }
        self.known.retain(|_, counts| {
            Arc::strong_count(counts) > 1 || !counts.usage.is_reported() || !counts.quota.is_settled()
        });
        self.look_at = self.known.len().saturating_add(CLIENTS_MORE).max(CLIENTS_MAX);
    }
}

impl Limits {
    /// No limit known.
    #[must_use]
    pub const fn new(settings: LimitSettings) -> Self {
        Self {
            settings,
            buckets: Mutex::new(Buckets::new(BUCKETS_MAX, BUCKETS_BYTES_MAX)),
            clients: Mutex::new(Clients { known: BTreeMap::new(), look_at: CLIENTS_MAX }),
            instance: OnceLock::new(),
            named: AtomicU64::new(0),
        }
    }

    /// The bucket of this name's key. One that is forgotten strands its lease; how much of it this instance has used is known
    /// until it is full again.
    #[must_use]
    pub fn bucket(&self, key: &Key) -> Arc<Bucket> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }

    /// What is counted for a key of a plan. `chance` names this instance where it has no name yet: what no other has.
    #[must_use]
    pub fn client(&self, plan: &PartId, key: &PartId, chance: &str) -> Arc<ClientCounts> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (plan.clone(), key.clone());
        if let Some(known) = clients.known.get(&name) {
            return Arc::clone(known);
        }
        clients.make_room();
        let usage = Usage::new(plan.clone(), key.clone(), self.name(chance));
        let counts = Arc::new(ClientCounts { quota: Quota::default(), usage });
        clients.known.insert(name, Arc::clone(&counts));
        counts
    }

    /// What nothing else of this instance, or of another, is called.
    fn name(&self, chance: &str) -> Box<str> {
        let instance = self.instance.get_or_init(|| chance.into());
        format!("{instance}-{}", self.named.fetch_add(1, Ordering::Relaxed)).into()
    }

    /// Reports what was counted and has waited for so long, and gives back what is held of quotas and not used; all of it
    /// where the instance ends (`waited` is zero). For a moment when nobody waits. How many calls failed.
    pub async fn settle<C: Counters>(
        &self,
        counters: &C,
        now: Timestamp,
        waited: Duration,
        deadline: Timestamp,
    ) -> usize {
        let clients: Vec<_> = {
            let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.known.values().map(Arc::clone).collect()
        };
        let mut failed = 0;
        for clients in clients.chunks(SETTLED_AT_ONCE) {
            let settling =
                clients.iter().map(|client| self.settle_one(client, counters, now, waited, deadline));
            failed += sum_of_all(settling).await;
        }
        failed
    }

    async fn settle_one<C: Counters>(
        &self,
        client: &ClientCounts,
        counters: &C,
        now: Timestamp,
        waited: Duration,
        deadline: Timestamp,
    ) -> usize {
        let Usage { plan, key, .. } = &client.usage;
        let mut failed = 0;
        while let Some(due) = client.usage.due(now, waited) {
            let outcome = counters.report_usage(due.report(), deadline).await;
            due.end(&outcome, now);
            if outcome.is_err() {
                failed += 1;
                break;
            }
        }
        let idle = if waited.is_zero() { Duration::ZERO } else { QUOTA_IDLE };
        if let Some(unused) = client.quota.take_unused(nanoseconds(now), idle) {
            let id = self.name("instance");
            let quota = QuotaName { plan, key, first_day: unused.first_day };
            let expires = unused.next.start();
            let unused = UnusedQuota { quota, id: &id, tokens: unused.tokens, after: now, expires };
            // Where it is not known to be said, the tokens are lost: said again under another name, they could be put back twice.
            failed += usize::from(counters.return_quota(unused, deadline).await.is_err());
        }
        failed
    }
}

/// Runs several futures at once to their ends, and sums what they say.
async fn sum_of_all(futures: impl Iterator<Item = impl Future<Output = usize>>) -> usize {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut sum = 0;
    poll_fn(|context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(number) => {
                sum += number;
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    sum
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(LimitSettings::default())
    }
}
