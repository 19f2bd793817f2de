//! DynamoDB: the one store, on AWS, behind an endpoint of the user's choice, or embedded.
//!
//! How definitions are stored is decided here, and what all tables have in common; what it means is decided in the core and the control plane. Keys are
//! `pk = account#region#api`, `sk = kind#id`; one item outside every account maps an API id to its account and
//! region. Every item carries `format` and `version`: an unknown format is refused, never guessed.

mod call;
mod client;
pub mod counters;
mod definition_table;
mod item;
mod keys;
mod open_table;
mod tables;
mod transaction;

pub(crate) use call::{Failure, aside, within};
pub use client::{ClientSettings, ClientTarget, client, over_the_network};
pub use definition_table::DefinitionTable;
pub(crate) use definition_table::{compress, decompress};
pub use item::{Attributes, FORMAT_ATTRIBUTE};
pub(crate) use item::{Item, NewItem, VERSION_ATTRIBUTE, number};
pub use keys::Scope;
pub(crate) use keys::global;
pub(crate) use open_table::{Consistency, OpenTable, SortKeys};
pub use tables::{
    COUNTERS_TABLE, CREDENTIALS_TABLE, DEFINITIONS_TABLE, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE_ATTRIBUTE,
    TableDefinition, TableError, create_missing, existing,
};
pub(crate) use transaction::{Condition, TRANSACTION_CONFLICT, Transaction, Write, refused_item};

/// The SDK's own, so that whoever makes a client or brings a connector depends on no SDK itself.
pub use aws_sdk_dynamodb::{Client, config::SharedHttpClient};
