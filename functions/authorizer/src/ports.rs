//! What the authorizer has of the world: issuers of tokens, tables of API keys and counters, time, and what it remembers.

use std::sync::Arc;

use gatelet_aws::access::{CredentialTable, HttpIdentityProviders, ProviderSettings};
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::{self, ClientTarget, SharedHttpClient};
use gatelet_aws::environment::Environment;
use gatelet_aws::https::Https;
use gatelet_aws::process::{Pause, SystemClock, UnderWay};
use gatelet_core::authorizers::jwt::TokenPorts;
use gatelet_core::ports::Memory;
use gatelet_core::stages::client::ClientPorts;

use crate::api_keys::KeyRules;

/// The ports of a function. Nothing is connected before an issuer or a table is asked.
pub struct AuthorizerPorts {
    identity_providers: HttpIdentityProviders,
    tables: Tables,
    clock: SystemClock,
    memory: Memory,
    pause: Pause,
}

/// The tables of API keys and of what is counted; neither where no keys are asked for.
#[derive(Default)]
pub(crate) struct Tables {
    credentials: CredentialTable,
    counters: CounterTable,
    https: Option<Https>,
}

impl Tables {
    /// The tables that the environment names.
    ///
    /// # Errors
    /// What is missing there.
    pub(crate) fn new(environment: &Environment, keys: &KeyRules) -> Result<Self, String> {
        let access = environment.access();
        let (Some(name), Some(sealed_by)) = (&access.credentials_table, &access.credential_keys) else {
            return Err(
                "keys are looked up in a table: set `GATELET_CREDENTIALS_TABLE` and `GATELET_CREDENTIALS_KEY`".to_owned()
            );
        };
        let counters = &environment.counters().table;
        if keys.has_limits && counters.is_none() {
            return Err("`limits` are counted in a table: set `GATELET_COUNTERS_TABLE`".to_owned());
        }
        let target = ClientTarget::of(environment, "credentials")?;
        let https = dynamodb::over_the_network().map_err(|error| error.to_string())?;
        let client = target.client(SharedHttpClient::new(https.clone()));
        let clock = Arc::new(SystemClock::new());
        let counters = counters.as_ref().filter(|_| keys.has_limits);
        let counters = counters.map(|name| CounterTable::new(client.clone(), name, clock.clone()));
        let credentials = CredentialTable::new(client, name, Some(sealed_by.clone()), clock);
        Ok(Self { credentials, counters: counters.unwrap_or_default(), https: Some(https) })
    }
}

impl AuthorizerPorts {
    /// The ports as the environment says.
    pub(crate) fn new(environment: &Environment, tables: Tables) -> Self {
        Self {
            identity_providers: HttpIdentityProviders::new(ProviderSettings::of(environment)),
            tables,
            clock: SystemClock::new(),
            memory: Memory::new(environment.counters().limits),
            pause: Pause::default(),
        }
    }

    /// An event comes, which is under way until what this returns is dropped. Uses none of the connections made before where
    /// nothing was under way for longer than they are trusted.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        let under_way = self.pause.begin(&self.clock);
        if under_way.is_first_after_pause {
            self.forget_connections();
        }
        under_way
    }

    /// Uses none of the connections made before.
    pub(crate) fn forget_connections(&self) {
        self.identity_providers.forget_connections();
        if let Some(https) = &self.tables.https {
            https.forget_connections();
        }
    }
}

impl TokenPorts for AuthorizerPorts {
    type IdentityProviders = HttpIdentityProviders;
    type Clock = SystemClock;

    fn identity_providers(&self) -> &HttpIdentityProviders {
        &self.identity_providers
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl ClientPorts for AuthorizerPorts {
    type Credentials = CredentialTable;
    type Counters = CounterTable;
    type Clock = SystemClock;

    fn credentials(&self) -> &CredentialTable {
        &self.tables.credentials
    }

    fn counters(&self) -> &CounterTable {
        &self.tables.counters
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}
