//! What the operator does with the table; the data plane does none of it.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use gatelet_control::access_keys::{AccessKeyId, PrincipalArn};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::FORMAT;

use super::item::{
    ACCESS_KEY_PREFIX, ACTIVE, AttachedPolicies, INACTIVE, ItemKey, NewAccessKey, POLICIES, PRINCIPAL_PREFIX,
    STATUS, StoredAccessKey, stored_policies, unreadable,
};
use super::{CredentialKeys, CredentialTable, Table, WHAT};
use crate::dynamodb::{
    Attributes, FORMAT_ATTRIBUTE, Failure, Item, PARTITION_KEY, SORT_KEY, VERSION_ATTRIBUTE, number, within,
};

/// DynamoDB's code where a condition did not hold.
pub(super) const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

impl CredentialTable {
    pub(in crate::access) fn table(&self) -> Result<&Table, PortError> {
        self.0
            .as_deref()
            .ok_or_else(|| PortError::Unavailable { what: WHAT, why: "there is none".to_owned() })
    }

    /// Stores a new access key, its secret encrypted.
    ///
    /// # Errors
    /// A [`PortError`]; also where its id is there already, or no key to encrypt with is known.
    pub async fn put_access_key(&self, key: NewAccessKey, deadline: Timestamp) -> Result<(), PortError> {
        let table = self.table()?;
        let keys = table.known_keys()?;
        let call = table
            .table
            .client()
            .put_item()
            .table_name(table.table.name())
            .set_item(Some(key.into_item(keys)?.into_attributes()))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .send();
        match within(&**table.table.clock(), deadline, WHAT, call).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }

    /// An access key by its id, without its secret.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn stored_access_key(
        &self,
        id: &AccessKeyId,
        deadline: Timestamp,
    ) -> Result<Option<StoredAccessKey>, PortError> {
        let item = self.table()?.get(ItemKey::of_access_key(id), deadline).await?;
        item.as_ref().map(StoredAccessKey::read).transpose()
    }

    /// All access keys, the oldest first.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn access_keys(&self, deadline: Timestamp) -> Result<Vec<StoredAccessKey>, PortError> {
        let items = self.table()?.scan(ACCESS_KEY_PREFIX, deadline).await?;
        let mut keys = items.iter().map(StoredAccessKey::read).collect::<Result<Vec<_>, _>>()?;
        keys.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        Ok(keys)
    }

    /// Lets an access key be used, or not, and says whether there is one.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn set_enabled(
        &self,
        id: &AccessKeyId,
        enabled: bool,
        deadline: Timestamp,
    ) -> Result<bool, PortError> {
        let table = self.table()?;
        // An item of another format is refused here.
        if self.stored_access_key(id, deadline).await?.is_none() {
            return Ok(false);
        }
        let status = if enabled { ACTIVE } else { INACTIVE };
        let call = table
            .table
            .client()
            .update_item()
            .table_name(table.table.name())
            .set_key(Some(ItemKey::of_access_key(id).into_attributes()))
            .update_expression("SET #status = :status ADD #version :one")
            .condition_expression("#format = :format")
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#version", VERSION_ATTRIBUTE)
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_values(":status", AttributeValue::S(status.to_owned()))
            .expression_attribute_values(":format", number(u64::from(FORMAT)))
            .expression_attribute_values(":one", number(1))
            .send();
        match within(&**table.table.clock(), deadline, WHAT, call).await {
            Ok(_) => Ok(true),
            // It was removed in between.
            Err(Failure::Refused(error)) if error.code() == Some(CONDITION_FAILED) => Ok(false),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }

    /// Removes an access key, and says whether there was one.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn remove_access_key(&self, id: &AccessKeyId, deadline: Timestamp) -> Result<bool, PortError> {
        self.table()?.remove(ItemKey::of_access_key(id), deadline).await
    }

    /// Attaches policies to a principal, in place of those before.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn attach(
        &self,
        principal: &PrincipalArn,
        policies: &[Box<str>],
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let table = self.table()?;
        let call = table
            .table
            .client()
            .update_item()
            .table_name(table.table.name())
            .set_key(Some(ItemKey::of_principal(principal.as_str()).into_attributes()))
            .update_expression("SET #policies = :policies, #format = :format ADD #version :one")
            .condition_expression("attribute_not_exists(#format) OR #format = :format")
            .expression_attribute_names("#policies", POLICIES)
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_names("#version", VERSION_ATTRIBUTE)
            .expression_attribute_values(":policies", AttributeValue::S(stored_policies(policies)?))
            .expression_attribute_values(":format", number(u64::from(FORMAT)))
            .expression_attribute_values(":one", number(1))
            .send();
        match within(&**table.table.clock(), deadline, WHAT, call).await {
            Ok(_) => Ok(()),
            Err(Failure::Refused(error)) if error.code() == Some(CONDITION_FAILED) => Err(unreadable(
                "what is attached there is in another format; use a version that knows it".to_owned(),
            )),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }

    /// Takes all policies of a principal away, and says whether it had any.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn detach(&self, principal: &PrincipalArn, deadline: Timestamp) -> Result<bool, PortError> {
        self.table()?.remove(ItemKey::of_principal(principal.as_str()), deadline).await
    }

    /// What is attached to a principal.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn attached(
        &self,
        principal: &PrincipalArn,
        deadline: Timestamp,
    ) -> Result<Option<AttachedPolicies>, PortError> {
        let item = self.table()?.get(ItemKey::of_principal(principal.as_str()), deadline).await?;
        item.as_ref().map(AttachedPolicies::read).transpose()
    }

    /// All principals that something is attached to, by ARN.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn principals(&self, deadline: Timestamp) -> Result<Vec<AttachedPolicies>, PortError> {
        let items = self.table()?.scan(PRINCIPAL_PREFIX, deadline).await?;
        let mut attached = items.iter().map(AttachedPolicies::read).collect::<Result<Vec<_>, _>>()?;
        attached.sort_by(|one, other| one.principal.as_str().cmp(other.principal.as_str()));
        Ok(attached)
    }
}

impl Table {
    pub(in crate::access) fn known_keys(&self) -> Result<&CredentialKeys, PortError> {
        self.keys.as_ref().ok_or_else(|| {
            unreadable("no key to encrypt secrets with is known: set `GATELET_CREDENTIALS_KEY`".to_owned())
        })
    }

    async fn scan(&self, prefix: &str, deadline: Timestamp) -> Result<Vec<Item>, PortError> {
        let all = self.scan_any_format(prefix, deadline).await?;
        all.into_iter().map(|attributes| Item::read(WHAT, attributes)).collect()
    }

    /// All items whose sort key begins so. The table is small, and only its operator asks.
    pub(in crate::access) async fn scan_any_format(
        &self,
        prefix: &str,
        deadline: Timestamp,
    ) -> Result<Vec<Attributes>, PortError> {
        let request = self
            .table
            .client()
            .scan()
            .table_name(self.table.name())
            .consistent_read(true)
            .filter_expression("begins_with(#sk, :prefix)")
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let call = request.clone().set_exclusive_start_key(after).send();
            let page = within(&**self.table.clock(), deadline, WHAT, call)
                .await
                .map_err(|failure| failure.into_port_error(WHAT))?;
            items.extend(page.items.unwrap_or_default());
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    async fn remove(&self, key: ItemKey, deadline: Timestamp) -> Result<bool, PortError> {
        let call = self
            .table
            .client()
            .delete_item()
            .table_name(self.table.name())
            .set_key(Some(key.into_attributes()))
            .return_values(ReturnValue::AllOld)
            .send();
        let answer = within(&**self.table.clock(), deadline, WHAT, call)
            .await
            .map_err(|failure| failure.into_port_error(WHAT))?;
        Ok(answer.attributes.is_some_and(|attributes| !attributes.is_empty()))
    }
}
