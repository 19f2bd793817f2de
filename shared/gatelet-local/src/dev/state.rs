//! Which store the definitions of `gatelet dev` are kept in.

use std::sync::Arc;

use gatelet_aws::clock::SystemClock;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::Scope;
use gatelet_aws::environment::Environment;
use gatelet_core::ports::PortError;

use crate::definition::Decisions;
use crate::store::{DEFAULT_DIRECTORY, StateOption, Store, StoreError};

/// AWS's name of the service, as its endpoint variables have it.
const SERVICE: &str = "DynamoDB";

/// What the user said about state.
#[derive(Debug, Clone)]
pub enum StateChoice {
    /// Nothing: a DynamoDB that the environment names, else the embedded one in its usual directory.
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

/// The definitions, and where they are kept, for people.
pub(super) struct State {
    pub(super) definitions: Arc<DynamoDefinitions>,
    pub(super) shown: String,
}

/// Opens the store that was chosen.
pub(super) async fn open(
    choice: &StateChoice,
    decisions: &Decisions,
    environment: &Environment,
) -> Result<State, StateError> {
    let configured = environment.endpoint(SERVICE).map(ToString::to_string);
    let credentials = || environment.credentials().cloned();
    let (store, shown) = match (choice, configured) {
        (StateChoice::Endpoint(url), _) => (Store::endpoint(url, credentials())?, url.clone()),
        (StateChoice::Usual, Some(url)) => (Store::endpoint(&url, credentials())?, url),
        (StateChoice::Usual, None) => embedded(StateOption::Directory(DEFAULT_DIRECTORY.into())).await?,
        (StateChoice::Embedded(state), _) => embedded(state.clone()).await?,
    };
    let scope = Scope { account: decisions.account.clone(), region: decisions.region.clone() };
    match store.definitions(scope, Arc::new(SystemClock::new())).await {
        Ok(definitions) => Ok(State { definitions: Arc::new(definitions), shown }),
        Err(error) => Err(StateError::Port { shown, error }),
    }
}

async fn embedded(state: StateOption) -> Result<(Store, String), StoreError> {
    let shown = match &state {
        StateOption::Memory => "memory (forgotten at the end)".to_owned(),
        StateOption::Directory(path) => format!("{}/", path.display()),
    };
    Ok((Store::open(state).await?, shown))
}
