//! Counters in memory, exact as the store's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatelet_core::Timestamp;
use gatelet_core::limits::{Day, Nanoseconds};
use gatelet_core::ports::{
    Counters, PortError, QuotaName, QuotaTake, QuotaTaken, TakeForm, TokenTake, TokensTaken, UnusedQuota,
    UsageCounts, UsageReport,
};
use gatelet_model::PartId;

type QuotaKey = (PartId, PartId, Day);
type ReportKey = (Day, PartId, PartId, String);

/// Counters in memory, shared by all who hold the same.
#[derive(Debug, Clone, Default)]
pub struct MemoryCounters(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    are_shared: AtomicBool,
    fail: AtomicBool,
    writes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    buckets: BTreeMap<(String, u32), Nanoseconds>,
    quotas: BTreeMap<QuotaKey, i64>,
    returned: BTreeSet<String>,
    reports: BTreeMap<ReportKey, BTreeMap<Arc<str>, UsageCounts>>,
}

impl MemoryCounters {
    /// The same counters, for instances among which tokens are leased.
    #[must_use]
    pub fn shared(self) -> Self {
        self.0.are_shared.store(true, Ordering::Relaxed);
        self
    }

    /// From now on they fail, or no longer do.
    pub fn fail(&self, fail: bool) {
        self.0.fail.store(fail, Ordering::Relaxed);
    }

    /// How many writes there were, refused ones among them.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::Relaxed)
    }

    /// How much of a quota is used.
    #[must_use]
    pub fn used(&self, plan: &PartId, key: &PartId, first_day: Day) -> i64 {
        let state = self.state();
        state.quotas.get(&(plan.clone(), key.clone(), first_day)).copied().unwrap_or(0)
    }

    /// Sets how much of a quota is used, as an extension does.
    pub fn set_used(&self, plan: &PartId, key: &PartId, first_day: Day, used: i64) {
        self.state().quotas.insert((plan.clone(), key.clone(), first_day), used);
    }

    /// All that was reported for a key of a plan on a day, summed over instances.
    #[must_use]
    pub fn usage(&self, plan: &PartId, key: &PartId, day: Day) -> BTreeMap<String, UsageCounts> {
        let mut sum: BTreeMap<String, UsageCounts> = BTreeMap::new();
        for ((of_day, of_plan, of_key, _), counts) in &self.state().reports {
            if (*of_day, of_plan, of_key) != (day, plan, key) {
                continue;
            }
            for (route, counts) in counts {
                let total = sum.entry(route.to_string()).or_default();
                total.admitted += counts.admitted;
                total.throttled += counts.throttled;
                total.over_quota += counts.over_quota;
                total.degraded += counts.degraded;
            }
        }
        sum
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self) -> Result<MutexGuard<'_, State>, PortError> {
        if self.0.fail.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable {
                what: "the counters",
                why: "the script says so".to_owned(),
            });
        }
        self.0.writes.fetch_add(1, Ordering::Relaxed);
        Ok(self.state())
    }
}

/// What a take makes of a bucket: what it becomes, or none where its condition does not hold.
#[must_use]
pub fn applied(form: TakeForm, time: Option<Nanoseconds>) -> Option<Nanoseconds> {
    match form {
        TakeForm::Idle { now, time: becomes } => time.is_none_or(|time| time <= now).then_some(becomes),
        TakeForm::Busy { now, latest, length } => {
            time.filter(|time| now < *time && *time <= latest).map(|time| time.saturating_add(length))
        }
        TakeForm::Unchanged { from, time: becomes } => (time == Some(from)).then_some(becomes),
    }
}

impl Counters for MemoryCounters {
    fn are_shared(&self) -> bool {
        self.0.are_shared.load(Ordering::Relaxed)
    }

    async fn take_tokens(
        &self,
        bucket: &str,
        shard: u32,
        take: TokenTake,
        _: Timestamp,
    ) -> Result<TokensTaken, PortError> {
        let mut state = self.written()?;
        let key = (bucket.to_owned(), shard);
        let before = state.buckets.get(&key).copied();
        Ok(match applied(take.form, before) {
            Some(time) => {
                state.buckets.insert(key, time);
                TokensTaken::Taken { before }
            }
            None => TokensTaken::Refused { time: before },
        })
    }

    async fn take_quota(&self, take: QuotaTake<'_>, _: Timestamp) -> Result<QuotaTaken, PortError> {
        let mut state = self.written()?;
        let QuotaName { plan, key, first_day } = take.quota;
        let used = state.quotas.entry((plan.clone(), key.clone(), first_day)).or_default();
        let after = *used + i64::from(take.tokens);
        if after <= i64::from(take.limit) {
            *used = after;
            Ok(QuotaTaken::Taken { used: after })
        } else {
            Ok(QuotaTaken::Refused { used: *used })
        }
    }

    async fn return_quota(&self, unused: UnusedQuota<'_>, _: Timestamp) -> Result<(), PortError> {
        let mut state = self.written()?;
        if state.returned.insert(unused.id.to_owned()) {
            let QuotaName { plan, key, first_day } = unused.quota;
            *state.quotas.entry((plan.clone(), key.clone(), first_day)).or_default() -=
                i64::from(unused.tokens);
        }
        Ok(())
    }

    async fn report_usage(&self, report: UsageReport<'_>, _: Timestamp) -> Result<(), PortError> {
        let mut state = self.written()?;
        let key = (report.day, report.plan.clone(), report.key.clone(), report.id.to_owned());
        state.reports.insert(key, report.counts.clone());
        Ok(())
    }
}
