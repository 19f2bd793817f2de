//! What was used, by key and day, and what is left of a quota
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html>).

use std::collections::BTreeMap;

use gatelet_core::ports::{Day, Period, QUOTA_KEPT};
use gatelet_core::ports::{Membership, QuotaName};
use gatelet_model::{PartId, Problem, Problems, Quota};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{OperationError, Operations, StoredApiKey, StoredPlan, UsageStore, page_size};

/// How many days can be asked for at a time.
pub const DAYS_MAX: u64 = 90;

/// What one key used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// Requests of the day.
    pub used: u64,
    /// What was left of the quota when the day ended, or is left now; none where the plan has no quota.
    pub remaining: Option<u64>,
    /// Requests of the day that came too soon or over the quota. AWS does not tell them.
    pub refused: u64,
}

/// What the keys of a plan used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The plan.
    pub plan_id: PartId,
    /// The first day.
    pub start_date: Day,
    /// The last day, included.
    pub end_date: Day,
    /// By key, one count for each day. ASSUMPTION: a key without a request in these days is left out.
    pub items: IndexMap<PartId, Vec<DayCount>>,
    /// The key behind which others follow, where they do.
    pub position: Option<PartId>,
}

/// How many requests a period has for a key: less in the one in which it entered the plan.
fn period_limit(quota: Quota, period: &Period, membership: &Membership) -> u32 {
    let offset = if period.holds(membership.since) { quota.offset } else { 0 };
    quota.limit.saturating_sub(offset)
}

/// The days that are asked for, or all that is wrong with them.
fn days(first: &str, last: &str) -> Result<(Day, Day), OperationError> {
    let mut problems = Problems::new();
    let mut day = |what: &str, text: &str| {
        let day = Day::parse(text).ok_or_else(|| {
            let message = format!("the {what} `{}` is no date", text.escape_debug());
            Problem::error(message).help("write it as `2026-11-21`")
        });
        problems.keep(day)
    };
    let days = (day("first day", first), day("last day", last));
    let (Some(first), Some(last)) = days else { return Err(OperationError::BadRequest(problems)) };
    if last < first {
        let problem = Problem::error(format!("the last day `{last}` is before the first, `{first}`"));
        return Err(problem.help("exchange them").into());
    }
    if last.since(first) >= DAYS_MAX {
        let problem =
            Problem::error(format!("there are more than {DAYS_MAX} days from `{first}` to `{last}`"));
        return Err(problem.help("ask for a part of them at a time").into());
    }
    Ok((first, last))
}

impl<S: UsageStore> Operations<'_, S> {
    /// What the keys of a plan used from a day to another, both included: all of them, a page at a time, or one.
    ///
    /// # Errors
    /// An [`OperationError`]: `BadRequest` where the days are none, or too many.
    pub async fn usage(
        &self,
        plan: &str,
        key: Option<&str>,
        (first, last): (&str, &str),
        after: Option<&PartId>,
        limit: Option<usize>,
    ) -> Result<Usage, OperationError> {
        let (first, last) = days(first, last)?;
        let plan = self.stored_plan(plan).await?;
        let (keys, has_more) = match key {
            Some(key) => (vec![self.member(&plan, key).await?], false),
            None => {
                let page =
                    self.store.plan_keys(&plan.plan.id, after, page_size(limit), self.deadline).await?;
                (page.items, page.has_more)
            }
        };
        let position = keys.last().filter(|_| has_more).map(|last| last.key.id.clone());
        let items = self.counts(&plan, &keys, first, last).await?;
        Ok(Usage { plan_id: plan.plan.id, start_date: first, end_date: last, items, position })
    }

    /// A key that is in a plan.
    async fn member(&self, plan: &StoredPlan, key: &str) -> Result<StoredApiKey, OperationError> {
        let stored = self.stored_key(key).await?;
        match membership(&stored, plan) {
            Some(_) => Ok(stored),
            None => Err(OperationError::not_in_plan(key, plan.plan.id.as_str())),
        }
    }

    async fn counts(
        &self,
        plan: &StoredPlan,
        keys: &[StoredApiKey],
        first: Day,
        last: Day,
    ) -> Result<IndexMap<PartId, Vec<DayCount>>, OperationError> {
        let quota = plan.plan.quota;
        // What was left on the first day follows from its whole period.
        let from = quota.map_or(first, |quota| Period::of(quota.period, first).first);
        let ids: Vec<_> = keys.iter().map(|stored| stored.key.id.clone()).collect();
        let mut used: BTreeMap<(PartId, Day), u64> = BTreeMap::new();
        let mut refused: BTreeMap<(PartId, Day), u64> = BTreeMap::new();
        for one in self.store.usage(&plan.plan.id, &ids, from, last, self.deadline).await? {
            *refused.entry((one.key.clone(), one.day)).or_default() += one.refused;
            *used.entry((one.key, one.day)).or_default() += one.used;
        }
        let mut items = IndexMap::new();
        for stored in keys {
            let Some(membership) = membership(stored, plan) else { continue };
            let id = &stored.key.id;
            let on = |day: Day| used.get(&(id.clone(), day)).copied().unwrap_or_default();
            let refused_on = |day: Day| refused.get(&(id.clone(), day)).copied().unwrap_or_default();
            let days: Vec<Day> = (0..=last.since(first)).map(|days| first.after(days)).collect();
            if days.iter().all(|day| on(*day) == 0 && refused_on(*day) == 0) {
                continue;
            }
            let present = match quota {
                Some(quota) if last >= Day::of(self.now) => {
                    Some(self.present(plan, id, quota, membership).await?)
                }
                _ => None,
            };
            let remaining = |day| quota.map(|quota| self.remaining(quota, membership, day, present, &on));
            let count = |day| DayCount { used: on(day), remaining: remaining(day), refused: refused_on(day) };
            let counts = days.into_iter().map(count);
            items.insert(id.clone(), counts.collect());
        }
        Ok(items)
    }

    /// What is left in the present period.
    async fn present(
        &self,
        plan: &StoredPlan,
        key: &PartId,
        quota: Quota,
        membership: &Membership,
    ) -> Result<u64, OperationError> {
        let period = Period::of(quota.period, Day::of(self.now));
        let name = QuotaName { plan: &plan.plan.id, key, first_day: period.first };
        let used = self.store.quota_used(name, self.deadline).await?.unwrap_or_default();
        let limit = i64::from(period_limit(quota, &period, membership));
        Ok(u64::try_from(limit.saturating_sub(used)).unwrap_or_default())
    }

    /// What is left of a quota on a day: what the counter says from today on, what follows from the days before where
    /// the day has ended.
    fn remaining(
        &self,
        quota: Quota,
        membership: &Membership,
        day: Day,
        present: Option<u64>,
        used_on: &dyn Fn(Day) -> u64,
    ) -> u64 {
        let period = Period::of(quota.period, day);
        if let Some(present) = present.filter(|_| day >= Day::of(self.now) && period.holds(self.now)) {
            return present;
        }
        let used: u64 = (0..=day.since(period.first)).map(|days| used_on(period.first.after(days))).sum();
        u64::from(period_limit(quota, &period, membership)).saturating_sub(used)
    }

    /// Says what a key has left in the present period of its plan's quota; more than the quota is a temporary extension
    /// (<https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateUsage.html>). What instances have taken in advance comes
    /// on top.
    ///
    /// # Errors
    /// An [`OperationError`]: `BadRequest` where the plan has no quota, `NotFound` where the key is not in the plan.
    pub async fn set_remaining(
        &self,
        plan: &str,
        key: &str,
        remaining: u32,
    ) -> Result<Usage, OperationError> {
        let plan = self.stored_plan(plan).await?;
        let stored = self.member(&plan, key).await?;
        let today = Day::of(self.now);
        let (Some(quota), Some(membership)) = (plan.plan.quota, membership(&stored, &plan)) else {
            let problem = Problem::error(format!("the usage plan `{}` has no quota", plan.plan.id));
            return Err(problem.help("give the plan a quota first").into());
        };
        let period = Period::of(quota.period, today);
        let used = i64::from(period_limit(quota, &period, membership)) - i64::from(remaining);
        let name = QuotaName { plan: &plan.plan.id, key: &stored.key.id, first_day: period.first };
        self.store.set_quota_used(name, used, period.next.start().after(QUOTA_KEPT), self.deadline).await?;
        let counted = self.counts(&plan, std::slice::from_ref(&stored), today, today).await?;
        let mut items = counted;
        let today_alone = DayCount { used: 0, remaining: Some(u64::from(remaining)), refused: 0 };
        items.entry(stored.key.id.clone()).or_insert_with(|| vec![today_alone]);
        Ok(Usage { plan_id: plan.plan.id, start_date: today, end_date: today, items, position: None })
    }
}

fn membership<'a>(stored: &'a StoredApiKey, plan: &StoredPlan) -> Option<&'a Membership> {
    stored.memberships.iter().find(|membership| membership.plan == plan.plan.id)
}
