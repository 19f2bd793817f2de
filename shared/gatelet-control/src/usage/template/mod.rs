//! The keys and plans of a template are stored: made, changed, and taken away with it.
//!
//! Ids follow from the template's file and the names in it, so that applying it again finds what it made. Only what bears the
//! template as its owner is changed or removed, and whole keys and plans only where that was asked for. Nothing is taken from
//! anybody before it must be: first goes what the template has no more, then comes what it has. Applying it again after a
//! failure does the rest.
//!
//! INVARIANT (revoked): a template turns no key on again that is disabled, whoever did it.

mod owner;

use std::collections::BTreeMap;

use gatelet_core::ports::Membership;
use gatelet_model::{ApiKeyValue, PartId, UsagePlan};

use super::error::all_right;
use super::keys::{key_problems, value_of_chance, value_taken};
use super::plans::plan_problems;
use super::{
    ATTEMPTS_MAX, Chance, OperationError, Operations, Outcome, PAGE_MAX, StoredApiKey, StoredPlan,
    UsageStore, ValueOutcome, id_of_chance,
};
use crate::import::ImportedApiKey;

pub use owner::TemplateOwner;

/// What becomes of keys and plans that a template has no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surplus {
    /// They are deleted, with their values.
    Deleted,
    /// They stay, and are told.
    Kept,
}

/// What came of a template's keys and plans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Its keys, in its order.
    pub keys: Vec<AppliedKey>,
    /// The plans that were made or changed.
    pub changed_plans: Vec<PartId>,
    /// The keys and plans that it has no more, and that are deleted.
    pub removed: Vec<PartId>,
    /// The keys and plans that it has no more, and that are still there.
    pub surplus: Vec<PartId>,
}

/// A key of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedKey {
    /// Its name in the template.
    pub logical_id: String,
    /// Its id, with which its value can be asked for.
    pub id: PartId,
    /// Whether it was made or changed now.
    pub is_changed: bool,
    /// Whether it is disabled and stays so, although the template has it enabled.
    pub stays_disabled: bool,
}

/// What is there already of one owner.
struct Owned {
    keys: BTreeMap<PartId, StoredApiKey>,
    plans: BTreeMap<PartId, StoredPlan>,
}

impl<S: UsageStore> Operations<'_, S> {
    /// Stores the keys and plans of a template, which its import found sound. A key without a value gets one by chance when it
    /// is made, and keeps it. A key that is disabled stays so.
    ///
    /// # Errors
    /// An [`OperationError`]: `Conflict` where an id or value is somebody else's, or where a key that others put into one of
    /// the plans is in another plan of the same stage.
    pub async fn apply_template(
        &self,
        owner: &TemplateOwner,
        keys: &[ImportedApiKey],
        plans: &[UsagePlan],
        surplus: Surplus,
        chance: Chance<'_>,
    ) -> Result<Applied, OperationError> {
        for plan in plans {
            all_right(plan_problems(plan))?;
        }
        for key in keys {
            all_right(key_problems(&key.key))?;
        }
        let owned = self.owned(owner).await?;
        let mut applied = Applied::default();
        self.let_go(keys, plans, &owned, surplus, &mut applied).await?;
        for plan in plans {
            if self.apply_plan(owner, plan).await? {
                applied.changed_plans.push(plan.id.clone());
            }
        }
        for key in keys {
            applied.keys.push(self.apply_key(owner, key, plans, chance).await?);
        }
        Ok(applied)
    }

    async fn owned(&self, owner: &TemplateOwner) -> Result<Owned, OperationError> {
        let mut owned = Owned { keys: BTreeMap::new(), plans: BTreeMap::new() };
        let mut after: Option<PartId> = None;
        loop {
            let page = self.store.keys(after.as_ref(), PAGE_MAX, self.deadline).await?;
            after = page.items.last().map(|last| last.key.id.clone());
            let ours = page.items.into_iter().filter(|stored| owner.has(stored.owner.as_deref()));
            owned.keys.extend(ours.map(|stored| (stored.key.id.clone(), stored)));
            if !page.has_more || after.is_none() {
                break;
            }
        }
        let mut after: Option<PartId> = None;
        loop {
            let page = self.store.plans(after.as_ref(), PAGE_MAX, self.deadline).await?;
            after = page.items.last().map(|last| last.plan.id.clone());
            let ours = page.items.into_iter().filter(|stored| owner.has(stored.owner.as_deref()));
            owned.plans.extend(ours.map(|stored| (stored.plan.id.clone(), stored)));
            if !page.has_more || after.is_none() {
                break;
            }
        }
        Ok(owned)
    }

    /// Takes away what the template has no more: keys out of plans, stages out of plans, and keys and plans where they may go.
    async fn let_go(
        &self,
        keys: &[ImportedApiKey],
        plans: &[UsagePlan],
        owned: &Owned,
        surplus: Surplus,
        applied: &mut Applied,
    ) -> Result<(), OperationError> {
        for (id, stored) in &owned.keys {
            let Some(wanted) = keys.iter().find(|key| key.key.id == *id) else {
                match surplus {
                    Surplus::Kept => applied.surplus.push(id.clone()),
                    Surplus::Deleted => {
                        gone(self.delete_key(id.as_str()).await)?;
                        applied.removed.push(id.clone());
                    }
                }
                continue;
            };
            for Membership { plan, .. } in &stored.memberships {
                if owned.plans.contains_key(plan) && !wanted.plans.contains(plan) {
                    gone(self.remove_key_from_plan(plan.as_str(), id.as_str()).await)?;
                }
            }
        }
        for (id, stored) in &owned.plans {
            let Some(wanted) = plans.iter().find(|plan| plan.id == *id) else {
                match surplus {
                    Surplus::Kept => applied.surplus.push(id.clone()),
                    Surplus::Deleted => {
                        gone(self.remove_plan(id.as_str()).await)?;
                        applied.removed.push(id.clone());
                    }
                }
                continue;
            };
            let lost = super::plans::added(wanted, &stored.plan);
            if !lost.is_empty() {
                self.change_plan(id, |plan| {
                    plan.stages.retain(|stage| {
                        !lost.iter().any(|lost| lost.api_id == stage.api_id && lost.stage == stage.stage)
                    });
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn change_plan(
        &self,
        id: &PartId,
        change: impl Fn(&mut UsagePlan) + Sync,
    ) -> Result<(), OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(read) = self.store.plan(id, self.deadline).await? else { return Ok(()) };
            let mut plan = read.plan.clone();
            change(&mut plan);
            if self.replace_plan(read, plan).await?.is_some() {
                return Ok(());
            }
        }
        Err(OperationError::Contended)
    }

    /// Whether anything changed.
    async fn apply_plan(&self, owner: &TemplateOwner, plan: &UsagePlan) -> Result<bool, OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.store.plan(&plan.id, self.deadline).await? {
                None => {
                    let stored = StoredPlan { plan: plan.clone(), owner: Some(owner.stored()), version: 1 };
                    if self.store.put_plan(&stored, &[], self.deadline).await? == Outcome::Done {
                        return Ok(true);
                    }
                }
                Some(read) => {
                    belongs(read.owner.as_deref(), owner, "usage plan", &plan.id)?;
                    let is_changed = read.plan != *plan;
                    if self.replace_plan(owned_by(owner, &read), plan.clone()).await?.is_none() {
                        continue;
                    }
                    if is_changed || read.owner == Some(owner.stored()) {
                        return Ok(is_changed);
                    }
                    // The template has other APIs than before, and the plan is the same.
                    let version = read.version + 1;
                    let stored = StoredPlan { version, ..owned_by(owner, &read) };
                    if self.store.put_plan(&stored, &[], self.deadline).await? == Outcome::Done {
                        return Ok(false);
                    }
                }
            }
        }
        Err(OperationError::Contended)
    }

    async fn apply_key(
        &self,
        owner: &TemplateOwner,
        wanted: &ImportedApiKey,
        plans: &[UsagePlan],
        chance: Chance<'_>,
    ) -> Result<AppliedKey, OperationError> {
        let (logical_id, id) = (wanted.logical_id.clone(), wanted.key.id.clone());
        let mut applied = AppliedKey { logical_id, id, is_changed: true, stays_disabled: false };
        for _ in 0..ATTEMPTS_MAX {
            let mut entered = Vec::new();
            for id in wanted.plans.iter().filter(|id| plans.iter().any(|plan| plan.id == **id)) {
                entered.push(self.stored_plan(id.as_str()).await?);
            }
            let outcome = match self.store.key(&wanted.key.id, self.deadline).await? {
                None => {
                    let mut stored = self.new_stored(wanted.key.clone(), Some(owner.stored()));
                    let read = self.enter(&mut stored, &entered).await?;
                    let value = match &wanted.value {
                        Some(value) => value.clone(),
                        None => value_of_chance(id_of_chance(chance()).1)?,
                    };
                    self.store.create_key(&stored, &value, &read, self.deadline).await?
                }
                Some(before) => {
                    belongs(before.owner.as_deref(), owner, "API key", &wanted.key.id)?;
                    let mut stored = before.clone();
                    stored.key = wanted.key.clone();
                    stored.owner = Some(owner.stored());
                    // Somebody may have revoked it, and no deployment gives it back.
                    stored.key.enabled &= before.key.enabled;
                    applied.stays_disabled = wanted.key.enabled && !before.key.enabled;
                    let read = self.enter(&mut stored, &entered).await?;
                    let value = self.other_value(wanted).await?;
                    let is_same = stored.key == before.key && stored.memberships == before.memberships;
                    applied.is_changed = !is_same || value.is_some();
                    if stored == before && value.is_none() {
                        return Ok(applied);
                    }
                    self.touch(&mut stored);
                    self.write(&before, &stored, &read, value).await?
                }
            };
            match outcome {
                ValueOutcome::Done => return Ok(applied),
                ValueOutcome::ValueTaken => return Err(value_taken()),
                ValueOutcome::Conflict => {}
            }
        }
        Err(OperationError::Contended)
    }

    /// The value that the template gives, where the key has another.
    async fn other_value(&self, wanted: &ImportedApiKey) -> Result<Option<ApiKeyValue>, OperationError> {
        let Some(value) = &wanted.value else { return Ok(None) };
        let values = self.values(std::slice::from_ref(&wanted.key.id)).await?;
        Ok((values.get(&wanted.key.id) != Some(value)).then(|| value.clone()))
    }

    /// Writes a key that was there, and its value where that changes.
    async fn write(
        &self,
        before: &StoredApiKey,
        stored: &StoredApiKey,
        plans: &[super::PlanRead],
        value: Option<ApiKeyValue>,
    ) -> Result<ValueOutcome, OperationError> {
        let enters = stored.memberships != before.memberships;
        let plans = if enters { plans } else { &[] };
        let Some(value) = value else {
            return Ok(match self.store.update_key(stored, plans, self.deadline).await? {
                Outcome::Done => ValueOutcome::Done,
                Outcome::Conflict => ValueOutcome::Conflict,
            });
        };
        let mut with_value = stored.clone();
        with_value.memberships.clone_from(&before.memberships);
        let outcome = self.store.replace_value(&with_value, &value, self.deadline).await?;
        // Plans are entered by a write of their own: the next round finds the value as it is to be.
        Ok(if outcome == ValueOutcome::Done && enters { ValueOutcome::Conflict } else { outcome })
    }
}

/// What is to go may be gone already.
fn gone(outcome: Result<(), OperationError>) -> Result<(), OperationError> {
    match outcome {
        Err(OperationError::NotFound(_)) => Ok(()),
        other => other,
    }
}

/// A plan as it was read, but of this template as it is now.
fn owned_by(owner: &TemplateOwner, read: &StoredPlan) -> StoredPlan {
    StoredPlan { owner: Some(owner.stored()), ..read.clone() }
}

fn belongs(is: Option<&str>, owner: &TemplateOwner, what: &str, id: &PartId) -> Result<(), OperationError> {
    if owner.has(is) {
        return Ok(());
    }
    let whose = match is.map(TemplateOwner::read) {
        Some(other) => format!("belongs to {other}"),
        None => "was not made by a template".to_owned(),
    };
    Err(OperationError::Conflict(format!(
        "the {what} `{id}` {whose}; delete it, or rename it in the template"
    )))
}
