//! Which store the state of `gatelet dev` is kept in: definitions, credentials and counters.

mod counting;

use std::path::PathBuf;
use std::sync::Arc;

use gatelet_aws::access::{CredentialKeys, CredentialTable};
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::Scope;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::environment::{Credentials, Environment};
use gatelet_aws::process::SystemClock;
use gatelet_core::ports::PortError;

pub(super) use counting::Counting;

use crate::definition::Decisions;
use crate::store::{DEFAULT_DIRECTORY, StateOption, Store, StoreError};

/// AWS's name of the service, as its endpoint variables have it.
const SERVICE: &str = "DynamoDB";

/// What the user said about state.
#[derive(Debug, Clone)]
pub enum StateChoice {
    /// Nothing: a DynamoDB that the environment names by itself, else the embedded one in its usual directory. What stands in for all
    /// services stands behind integrations: the state is the gateway's own.
    Usual,
    /// The embedded one, and where.
    Embedded(StateOption),
    /// A DynamoDB at this URL.
    Endpoint(String),
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The embedded store does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store does not answer.
    #[error("the state in {shown} cannot be used: {error}")]
    Port {
        /// Where the state is.
        shown: String,
        /// What the store says.
        error: PortError,
    },
}

/// The definitions, credentials and counters, and where they are kept, for people.
pub(super) struct State {
    pub(super) definitions: Arc<DynamoDefinitions>,
    pub(super) credentials: CredentialTable,
    pub(super) counters: CounterTable,
    pub(super) shown: String,
    /// The directory that it is in; none where it is in none.
    pub(super) directory: Option<PathBuf>,
}

/// Opens the store that was chosen.
pub(super) async fn open(
    choice: &StateChoice,
    decisions: &Decisions,
    environment: &Environment,
) -> Result<State, StateError> {
    let configured = environment.own_endpoint(SERVICE).map(ToString::to_string);
    let credentials = || environment.credentials().cloned();
    let usual = || StateOption::Directory(DEFAULT_DIRECTORY.into());
    let opened = match (choice, configured) {
        (StateChoice::Endpoint(url), _) => elsewhere(url.clone(), credentials(), environment)?,
        (StateChoice::Usual, Some(url)) => elsewhere(url, credentials(), environment)?,
        (StateChoice::Usual, None) => embedded(usual()).await?,
        (StateChoice::Embedded(state), _) => embedded(state.clone()).await?,
    };
    let Opened { store, shown, keys, directory } = opened;
    let scope = Scope { account: decisions.account.clone(), region: decisions.region.clone() };
    let clock = Arc::new(SystemClock::new());
    let region = decisions.region.clone();
    // One after the other: the embedded store does one thing at a time.
    let opening = async {
        let definitions = store.definitions(scope, clock.clone()).await?;
        let credentials = store.credentials(region.clone(), keys, clock.clone()).await?;
        let counters = store.counters(region, clock).await?;
        Ok((Arc::new(definitions), credentials, counters))
    };
    match opening.await {
        Ok((definitions, credentials, counters)) => {
            Ok(State { definitions, credentials, counters, shown, directory })
        }
        Err(error) => Err(StateError::Port { shown, error }),
    }
}

/// A store, where it is for people, and what secrets in it are encrypted with.
struct Opened {
    store: Store,
    shown: String,
    keys: Option<CredentialKeys>,
    directory: Option<PathBuf>,
}

fn elsewhere(
    url: String,
    credentials: Option<Credentials>,
    environment: &Environment,
) -> Result<Opened, StoreError> {
    let keys = environment.access().credential_keys.clone();
    Ok(Opened { store: Store::endpoint(&url, credentials)?, shown: url, keys, directory: None })
}

/// A state directory has a key of its own; that of the environment is for tables, and may well be a router's.
async fn embedded(state: StateOption) -> Result<Opened, StoreError> {
    let shown = match &state {
        StateOption::Memory => "memory (forgotten at the end)".to_owned(),
        StateOption::Directory(path) => format!("{}/", path.display()),
    };
    let file = state.credential_key();
    let directory = match &state {
        StateOption::Memory => None,
        StateOption::Directory(path) => Some(path.clone()),
    };
    let store = Store::open(state).await?;
    let keys = match file {
        Some(file) => file.read_or_make()?,
        // What they encrypt is forgotten with them.
        None => CredentialKeys::generate().map_err(StoreError::Engine)?.keys,
    };
    Ok(Opened { store, shown, keys: Some(keys), directory })
}
