//! Definitions as the data plane reads them: from memory, refreshed from the table when a request comes along and
//! they are old. Nothing runs between requests, because on Lambda nothing does.
//!
//! When the table fails, what is in memory is served without age limit; where nothing is in memory, the answer is an
//! error and never an empty API.

mod cache;
mod load;
mod packed;

use std::sync::Arc;
use std::time::Duration;

use gatelet_core::ports::{Definitions, PortError, Timestamp};
use gatelet_core::snapshot::Published;
use gatelet_model::{ApiId, DomainName};

use crate::dynamodb::DefinitionTable;
use cache::{Cache, Timing};
use load::LoadedApi;
pub use packed::{
    PACK_BYTES_MAX, PACK_FILE, PACK_FORMAT, PackError, PackedApi, PackedDefinitions, PackingError, pack,
};

/// After how long a request looks whether a stage's pointer has moved, where nothing else is said.
pub const REFRESH_AFTER: Duration = Duration::from_secs(2);

/// The [`Definitions`] port over the table.
pub struct DynamoDefinitions {
    table: DefinitionTable,
    apis: Cache<ApiId, LoadedApi>,
    domains: Cache<Box<str>, Option<Arc<DomainName>>>,
}

impl DynamoDefinitions {
    /// Reads from a table, and looks for moved pointers every [`REFRESH_AFTER`].
    #[must_use]
    pub fn new(table: DefinitionTable) -> Self {
        Self::refreshing_after(table, REFRESH_AFTER)
    }

    /// Reads from a table, and looks for moved pointers when a request finds them this old.
    #[must_use]
    pub fn refreshing_after(table: DefinitionTable, refresh_after: Duration) -> Self {
        let timing = Timing::new(Arc::clone(table.clock()), refresh_after);
        let apis = Cache::new("the API's definition", timing.clone(), LoadedApi::is_absent);
        let domains = Cache::new("the custom domain", timing, Option::is_none);
        Self { table, apis, domains }
    }

    /// Where deployments are written.
    #[must_use]
    pub const fn table(&self) -> &DefinitionTable {
        &self.table
    }

    /// Reads an API's pointers now, so that a deployment just made is seen by the next request.
    ///
    /// # Errors
    /// A [`PortError`]; what is in memory stays.
    pub async fn refresh(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Option<Arc<Published>>, PortError> {
        let load = |known, deadline| load::api(&self.table, api_id, known, deadline);
        Ok(self.apis.refresh(api_id, deadline, load).await?.published())
    }
}

impl Definitions for DynamoDefinitions {
    async fn published(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Option<Arc<Published>>, PortError> {
        let load = |known, deadline| load::api(&self.table, api_id, known, deadline);
        Ok(self.apis.get(api_id, deadline, load).await?.published())
    }

    async fn domain(&self, name: &str, deadline: Timestamp) -> Result<Option<Arc<DomainName>>, PortError> {
        let load = |_, deadline| async move {
            Ok(Arc::new(self.table.read_domain(name, deadline).await?.map(Arc::new)))
        };
        Ok(self.domains.get(name, deadline, load).await?.as_ref().clone())
    }
}
