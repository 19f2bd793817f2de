//! Going back: a stage's pointer moves to a deployment that is stored already.

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiId, PartId, StageName, StagePointer};

use super::{Action, DefinitionStore, Move, Unopenable, is_of_kind};

/// What a rollback came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The deployment that the stage showed.
    pub from: PartId,
    /// The deployment that it shows now.
    pub to: PartId,
    /// The version of the stage's pointer.
    pub version: u64,
}

impl RolledBack {
    /// Whether anything is different from before.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.from != self.to
    }
}

/// Why a stage was not rolled back. It shows what it showed, unless the store failed without saying what it did.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// There is no such stage.
    #[error("the API `{api_id}` has no stage `{stage}`; `gatelet deployments` lists what is deployed")]
    NoStage {
        /// The API.
        api_id: ApiId,
        /// The stage.
        stage: StageName,
    },
    /// The stage has only ever shown one deployment.
    #[error("the stage `{stage}` showed no other deployment before; name the one to go to")]
    NoneBefore {
        /// The stage.
        stage: StageName,
    },
    /// No such deployment is stored.
    #[error("the API `{api_id}` has no deployment `{id}`; `gatelet deployments` lists those that it has")]
    NoDeployment {
        /// The API.
        api_id: ApiId,
        /// The deployment.
        id: PartId,
    },
    /// The deployment is stored and cannot be shown.
    #[error("{0}; deploy its definition again, or go to another deployment")]
    Unopenable(#[from] Unopenable),
    /// The API was of another kind then.
    #[error(
        "the API was a {kind} in the deployment `{id}`, which the stage `{stage}` cannot show; deploy its definition again"
    )]
    AnotherKind {
        /// The stage.
        stage: StageName,
        /// The deployment.
        id: PartId,
        /// What the API was.
        kind: &'static str,
    },
    /// Somebody else moved the pointer meanwhile, so that what "before" means is another.
    #[error("the stage `{stage}` was moved by somebody else meanwhile; look at it and try again")]
    Overtaken {
        /// The stage.
        stage: StageName,
    },
    /// The store did not say in time whether the pointer moved. Going back once more without naming the deployment would
    /// take back a move that happened.
    #[error(
        "{what} did not answer in time, so the stage `{stage}` may show the deployment `{to}` now or soon; see `gatelet deployments`, then roll back with `--to {to}`"
    )]
    Unanswered {
        /// What was asked.
        what: &'static str,
        /// The stage.
        stage: StageName,
        /// The deployment that it was to show.
        to: PartId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Lets a stage show a deployment of before: the one that is named, else the one that it showed before the present one,
/// so that a second rollback takes back the first. The stage's settings stay as they are.
///
/// The pointer moves only to a deployment that is stored whole, and only from where it was seen. Where the store does not
/// say what came of the move, what the stage shows then decides.
///
/// # Errors
/// A [`RollbackError`].
pub async fn roll_back(
    store: &impl DefinitionStore,
    api_id: &ApiId,
    stage: &StageName,
    to: Option<&PartId>,
    description: Option<&str>,
    deadline: Timestamp,
) -> Result<RolledBack, RollbackError> {
    let no_stage = || RollbackError::NoStage { api_id: api_id.clone(), stage: stage.clone() };
    let seen = store.stage_pointer(api_id, stage, deadline).await?.ok_or_else(no_stage)?;
    let to = match to {
        Some(to) => to.clone(),
        None => seen
            .previous_deployment_id
            .clone()
            .ok_or_else(|| RollbackError::NoneBefore { stage: stage.clone() })?,
    };
    let from = seen.deployment_id;
    if from == to {
        return Ok(RolledBack { from, to, version: seen.version });
    }
    let stored = store.deployment(api_id, &to, deadline).await?;
    let no_deployment = || RollbackError::NoDeployment { api_id: api_id.clone(), id: to.clone() };
    let deployment = stored.ok_or_else(no_deployment)?.open()?;
    if !is_of_kind(&seen.stage, &deployment.api) {
        let kind = deployment.api.kind();
        return Err(RollbackError::AnotherKind { stage: stage.clone(), id: to, kind });
    }
    let moved = StagePointer {
        stage: seen.stage,
        deployment_id: to.clone(),
        previous_deployment_id: Some(from.clone()),
        version: seen.version + 1,
    };
    match store.move_pointer(api_id, &moved, Action::RolledBack, description, deadline).await {
        Ok(Move::Moved) => Ok(RolledBack { from, to, version: moved.version }),
        Ok(Move::Conflict { current: None }) => Err(no_stage()),
        Ok(Move::Conflict { current: Some(_) } | Move::BelongsElsewhere { .. }) => {
            Err(RollbackError::Overtaken { stage: stage.clone() })
        }
        Err(PortError::Timeout { what }) => match store.stage_pointer(api_id, stage, deadline).await {
            Ok(Some(now)) if now.deployment_id == to => Ok(RolledBack { from, to, version: now.version }),
            // Also where it is not there yet: what was sent may still arrive.
            _ => Err(RollbackError::Unanswered { what, stage: stage.clone(), to }),
        },
        Err(error) => Err(error.into()),
    }
}
