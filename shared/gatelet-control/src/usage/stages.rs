//! Which stages there are, for plans that name them.

use std::future::Future;

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{ApiId, StageName};

use crate::deploy::DefinitionStore;

/// Whether there is a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageFound {
    /// There is.
    Stage,
    /// There is the API without such a stage.
    ApiAlone,
    /// There is no such API.
    Nothing,
}

/// Who knows which stages there are.
pub trait Stages: Send + Sync {
    /// Whether there is a stage.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn find(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<StageFound, PortError>> + Send;
}

/// The stages that are deployed.
#[derive(Debug)]
pub struct DeployedStages<'a, D>(pub &'a D);

impl<D: DefinitionStore> Stages for DeployedStages<'_, D> {
    async fn find(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        deadline: Timestamp,
    ) -> Result<StageFound, PortError> {
        let pointers = self.0.stage_pointers(api_id, deadline).await?;
        Ok(if pointers.iter().any(|pointer| pointer.stage.name() == stage) {
            StageFound::Stage
        } else if pointers.is_empty() {
            StageFound::Nothing
        } else {
            StageFound::ApiAlone
        })
    }
}
