//! Loading an API: pointers, the deployments that they name, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_core::snapshot::{Published, StageSnapshot};
use gatelet_model::{ApiId, Deployment, PartId, StageName, StagePointer};

use crate::dynamodb::{DefinitionTable, Scope, aside};

const WHAT: &str = "the deployment";

/// An API in memory.
pub(super) struct LoadedApi {
    present: Option<Present>,
}

/// An API that is there.
struct Present {
    home: Scope,
    stages: BTreeMap<StageName, LoadedStage>,
    published: Arc<Published>,
}

/// A stage in memory.
#[derive(Clone)]
struct LoadedStage {
    pointer: StagePointer,
    snapshot: Arc<StageSnapshot>,
    /// Whether it shows the deployment before, because the one that the pointer names cannot be read.
    fallen_back: bool,
}

impl LoadedApi {
    pub(super) const fn is_absent(&self) -> bool {
        self.present.is_none()
    }

    pub(super) fn published(&self) -> Option<Arc<Published>> {
        self.present.as_ref().map(|present| Arc::clone(&present.published))
    }
}

/// Loads what has changed since it was last loaded.
pub(super) async fn api(
    table: &DefinitionTable,
    api_id: &ApiId,
    known: Option<Arc<LoadedApi>>,
    deadline: Timestamp,
) -> Result<Arc<LoadedApi>, PortError> {
    let before = known.as_ref().and_then(|known| known.present.as_ref());
    let Some((home, pointers)) =
        pointers(table, api_id, before.map(|present| &present.home), deadline).await?
    else {
        return Ok(Arc::new(LoadedApi { present: None }));
    };

    let mut deployments = Deployments { table, home: &home, api_id, deadline, read: BTreeMap::new() };
    let mut stages = BTreeMap::new();
    let mut changed = false;
    for pointer in pointers {
        let name = pointer.stage.name().clone();
        let before = before.and_then(|present| present.stages.get(&name));
        let (stage, stage_changed) = match before {
            Some(before) if before.pointer == pointer && !before.fallen_back => (before.clone(), false),
            before => load_stage(&mut deployments, pointer, before).await?,
        };
        changed |= stage_changed;
        stages.insert(name, stage);
    }
    let published = match before {
        Some(before) if !changed && before.stages.len() == stages.len() => Arc::clone(&before.published),
        _ => {
            let snapshots = stages.values().map(|stage| Arc::clone(&stage.snapshot));
            Arc::new(Published::new(api_id.clone(), snapshots))
        }
    };
    Ok(Arc::new(LoadedApi { present: Some(Present { home, stages, published }) }))
}

/// Where an API belongs and its pointers, or `None` where there is no such API.
async fn pointers(
    table: &DefinitionTable,
    api_id: &ApiId,
    known_home: Option<&Scope>,
    deadline: Timestamp,
) -> Result<Option<(Scope, Vec<StagePointer>)>, PortError> {
    if let Some(home) = known_home {
        let pointers = table.read_pointers(home, api_id, deadline).await?;
        if !pointers.is_empty() {
            return Ok(Some((home.clone(), pointers)));
        }
        // It may have been removed, and made again elsewhere.
    }
    let Some(home) = table.read_home(api_id, deadline).await? else { return Ok(None) };
    let pointers = table.read_pointers(&home, api_id, deadline).await?;
    Ok(if pointers.is_empty() { None } else { Some((home, pointers)) })
}

/// A stage as its pointer says, and whether it differs from before.
///
/// Only a deployment that is there no more, or damaged, is replaced by the one before it: where the table merely does
/// not answer, falling back would turn a passing failure into an old version.
async fn load_stage(
    deployments: &mut Deployments<'_>,
    pointer: StagePointer,
    before: Option<&LoadedStage>,
) -> Result<(LoadedStage, bool), PortError> {
    let unreadable = match deployments.read(&pointer.deployment_id).await {
        Ok(deployment) => return Ok((compile(deployment, pointer, deployments.home, false).await?, true)),
        Err(error @ PortError::Unreadable { .. }) => error,
        Err(error) => return Err(error),
    };
    if let Some(before) = before
        && before.fallen_back
        && before.pointer == pointer
    {
        return Ok((before.clone(), false));
    }
    let Some(previous) = pointer.previous_deployment_id.clone() else { return Err(unreadable) };
    match deployments.read(&previous).await {
        Ok(deployment) => {
            let (api_id, stage) = (deployments.api_id.as_str(), pointer.stage.name().as_str());
            tracing::error!(
                api_id,
                stage,
                error = %unreadable,
                "the stage shows the deployment before, because its own cannot be read; deploy again"
            );
            Ok((compile(deployment, pointer, deployments.home, true).await?, true))
        }
        Err(PortError::Unreadable { .. }) => Err(unreadable),
        Err(error) => Err(error),
    }
}

async fn compile(
    deployment: Arc<Deployment>,
    pointer: StagePointer,
    home: &Scope,
    fallen_back: bool,
) -> Result<LoadedStage, PortError> {
    let home = home.clone();
    aside(WHAT, move || {
        let snapshot = Arc::new(StageSnapshot::compile(&deployment, &pointer, &home.account, &home.region));
        LoadedStage { pointer, snapshot, fallen_back }
    })
    .await
}

/// The deployments of one API, each read once: stages often show the same.
struct Deployments<'a> {
    table: &'a DefinitionTable,
    home: &'a Scope,
    api_id: &'a ApiId,
    deadline: Timestamp,
    read: BTreeMap<PartId, Arc<Deployment>>,
}

impl Deployments<'_> {
    async fn read(&mut self, id: &PartId) -> Result<Arc<Deployment>, PortError> {
        if let Some(deployment) = self.read.get(id) {
            return Ok(Arc::clone(deployment));
        }
        let unreadable = |why: String| PortError::Unreadable { what: WHAT, why };
        let stored = self
            .table
            .read_deployment(self.home, self.api_id, id, self.deadline)
            .await?
            .ok_or_else(|| unreadable(format!("there is no deployment `{id}`")))?;
        let opened = aside(WHAT, move || stored.open()).await?;
        let deployment = Arc::new(opened.map_err(|error| unreadable(error.to_string()))?);
        self.read.insert(id.clone(), Arc::clone(&deployment));
        Ok(deployment)
    }
}
