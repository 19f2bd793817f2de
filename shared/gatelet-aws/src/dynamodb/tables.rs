//! The tables: one shape for all of them, created by the template on AWS and here for local use.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};
use gatelet_core::ports::{Clock, PortError, Timestamp};

use super::call::{Failure, within};

/// The name of the partition key's attribute in every table.
pub const PARTITION_KEY: &str = "pk";
/// The name of the sort key's attribute in every table.
pub const SORT_KEY: &str = "sk";
/// What the table of definitions is called where nothing else is said.
pub const DEFINITIONS_TABLE: &str = "gatelet-definitions";

/// How long to wait before a table that is being created is looked at again.
const CREATION_POLL: Duration = Duration::from_millis(200);
const WHAT: &str = "the definitions table";

/// A table: text keys `pk` and `sk`, paid by request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its name.
    pub name: String,
}

impl TableDefinition {
    /// The table of definitions. Nothing in it expires.
    #[must_use]
    pub fn definitions(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Creates a table where there is none, and waits until it can be used.
///
/// # Errors
/// A [`PortError`].
pub async fn create_missing(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<(), PortError> {
    loop {
        match status(client, table, clock, deadline).await? {
            Some(TableStatus::Active) => return Ok(()),
            Some(_) => tokio::time::sleep(CREATION_POLL).await,
            None => create(client, table, clock, deadline).await?,
        }
    }
}

async fn status(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<Option<TableStatus>, PortError> {
    let call = client.describe_table().table_name(&table.name).send();
    match within(clock, deadline, WHAT, call).await {
        Ok(answer) => Ok(answer.table.and_then(|table| table.table_status)),
        Err(Failure::Refused(DescribeTableError::ResourceNotFoundException(_))) => Ok(None),
        Err(failure) => Err(failure.into_port_error(WHAT)),
    }
}

async fn create(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<(), PortError> {
    let mut request = client.create_table().table_name(&table.name).billing_mode(BillingMode::PayPerRequest);
    for (name, role) in [(PARTITION_KEY, KeyType::Hash), (SORT_KEY, KeyType::Range)] {
        let incomplete = |error: BuildError| PortError::Unavailable { what: WHAT, why: error.to_string() };
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(incomplete)?;
        let key =
            KeySchemaElement::builder().attribute_name(name).key_type(role).build().map_err(incomplete)?;
        request = request.attribute_definitions(attribute).key_schema(key);
    }
    match within(clock, deadline, WHAT, request.send()).await {
        // Somebody else was first: as good as our own.
        Ok(_) | Err(Failure::Refused(CreateTableError::ResourceInUseException(_))) => Ok(()),
        Err(failure) => Err(failure.into_port_error(WHAT)),
    }
}
