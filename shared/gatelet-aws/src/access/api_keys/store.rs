//! The control plane's port over the two tables.

use std::time::Duration;

use gatelet_control::usage::{
    DayUsage, Outcome, Page, PlanRead, StoredApiKey, StoredPlan, UsageStore, ValueOutcome,
};
use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, QuotaName, Timestamp};
use gatelet_model::{ApiKeyValue, PartId};

use crate::access::credentials::{CredentialKeys, CredentialTable, WHAT};
use crate::dynamodb::counters::CounterTable;
use crate::dynamodb::{Item, OpenTable, SortKeys, TRANSACTION_CONFLICT, Transaction, Write, refused_item};

/// How often a transaction is tried that meets others at the same items.
const ATTEMPTS_MAX: u32 = 6;
/// How long it waits after the first; twice as long after each other.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(20);

/// API keys and usage plans in the table of credentials, and what was used of them in that of counters.
#[derive(Debug, Clone)]
pub struct UsageTables {
    credentials: CredentialTable,
    counters: CounterTable,
}

/// What a part of a transaction rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// On something being as it was read.
    Read,
    /// On no other key having the value.
    Value,
}

impl UsageTables {
    /// The two tables. Without a table of credentials, or without a key to it, every call fails that needs one.
    #[must_use]
    pub const fn new(credentials: CredentialTable, counters: CounterTable) -> Self {
        Self { credentials, counters }
    }

    pub(super) fn table(&self) -> Result<&OpenTable, PortError> {
        self.credentials.table().map(|table| &table.table)
    }

    pub(super) fn keys(&self) -> Result<&CredentialKeys, PortError> {
        self.credentials.table()?.known_keys()
    }
}

/// Does all of several writes, or nothing for what is told. What meets other transactions at the same items is tried again.
pub(super) async fn apply(
    table: &OpenTable,
    writes: impl Fn() -> Result<Vec<(Part, Write)>, PortError>,
    deadline: Timestamp,
) -> Result<Result<(), Part>, PortError> {
    let mut pause = ATTEMPT_PAUSE;
    for _ in 0..ATTEMPTS_MAX {
        let (parts, writes): (Vec<_>, Vec<_>) = writes()?.into_iter().unzip();
        let Transaction::Cancelled(reasons) = table.transact(writes, deadline).await? else {
            return Ok(Ok(()));
        };
        let mut refused =
            parts.iter().enumerate().filter(|(position, _)| refused_item(&reasons, *position).is_some());
        let refused: Vec<Part> = refused.by_ref().map(|(_, part)| *part).collect();
        // What was read comes first: a value may be taken by the very key that is there already.
        if let Some(part) = refused.iter().find(|part| **part == Part::Read).or_else(|| refused.first()) {
            return Ok(Err(*part));
        }
        if !reasons.iter().any(|reason| reason.code() == Some(TRANSACTION_CONFLICT)) {
            let why = "DynamoDB cancelled a transaction and does not say why".to_owned();
            return Err(PortError::Unavailable { what: WHAT, why });
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    let why = "others keep changing the same items; try again".to_owned();
    Err(PortError::Unavailable { what: WHAT, why })
}

pub(super) const fn outcome(ended: Result<(), Part>) -> Outcome {
    match ended {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Conflict,
    }
}

pub(super) const fn value_outcome(ended: Result<(), Part>) -> ValueOutcome {
    match ended {
        Ok(()) => ValueOutcome::Done,
        Err(Part::Read) => ValueOutcome::Conflict,
        Err(Part::Value) => ValueOutcome::ValueTaken,
    }
}

/// Up to `limit` items of a partition behind `after`.
pub(super) async fn page<T>(
    table: &OpenTable,
    partition: String,
    after: Option<&PartId>,
    limit: usize,
    read: impl Fn(&Item) -> Result<T, PortError>,
    deadline: Timestamp,
) -> Result<Page<T>, PortError> {
    let range = after.map_or(SortKeys::All, |after| SortKeys::Behind(after.to_string()));
    let found = table.first(partition, range, limit.saturating_add(1), deadline).await?;
    let has_more = found.len() > limit;
    let items = found.iter().take(limit).map(read).collect::<Result<_, _>>()?;
    Ok(Page { items, has_more })
}

impl UsageStore for UsageTables {
    async fn create_key(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        plans: &[PlanRead],
        deadline: Timestamp,
    ) -> Result<ValueOutcome, PortError> {
        self.make_key(key, value, plans, deadline).await
    }

    async fn update_key(
        &self,
        key: &StoredApiKey,
        plans: &[PlanRead],
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        self.change_key(key, plans, deadline).await
    }

    async fn replace_value(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        deadline: Timestamp,
    ) -> Result<ValueOutcome, PortError> {
        self.change_value(key, value, deadline).await
    }

    async fn delete_key(&self, id: &PartId, version: u64, deadline: Timestamp) -> Result<Outcome, PortError> {
        self.remove_key(id, version, deadline).await
    }

    async fn key(&self, id: &PartId, deadline: Timestamp) -> Result<Option<StoredApiKey>, PortError> {
        self.read_key(id, deadline).await
    }

    async fn key_of_value(
        &self,
        value: &ApiKeyValue,
        deadline: Timestamp,
    ) -> Result<Option<PartId>, PortError> {
        self.holder(value, deadline).await
    }

    async fn key_values(
        &self,
        ids: &[PartId],
        deadline: Timestamp,
    ) -> Result<Vec<(PartId, ApiKeyValue)>, PortError> {
        self.read_values(ids, deadline).await
    }

    async fn keys(
        &self,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Page<StoredApiKey>, PortError> {
        self.list_keys(after, limit, deadline).await
    }

    async fn plan_keys(
        &self,
        plan: &PartId,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Page<StoredApiKey>, PortError> {
        self.list_plan_keys(plan, after, limit, deadline).await
    }

    async fn put_plan(
        &self,
        plan: &StoredPlan,
        others: &[PlanRead],
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        self.write_plan(plan, others, deadline).await
    }

    async fn delete_plan(
        &self,
        id: &PartId,
        version: u64,
        deadline: Timestamp,
    ) -> Result<Outcome, PortError> {
        self.remove_plan(id, version, deadline).await
    }

    async fn plan(&self, id: &PartId, deadline: Timestamp) -> Result<Option<StoredPlan>, PortError> {
        self.read_plan(id, deadline).await
    }

    async fn plans(
        &self,
        after: Option<&PartId>,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Page<StoredPlan>, PortError> {
        self.list_plans(after, limit, deadline).await
    }

    async fn usage(
        &self,
        plan: &PartId,
        keys: &[PartId],
        first: Day,
        last: Day,
        deadline: Timestamp,
    ) -> Result<Vec<DayUsage>, PortError> {
        let mut usage = Vec::new();
        for key in keys {
            let totals = self.counters.totals(plan, key, (first, last), deadline).await?;
            let counted = totals.into_iter().map(|total| DayUsage {
                key: total.key,
                day: total.day,
                used: total.counts.admitted,
                refused: total.counts.throttled.saturating_add(total.counts.over_quota),
            });
            usage.extend(counted.filter(|day| day.used > 0 || day.refused > 0));
        }
        Ok(usage)
    }

    async fn quota_used(&self, quota: QuotaName<'_>, deadline: Timestamp) -> Result<Option<i64>, PortError> {
        Ok(self.counters.quota(quota, deadline).await?.map(|stored| stored.used))
    }

    async fn set_quota_used(
        &self,
        quota: QuotaName<'_>,
        used: i64,
        expires: Timestamp,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        self.counters.set_quota_used(quota, used, expires, deadline).await
    }
}
