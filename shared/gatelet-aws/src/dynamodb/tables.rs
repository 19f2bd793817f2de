//! The tables: one shape for all of them, created by the template on AWS and here for local use.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use gatelet_core::ports::{Clock, PortError, Timestamp};
use gatelet_model::AccountId;

use super::call::{Failure, refusal, within};

/// The name of the partition key's attribute in every table.
pub const PARTITION_KEY: &str = "pk";
/// The name of the sort key's attribute in every table.
pub const SORT_KEY: &str = "sk";
/// What the table of definitions is called where nothing else is said.
pub const DEFINITIONS_TABLE: &str = "gatelet-definitions";
/// What the table of credentials is called where nothing else is said.
pub const CREDENTIALS_TABLE: &str = "gatelet-credentials";
/// What the table of counters is called where nothing else is said.
pub const COUNTERS_TABLE: &str = "gatelet-counters";
/// The attribute by which items of tables with a time to live end, in seconds since 1970.
pub const TIME_TO_LIVE_ATTRIBUTE: &str = "expires";

/// How long to wait before a table that is being created is looked at again.
const CREATION_POLL: Duration = Duration::from_millis(200);

/// A table: text keys `pk` and `sk`, paid by request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its name.
    pub name: String,
    /// Whether items end by [`TIME_TO_LIVE_ATTRIBUTE`].
    pub has_time_to_live: bool,
    /// Whether every change is told in a stream, with the item before and after it.
    pub has_stream: bool,
    /// What it holds, for people.
    pub holds: &'static str,
    /// What it is called in errors.
    pub what: &'static str,
}

impl TableDefinition {
    /// The table of definitions. Nothing in it expires.
    #[must_use]
    pub fn definitions(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            name,
            has_time_to_live: false,
            has_stream: false,
            holds: "definitions",
            what: "the definitions table",
        }
    }

    /// The table of access keys, attached policies, API keys and usage plans. Nothing in it expires by itself: a key that has ended is still told.
    #[must_use]
    pub fn credentials(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            name,
            has_time_to_live: false,
            has_stream: false,
            holds: "credentials",
            what: "the credentials table",
        }
    }

    /// The table of what authorizers decided.
    #[must_use]
    pub fn decisions(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            name,
            has_time_to_live: true,
            has_stream: false,
            holds: "decisions",
            what: "the decisions table",
        }
    }

    /// The table of throttles, quotas and usage, whose stream feeds the meter.
    #[must_use]
    pub fn counters(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, has_time_to_live: true, has_stream: true, holds: "counters", what: "the counters table" }
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
            Some(TableStatus::Active) if table.has_time_to_live => {
                return let_items_end(client, table, clock, deadline).await;
            }
            Some(TableStatus::Active) => return Ok(()),
            Some(_) => tokio::time::sleep(CREATION_POLL).await,
            None => create(client, table, clock, deadline).await?,
        }
    }
}

/// Why a table that somebody else created cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// There is none of that name.
    #[error("there is no table `{0}`")]
    Missing(String),
    /// It is being created or deleted.
    #[error("the table `{name}` is {status} at the moment; try again when it is ACTIVE")]
    NotReady {
        /// Its name.
        name: String,
        /// What AWS calls its state.
        status: String,
    },
    /// Its keys are others.
    #[error(
        "the table `{name}` is not one of {holds}: its keys are not the texts `{PARTITION_KEY}` and `{SORT_KEY}`"
    )]
    Foreign {
        /// Its name.
        name: String,
        /// What it should hold.
        holds: &'static str,
    },
    /// AWS does not take the credentials.
    #[error("AWS refuses the credentials: {0}")]
    Credentials(String),
    /// AWS takes them and allows them less than is needed.
    #[error("the credentials are not allowed to use the table: {0}")]
    Denied(String),
    /// The table cannot be asked.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Looks at a table that somebody else created: whether it is one of Gatelet's and can be used, and to which account it
/// belongs where its ARN says so.
///
/// # Errors
/// A [`TableError`].
pub async fn existing(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<Option<AccountId>, TableError> {
    let name = || table.name.clone();
    let call = client.describe_table().table_name(name()).send();
    let found = match within(clock, deadline, table.what, call).await {
        Ok(answer) => answer.table,
        Err(Failure::Refused(DescribeTableError::ResourceNotFoundException(_))) => None,
        Err(Failure::Refused(error)) => return Err(refused(table.what, &error)),
        Err(failure) => return Err(failure.into_port_error(table.what).into()),
    };
    let found = found.ok_or_else(|| TableError::Missing(name()))?;
    if !has_keys(&found) {
        return Err(TableError::Foreign { name: name(), holds: table.holds });
    }
    match found.table_status() {
        Some(TableStatus::Active | TableStatus::Updating) => Ok(account(&found)),
        other => {
            let status = other.map_or("in no state", TableStatus::as_str).to_owned();
            Err(TableError::NotReady { name: name(), status })
        }
    }
}

/// What DynamoDB means by its errors
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>).
fn refused(what: &'static str, error: &DescribeTableError) -> TableError {
    let code = error.code().unwrap_or_default();
    let why = error.message().unwrap_or(code).to_owned();
    match code {
        "AccessDeniedException" => TableError::Denied(why),
        "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "UnrecognizedClientException" => TableError::Credentials(why),
        _ => TableError::Port(refusal(what, error)),
    }
}

fn has_keys(table: &TableDescription) -> bool {
    let keys: Vec<_> = table.key_schema().iter().map(|key| (key.attribute_name(), key.key_type())).collect();
    let is_text = |name: &str| {
        let mut attributes = table.attribute_definitions().iter();
        attributes.any(|it| it.attribute_name() == name && *it.attribute_type() == ScalarAttributeType::S)
    };
    keys == [(PARTITION_KEY, &KeyType::Hash), (SORT_KEY, &KeyType::Range)]
        && is_text(PARTITION_KEY)
        && is_text(SORT_KEY)
}

/// The account in `arn:aws:dynamodb:region:account:table/name`.
fn account(table: &TableDescription) -> Option<AccountId> {
    AccountId::parse(table.table_arn()?.split(':').nth(4)?).ok()
}

async fn status(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<Option<TableStatus>, PortError> {
    let call = client.describe_table().table_name(&table.name).send();
    match within(clock, deadline, table.what, call).await {
        Ok(answer) => Ok(answer.table.and_then(|table| table.table_status)),
        Err(Failure::Refused(DescribeTableError::ResourceNotFoundException(_))) => Ok(None),
        Err(failure) => Err(failure.into_port_error(table.what)),
    }
}

async fn create(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<(), PortError> {
    let mut request = client.create_table().table_name(&table.name).billing_mode(BillingMode::PayPerRequest);
    if table.has_stream {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewAndOldImages)
            .build()
            .map_err(|error| PortError::Unavailable { what: table.what, why: error.to_string() })?;
        request = request.stream_specification(stream);
    }
    for (name, role) in [(PARTITION_KEY, KeyType::Hash), (SORT_KEY, KeyType::Range)] {
        let incomplete =
            |error: BuildError| PortError::Unavailable { what: table.what, why: error.to_string() };
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(incomplete)?;
        let key =
            KeySchemaElement::builder().attribute_name(name).key_type(role).build().map_err(incomplete)?;
        request = request.attribute_definitions(attribute).key_schema(key);
    }
    match within(clock, deadline, table.what, request.send()).await {
        // Somebody else was first: as good as our own.
        Ok(_) | Err(Failure::Refused(CreateTableError::ResourceInUseException(_))) => Ok(()),
        Err(failure) => Err(failure.into_port_error(table.what)),
    }
}

/// Lets items end by themselves, where they do not yet.
async fn let_items_end(
    client: &Client,
    table: &TableDefinition,
    clock: &dyn Clock,
    deadline: Timestamp,
) -> Result<(), PortError> {
    let call = client.describe_time_to_live().table_name(&table.name).send();
    let answer = within(clock, deadline, table.what, call)
        .await
        .map_err(|failure| failure.into_port_error(table.what))?;
    let status = answer.time_to_live_description.and_then(|it| it.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let incomplete = |error: BuildError| PortError::Unavailable { what: table.what, why: error.to_string() };
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(TIME_TO_LIVE_ATTRIBUTE)
        .enabled(true)
        .build()
        .map_err(incomplete)?;
    let call =
        client.update_time_to_live().table_name(&table.name).time_to_live_specification(specification).send();
    match within(clock, deadline, table.what, call).await {
        Ok(_) => Ok(()),
        Err(failure) => Err(failure.into_port_error(table.what)),
    }
}
