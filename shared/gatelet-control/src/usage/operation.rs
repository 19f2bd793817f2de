//! One operation as data, for a command that asks a running gateway to do it. Both are of one version: nothing here is promised
//! to anybody else.

use std::fmt;

use gatelet_model::{ApiId, ApiKeyValue, PartId, StageName, UsagePlan};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{
    Chance, Deadlines, KeyChanges, KeyFilter, KeyWithValue, NewApiKey, NewPlan, OperationError, Operations,
    PlanChange, Stages, StoredApiKey, StoredPlan, TemplateOwner, Usage, UsageStore,
};

/// A key's value on its way to or from its owner: it is written as it is, and shows itself to nobody else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GivenValue(pub String);

impl fmt::Debug for GivenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenValue(..)")
    }
}

impl From<&ApiKeyValue> for GivenValue {
    fn from(value: &ApiKeyValue) -> Self {
        Self(value.expose().to_owned())
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    missing_docs,
    reason = "each is the method of `Operations` of its name, with that method's parameters"
)]
pub enum Operation {
    CreateKey(NewApiKey),
    ImportKeys {
        file: String,
        text: GivenValue,
        fail_on_warnings: bool,
    },
    Key {
        id: String,
        with_value: bool,
    },
    Keys {
        filter: KeyFilter,
        after: Option<PartId>,
        limit: Option<usize>,
        with_values: bool,
    },
    UpdateKey {
        id: String,
        changes: KeyChanges,
    },
    DeleteKey {
        id: String,
    },
    CreatePlan(NewPlan),
    Plan {
        id: String,
    },
    Plans {
        key: Option<String>,
        after: Option<PartId>,
        limit: Option<usize>,
    },
    UpdatePlan {
        id: String,
        changes: Vec<PlanChange>,
    },
    DeletePlan {
        id: String,
    },
    AddKeyToPlan {
        plan: String,
        key: String,
    },
    RemoveKeyFromPlan {
        plan: String,
        key: String,
    },
    PlanKeys {
        plan: String,
        filter: KeyFilter,
        after: Option<PartId>,
        limit: Option<usize>,
        with_values: bool,
    },
    Usage {
        plan: String,
        key: Option<String>,
        first: String,
        last: String,
        after: Option<PartId>,
        limit: Option<usize>,
    },
    SetRemaining {
        plan: String,
        key: String,
        remaining: u32,
    },
}

/// A key as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyShown {
    /// Its id.
    pub id: PartId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The AWS Marketplace customer.
    pub customer_id: Option<String>,
    /// Whether it opens anything.
    pub enabled: bool,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
    /// The plans that it is in.
    pub plans: Vec<PartId>,
    /// When it was made, in milliseconds since 1970.
    pub created_milliseconds: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub last_updated_milliseconds: u64,
    /// The file of the template that it comes from.
    pub owner: Option<String>,
    /// Its value, where it was asked for.
    pub value: Option<GivenValue>,
}

impl From<KeyWithValue> for KeyShown {
    fn from(KeyWithValue { stored, value }: KeyWithValue) -> Self {
        Self { value: value.as_ref().map(GivenValue::from), ..Self::from(stored) }
    }
}

impl From<StoredApiKey> for KeyShown {
    fn from(stored: StoredApiKey) -> Self {
        let key = stored.key;
        Self {
            id: key.id,
            name: key.name,
            description: key.description,
            customer_id: key.customer_id,
            enabled: key.enabled,
            tags: key.tags,
            plans: stored.memberships.into_iter().map(|membership| membership.plan).collect(),
            created_milliseconds: stored.created.milliseconds(),
            last_updated_milliseconds: stored.last_updated.milliseconds(),
            owner: stored.owner.map(|owner| TemplateOwner::read(&owner).file().to_owned()),
            value: None,
        }
    }
}

/// A plan as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanShown {
    /// The plan.
    pub plan: UsagePlan,
    /// Its stages that are not deployed here.
    pub not_deployed: Vec<(ApiId, StageName)>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done, and there is nothing to say.
    Done,
    /// A key.
    Key(Box<KeyShown>),
    /// Keys, and whether others follow.
    Keys {
        /// The keys.
        items: Vec<KeyShown>,
        /// Whether others follow.
        has_more: bool,
    },
    /// What became of a file.
    Imported {
        /// The keys.
        ids: Vec<PartId>,
        /// What was passed over, and why.
        warnings: Vec<String>,
        /// Why it ended half-way, where it did.
        failed: Option<String>,
    },
    /// A plan.
    Plan(Box<PlanShown>),
    /// Plans, and whether others follow.
    Plans {
        /// The plans.
        items: Vec<UsagePlan>,
        /// Whether others follow.
        has_more: bool,
    },
    /// What was used.
    Usage(Usage),
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// What it is about is not there.
    NotFound(String),
    /// It contradicts something that is there.
    Conflict(String),
    /// What was given cannot be used: all that is wrong.
    BadRequest(Vec<String>),
    /// There would be too many.
    LimitExceeded(String),
    /// The store failed, or others changed the same all the while.
    Unavailable(String),
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NotFound(message) => Self::NotFound(message),
            OperationError::Conflict(message) => Self::Conflict(message),
            OperationError::BadRequest(problems) => {
                Self::BadRequest(problems.iter().map(ToString::to_string).collect())
            }
            OperationError::LimitExceeded(message) => Self::LimitExceeded(message),
            OperationError::Contended | OperationError::Store(_) => Self::Unavailable(error.to_string()),
        }
    }
}

fn keys(page: super::Page<KeyWithValue>) -> Answer {
    Answer::Keys { items: page.items.into_iter().map(KeyShown::from).collect(), has_more: page.has_more }
}

async fn shown<S: UsageStore>(
    operations: &Operations<'_, S>,
    stored: StoredPlan,
    stages: &impl Stages,
) -> Result<Answer, Failure> {
    let not_deployed = operations.not_deployed(&stored.plan, stages).await?;
    Ok(Answer::Plan(Box::new(PlanShown { plan: stored.plan, not_deployed })))
}

/// Does an operation. One that may take longer than others asks for a deadline of each of its parts.
///
/// # Errors
/// A [`Failure`].
pub async fn perform<S: UsageStore>(
    operations: &Operations<'_, S>,
    operation: Operation,
    stages: &impl Stages,
    deadlines: Deadlines<'_>,
    chance: Chance<'_>,
) -> Result<Answer, Failure> {
    Ok(match operation {
        Operation::CreateKey(new) => Answer::Key(Box::new(operations.create_key(&new, chance).await?.into())),
        Operation::ImportKeys { file, text, fail_on_warnings } => {
            let bytes = text.0.as_bytes();
            let imported = operations.import_keys(&file, bytes, fail_on_warnings, deadlines, chance).await?;
            let warnings = imported.warnings.iter().map(ToString::to_string).collect();
            let failed = imported.failed.map(|(line, error)| format!("{file}:{line}: {error}"));
            Answer::Imported { ids: imported.ids, warnings, failed }
        }
        Operation::Key { id, with_value } => {
            Answer::Key(Box::new(operations.key(&id, with_value).await?.into()))
        }
        Operation::Keys { filter, after, limit, with_values } => {
            keys(operations.keys(&filter, after.as_ref(), limit, with_values).await?)
        }
        Operation::UpdateKey { id, changes } => {
            Answer::Key(Box::new(operations.update_key(&id, &changes).await?.into()))
        }
        Operation::DeleteKey { id } => done(operations.delete_key(&id).await)?,
        Operation::CreatePlan(new) => {
            shown(operations, operations.create_plan(&new, stages, chance).await?, stages).await?
        }
        Operation::Plan { id } => shown(operations, operations.plan(&id).await?, stages).await?,
        Operation::Plans { key, after, limit } => {
            let page = operations.plans(key.as_deref(), after.as_ref(), limit).await?;
            let items = page.items.into_iter().map(|stored| stored.plan).collect();
            Answer::Plans { items, has_more: page.has_more }
        }
        Operation::UpdatePlan { id, changes } => {
            shown(operations, operations.update_plan(&id, &changes, stages).await?, stages).await?
        }
        Operation::DeletePlan { id } => done(operations.delete_plan(&id).await)?,
        Operation::AddKeyToPlan { plan, key } => {
            Answer::Key(Box::new(operations.add_key_to_plan(&plan, &key).await?.into()))
        }
        Operation::RemoveKeyFromPlan { plan, key } => {
            done(operations.remove_key_from_plan(&plan, &key).await)?
        }
        Operation::PlanKeys { plan, filter, after, limit, with_values } => {
            keys(operations.plan_keys(&plan, &filter, after.as_ref(), limit, with_values).await?)
        }
        Operation::Usage { plan, key, first, last, after, limit } => {
            let days = (first.as_str(), last.as_str());
            Answer::Usage(operations.usage(&plan, key.as_deref(), days, after.as_ref(), limit).await?)
        }
        Operation::SetRemaining { plan, key, remaining } => {
            Answer::Usage(operations.set_remaining(&plan, &key, remaining).await?)
        }
    })
}

fn done(outcome: Result<(), OperationError>) -> Result<Answer, Failure> {
    Ok(outcome.map(|()| Answer::Done)?)
}
