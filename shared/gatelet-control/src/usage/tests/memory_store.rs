//! Keys, plans and usage in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use gatelet_core::ports::Day;
use gatelet_core::ports::{PortError, QuotaName, Timestamp};
use gatelet_model::{ApiKeyValue, PartId};

use super::super::{DayUsage, Outcome, Page, PlanRead, StoredApiKey, StoredPlan, UsageStore, ValueOutcome};

#[derive(Debug, Default)]
struct Kept {
    keys: BTreeMap<PartId, StoredApiKey>,
    values: BTreeMap<PartId, ApiKeyValue>,
    plans: BTreeMap<PartId, StoredPlan>,
    usage: BTreeMap<(PartId, PartId, Day), u64>,
    quotas: BTreeMap<(PartId, PartId, Day), i64>,
}

/// What happens before a write, as if somebody else had been faster.
type Meanwhile = Box<dyn FnOnce(&MemoryStore) + Send>;

/// A [`UsageStore`] in memory.
#[derive(Default)]
pub(super) struct MemoryStore {
    kept: Mutex<Kept>,
    meanwhile: Mutex<Vec<Meanwhile>>,
    /// How many keys are made before one fails.
    fails_after: Mutex<Option<usize>>,
}

impl MemoryStore {
    /// Does something right before the next write.
    pub(super) fn before_next_write(&self, what: impl FnOnce(&Self) + Send + 'static) {
        self.meanwhile.lock().unwrap().push(Box::new(what));
    }

    /// Lets the making of a key fail, after as many that do not.
    pub(super) fn fail_write(&self, after: usize) {
        *self.fails_after.lock().unwrap() = Some(after);
    }

    pub(super) fn count(&self, plan: &PartId, key: &PartId, day: Day, used: u64) {
        self.kept().usage.insert((plan.clone(), key.clone(), day), used);
    }

    pub(super) fn take_quota(&self, quota: QuotaName<'_>, used: i64) {
        self.kept().quotas.insert((quota.plan.clone(), quota.key.clone(), quota.first_day), used);
    }

    pub(super) fn number_of_keys(&self) -> usize {
        self.kept().keys.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    fn write(&self) -> MutexGuard<'_, Kept> {
        let meanwhile = std::mem::take(&mut *self.meanwhile.lock().unwrap());
        for what in meanwhile {
            what(self);
        }
        self.kept()
    }
}

impl Kept {
    fn are_as_read(&self, plans: &[PlanRead]) -> bool {
        plans.iter().all(|read| self.plans.get(&read.id).is_some_and(|plan| plan.version == read.version))
    }

    fn count_up(&mut self, plans: &[PlanRead]) {
        for read in plans {
            self.plans.get_mut(&read.id).unwrap().version += 1;
        }
    }

    fn follows(&self, key: &StoredApiKey) -> bool {
        self.keys.get(&key.key.id).is_some_and(|before| before.version + 1 == key.version)
    }

    fn is_taken(&self, value: &ApiKeyValue, id: &PartId) -> bool {
        self.values.iter().any(|(other, taken)| taken == value && other != id)
    }
}

fn page<'a, T: Clone + 'a>(
    all: impl Iterator<Item = (&'a PartId, &'a T)>,
    after: Option<&PartId>,
    limit: usize,
) -> Page<T> {
    // Small pages, so that every list of the tests has several.
    let limit = limit.min(2);
    let mut behind = all.filter(|(id, _)| after.is_none_or(|after| *id > after)).map(|(_, one)| one.clone());
    let items = behind.by_ref().take(limit).collect();
    Page { items, has_more: behind.next().is_some() }
}

impl UsageStore for MemoryStore {
    async fn create_key(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        plans: &[PlanRead],
        _: Timestamp,
    ) -> Result<ValueOutcome, PortError> {
        match &mut *self.fails_after.lock().unwrap() {
            Some(0) => return Err(PortError::Unavailable { what: "keys", why: "it fails".to_owned() }),
            Some(left) => *left -= 1,
            None => {}
        }
        let mut kept = self.write();
        let id = &key.key.id;
        if kept.is_taken(value, id) {
            return Ok(ValueOutcome::ValueTaken);
        }
        if kept.keys.contains_key(id) || !kept.are_as_read(plans) {
            return Ok(ValueOutcome::Conflict);
        }
        kept.count_up(plans);
        kept.keys.insert(id.clone(), key.clone());
        kept.values.insert(id.clone(), value.clone());
        Ok(ValueOutcome::Done)
    }

    async fn update_key(
        &self,
        key: &StoredApiKey,
        plans: &[PlanRead],
        _: Timestamp,
    ) -> Result<Outcome, PortError> {
        let mut kept = self.write();
        if !kept.follows(key) || !kept.are_as_read(plans) {
            return Ok(Outcome::Conflict);
        }
        kept.count_up(plans);
        kept.keys.insert(key.key.id.clone(), key.clone());
        Ok(Outcome::Done)
    }

    async fn replace_value(
        &self,
        key: &StoredApiKey,
        value: &ApiKeyValue,
        _: Timestamp,
    ) -> Result<ValueOutcome, PortError> {
        let mut kept = self.write();
        if kept.is_taken(value, &key.key.id) {
            return Ok(ValueOutcome::ValueTaken);
        }
        if !kept.follows(key) {
            return Ok(ValueOutcome::Conflict);
        }
        kept.keys.insert(key.key.id.clone(), key.clone());
        kept.values.insert(key.key.id.clone(), value.clone());
        Ok(ValueOutcome::Done)
    }

    async fn delete_key(&self, id: &PartId, version: u64, _: Timestamp) -> Result<Outcome, PortError> {
        let mut kept = self.write();
        if kept.keys.get(id).is_none_or(|key| key.version != version) {
            return Ok(Outcome::Conflict);
        }
        kept.keys.remove(id);
        kept.values.remove(id);
        Ok(Outcome::Done)
    }

    async fn key(&self, id: &PartId, _: Timestamp) -> Result<Option<StoredApiKey>, PortError> {
        Ok(self.kept().keys.get(id).cloned())
    }

    async fn key_of_value(&self, value: &ApiKeyValue, _: Timestamp) -> Result<Option<PartId>, PortError> {
        let kept = self.kept();
        Ok(kept.values.iter().find(|(_, taken)| *taken == value).map(|(id, _)| id.clone()))
    }

    async fn key_values(
        &self,
        ids: &[PartId],
        _: Timestamp,
    ) -> Result<Vec<(PartId, ApiKeyValue)>, PortError> {
        let kept = self.kept();
        Ok(ids.iter().filter_map(|id| Some((id.clone(), kept.values.get(id)?.clone()))).collect())
    }

    async fn keys(
        &self,
        after: Option<&PartId>,
        limit: usize,
        _: Timestamp,
    ) -> Result<Page<StoredApiKey>, PortError> {
        Ok(page(self.kept().keys.iter(), after, limit))
    }

    async fn plan_keys(
        &self,
        plan: &PartId,
        after: Option<&PartId>,
        limit: usize,
        _: Timestamp,
    ) -> Result<Page<StoredApiKey>, PortError> {
        let kept = self.kept();
        let is_member = |key: &StoredApiKey| key.memberships.iter().any(|one| one.plan == *plan);
        Ok(page(kept.keys.iter().filter(|(_, key)| is_member(key)), after, limit))
    }

    async fn put_plan(
        &self,
        plan: &StoredPlan,
        others: &[PlanRead],
        _: Timestamp,
    ) -> Result<Outcome, PortError> {
        let mut kept = self.write();
        let before = kept.plans.get(&plan.plan.id).map_or(0, |before| before.version);
        if before + 1 != plan.version || !kept.are_as_read(others) {
            return Ok(Outcome::Conflict);
        }
        kept.plans.insert(plan.plan.id.clone(), plan.clone());
        Ok(Outcome::Done)
    }

    async fn delete_plan(&self, id: &PartId, version: u64, _: Timestamp) -> Result<Outcome, PortError> {
        let mut kept = self.write();
        if kept.plans.get(id).is_none_or(|plan| plan.version != version) {
            return Ok(Outcome::Conflict);
        }
        kept.plans.remove(id);
        Ok(Outcome::Done)
    }

    async fn plan(&self, id: &PartId, _: Timestamp) -> Result<Option<StoredPlan>, PortError> {
        Ok(self.kept().plans.get(id).cloned())
    }

    async fn plans(
        &self,
        after: Option<&PartId>,
        limit: usize,
        _: Timestamp,
    ) -> Result<Page<StoredPlan>, PortError> {
        Ok(page(self.kept().plans.iter(), after, limit))
    }

    async fn usage(
        &self,
        plan: &PartId,
        keys: &[PartId],
        first: Day,
        last: Day,
        _: Timestamp,
    ) -> Result<Vec<DayUsage>, PortError> {
        let kept = self.kept();
        let is_asked = |of: &PartId, key: &PartId, day: &Day| {
            of == plan && keys.contains(key) && (first..=last).contains(day)
        };
        let asked = kept.usage.iter().filter(|((of, key, day), _)| is_asked(of, key, day));
        Ok(asked
            .map(|((_, key, day), used)| DayUsage { key: key.clone(), day: *day, used: *used, refused: 0 })
            .collect())
    }

    async fn quota_used(&self, quota: QuotaName<'_>, _: Timestamp) -> Result<Option<i64>, PortError> {
        let name = (quota.plan.clone(), quota.key.clone(), quota.first_day);
        Ok(self.kept().quotas.get(&name).copied())
    }

    async fn set_quota_used(
        &self,
        quota: QuotaName<'_>,
        used: i64,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<(), PortError> {
        self.take_quota(quota, used);
        Ok(())
    }
}
