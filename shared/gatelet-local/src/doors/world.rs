//! The ports of one machine.

use std::sync::Arc;

use gatelet_aws::access::{CredentialTable, DecisionTable, HttpIdentityProviders};
use gatelet_aws::backends::HttpBackends;
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::functions::LambdaFunctions;
use gatelet_aws::process::SystemClock;
use gatelet_core::ports::{Memory, World};

/// The world of one machine: definitions and credentials from the store, backends and identity providers over HTTP, functions
/// over Lambda's API, the machine's clock. There is one process, so nothing that authorizers decide is shared.
pub struct LocalWorld {
    definitions: Arc<DynamoDefinitions>,
    backends: HttpBackends,
    functions: LambdaFunctions,
    identity_providers: HttpIdentityProviders,
    credentials: CredentialTable,
    decisions: DecisionTable,
    clock: SystemClock,
    memory: Memory,
}

/// Who knows callers.
#[derive(Debug)]
pub struct Callers {
    /// Issuers of tokens, and AWS.
    pub identity_providers: HttpIdentityProviders,
    /// Access keys and attached policies.
    pub credentials: CredentialTable,
}

impl LocalWorld {
    /// Puts the ports together.
    #[must_use]
    pub fn new(
        definitions: Arc<DynamoDefinitions>,
        backends: HttpBackends,
        functions: LambdaFunctions,
        callers: Callers,
        clock: SystemClock,
    ) -> Self {
        let Callers { identity_providers, credentials } = callers;
        Self {
            definitions,
            backends,
            functions,
            identity_providers,
            credentials,
            decisions: DecisionTable::default(),
            clock,
            memory: Memory::default(),
        }
    }
}

impl World for LocalWorld {
    type Definitions = DynamoDefinitions;
    type Backends = HttpBackends;
    type Functions = LambdaFunctions;
    type IdentityProviders = HttpIdentityProviders;
    type Credentials = CredentialTable;
    type Decisions = DecisionTable;
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

    fn identity_providers(&self) -> &HttpIdentityProviders {
        &self.identity_providers
    }

    fn credentials(&self) -> &CredentialTable {
        &self.credentials
    }

    fn decisions(&self) -> &DecisionTable {
        &self.decisions
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}
