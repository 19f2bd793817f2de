//! The ports of one machine.

use std::sync::Arc;

use gatelet_aws::access::{CredentialTable, DecisionTable, HttpIdentityProviders};
use gatelet_aws::backends::HttpBackends;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::functions::LambdaFunctions;
use gatelet_aws::process::SystemClock;
use gatelet_aws::services::AwsServices;
use gatelet_core::limits::LimitSettings;
use gatelet_core::ports::{Memory, World};

/// The world of one machine: definitions, credentials and counters from the store, backends and identity providers over HTTP, functions
/// and AWS's services over their APIs, the machine's clock. There is one process, so nothing that authorizers decide is shared.
pub struct LocalWorld {
    definitions: Arc<DynamoDefinitions>,
    backends: HttpBackends,
    functions: LambdaFunctions,
    services: AwsServices,
    identity_providers: HttpIdentityProviders,
    credentials: CredentialTable,
    decisions: DecisionTable,
    counters: CounterTable,
    clock: SystemClock,
    memory: Memory,
}

/// Who knows callers.
#[derive(Debug)]
pub struct Callers {
    /// Issuers of tokens, and AWS.
    pub identity_providers: HttpIdentityProviders,
    /// Access keys, attached policies, API keys and usage plans.
    pub credentials: CredentialTable,
}

impl LocalWorld {
    /// Puts the ports together. Nothing is counted ([`Self::counting`]).
    #[must_use]
    pub fn new(
        definitions: Arc<DynamoDefinitions>,
        backends: HttpBackends,
        functions: LambdaFunctions,
        services: AwsServices,
        callers: Callers,
        clock: SystemClock,
    ) -> Self {
        let Callers { identity_providers, credentials } = callers;
        Self {
            definitions,
            backends,
            functions,
            services,
            identity_providers,
            credentials,
            decisions: DecisionTable::default(),
            counters: CounterTable::default(),
            clock,
            memory: Memory::default(),
        }
    }

    /// The same, that counts in this table what `limits` and usage plans ask for.
    #[must_use]
    pub fn counting(self, counters: CounterTable, limits: LimitSettings) -> Self {
        Self { counters, memory: Memory::new(limits), ..self }
    }
}

impl World for LocalWorld {
    type Definitions = DynamoDefinitions;
    type Backends = HttpBackends;
    type Functions = LambdaFunctions;
    type Services = AwsServices;
    type IdentityProviders = HttpIdentityProviders;
    type Credentials = CredentialTable;
    type Decisions = DecisionTable;
    type Counters = CounterTable;
    type Clock = SystemClock;

    fn definitions(&self) -> &DynamoDefinitions {
        &self.definitions
    }

    fn backends(&self) -> &HttpBackends {
        &self.backends
    }

    fn functions(&self) -> &LambdaFunctions {
        &self.functions
    }

    fn services(&self) -> &AwsServices {
        &self.services
    }

    fn identity_providers(&self) -> &HttpIdentityProviders {
        &self.identity_providers
    }

    fn credentials(&self) -> &CredentialTable {
        &self.credentials
    }

    fn decisions(&self) -> &DecisionTable {
        &self.decisions
    }

    fn counters(&self) -> &CounterTable {
        &self.counters
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}
