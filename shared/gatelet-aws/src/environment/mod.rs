//! The environment, read in one place: a map of strings in, typed settings or all problems out.
//!
//! | variable | meaning | when unset |
//! |---|---|---|
//! | `AWS_ENDPOINT_URL` | where every AWS service is called, such as `http://127.0.0.1:4566` | AWS's own endpoints |
//! | `AWS_ENDPOINT_URL_<SERVICE>` | the same for one service, before the one above: `AWS_ENDPOINT_URL_DYNAMODB` | as above |
//! | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | `true`: the two above count as unset | `false` |
//! | `AWS_REGION` | the region of AWS services | `AWS_DEFAULT_REGION` |
//! | `AWS_DEFAULT_REGION` | the same, for those who set only this | none |
//! | `AWS_ACCESS_KEY_ID` | with the next: who calls AWS services | nobody |
//! | `AWS_SECRET_ACCESS_KEY` | | |
//! | `AWS_SESSION_TOKEN` | the third part of temporary credentials | none |
//! | `AWS_LAMBDA_RUNTIME_API` | set by Lambda: `host:port` of the runtime API, which is never a backend | not in Lambda |
//! | `AWS_LAMBDA_LOG_LEVEL` | set by Lambda's logging controls: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` | `WARN` |
//! | `AWS_LAMBDA_MAX_CONCURRENCY` | set by Lambda Managed Instances: how many requests one process serves at a time | 1 |
//! | `LAMBDA_TASK_ROOT` | set by Lambda: where the function's code is | the working directory |
//! | `GATELET_DEFINITIONS_TABLE` | the DynamoDB table of definitions, where none are packed beside the function | none |
//! | `GATELET_API` | the id of the one API that is served | every API, by its own address |
//! | `GATELET_STAGE` | with the one above: the stage that takes whole paths | the stage that a path begins with |
//! | `GATELET_HOSTS` | further host names that are answered, with commas between; `.example.com` stands for all below | none |
//! | `GATELET_ORIGIN_SECRETS` | one secret, or two with a comma between: only requests that bear one are taken | anybody's are |
//! | `GATELET_LOAD_BALANCER_CERTIFICATES` | `true`: the load balancer in front verifies client certificates, and is believed | `false` |
//! | `GATELET_RESPONSE_STREAMING` | `true`: the Function URL's invoke mode is `RESPONSE_STREAM` | `false` |
//! | `GATELET_REQUEST_LOG` | which requests leave a line in the log: `all`, `failures` (5xx and broken-off answers) or `none` | `all` |
//! | `GATELET_ISSUERS` | issuers of tokens whose key set is elsewhere than they say: `issuer=url`, with commas between | none |
//! | `GATELET_CREDENTIALS_TABLE` | the DynamoDB table of access keys, attached policies, API keys and usage plans | there are none |
//! | `GATELET_CREDENTIALS_KEY` | what secrets of access keys and values of API keys are encrypted with: 32 bytes in base64, or two such keys with a comma between, of which the first encrypts | none: they cannot be read, and there are no API keys |
//! | `GATELET_DECISIONS_TABLE` | the DynamoDB table through which results of authorizers are shared | each process keeps its own |
//! | `GATELET_COUNTERS_TABLE` | the DynamoDB table of throttles, quotas and usage | each process judges throttles by itself; quotas cannot be kept |
//! | `GATELET_ACCOUNT_THROTTLE` | what all APIs take together: requests a second and how many at once, `10000:5000` | no limit over all |
//! | `GATELET_RATE_LIMIT_HEADERS` | `true`: clients are told of their limits (`RateLimit`, `RateLimit-Policy`, `Retry-After`) | `false` |
//! | `GATELET_AUTHORIZER` | what the authorizer function asks of callers: a JSON document | a file beside the function |
//! | `GATELET_ALLOW_PRIVATE_BACKENDS` | in Lambda, `true`: HTTP integrations may call private addresses | `false` |
//! | `GATELET_VPC_LINKS` | where VPC links lead, by link id or by the ARN at their end: `abc123=10.0.0.7:8080,def456=https://orders.internal`; an id alone: to the host in the URI, which may then be private | REST APIs call the host in the URI, HTTP APIs answer 500 |
//! | `GATELET_CLIENT_CERTIFICATES` | what stages show to HTTPS backends: a JSON object from `clientCertificateId` to the PEM of its key and certificate | HTTPS backends of stages that have one are not called: 500 |
//! | `GATELET_INTEGRATION_ROLE` | the ARN of the role that calls AWS services for integrations without `credentials`, or `none`: they may call none | they are called as the process itself |
//!
//! An empty variable counts as unset. The names and the precedence of the first ones are those of
//! [AWS's SDKs](https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).

mod reading;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use gatelet_core::limits::LimitSettings;
use gatelet_core::ports::Secret;
use gatelet_model::{ApiId, StageName};
use http::Uri;

use crate::access::AccessSettings;
use crate::backends::{
    AddressPolicy, BackendSettings, HostAndPort, ShownCertificate, ShownCertificates, VpcLinks,
};
use crate::events::Trust;

pub use reading::parse_endpoint;

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    endpoint: Option<Uri>,
    endpoints: BTreeMap<String, Uri>,
    region: Option<String>,
    credentials: Option<Credentials>,
    runtime_api: Option<HostAndPort>,
    function: FunctionSettings,
    router: RouterSettings,
    access: AccessSettings,
    counters: CounterSettings,
    authorizer: Option<String>,
    allows_private_backends: bool,
    vpc_links: VpcLinks,
    client_certificates: BTreeMap<String, ShownCertificate>,
    integration_role: IntegrationRole,
}

/// What Lambda tells every function.
#[derive(Debug, Clone)]
pub struct FunctionSettings {
    /// From which level on diagnostics are written.
    pub log_level: tracing::Level,
    /// How many requests the process serves at a time.
    pub concurrency: usize,
    /// Where the function's code is.
    pub code: PathBuf,
    /// Where Lambda's API for this process is, as Lambda writes it: `host:port`, in emulators also with a path.
    pub runtime_api: Option<String>,
}

impl Default for FunctionSettings {
    fn default() -> Self {
        Self { log_level: tracing::Level::WARN, concurrency: 1, code: PathBuf::from("."), runtime_api: None }
    }
}

/// What the router function is told.
#[derive(Debug, Clone, Default)]
pub struct RouterSettings {
    /// The table of definitions, where none are packed beside the function.
    pub definitions_table: Option<String>,
    /// The one API that is served.
    pub api: Option<ApiId>,
    /// The stage of it that takes whole paths.
    pub stage: Option<StageName>,
    /// Further hosts that are answered, lower-case; one that begins with a dot stands for all below it.
    pub hosts: Vec<Box<str>>,
    /// Whom its doors believe.
    pub trust: Trust,
    /// Whether the Function URL takes answers as they come.
    pub response_streaming: bool,
    /// Which requests leave a line in the log.
    pub request_log: RequestLog,
}

/// Which requests leave a line in the log. Lines cost: CloudWatch takes more for one than Lambda for a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RequestLog {
    /// Every one.
    #[default]
    All,
    /// Those answered with 5xx, and those whose answer broke off.
    Failures,
    /// None.
    Nothing,
}

/// What is said about limits, and where they are counted.
#[derive(Debug, Clone, Default)]
pub struct CounterSettings {
    /// The table in which all instances count; without one each judges throttles by itself, and no quota can be kept.
    pub table: Option<String>,
    /// What the core is told.
    pub limits: LimitSettings,
}

/// As whom AWS services are called for integrations that name no `credentials`. Lambda functions are called by the router itself all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IntegrationRole {
    /// As the process itself.
    #[default]
    OwnCredentials,
    /// As a role, by its ARN: the process' own may do more than definitions are to have.
    Assumed(Box<str>),
    /// They may call none.
    Nobody,
}

/// Who calls AWS services.
#[derive(Clone)]
pub struct Credentials {
    /// The public part.
    pub access_key_id: String,
    /// The secret part.
    pub secret_access_key: Secret,
    /// The third part, where the credentials are temporary.
    pub session_token: Option<Secret>,
}

/// A variable that cannot be understood. It never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable `{variable}`: {message}")]
pub struct EnvironmentProblem {
    /// The variable.
    pub variable: String,
    /// What is wrong with it and what to do.
    pub message: String,
}

impl Environment {
    /// Reads the environment of this process. Variables that are not UTF-8 are left out; none of the ones
    /// above may be.
    ///
    /// # Errors
    /// All problems, in the order of the table above.
    pub fn of_process() -> Result<Self, Vec<EnvironmentProblem>> {
        Self::parse(of_process())
    }

    /// The same for a process that goes on in spite of problems, to say so: whatever can be understood, and the problems.
    #[must_use]
    pub fn of_process_with_problems() -> (Self, Vec<EnvironmentProblem>) {
        Self::read(of_process())
    }

    /// Reads variables.
    ///
    /// # Errors
    /// All problems, in the order of the table above.
    pub fn parse(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<EnvironmentProblem>> {
        let (environment, problems) = Self::read(variables);
        if problems.is_empty() { Ok(environment) } else { Err(problems) }
    }

    /// Where a service is called if not at AWS's own endpoint. `service` is AWS's name for it, such as
    /// `DynamoDB` or `Step Functions`; case does not matter, and a space, `-` or `_` are the same.
    #[must_use]
    pub fn endpoint(&self, service: &str) -> Option<&Uri> {
        self.own_endpoint(service).or(self.endpoint.as_ref())
    }

    /// The same, where the service's own variable says it: what `AWS_ENDPOINT_URL` says of all services does not count.
    #[must_use]
    pub fn own_endpoint(&self, service: &str) -> Option<&Uri> {
        self.endpoints.get(&variable_part(service))
    }

    /// The region of AWS services.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Who calls AWS services.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Whether this process is a Lambda function.
    #[must_use]
    pub fn is_lambda(&self) -> bool {
        self.runtime_api.is_some()
    }

    /// What Lambda tells every function.
    #[must_use]
    pub const fn function(&self) -> &FunctionSettings {
        &self.function
    }

    /// What the router function is told.
    #[must_use]
    pub const fn router(&self) -> &RouterSettings {
        &self.router
    }

    /// What is said about callers.
    #[must_use]
    pub const fn access(&self) -> &AccessSettings {
        &self.access
    }

    /// What is said about limits, and where they are counted.
    #[must_use]
    pub const fn counters(&self) -> &CounterSettings {
        &self.counters
    }

    /// What the authorizer function asks of callers, as it is written.
    #[must_use]
    pub fn authorizer(&self) -> Option<&str> {
        self.authorizer.as_deref()
    }

    /// Where VPC links lead.
    #[must_use]
    pub const fn vpc_links(&self) -> &VpcLinks {
        &self.vpc_links
    }

    /// As whom AWS services are called for integrations that name nobody.
    #[must_use]
    pub const fn integration_role(&self) -> &IntegrationRole {
        &self.integration_role
    }

    /// Which backends may be called here.
    #[must_use]
    pub fn backends(&self) -> BackendSettings {
        let settings = match &self.runtime_api {
            Some(runtime_api) => {
                let policy = AddressPolicy::on_lambda(self.allows_private_backends);
                BackendSettings::new(policy).forbidding(runtime_api.clone())
            }
            None => BackendSettings::new(AddressPolicy::local()),
        };
        let certificates = ShownCertificates::known(self.client_certificates.clone());
        settings.with_links(self.vpc_links.clone()).showing(certificates)
    }
}

/// A service's name as its variable has it.
fn variable_part(service: &str) -> String {
    service.to_ascii_uppercase().replace([' ', '-'], "_")
}

fn of_process() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
