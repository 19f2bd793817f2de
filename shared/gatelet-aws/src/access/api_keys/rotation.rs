//! API keys move to the first encryption key, so that the one before it can be forgotten.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::PartId;

use super::items::{self, KEYS, digest, value_place};
use super::keys::revalued;
use super::store::{Part, UsageTables, apply};
use crate::access::credentials::{CredentialTable, Sealing, WHAT};
use crate::dynamodb::counters::CounterTable;
use crate::dynamodb::{Consistency, SORT_KEY};

/// How often an API key is read anew that others change at the same time.
const ATTEMPTS_MAX: usize = 5;

impl CredentialTable {
    /// The ids of all API keys in alphabetical order, whatever their format and even where an id is none.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn api_key_ids(&self, deadline: Timestamp) -> Result<Vec<String>, PortError> {
        let items = self.table()?.table.query_any_format(KEYS.to_owned(), deadline).await?;
        let sort_key = |attributes: &crate::dynamodb::Attributes| match attributes.get(SORT_KEY) {
            Some(AttributeValue::S(id)) => Some(id.clone()),
            _ => None,
        };
        Ok(items.iter().filter_map(sort_key).collect())
    }

    /// Encrypts the value of an API key with the first of the keys, and lets it be found by that key's digest, whichever it was before.
    ///
    /// # Errors
    /// A [`PortError`] where the table does not answer, no key is known, or somebody else keeps changing the API key.
    pub async fn encrypt_api_key_anew(&self, id: &str, deadline: Timestamp) -> Result<Sealing, PortError> {
        let tables = UsageTables::new(self.clone(), CounterTable::default());
        // Nothing can be done without one, whatever is stored.
        tables.keys()?;
        let id = match PartId::parse(id) {
            Ok(id) => id,
            Err(problem) => return Ok(Sealing::Unreadable(problem.message)),
        };
        for _ in 0..ATTEMPTS_MAX {
            match tables.seal_anew(&id, deadline).await {
                Ok(Some(sealing)) => return Ok(sealing),
                Ok(None) => {}
                Err(PortError::Unreadable { why, .. }) => return Ok(Sealing::Unreadable(why)),
                Err(error) => return Err(error),
            }
        }
        let why = format!("the API key `{id}` was changed again and again meanwhile; repeat the command");
        Err(PortError::Unavailable { what: WHAT, why })
    }
}

impl UsageTables {
    /// What became of a value; none where the key was changed meanwhile.
    async fn seal_anew(&self, id: &PartId, deadline: Timestamp) -> Result<Option<Sealing>, PortError> {
        let (table, keys) = (self.table()?, self.keys()?);
        let Some(item) = self.key_item(id, deadline).await? else { return Ok(Some(Sealing::Gone)) };
        let (mut key, digest) = (items::read_key(&item)?, digest(&item)?);
        let (partition, sort) = value_place(id);
        let Some(item) = table.get(partition, sort, Consistency::Strong, deadline).await? else {
            // It may be gone together with the key.
            let is_gone = self.key_item(id, deadline).await?.is_none();
            let why = "its value is not there".to_owned();
            return Ok(Some(if is_gone { Sealing::Gone } else { Sealing::Unreadable(why) }));
        };
        let (value, is_first) = items::read_value(id, item, keys)?;
        if is_first && keys.digests(value.expose()).0 == digest {
            return Ok(Some(Sealing::Already));
        }
        key.version = key.version.saturating_add(1);
        match apply(table, || revalued(&key, digest, &value, keys), deadline).await? {
            Ok(()) => Ok(Some(Sealing::Anew)),
            Err(Part::Read) => Ok(None),
            Err(Part::Value) => {
                Ok(Some(Sealing::Unreadable("another API key has the same value".to_owned())))
            }
        }
    }
}
