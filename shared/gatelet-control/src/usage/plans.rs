//! Usage plans: made, read, changed and removed
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html>).

use gatelet_model::rest::MethodSettingsTarget;
use gatelet_model::{ApiId, PartId, PlanStage, Problem, Problems, Quota, StageName, Throttle, UsagePlan};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::error::all_right;
use super::keys::{not_empty, text_problems};
use super::{
    ATTEMPTS_MAX, Chance, OperationError, Operations, Outcome, PAGE_MAX, Page, StageFound, Stages,
    StoredPlan, UsageStore, id_of_chance, page_size,
};

/// Stages of one plan (ours).
const STAGES_MAX: usize = 200;

/// What a new plan is to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewPlan {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The stages.
    pub stages: Vec<PlanStage>,
    /// Those of them that need not be deployed here: of an API Gateway whose authorizer asks for the keys.
    pub foreign: Vec<(ApiId, StageName)>,
    /// The limit of each key over all stages.
    pub throttle: Option<Throttle>,
    /// The number of requests of each key over all stages.
    pub quota: Option<Quota>,
    /// The AWS Marketplace product.
    pub product_code: Option<String>,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
}

/// A change of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanChange {
    /// Another name.
    Name(String),
    /// Another description; an empty one takes it away.
    Description(String),
    /// Another AWS Marketplace product; an empty one takes it away.
    ProductCode(String),
    /// Another limit of each key, or none.
    Throttle(Option<Throttle>),
    /// Another quota of each key, or none. What is used of the present period stays used.
    Quota(Option<Quota>),
    /// A label, or none any more.
    Tag(String, Option<String>),
    /// It opens a stage.
    AddStage(ApiId, StageName),
    /// It opens a stage that need not be deployed here: of an API Gateway whose authorizer asks for the keys.
    AddForeignStage(ApiId, StageName),
    /// It does not open a stage any more.
    RemoveStage(ApiId, StageName),
    /// A limit for a method of a stage, or none.
    MethodThrottle(ApiId, StageName, MethodSettingsTarget, Option<Throttle>),
}

pub(super) fn plan_problems(plan: &UsagePlan) -> Problems {
    let others = [("description", plan.description.as_deref()), ("product", plan.product_code.as_deref())];
    let mut problems = text_problems(&plan.name, &others, &plan.tags);
    if plan.name.is_empty() {
        problems.push(Problem::error("the usage plan has no name").help("give it one"));
    }
    if plan.stages.len() > STAGES_MAX {
        let problem = Problem::error(format!("the usage plan opens more than {STAGES_MAX} stages"));
        problems.push(problem.help("divide them among several plans"));
    }
    problems.extend(plan.problems());
    problems
}

/// The stages that a plan opens and another does not.
pub(super) fn added(before: &UsagePlan, after: &UsagePlan) -> Vec<PlanStage> {
    let is_new = |stage: &&PlanStage| {
        !before.stages.iter().any(|other| other.api_id == stage.api_id && other.stage == stage.stage)
    };
    after.stages.iter().filter(is_new).cloned().collect()
}

fn change(plan: &mut UsagePlan, change: &PlanChange) -> Result<(), OperationError> {
    let stage_of = |plan: &UsagePlan, api_id: &ApiId, stage: &StageName| {
        plan.stages.iter().position(|one| one.api_id == *api_id && one.stage == *stage)
    };
    let no_stage = |plan: &UsagePlan, api_id: &ApiId, stage: &StageName| {
        OperationError::NotFound(format!(
            "the usage plan `{}` does not open the stage `{api_id}:{stage}`",
            plan.id
        ))
    };
    match change {
        PlanChange::Name(name) => plan.name.clone_from(name),
        PlanChange::Description(description) => plan.description = not_empty(description),
        PlanChange::ProductCode(product_code) => plan.product_code = not_empty(product_code),
        PlanChange::Throttle(throttle) => plan.throttle = *throttle,
        PlanChange::Quota(quota) => plan.quota = *quota,
        PlanChange::Tag(name, Some(value)) => {
            plan.tags.insert(name.clone(), value.clone());
        }
        PlanChange::Tag(name, None) => {
            plan.tags.shift_remove(name);
        }
        PlanChange::AddStage(api_id, stage) | PlanChange::AddForeignStage(api_id, stage) => {
            let stage =
                PlanStage { api_id: api_id.clone(), stage: stage.clone(), method_throttles: IndexMap::new() };
            if stage_of(plan, api_id, &stage.stage).is_some() {
                let message = format!(
                    "the usage plan `{}` opens the stage `{api_id}:{}` already",
                    plan.id, stage.stage
                );
                return Err(OperationError::Conflict(message));
            }
            plan.stages.push(stage);
        }
        PlanChange::RemoveStage(api_id, stage) => {
            let position = stage_of(plan, api_id, stage).ok_or_else(|| no_stage(plan, api_id, stage))?;
            plan.stages.remove(position);
        }
        PlanChange::MethodThrottle(api_id, stage, target, throttle) => {
            let position = stage_of(plan, api_id, stage);
            let Some(opened) = position.and_then(|position| plan.stages.get_mut(position)) else {
                return Err(no_stage(plan, api_id, stage));
            };
            match throttle {
                Some(throttle) => opened.method_throttles.insert(target.clone(), *throttle),
                None => opened.method_throttles.shift_remove(target),
            };
        }
    }
    Ok(())
}

impl<S: UsageStore> Operations<'_, S> {
    /// Makes a plan.
    ///
    /// # Errors
    /// An [`OperationError`]: `NotFound` where a stage of it does not exist.
    pub async fn create_plan(
        &self,
        new: &NewPlan,
        stages: &impl Stages,
        chance: Chance<'_>,
    ) -> Result<StoredPlan, OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            let plan = UsagePlan {
                id: id_of_chance(chance()).0,
                name: new.name.clone(),
                description: new.description.clone(),
                stages: new.stages.clone(),
                throttle: new.throttle,
                quota: new.quota,
                product_code: new.product_code.clone(),
                tags: new.tags.clone(),
            };
            all_right(plan_problems(&plan))?;
            self.must_exist(&plan.stages, &new.foreign, stages).await?;
            let stored = StoredPlan { plan, owner: None, version: 1 };
            if self.store.put_plan(&stored, &[], self.deadline).await? == Outcome::Done {
                return Ok(stored);
            }
        }
        Err(OperationError::Contended)
    }

    /// All stages exist but those that need not, or which do not.
    async fn must_exist(
        &self,
        named: &[PlanStage],
        foreign: &[(ApiId, StageName)],
        stages: &impl Stages,
    ) -> Result<(), OperationError> {
        let mut missing = Vec::new();
        let is_foreign =
            |one: &PlanStage| foreign.iter().any(|(api, stage)| one.api_id == *api && one.stage == *stage);
        for PlanStage { api_id, stage, .. } in named.iter().filter(|one| !is_foreign(one)) {
            match stages.find(api_id, stage, self.deadline).await? {
                StageFound::Stage => {}
                StageFound::ApiAlone => missing.push(format!("the API `{api_id}` has no stage `{stage}`")),
                StageFound::Nothing => {
                    missing.push(format!("there is no API `{api_id}` with a stage `{stage}`"))
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(OperationError::NotFound(format!(
            "{}; deploy it first, or name another; a stage of API Gateway itself is a foreign one",
            missing.join(", and ")
        )))
    }

    /// The stages of a plan that are not deployed here.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn not_deployed(
        &self,
        plan: &UsagePlan,
        stages: &impl Stages,
    ) -> Result<Vec<(ApiId, StageName)>, OperationError> {
        let mut missing = Vec::new();
        for PlanStage { api_id, stage, .. } in &plan.stages {
            if stages.find(api_id, stage, self.deadline).await? != StageFound::Stage {
                missing.push((api_id.clone(), stage.clone()));
            }
        }
        Ok(missing)
    }

    /// A plan.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn plan(&self, id: &str) -> Result<StoredPlan, OperationError> {
        self.stored_plan(id).await
    }

    /// The plans behind one, by id; those of one key alone where one is named.
    ///
    /// # Errors
    /// An [`OperationError`].
    pub async fn plans(
        &self,
        key: Option<&str>,
        after: Option<&PartId>,
        limit: Option<usize>,
    ) -> Result<Page<StoredPlan>, OperationError> {
        let limit = page_size(limit);
        let Some(key) = key else {
            return Ok(self.store.plans(after, limit, self.deadline).await?);
        };
        let mut ids: Vec<PartId> =
            self.stored_key(key).await?.memberships.into_iter().map(|membership| membership.plan).collect();
        ids.sort_unstable();
        ids.retain(|id| after.is_none_or(|after| id > after));
        let has_more = ids.len() > limit;
        let mut items = Vec::new();
        for id in ids.iter().take(limit) {
            items.extend(self.store.plan(id, self.deadline).await?);
        }
        Ok(Page { items, has_more })
    }

    /// Changes a plan: all of it, or nothing.
    ///
    /// # Errors
    /// An [`OperationError`]: `Conflict` where it would open a stage that another plan of one of its keys opens.
    pub async fn update_plan(
        &self,
        id: &str,
        changes: &[PlanChange],
        stages: &impl Stages,
    ) -> Result<StoredPlan, OperationError> {
        let named = |change: &PlanChange| match change {
            PlanChange::AddForeignStage(api_id, stage) => Some((api_id.clone(), stage.clone())),
            _ => None,
        };
        let foreign: Vec<_> = changes.iter().filter_map(named).collect();
        for _ in 0..ATTEMPTS_MAX {
            let read = self.stored_plan(id).await?;
            let mut plan = read.plan.clone();
            for one in changes {
                change(&mut plan, one)?;
            }
            self.must_exist(&added(&read.plan, &plan), &foreign, stages).await?;
            if let Some(stored) = self.replace_plan(read, plan).await? {
                return Ok(stored);
            }
        }
        Err(OperationError::Contended)
    }

    /// Puts a plan in the place of one that was read; none where another change was first.
    pub(super) async fn replace_plan(
        &self,
        read: StoredPlan,
        plan: UsagePlan,
    ) -> Result<Option<StoredPlan>, OperationError> {
        all_right(plan_problems(&plan))?;
        if plan == read.plan {
            return Ok(Some(read));
        }
        let added = added(&read.plan, &plan);
        let others = if added.is_empty() { Vec::new() } else { self.may_open(&plan.id, &added).await? };
        let stored = StoredPlan { plan, owner: read.owner, version: read.version + 1 };
        let outcome = self.store.put_plan(&stored, &others, self.deadline).await?;
        Ok((outcome == Outcome::Done).then_some(stored))
    }

    /// Removes a plan that opens no stage any more, and takes its keys out of it.
    ///
    /// # Errors
    /// An [`OperationError`]: `BadRequest` where it opens a stage, as on AWS.
    pub async fn delete_plan(&self, id: &str) -> Result<(), OperationError> {
        let read = self.stored_plan(id).await?;
        if let Some(PlanStage { api_id, stage, .. }) = read.plan.stages.first() {
            let problem = Problem::error(format!(
                "the usage plan `{}` cannot be deleted: it opens stages, `{api_id}:{stage}` among them",
                read.plan.id
            ));
            return Err(problem.help("remove its stages first").into());
        }
        self.remove_plan(id).await
    }

    /// Removes a plan, whatever it opens.
    pub(super) async fn remove_plan(&self, id: &str) -> Result<(), OperationError> {
        for _ in 0..ATTEMPTS_MAX {
            // Read before its keys: one that enters meanwhile changes the version.
            let read = self.stored_plan(id).await?;
            let mut after: Option<PartId> = None;
            loop {
                let page =
                    self.store.plan_keys(&read.plan.id, after.as_ref(), PAGE_MAX, self.deadline).await?;
                for stored in &page.items {
                    match self.remove_key_from_plan(id, stored.key.id.as_str()).await {
                        // Somebody else was faster.
                        Ok(()) | Err(OperationError::NotFound(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                after = page.items.last().map(|last| last.key.id.clone());
                if !page.has_more || after.is_none() {
                    break;
                }
            }
            let deleted = self.store.delete_plan(&read.plan.id, read.version, self.deadline).await?;
            if deleted == Outcome::Done {
                return Ok(());
            }
        }
        Err(OperationError::Contended)
    }
}
