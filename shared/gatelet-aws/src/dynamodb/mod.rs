//! DynamoDB: the one store, on AWS, behind an endpoint of the user's choice, or embedded.
//!
//! What is stored how is decided here; what it means is decided in the core and the control plane. Keys are
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

pub(crate) use call::aside;
pub use client::{ClientSettings, client, over_the_network};
pub(crate) use content::{compress, decompress};
pub use definition_table::DefinitionTable;
pub use keys::Scope;
pub use tables::{
    DEFINITIONS_TABLE, PARTITION_KEY, SORT_KEY, TableDefinition, TableError, create_missing, existing,
};

/// The SDK's own, so that whoever makes a client or brings a connector depends on no SDK itself.
pub use aws_sdk_dynamodb::{Client, config::SharedHttpClient};
