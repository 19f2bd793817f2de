//! The port behind which definitions are kept.

use std::future::Future;

use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{AccountId, ApiId, PartId, Region, StageName, StagePointer};

use super::StoredDeployment;

/// What came of moving a pointer.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// It moved.
    Moved,
    /// Somebody else moved it first.
    Conflict {
        /// Where it is now, or `None` where there is no such stage any more.
        current: Option<Box<StagePointer>>,
    },
    /// The API's id is taken by another account or region.
    BelongsElsewhere {
        /// The account that has it.
        account: AccountId,
        /// The region where it is.
        region: Region,
    },
}

/// What was done to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Its pointer moved to what was deployed.
    Deployed,
    /// Its pointer moved back to a deployment of before.
    RolledBack,
    /// It was removed.
    Removed,
}

/// One line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, by the clock of whoever did it.
    pub at: Timestamp,
    /// What was done.
    pub action: Action,
    /// The stage.
    pub stage: StageName,
    /// The deployment that it shows since, or showed at last.
    pub deployment_id: PartId,
    /// The pointer's version since, or at last.
    pub version: u64,
    /// Why, in the words of whoever did it.
    pub description: Option<String>,
}

/// Where the definitions of one account and region are kept.
///
/// Every call ends before its deadline. A [`PortError::Timeout`] leaves open whether a write happened.
pub trait DefinitionStore: Send + Sync {
    /// Stores a deployment whole. One that is there already and whole is left as it is.
    ///
    /// # Errors
    /// A [`PortError`]; parts may then be stored, and nothing names them.
    fn put_deployment(
        &self,
        deployment: &StoredDeployment,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// A deployment, or `None` where none of that id is stored. Its content has been verified.
    ///
    /// # Errors
    /// A [`PortError`]: `Unreadable` where it is stored but damaged, incomplete or in an unknown format.
    fn deployment(
        &self,
        api_id: &ApiId,
        id: &PartId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<StoredDeployment>, PortError>> + Send;

    /// The pointer of a stage, or `None` where there is no such stage.
    ///
    /// # Errors
    /// A [`PortError`].
    fn stage_pointer(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<StagePointer>, PortError>> + Send;

    /// The pointers of all stages, by name.
    ///
    /// # Errors
    /// A [`PortError`].
    fn stage_pointers(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Vec<StagePointer>, PortError>> + Send;

    /// Moves a stage's pointer from the version before the given one, and notes what that was in the audit trail, in one step.
    /// Version 1 creates the stage, and the API's entry where it is the first.
    ///
    /// # Errors
    /// A [`PortError`].
    fn move_pointer(
        &self,
        api_id: &ApiId,
        pointer: &StagePointer,
        action: Action,
        description: Option<&str>,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Move, PortError>> + Send;

    /// The APIs of the account and region, by id.
    ///
    /// # Errors
    /// A [`PortError`].
    fn apis(&self, deadline: Timestamp) -> impl Future<Output = Result<Vec<ApiId>, PortError>> + Send;

    /// Removes all stages of an API and its entry. Its deployments stay. An API that is not there is left so.
    ///
    /// # Errors
    /// A [`PortError`]; some stages may then be gone, and removing again takes the rest.
    fn remove_api(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// What was done to an API's stages, oldest first.
    ///
    /// # Errors
    /// A [`PortError`].
    fn audit_trail(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, PortError>> + Send;
}
