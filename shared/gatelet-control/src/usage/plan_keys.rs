//! Which keys are in which plans: at most one plan of a key opens a stage
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlanKey.html>).

use std::collections::BTreeMap;

use gatelet_core::ports::Membership;
use gatelet_model::{PartId, PlanStage, UsagePlan};

use super::{
    ATTEMPTS_MAX, KeyFilter, KeyWithValue, OTHER_PLANS_MAX, OperationError, Operations, Outcome, PAGE_MAX,
    Page, PlanRead, StoredApiKey, StoredPlan, UsageStore,
};

/// Plans that one key may be in (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).
pub(super) const PLANS_OF_KEY_MAX: usize = 10;

/// The first of some stages that a plan opens.
fn shared_stage<'a>(stages: &'a [PlanStage], plan: &UsagePlan) -> Option<&'a PlanStage> {
    let opens = |stage: &PlanStage| {
        plan.stages.iter().any(|other| other.api_id == stage.api_id && other.stage == stage.stage)
    };
    stages.iter().find(|stage| opens(stage))
}

/// AWS's conflict, in our words.
fn two_plans(plan: &PartId, key: &PartId, other: &PartId, stage: &PlanStage) -> OperationError {
    OperationError::Conflict(format!(
        "the API key `{key}` cannot be in the usage plan `{plan}`: its usage plan `{other}` opens the same stage \
         `{}:{}`, and only one plan of a key may; take the key out of one, or the stage",
        stage.api_id, stage.stage
    ))
}

impl<S: UsageStore> Operations<'_, S> {
    pub(super) async fn stored_plan(&self, id: &str) -> Result<StoredPlan, OperationError> {
        let Ok(part_id) = PartId::parse(id) else { return Err(OperationError::no_plan(id)) };
        self.store.plan(&part_id, self.deadline).await?.ok_or_else(|| OperationError::no_plan(id))
    }

    /// Puts a key into a plan.
    ///
    /// # Errors
    /// An [`OperationError`]: `Conflict` where it is there already, or in another plan of one of the stages.
    pub async fn add_key_to_plan(&self, plan: &str, key: &str) -> Result<StoredApiKey, OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let plan = self.stored_plan(plan).await?;
            let mut stored = self.stored_key(key).await?;
            if stored.memberships.iter().any(|membership| membership.plan == plan.plan.id) {
                let message = format!("the API key `{key}` is in the usage plan `{}` already", plan.plan.id);
                return Err(OperationError::Conflict(message));
            }
            let plans = self.enter(&mut stored, &[plan]).await?;
            self.touch(&mut stored);
            if self.store.update_key(&stored, &plans, self.deadline).await? == Outcome::Done {
                return Ok(stored);
            }
        }
        Err(OperationError::Contended)
    }

    /// Puts plans among those of a key, and says which plans that depends on: all of the key's. A plan that it is in already stays.
    pub(super) async fn enter(
        &self,
        stored: &mut StoredApiKey,
        plans: &[StoredPlan],
    ) -> Result<Vec<PlanRead>, OperationError> {
        let mut all: Vec<StoredPlan> = Vec::new();
        for membership in &stored.memberships {
            // A plan is removed only when no key is in it, so all of them are there.
            all.extend(self.store.plan(&membership.plan, self.deadline).await?);
        }
        for plan in plans {
            let id = &plan.plan.id;
            if all.iter().any(|other| other.plan.id == *id) {
                continue;
            }
            for other in &all {
                if let Some(stage) = shared_stage(&plan.plan.stages, &other.plan) {
                    return Err(two_plans(id, &stored.key.id, &other.plan.id, stage));
                }
            }
            stored.memberships.push(Membership { plan: id.clone(), since: self.now });
            all.push(plan.clone());
        }
        if stored.memberships.len() > PLANS_OF_KEY_MAX {
            let message = format!(
                "the API key `{}` would be in more than {PLANS_OF_KEY_MAX} usage plans; take it out of one first",
                stored.key.id
            );
            return Err(OperationError::LimitExceeded(message));
        }
        Ok(all.iter().map(StoredPlan::as_read).collect())
    }

    /// Whether a plan may get stages as far as its keys are concerned; what that depends on. The plan must have been read
    /// before: a key that enters later is seen by the plan's version.
    pub(super) async fn may_open(
        &self,
        plan: &PartId,
        added: &[PlanStage],
    ) -> Result<Vec<PlanRead>, OperationError> {
        let mut others: BTreeMap<PartId, StoredPlan> = BTreeMap::new();
        let mut after: Option<PartId> = None;
        loop {
            let page = self.store.plan_keys(plan, after.as_ref(), PAGE_MAX, self.deadline).await?;
            for stored in &page.items {
                for other in stored.memberships.iter().map(|one| &one.plan).filter(|other| *other != plan) {
                    if !others.contains_key(other)
                        && let Some(read) = self.store.plan(other, self.deadline).await?
                    {
                        others.insert(other.clone(), read);
                    }
                    let conflict = others.get(other).and_then(|other| shared_stage(added, &other.plan));
                    if let Some(stage) = conflict {
                        return Err(two_plans(plan, &stored.key.id, other, stage));
                    }
                }
            }
            after = page.items.last().map(|last| last.key.id.clone());
            if !page.has_more || after.is_none() {
                break;
            }
        }
        if others.len() > OTHER_PLANS_MAX {
            let message = format!(
                "the keys of the usage plan `{plan}` are in more than {OTHER_PLANS_MAX} other plans; \
                 divide them among several plans before it gets a stage"
            );
            return Err(OperationError::LimitExceeded(message));
        }
        Ok(others.values().map(StoredPlan::as_read).collect())
    }

    /// Takes a key out of a plan.
    ///
    /// # Errors
    /// An [`OperationError`]: `NotFound` where it is not in it.
    pub async fn remove_key_from_plan(&self, plan: &str, key: &str) -> Result<(), OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let mut stored = self.stored_key(key).await?;
            let before = stored.memberships.len();
            stored.memberships.retain(|membership| membership.plan.as_str() != plan);
            if stored.memberships.len() == before {
                return Err(OperationError::not_in_plan(stored.key.id.as_str(), plan));
            }
            self.touch(&mut stored);
            if self.store.update_key(&stored, &[], self.deadline).await? == Outcome::Done {
                return Ok(());
            }
        }
        Err(OperationError::Contended)
    }

    /// The keys of a plan behind one, by id.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn plan_keys(
        &self,
        plan: &str,
        filter: &KeyFilter,
        after: Option<&PartId>,
        limit: Option<usize>,
        with_values: bool,
    ) -> Result<Page<KeyWithValue>, OperationError> {
        let plan = self.stored_plan(plan).await?.plan.id;
        self.listed(Some(&plan), filter, after, limit, with_values).await
    }
}
