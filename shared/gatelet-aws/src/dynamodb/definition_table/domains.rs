//! Custom domains: one item each, outside every account, because a domain's name is unique.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{DomainName, FORMAT};

use super::DefinitionTable;
use crate::dynamodb::call::within;
use crate::dynamodb::item::{FORMAT_ATTRIBUTE, VERSION_ATTRIBUTE, number, stored_text};
use crate::dynamodb::keys;
use crate::dynamodb::tables::{PARTITION_KEY, SORT_KEY};

const WHAT: &str = "the custom domain";
const DOMAIN: &str = "domain";

impl DefinitionTable {
    /// Stores a custom domain over what is stored of that name.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn put_domain(&self, domain: &DomainName, deadline: Timestamp) -> Result<(), PortError> {
        let name = domain.name.as_str();
        let call = self
            .table
            .client()
            .update_item()
            .table_name(self.table.name())
            .key(PARTITION_KEY, AttributeValue::S(keys::global(name)))
            .key(SORT_KEY, AttributeValue::S(keys::domain(name)))
            .update_expression("SET #domain = :domain, #format = :format ADD #version :one")
            .expression_attribute_names("#domain", DOMAIN)
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_names("#version", VERSION_ATTRIBUTE)
            .expression_attribute_values(":domain", AttributeValue::S(stored_text(WHAT, domain)?))
            .expression_attribute_values(":format", number(u64::from(FORMAT)))
            .expression_attribute_values(":one", number(1))
            .send();
        match within(&**self.clock(), deadline, WHAT, call).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }

    /// Removes what is stored of a custom domain, and says whether anything was.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn remove_domain(&self, name: &str, deadline: Timestamp) -> Result<bool, PortError> {
        let call = self
            .table
            .client()
            .delete_item()
            .table_name(self.table.name())
            .key(PARTITION_KEY, AttributeValue::S(keys::global(name)))
            .key(SORT_KEY, AttributeValue::S(keys::domain(name)))
            .return_values(ReturnValue::AllOld)
            .send();
        match within(&**self.clock(), deadline, WHAT, call).await {
            Ok(answer) => Ok(answer.attributes.is_some_and(|attributes| !attributes.is_empty())),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }

    /// A custom domain by its lower-case name, or `None` where nothing is stored of it.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn read_domain(
        &self,
        name: &str,
        deadline: Timestamp,
    ) -> Result<Option<DomainName>, PortError> {
        let item = self.get(WHAT, keys::global(name), keys::domain(name), deadline).await?;
        item.map(|item| item.stored(DOMAIN)).transpose()
    }
}
