//! Access keys and attached policies in DynamoDB (API keys and usage plans stand beside them, in `api_keys/`): `global#{id}` / `access-key#{id}` and `global#{ARN}` / `principal#{ARN}`.
//!
//! The data plane reads single items. Secrets are encrypted before they get here, and decrypted after they have left: whoever
//! reads the table learns who may do what, and can sign for nobody without the key. That stands in the router's environment, where
//! `lambda:GetFunctionConfiguration` shows it unless a KMS key that its caller may not use encrypts the environment.

mod item;
mod keys;
mod operator;
mod rotation;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use gatelet_control::access_keys::AccessKeyId;
use gatelet_core::ports::{AccessKey, ApiKeyEntry, Clock, Credentials, PortError, Timestamp};
use gatelet_model::{PartId, UsagePlan};

use crate::access::api_keys;
use crate::dynamodb::{Consistency, Item, OpenTable};
use item::ItemKey;

pub use item::{AttachedPolicies, NewAccessKey, StoredAccessKey};
pub(super) use keys::Sealed;
pub use keys::{CredentialKeys, NewCredentialKey};
pub use rotation::Sealing;

pub(super) const WHAT: &str = "the credentials table";

/// The table of access keys and attached policies, or none: then nobody has an access key, and nothing is attached.
#[derive(Clone, Default)]
pub struct CredentialTable(Option<Arc<Table>>);

pub(super) struct Table {
    pub(super) table: OpenTable,
    keys: Option<CredentialKeys>,
}

impl CredentialTable {
    /// A table by its name, with the keys that its secrets are encrypted with. Without keys all but secrets can be read.
    #[must_use]
    pub fn new(client: Client, name: &str, keys: Option<CredentialKeys>, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Table { table: OpenTable::new(client, name, clock, WHAT), keys })))
    }
}

impl Table {
    async fn get(&self, key: ItemKey, deadline: Timestamp) -> Result<Option<Item>, PortError> {
        self.table.get(key.partition, key.sort, Consistency::Strong, deadline).await
    }
}

impl Credentials for CredentialTable {
    async fn access_key(&self, id: &str, deadline: Timestamp) -> Result<Option<AccessKey>, PortError> {
        let Some(table) = &self.0 else { return Ok(None) };
        // What is no id was never issued, and needs no table to say so.
        let Ok(id) = AccessKeyId::parse(id) else { return Ok(None) };
        let Some(item) = table.get(ItemKey::of_access_key(&id), deadline).await? else { return Ok(None) };
        StoredAccessKey::read(&item)?.unlocked(item, table.keys.as_ref()).map(Some)
    }

    async fn attached_policies(
        &self,
        principal_arn: &str,
        deadline: Timestamp,
    ) -> Result<Vec<Box<str>>, PortError> {
        let Some(table) = &self.0 else { return Ok(Vec::new()) };
        match table.get(ItemKey::of_principal(principal_arn), deadline).await? {
            Some(item) => AttachedPolicies::read(&item).map(|attached| attached.policies),
            None => Ok(Vec::new()),
        }
    }

    async fn api_key(&self, value: &str, deadline: Timestamp) -> Result<Option<ApiKeyEntry>, PortError> {
        let Some(table) = &self.0 else { return Ok(None) };
        // Without a key no value can be looked up, and none was ever stored.
        let Some(keys) = &table.keys else { return Ok(None) };
        api_keys::entry(&table.table, keys, value, deadline).await
    }

    async fn usage_plan(&self, id: &PartId, deadline: Timestamp) -> Result<Option<UsagePlan>, PortError> {
        let Some(table) = &self.0 else { return Ok(None) };
        api_keys::plan(&table.table, id, deadline).await
    }
}

impl fmt::Debug for CredentialTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map(|table| table.table.name());
        formatter.debug_tuple("CredentialTable").field(&name).finish()
    }
}
