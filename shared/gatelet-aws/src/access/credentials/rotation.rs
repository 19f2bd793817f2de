//! Secrets are encrypted anew, so that a key can be forgotten.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_control::access_keys::AccessKeyId;
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::FORMAT;

use super::item::{ACCESS_KEY_PREFIX, ENCRYPTED, ENCRYPTION_KEY, ItemKey, StoredAccessKey};
use super::keys::Sealed;
use super::operator::CONDITION_FAILED;
use super::{CredentialTable, Table, WHAT};
use crate::dynamodb::{FORMAT_ATTRIBUTE, Failure, SORT_KEY, VERSION_ATTRIBUTE, number, within};

/// How often an access key is read anew that others change at the same time.
const ATTEMPTS_MAX: usize = 5;

/// What became of the secret of an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealing {
    /// It is encrypted with the first key now.
    Anew,
    /// It was encrypted with the first key.
    Already,
    /// None of the keys opens it, and it is as it was.
    Unreadable(String),
    /// There is no such access key any more.
    Gone,
}

impl CredentialTable {
    /// The ids of all access keys in alphabetical order, whatever their format and even where an id is none.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn access_key_ids(&self, deadline: Timestamp) -> Result<Vec<String>, PortError> {
        let all = self.table()?.scan_any_format(ACCESS_KEY_PREFIX, deadline).await?;
        let sort_keys = all.iter().filter_map(|attributes| attributes.get(SORT_KEY)?.as_s().ok());
        let ids = sort_keys.filter_map(|sort_key| sort_key.strip_prefix(ACCESS_KEY_PREFIX));
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort();
        Ok(ids)
    }

    /// Encrypts the secret of an access key with the first of the keys, whichever of them it is encrypted with.
    ///
    /// # Errors
    /// A [`PortError`] where the table does not answer, no key is known, or somebody else keeps changing the access key.
    pub async fn encrypt_anew(&self, id: &str, deadline: Timestamp) -> Result<Sealing, PortError> {
        let table = self.table()?;
        let keys = table.known_keys()?;
        let id = match AccessKeyId::parse(id) {
            Ok(id) => id,
            Err(problem) => return Ok(Sealing::Unreadable(problem.message)),
        };
        for _ in 0..ATTEMPTS_MAX {
            let sealing = async {
                let Some(item) = table.get(ItemKey::of_access_key(&id), deadline).await? else {
                    return Ok(Err(Sealing::Gone));
                };
                let version = item.version()?;
                let sealed = StoredAccessKey::read(&item)?.sealed_anew(item, keys)?;
                Ok(sealed.map(|sealed| (version, sealed)).ok_or(Sealing::Already))
            };
            let (version, sealed) = match sealing.await {
                Ok(Ok(sealed)) => sealed,
                Ok(Err(done)) => return Ok(done),
                Err(PortError::Unreadable { why, .. }) => return Ok(Sealing::Unreadable(why)),
                Err(error) => return Err(error),
            };
            if table.replace(&id, version, sealed, deadline).await? {
                return Ok(Sealing::Anew);
            }
        }
        let why = format!("the access key `{id}` was changed again and again meanwhile; repeat the command");
        Err(PortError::Unavailable { what: WHAT, why })
    }
}

impl Table {
    /// Replaces what is encrypted, and says whether the item was as it had been read.
    async fn replace(
        &self,
        id: &AccessKeyId,
        version: u64,
        sealed: Sealed,
        deadline: Timestamp,
    ) -> Result<bool, PortError> {
        let call = self
            .table
            .client()
            .update_item()
            .table_name(self.table.name())
            .set_key(Some(ItemKey::of_access_key(id).into_attributes()))
            .update_expression("SET #encrypted = :encrypted, #key = :key ADD #version :one")
            .condition_expression("#format = :format AND #version = :version")
            .expression_attribute_names("#encrypted", ENCRYPTED)
            .expression_attribute_names("#key", ENCRYPTION_KEY)
            .expression_attribute_names("#version", VERSION_ATTRIBUTE)
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_values(":encrypted", AttributeValue::B(Blob::new(sealed.bytes)))
            .expression_attribute_values(":key", AttributeValue::S(sealed.key_id.into()))
            .expression_attribute_values(":format", number(u64::from(FORMAT)))
            .expression_attribute_values(":version", number(version))
            .expression_attribute_values(":one", number(1))
            .send();
        match within(&**self.table.clock(), deadline, WHAT, call).await {
            Ok(_) => Ok(true),
            Err(Failure::Refused(error)) if error.code() == Some(CONDITION_FAILED) => Ok(false),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }
}
