//! State on one machine: DynamoDB embedded in this process, kept in a directory or in memory, or another DynamoDB
//! at an address. The same adapter speaks to all of them.

mod credential_key;
mod directory;
mod engine;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::access::{CredentialKeys, CredentialTable};
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::{
    COUNTERS_TABLE, CREDENTIALS_TABLE, Client, ClientSettings, DEFINITIONS_TABLE, DefinitionTable, Scope,
    SharedHttpClient, TableDefinition, client, create_missing, over_the_network,
};
use gatelet_aws::environment::Credentials;
use gatelet_core::ports::{Clock, PortError};
use gatelet_model::Region;

pub use credential_key::CredentialKeyFile;
use directory::Directory;
use engine::Engine;

/// Where state is kept where nothing else is said, in the working directory.
pub const DEFAULT_DIRECTORY: &str = ".gatelet";

/// How long the tables may take to be there.
const TABLES_TIMEOUT: Duration = Duration::from_secs(60);
/// An address that nothing resolves: the embedded engine's requests never leave the process.
const EMBEDDED_ENDPOINT: &str = "http://embedded.invalid";

/// What becomes of the state when the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateOption {
    /// It is forgotten.
    Memory,
    /// It stays in this directory, which is made where it is missing.
    Directory(PathBuf),
}

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made, read or written.
    #[error(
        "the state directory `{}` cannot be used: {why}; choose another with `--state DIR`, or `--state memory`",
        path.display()
    )]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another process has the directory.
    #[error(
        "another gatelet is using the state directory `{}`; stop it, or choose another with `--state DIR`",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// What is in the directory is not a state that can be read.
    #[error("the state in `{}` cannot be opened: {why}; move that file away to start empty", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the engine says.
        why: String,
    },
    /// The engine does not start at all.
    #[error("the embedded store does not start: {0}")]
    Engine(String),
    /// The key that secrets of access keys are encrypted with cannot be used.
    #[error("the key in `{}` cannot be used: {why}; without it the secrets of access keys cannot be read", path.display())]
    CredentialKey {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("no client for DynamoDB can be made: {0}")]
    Client(String),
}

/// A DynamoDB for this machine.
#[derive(Debug, Clone)]
pub struct Store {
    endpoint_url: String,
    http_client: SharedHttpClient,
    credentials: Option<Credentials>,
}

impl Store {
    /// Opens the embedded DynamoDB.
    ///
    /// # Errors
    /// A [`StoreError`] that says what is wrong with the directory.
    pub async fn open(state: StateOption) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || match state {
            StateOption::Memory => Engine::in_memory(),
            StateOption::Directory(path) => Engine::in_directory(Directory::claim(&path)?),
        });
        let engine = opened.await.map_err(|error| StoreError::Engine(error.to_string()))??;
        Ok(Self {
            endpoint_url: EMBEDDED_ENDPOINT.to_owned(),
            http_client: SharedHttpClient::new(engine),
            credentials: None,
        })
    }

    /// Another DynamoDB, by its URL. Without credentials requests are signed by nobody in particular, which is enough
    /// for a DynamoDB that runs for tests.
    ///
    /// # Errors
    /// [`StoreError::Client`].
    pub fn endpoint(url: impl Into<String>, credentials: Option<Credentials>) -> Result<Self, StoreError> {
        let https = over_the_network().map_err(|error| StoreError::Client(error.to_string()))?;
        Ok(Self { endpoint_url: url.into(), http_client: SharedHttpClient::new(https), credentials })
    }

    /// What a client of this DynamoDB is made from.
    #[must_use]
    pub fn client_settings(&self, region: Region) -> ClientSettings {
        ClientSettings {
            region,
            credentials: self.credentials.clone(),
            endpoint_url: Some(self.endpoint_url.clone()),
            http_client: self.http_client.clone(),
        }
    }

    /// A client of this DynamoDB.
    #[must_use]
    pub fn client(&self, region: Region) -> Client {
        client(self.client_settings(region))
    }

    /// The definitions of an account and region, for the data plane and the control plane. Creates the table where
    /// there is none.
    ///
    /// # Errors
    /// A [`PortError`] where the DynamoDB does not answer.
    pub async fn definitions(
        &self,
        scope: Scope,
        clock: Arc<dyn Clock>,
    ) -> Result<DynamoDefinitions, PortError> {
        let client = self.client(scope.region.clone());
        let deadline = clock.now().after(TABLES_TIMEOUT);
        let table = TableDefinition::definitions(DEFINITIONS_TABLE);
        create_missing(&client, &table, &*clock, deadline).await?;
        Ok(DynamoDefinitions::new(DefinitionTable::new(client, &table.name, scope, clock)))
    }
}

impl Store {
    /// The credentials of this DynamoDB, their secrets encrypted with these keys. Creates the table where there is none.
    ///
    /// # Errors
    /// A [`PortError`] where the DynamoDB does not answer.
    pub async fn credentials(
        &self,
        region: Region,
        keys: Option<CredentialKeys>,
        clock: Arc<dyn Clock>,
    ) -> Result<CredentialTable, PortError> {
        let client = self.client(region);
        let table = TableDefinition::credentials(CREDENTIALS_TABLE);
        create_missing(&client, &table, &*clock, clock.now().after(TABLES_TIMEOUT)).await?;
        Ok(CredentialTable::new(client, &table.name, keys, clock))
    }

    /// The counters of this DynamoDB. The embedded one is this process's alone, which judges throttles exactly by itself then. Creates the
    /// table where there is none; with a stream where somebody else may read it.
    ///
    /// # Errors
    /// A [`PortError`] where the DynamoDB does not answer.
    pub async fn counters(&self, region: Region, clock: Arc<dyn Clock>) -> Result<CounterTable, PortError> {
        let client = self.client(region);
        let is_embedded = self.endpoint_url == EMBEDDED_ENDPOINT;
        let table = TableDefinition { has_stream: !is_embedded, ..TableDefinition::counters(COUNTERS_TABLE) };
        create_missing(&client, &table, &*clock, clock.now().after(TABLES_TIMEOUT)).await?;
        let counters = CounterTable::new(client, &table.name, clock);
        Ok(if is_embedded { counters.alone() } else { counters })
    }
}

impl StateOption {
    /// What `--state` says: `memory`, or a directory.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "memory" => Self::Memory,
            directory => Self::Directory(Path::new(directory).to_path_buf()),
        }
    }

    /// Where the key is that secrets of access keys are encrypted with; nowhere where nothing is kept.
    #[must_use]
    pub fn credential_key(&self) -> Option<CredentialKeyFile> {
        match self {
            Self::Memory => None,
            Self::Directory(path) => Some(CredentialKeyFile::in_directory(path)),
        }
    }
}

#[cfg(test)]
mod tests;
