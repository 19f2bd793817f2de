//! Deployment: an API becomes an immutable, content-addressed deployment, and a stage's pointer moves to it.
//!
//! INVARIANT (complete): a pointer moves only to a deployment that has been stored whole, and nothing that a
//! pointer names is ever deleted; so a reader that follows a pointer finds a complete API at every moment,
//! also after a deployer died half-way.
//! INVARIANT (one order): a pointer moves only from the version that its mover saw, and each move counts one up.
//!
//! What does not live here: where things are stored, which an adapter of [`DefinitionStore`] decides.

mod occupant;
mod rollback;
mod store;
mod stored;

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{AccountId, Api, PartId, Problem, Region, Stage, StagePointer};

pub use occupant::{Occupant, occupant};
pub use rollback::{RollbackError, RolledBack, roll_back};
pub use store::{Action, AuditEntry, DefinitionStore, Move};
pub use stored::{STORED_BYTES_MAX, StoredDeployment, Unopenable};

/// How often a deployer that was overtaken looks again and tries once more. Each failure means that another one
/// succeeded, so only a stage that is deployed to all the time gets near it.
pub const MOVE_ATTEMPTS_MAX: u32 = 16;

/// What a deployment came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The deployment that the stage shows now.
    pub deployment_id: PartId,
    /// The deployment that it showed until now; none where the stage is new.
    pub before: Option<PartId>,
    /// The version of the stage's pointer.
    pub version: u64,
    /// Whether anything is different from before.
    pub changed: bool,
}

/// Why an API was not deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The stage is of another kind than the API.
    #[error("the stage `{stage}` is not one of a {kind}; give a stage of the same kind as the API")]
    AnotherKind {
        /// The stage's name.
        stage: String,
        /// What the API is.
        kind: &'static str,
    },
    /// The API is larger than what is stored.
    #[error(
        "the API `{api}` is {bytes} bytes large when stored, more than {STORED_BYTES_MAX}; split it into several APIs"
    )]
    TooLarge {
        /// The API's name.
        api: String,
        /// Its size.
        bytes: usize,
    },
    /// The API has no stored form.
    #[error("{0}")]
    NotStorable(Problem),
    /// An id names one API only, and this one is somebody else's.
    #[error(
        "the API id `{api_id}` belongs to account {account} in {region}; deploy it there, or give the API another id"
    )]
    BelongsElsewhere {
        /// The API's id.
        api_id: String,
        /// The account that has it.
        account: AccountId,
        /// The region where it is.
        region: Region,
    },
    /// Others deployed to the same stage all the while.
    #[error(
        "the stage `{stage}` was deployed to by others {MOVE_ATTEMPTS_MAX} times meanwhile; deploy again"
    )]
    Contended {
        /// The stage's name.
        stage: String,
    },
    /// The store failed. What it was asked for last may have happened all the same; deploying again is safe.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Stores an API as a deployment and lets a stage show it, creating the stage where there is none.
///
/// Nothing changes where the stage shows that very API with the same settings already. Of two deployers that
/// race, both succeed, one after the other.
///
/// # Errors
/// A [`DeployError`]; the stage then still shows what it showed, unless the store failed without saying what it did.
pub async fn deploy(
    store: &impl DefinitionStore,
    api: Api,
    stage: Stage,
    description: Option<String>,
    deadline: Timestamp,
) -> Result<Deployed, DeployError> {
    if !is_of_kind(&stage, &api) {
        return Err(DeployError::AnotherKind { stage: stage.name().to_string(), kind: api.kind() });
    }
    let deployment = StoredDeployment::new(&api, description.clone())?;
    let api_id = api.id();
    store.put_deployment(&deployment, deadline).await?;

    let mut seen = store.stage_pointer(api_id, stage.name(), deadline).await?;
    for _ in 0..MOVE_ATTEMPTS_MAX {
        let version = seen.as_ref().map_or(0, |seen| seen.version);
        let Some(moved) = next_pointer(seen.as_ref(), &stage, &deployment.id) else {
            let before = Some(deployment.id.clone());
            return Ok(Deployed { deployment_id: deployment.id, before, version, changed: false });
        };
        let description = description.as_deref();
        match store.move_pointer(api_id, &moved, Action::Deployed, description, deadline).await? {
            Move::Moved => {
                let before = seen.map(|seen| seen.deployment_id);
                let version = moved.version;
                return Ok(Deployed { deployment_id: deployment.id, before, version, changed: true });
            }
            Move::Conflict { current } => seen = current.map(|current| *current),
            Move::BelongsElsewhere { account, region } => {
                let api_id = api_id.to_string();
                return Err(DeployError::BelongsElsewhere { api_id, account, region });
            }
        }
    }
    Err(DeployError::Contended { stage: stage.name().to_string() })
}

/// Whether a stage is one that an API of this kind can have.
#[must_use]
pub const fn is_of_kind(stage: &Stage, api: &Api) -> bool {
    matches!(stage, Stage::Rest(_)) == matches!(api, Api::Rest(_))
}

/// Where a pointer goes from what was seen, or `None` where it is there already.
fn next_pointer(seen: Option<&StagePointer>, stage: &Stage, deployment_id: &PartId) -> Option<StagePointer> {
    let previous_deployment_id = match seen {
        Some(seen) if seen.deployment_id == *deployment_id => {
            if seen.stage == *stage {
                return None;
            }
            // Only the settings change: the deployment before stays the one to fall back to.
            seen.previous_deployment_id.clone()
        }
        Some(seen) => Some(seen.deployment_id.clone()),
        None => None,
    };
    Some(StagePointer {
        stage: stage.clone(),
        deployment_id: deployment_id.clone(),
        previous_deployment_id,
        version: seen.map_or(0, |seen| seen.version) + 1,
    })
}

#[cfg(test)]
mod tests;
