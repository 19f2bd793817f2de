//! The router's ports. None is made before it is used: a cold start pays for what its first request needs.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use gatelet_aws::backends::{BackendSettings, HttpBackends};
use gatelet_aws::clock::SystemClock;
use gatelet_aws::definitions::{DynamoDefinitions, PACK_FILE, PackedDefinitions};
use gatelet_aws::dynamodb::{self, ClientSettings, DefinitionTable, Scope, SharedHttpClient};
use gatelet_aws::environment::Environment;
use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_aws::https::Https;
use gatelet_core::payload::Response;
use gatelet_core::ports::{
    BackendCall, BackendError, Backends, Definitions, FunctionAnswer, FunctionCall, FunctionError, Functions,
    PortError, Timestamp, World,
};
use gatelet_core::snapshot::Published;
use gatelet_model::{AccountId, ApiId, DomainName, Region};

use crate::router::Ports;

/// AWS's name for the service, as endpoint variables have it.
const DYNAMODB: &str = "DynamoDB";
/// What a table is read as: reads reach every account's definitions, and the router writes nothing.
const NO_ACCOUNT: &str = "000000000000";
/// The region of whoever says none, as for a DynamoDB on a developer's machine.
const NO_REGION: &str = "us-east-1";

/// The ports of a function.
pub struct RouterWorld {
    definitions: RouterDefinitions,
    backends: LazyBackends,
    functions: LazyFunctions,
    clock: SystemClock,
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
        let definitions = match (packed(code)?, &environment.router().definitions_table) {
            (Some(packed), _) => RouterDefinitions::Packed(packed),
            (None, Some(name)) => RouterDefinitions::Table(Box::new(LazyTable::new(environment, name)?)),
            (None, None) => {
                return Err(format!(
                    "there are no definitions: set `GATELET_DEFINITIONS_TABLE`, or put a `{PACK_FILE}` beside the function \
                     with `gatelet pack`"
                ));
            }
        };
        Ok(Self {
            definitions,
            backends: LazyBackends { settings: environment.backends(), made: OnceLock::new() },
            functions: LazyFunctions { settings: LambdaSettings::of(environment), made: OnceLock::new() },
            clock: SystemClock::new(),
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

fn packed(code: &Path) -> Result<Option<PackedDefinitions>, String> {
    let path = code.join(PACK_FILE);
    PackedDefinitions::read_file(&path)
        .map_err(|error| format!("`{}` cannot be used: {error}", path.display()))
}

/// The table, whose client is made when it is first asked.
pub struct LazyTable {
    name: String,
    scope: Scope,
    settings: TableSettings,
    made: OnceLock<Result<(DynamoDefinitions, Https), PortError>>,
}

struct TableSettings {
    credentials: Option<gatelet_aws::environment::Credentials>,
    endpoint_url: Option<String>,
}

impl LazyTable {
    fn new(environment: &Environment, name: &str) -> Result<Self, String> {
        let problem = |problem: gatelet_model::Problem| problem.message;
        let account = AccountId::parse(NO_ACCOUNT).map_err(problem)?;
        if environment.credentials().is_none() && environment.endpoint(DYNAMODB).is_none() {
            return Err("no credentials are known for the definitions table: set `AWS_ACCESS_KEY_ID` and \
                        `AWS_SECRET_ACCESS_KEY`, which Lambda does for a function with a role"
                .to_owned());
        }
        let region = Region::parse(environment.region().unwrap_or(NO_REGION)).map_err(problem)?;
        Ok(Self {
            name: name.to_owned(),
            scope: Scope { account, region },
            settings: TableSettings {
                credentials: environment.credentials().cloned(),
                endpoint_url: environment.endpoint(DYNAMODB).map(ToString::to_string),
            },
            made: OnceLock::new(),
        })
    }

    fn definitions(&self) -> Result<&DynamoDefinitions, PortError> {
        let made = self.made.get_or_init(|| {
            let unavailable = |error: rustls::Error| PortError::Unavailable {
                what: "the definitions table",
                why: error.to_string(),
            };
            let https = dynamodb::over_the_network().map_err(unavailable)?;
            let client = dynamodb::client(ClientSettings {
                region: self.scope.region.clone(),
                credentials: self.settings.credentials.clone(),
                endpoint_url: self.settings.endpoint_url.clone(),
                http_client: SharedHttpClient::new(https.clone()),
            });
            let clock = Arc::new(SystemClock::new());
            let table = DefinitionTable::new(client, &self.name, self.scope.clone(), clock);
            Ok((DynamoDefinitions::new(table), https))
        });
        made.as_ref().map(|(definitions, _)| definitions).map_err(Clone::clone)
    }

    fn forget_connections(&self) {
        if let Some(Ok((_, https))) = self.made.get() {
            https.forget_connections();
        }
    }
}

/// The SDK's calls are deeply nested: boxed here, they do not make every request's future as large as they are.
type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<Option<T>, PortError>> + Send + 'a>>;

impl Definitions for RouterDefinitions {
    async fn published(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Option<Arc<Published>>, PortError> {
        match self {
            Self::Packed(packed) => packed.published(api_id, deadline).await,
            Self::Table(table) => {
                let reading: Reading<'_, Arc<Published>> =
                    Box::pin(table.definitions()?.published(api_id, deadline));
                reading.await
            }
        }
    }

    async fn domain(&self, name: &str, deadline: Timestamp) -> Result<Option<Arc<DomainName>>, PortError> {
        match self {
            Self::Packed(packed) => packed.domain(name, deadline).await,
            Self::Table(table) => {
                let reading: Reading<'_, Arc<DomainName>> =
                    Box::pin(table.definitions()?.domain(name, deadline));
                reading.await
            }
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
    settings: LambdaSettings,
    made: OnceLock<Result<LambdaFunctions, String>>,
}

impl Functions for LazyFunctions {
    async fn invoke(&self, call: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        let made = || LambdaFunctions::new(self.settings.clone()).map_err(|error| error.to_string());
        match self.made.get_or_init(made) {
            Ok(functions) => functions.invoke(call).await,
            Err(why) => Err(FunctionError::Unavailable(why.clone())),
        }
    }
}

impl World for RouterWorld {
    type Definitions = RouterDefinitions;
    type Backends = LazyBackends;
    type Functions = LazyFunctions;
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

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}

impl Ports for RouterWorld {
    fn forget_connections(&self) {
        if let RouterDefinitions::Table(table) = &self.definitions {
            table.forget_connections();
        }
        if let Some(Ok(backends)) = self.backends.made.get() {
            backends.forget_connections();
        }
        if let Some(Ok(functions)) = self.functions.made.get() {
            functions.forget_connections();
        }
    }
}
