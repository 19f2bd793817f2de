//! Whom a deployment would push aside.

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{Api, StageName};

use super::DefinitionStore;

/// An API that a stage shows under another one's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// Its name.
    pub name: String,
    /// What it is, such as "REST API".
    pub kind: &'static str,
}

/// The API of another name or kind that a stage shows under an API's id, if there is one: ids follow from the paths of
/// files, so that files of two projects can have the same.
///
/// What is stored but damaged is nobody's, since deploying again is what repairs it.
///
/// # Errors
/// A [`PortError`].
pub async fn occupant(
    store: &impl DefinitionStore,
    api: &Api,
    stage: &StageName,
    deadline: Timestamp,
) -> Result<Option<Occupant>, PortError> {
    let Some(pointer) = store.stage_pointer(api.id(), stage, deadline).await? else {
        return Ok(None);
    };
    let stored = match store.deployment(api.id(), &pointer.deployment_id, deadline).await {
        Err(PortError::Unreadable { .. }) => None,
        stored => stored?,
    };
    let shown = stored.and_then(|stored| stored.open().ok()).map(|deployment| deployment.api);
    let other = shown.filter(|shown| shown.name() != api.name() || shown.kind() != api.kind());
    Ok(other.map(|shown| Occupant { name: shown.name().to_owned(), kind: shown.kind() }))
}
