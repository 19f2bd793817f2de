//! The router's ports. None is made before it is used: a cold start pays for what its first request needs.

mod dynamodb;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::backends::{BackendSettings, HttpBackends};
use gatelet_aws::definitions::{PACK_FILE, PackedDefinitions};
use gatelet_aws::environment::Environment;
use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_aws::process::SystemClock;
use gatelet_aws::services::{AwsServices, ServiceSettings};
use gatelet_core::payload::Response;
use gatelet_core::ports::{
    BackendCall, BackendError, Backends, Definitions, FunctionAnswer, FunctionCall, FunctionError, Functions,
    Memory, PortError, ServiceCall, Services, Timestamp, World,
};
use gatelet_core::snapshot::Published;
use gatelet_model::{ApiId, DomainName};

use crate::router::Ports;
use dynamodb::{LazyClient, LazyCounters, LazyCredentials, LazyDecisions, LazyTable};

/// The ports of a function.
pub struct RouterWorld {
    definitions: RouterDefinitions,
    backends: LazyBackends,
    functions: LazyFunctions,
    services: LazyServices,
    identity_providers: HttpIdentityProviders,
    credentials: LazyCredentials,
    decisions: LazyDecisions,
    counters: LazyCounters,
    /// Where any table is read; none where nothing is.
    dynamodb: Option<Arc<LazyClient>>,
    clock: SystemClock,
    memory: Memory,
}

/// Where definitions come from.
pub enum RouterDefinitions {
    /// From a file beside the binary.
    Packed(PackedDefinitions),
    /// From the table.
    Table(Box<LazyTable>),
}

impl RouterWorld {
    /// The ports as the environment says, with definitions from the pack in `code`, else from the table that it names.
    ///
    /// # Errors
    /// Why there are no definitions.
    pub(crate) fn new(environment: &Environment, code: &Path) -> Result<Self, String> {
        let mut tables = Tables { environment, client: None };
        let definitions = match (packed(code)?, &environment.router().definitions_table) {
            (Some(packed), _) => RouterDefinitions::Packed(packed),
            (None, Some(name)) => {
                RouterDefinitions::Table(Box::new(LazyTable::new(tables.client("definitions")?, name)?))
            }
            (None, None) => {
                return Err(format!(
                    "there are no definitions: set `GATELET_DEFINITIONS_TABLE`, or put a `{PACK_FILE}` beside the function \
                     with `gatelet pack`"
                ));
            }
        };
        let access = environment.access();
        let credentials = match (&access.credentials_table, &access.credential_keys) {
            (None, _) => LazyCredentials::default(),
            (Some(name), Some(keys)) => {
                LazyCredentials::new(tables.client("credentials")?, name, keys.clone())
            }
            (Some(_), None) => {
                return Err("`GATELET_CREDENTIALS_TABLE` is set without `GATELET_CREDENTIALS_KEY`, with which the secrets in \
                            it are encrypted: set both or neither"
                    .to_owned());
            }
        };
        let decisions = match &access.decisions_table {
            None => LazyDecisions::default(),
            Some(name) => LazyDecisions::new(tables.client("decisions")?, name),
        };
        let counters = environment.counters();
        let table = match &counters.table {
            None => None,
            Some(name) => Some((tables.client("counters")?, name.clone())),
        };
        let services = LazyServices(Arc::new(LazyAws {
            settings: ServiceSettings::of(environment),
            made: OnceLock::new(),
        }));
        Ok(Self {
            definitions,
            backends: LazyBackends { settings: environment.backends(), made: OnceLock::new() },
            functions: LazyFunctions {
                aws: Arc::clone(&services.0),
                settings: LambdaSettings::of(environment),
                made: OnceLock::new(),
            },
            services,
            identity_providers: HttpIdentityProviders::new(ProviderSettings::of(environment)),
            credentials,
            decisions,
            counters: LazyCounters::new(table),
            dynamodb: tables.client,
            clock: SystemClock::new(),
            memory: Memory::new(counters.limits),
        })
    }

    /// The API that is the only one, where that is known without asking anybody.
    pub(crate) fn only_api(&self) -> Option<ApiId> {
        match &self.definitions {
            RouterDefinitions::Packed(packed) => packed.only_api(),
            RouterDefinitions::Table(_) => None,
        }
    }

    /// Whether the custom domains of the installation are known to be none.
    pub(crate) fn has_no_domains(&self) -> bool {
        match &self.definitions {
            RouterDefinitions::Packed(packed) => !packed.has_domains(),
            RouterDefinitions::Table(_) => false,
        }
    }
}

/// Tables, which share one client.
struct Tables<'a> {
    environment: &'a Environment,
    client: Option<Arc<LazyClient>>,
}

impl Tables<'_> {
    fn client(&mut self, table: &str) -> Result<Arc<LazyClient>, String> {
        if let Some(client) = &self.client {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(LazyClient::new(self.environment, table)?);
        self.client = Some(Arc::clone(&client));
        Ok(client)
    }
}

fn packed(code: &Path) -> Result<Option<PackedDefinitions>, String> {
    let path = code.join(PACK_FILE);
    PackedDefinitions::read_file(&path)
        .map_err(|error| format!("`{}` cannot be used: {error}", path.display()))
}

impl Definitions for RouterDefinitions {
    async fn published(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Option<Arc<Published>>, PortError> {
        match self {
            Self::Packed(packed) => packed.published(api_id, deadline).await,
            Self::Table(table) => table.published(api_id, deadline).await,
        }
    }

    async fn domain(&self, name: &str, deadline: Timestamp) -> Result<Option<Arc<DomainName>>, PortError> {
        match self {
            Self::Packed(packed) => packed.domain(name, deadline).await,
            Self::Table(table) => table.domain(name, deadline).await,
        }
    }
}

/// Backends, whose client is made for the first call.
pub struct LazyBackends {
    settings: BackendSettings,
    made: OnceLock<Result<HttpBackends, String>>,
}

impl Backends for LazyBackends {
    async fn call(&self, call: BackendCall) -> Result<Response, BackendError> {
        let made = || HttpBackends::new(self.settings.clone()).map_err(|error| error.to_string());
        match self.made.get_or_init(made) {
            Ok(backends) => backends.call(call).await,
            Err(why) => Err(BackendError::Network(why.clone())),
        }
    }
}

/// Functions, whose client is made for the first call.
pub struct LazyFunctions {
    aws: Arc<LazyAws>,
    settings: LambdaSettings,
    made: OnceLock<Result<LambdaFunctions, String>>,
}

impl Functions for LazyFunctions {
    async fn invoke(&self, call: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        let made =
            || self.aws.services().map(|services| LambdaFunctions::beside(services, self.settings.clone()));
        match self.made.get_or_init(made) {
            Ok(functions) => functions.invoke(call).await,
            Err(why) => Err(FunctionError::Unavailable(why.clone())),
        }
    }
}

/// The client of AWS's services, Lambda among them, which is made for the first call of any.
struct LazyAws {
    settings: ServiceSettings,
    made: OnceLock<Result<AwsServices, String>>,
}

impl LazyAws {
    fn services(&self) -> Result<&AwsServices, String> {
        let made = || AwsServices::new(self.settings.clone()).map_err(|error| error.to_string());
        self.made.get_or_init(made).as_ref().map_err(Clone::clone)
    }
}

/// AWS's services.
pub struct LazyServices(Arc<LazyAws>);

impl Services for LazyServices {
    async fn call(&self, call: ServiceCall) -> Result<Response, BackendError> {
        self.0.services().map_err(BackendError::Network)?.call(call).await
    }
}

impl World for RouterWorld {
    type Definitions = RouterDefinitions;
    type Backends = LazyBackends;
    type Functions = LazyFunctions;
    type Services = LazyServices;
    type IdentityProviders = HttpIdentityProviders;
    type Credentials = LazyCredentials;
    type Decisions = LazyDecisions;
    type Counters = LazyCounters;
    type Clock = SystemClock;

    fn definitions(&self) -> &RouterDefinitions {
        &self.definitions
    }

    fn backends(&self) -> &LazyBackends {
        &self.backends
    }

    fn functions(&self) -> &LazyFunctions {
        &self.functions
    }

    fn services(&self) -> &LazyServices {
        &self.services
    }

    fn identity_providers(&self) -> &HttpIdentityProviders {
        &self.identity_providers
    }

    fn credentials(&self) -> &LazyCredentials {
        &self.credentials
    }

    fn decisions(&self) -> &LazyDecisions {
        &self.decisions
    }

    fn counters(&self) -> &LazyCounters {
        &self.counters
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl Ports for RouterWorld {
    fn forget_connections(&self) {
        if let Some(dynamodb) = &self.dynamodb {
            dynamodb.forget_connections();
        }
        self.identity_providers.forget_connections();
        if let Some(Ok(backends)) = self.backends.made.get() {
            backends.forget_connections();
        }
        // Lambda's client shares them.
        if let Some(Ok(services)) = self.services.0.made.get() {
            services.forget_connections();
        }
    }
}

#[cfg(test)]
mod tests;
