//! DynamoDB: the one store, on AWS, behind an endpoint of the user's choice, or embedded.
//!
//! How definitions are stored is decided here, and what all tables have in common; what it means is decided in the core and the control plane. Keys are
//! `pk = account#region#api`, `sk = kind#id`; one item outside every account maps an API id to its account and
//! region. Every item carries `format` and `version`: an unknown format is refused, never guessed.

mod audit;
mod call;
mod client;
mod content;
mod definition_table;
mod deployments;
mod domains;
mod item;
mod keys;
mod pointers;
mod tables;

pub(crate) use call::{Failure, aside, within};
pub use client::{ClientSettings, client, over_the_network};
pub(crate) use content::{compress, decompress};
pub use definition_table::DefinitionTable;
pub(crate) use item::{Attributes, FORMAT_ATTRIBUTE, Item, NewItem, VERSION_ATTRIBUTE, number};
pub use keys::Scope;
pub(crate) use keys::global;
pub use tables::{
    CREDENTIALS_TABLE, DEFINITIONS_TABLE, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE_ATTRIBUTE, TableDefinition,
    TableError, create_missing, existing,
};

/// The SDK's own, so that whoever makes a client or brings a connector depends on no SDK itself.
pub use aws_sdk_dynamodb::{Client, config::SharedHttpClient};
