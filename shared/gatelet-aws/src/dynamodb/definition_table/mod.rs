//! The table of definitions: the control plane's store, and where the data plane reads. One file for each kind of item.

mod audit;
mod content;
mod deployments;
mod domains;
mod pointers;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use gatelet_control::deploy::{Action, AuditEntry, DefinitionStore, Move, StoredDeployment};
use gatelet_core::ports::{Clock, PortError, Timestamp};
use gatelet_model::{ApiId, PartId, StageName, StagePointer};

use super::item::{Item, NewItem};
use super::keys::Scope;
use super::open_table::{Consistency, OpenTable, SortKeys};
use super::transaction::{Transaction, Write};

pub(crate) use content::{compress, decompress};

const WHAT: &str = "the definitions table";

/// The table of definitions, as one account and region writes it. Reads reach every account's.
///
/// All reads are strongly consistent: a pointer that was seen to move is not seen back where it was.
#[derive(Clone)]
pub struct DefinitionTable {
    table: OpenTable,
    scope: Scope,
}

impl DefinitionTable {
    /// A table by its name, written for an account and region.
    #[must_use]
    pub fn new(client: Client, name: &str, scope: Scope, clock: Arc<dyn Clock>) -> Self {
        Self { table: OpenTable::new(client, name, clock, WHAT), scope }
    }

    /// The same table, written for another account and region.
    #[must_use]
    pub fn of(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }

    /// The account and region for which it is written.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.table.clock()
    }

    /// One item.
    async fn get(
        &self,
        what: &'static str,
        partition: String,
        sort: String,
        deadline: Timestamp,
    ) -> Result<Option<Item>, PortError> {
        self.table.called(what).get(partition, sort, Consistency::Strong, deadline).await
    }

    /// All items of a range, by sort key.
    async fn query(
        &self,
        what: &'static str,
        partition: String,
        keys: SortKeys,
        deadline: Timestamp,
    ) -> Result<Vec<Item>, PortError> {
        self.table.called(what).query(partition, keys, deadline).await
    }

    /// Writes one item over whatever stands there.
    async fn put(&self, what: &'static str, item: NewItem, deadline: Timestamp) -> Result<(), PortError> {
        self.table.called(what).put(item, deadline).await
    }

    /// Does all of several writes or none.
    async fn transact(
        &self,
        what: &'static str,
        writes: Vec<Write>,
        deadline: Timestamp,
    ) -> Result<Transaction, PortError> {
        self.table.called(what).transact(writes, deadline).await
    }
}

impl fmt::Debug for DefinitionTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("DefinitionTable");
        shown.field("name", &self.table.name()).field("scope", &self.scope).finish()
    }
}

impl DefinitionStore for DefinitionTable {
    async fn put_deployment(
        &self,
        deployment: &StoredDeployment,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        self.write_deployment(deployment, deadline).await
    }

    async fn deployment(
        &self,
        api_id: &ApiId,
        id: &PartId,
        deadline: Timestamp,
    ) -> Result<Option<StoredDeployment>, PortError> {
        self.read_deployment(&self.scope, api_id, id, deadline).await
    }

    async fn stage_pointer(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        deadline: Timestamp,
    ) -> Result<Option<StagePointer>, PortError> {
        self.read_pointer(api_id, stage, deadline).await
    }

    async fn stage_pointers(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Vec<StagePointer>, PortError> {
        self.read_pointers(&self.scope, api_id, deadline).await
    }

    async fn move_pointer(
        &self,
        api_id: &ApiId,
        pointer: &StagePointer,
        action: Action,
        description: Option<&str>,
        deadline: Timestamp,
    ) -> Result<Move, PortError> {
        self.write_pointer(api_id, pointer, action, description, deadline).await
    }

    async fn apis(&self, deadline: Timestamp) -> Result<Vec<ApiId>, PortError> {
        self.list_apis(deadline).await
    }

    async fn remove_api(&self, api_id: &ApiId, deadline: Timestamp) -> Result<(), PortError> {
        self.remove_stages(api_id, deadline).await
    }

    async fn audit_trail(&self, api_id: &ApiId, deadline: Timestamp) -> Result<Vec<AuditEntry>, PortError> {
        self.read_audit_trail(api_id, deadline).await
    }
}
