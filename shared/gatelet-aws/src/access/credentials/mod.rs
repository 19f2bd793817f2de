//! Access keys and attached policies in DynamoDB: `global#{id}` / `access-key#{id}` and `global#{ARN}` / `principal#{ARN}`.
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
use gatelet_core::ports::{AccessKey, Clock, Credentials, PortError, Timestamp};

use crate::dynamodb::{Item, within};
use item::ItemKey;

pub use item::{AttachedPolicies, NewAccessKey, StoredAccessKey};
pub use keys::{CredentialKeys, NewCredentialKey};
pub use rotation::Sealing;

const WHAT: &str = "the credentials table";

/// The table of access keys and attached policies, or none: then nobody has an access key, and nothing is attached.
#[derive(Clone, Default)]
pub struct CredentialTable(Option<Arc<Table>>);

struct Table {
    client: Client,
    name: Box<str>,
    keys: Option<CredentialKeys>,
    clock: Arc<dyn Clock>,
}

impl CredentialTable {
    /// A table by its name, with the keys that its secrets are encrypted with. Without keys all but secrets can be read.
    #[must_use]
    pub fn new(client: Client, name: &str, keys: Option<CredentialKeys>, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Table { client, name: name.into(), keys, clock })))
    }
}

impl Table {
    async fn get(&self, key: ItemKey, deadline: Timestamp) -> Result<Option<Item>, PortError> {
        let call = self
            .client
            .get_item()
            .table_name(&*self.name)
            .set_key(Some(key.into_attributes()))
            .consistent_read(true)
            .send();
        let answer = within(&*self.clock, deadline, WHAT, call)
            .await
            .map_err(|failure| failure.into_port_error(WHAT))?;
        answer.item.map(|attributes| Item::read(WHAT, attributes)).transpose()
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
}

impl fmt::Debug for CredentialTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map(|table| &table.name);
        formatter.debug_tuple("CredentialTable").field(&name).finish()
    }
}
