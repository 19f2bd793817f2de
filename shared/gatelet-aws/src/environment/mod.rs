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
//! | `GATELET_CREDENTIALS_TABLE` | the DynamoDB table of access keys and attached policies | there are none |
//! | `GATELET_CREDENTIALS_KEY` | what secrets of access keys are encrypted with: 32 bytes in base64, or two such keys with a comma between, of which the first encrypts | none: they cannot be read |
//! | `GATELET_DECISIONS_TABLE` | the DynamoDB table through which results of authorizers are shared | each process keeps its own |
//! | `GATELET_AUTHORIZER` | what the authorizer function asks of callers: a JSON document | a file beside the function |
//! | `GATELET_ALLOW_PRIVATE_BACKENDS` | in Lambda, `true`: HTTP integrations may call private addresses | `false` |
//!
//! An empty variable counts as unset. The names and the precedence of the first ones are those of
//! [AWS's SDKs](https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use gatelet_core::ports::Secret;
use gatelet_model::{ApiId, StageName};
use http::Uri;

use crate::access::{AccessSettings, CredentialKeys, parse_key_set_urls};
use crate::backends::{AddressPolicy, BackendSettings, HostAndPort};
use crate::events::{OriginSecrets, Trust};

const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const ENDPOINT_PREFIX: &str = "AWS_ENDPOINT_URL_";
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
const REGION: &str = "AWS_REGION";
const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";
const DEFINITIONS_TABLE: &str = "GATELET_DEFINITIONS_TABLE";
const API: &str = "GATELET_API";
const STAGE: &str = "GATELET_STAGE";
const HOSTS: &str = "GATELET_HOSTS";
const ORIGIN_SECRETS: &str = "GATELET_ORIGIN_SECRETS";
const LOAD_BALANCER_CERTIFICATES: &str = "GATELET_LOAD_BALANCER_CERTIFICATES";
const RESPONSE_STREAMING: &str = "GATELET_RESPONSE_STREAMING";
const REQUEST_LOG: &str = "GATELET_REQUEST_LOG";
const ISSUERS: &str = "GATELET_ISSUERS";
const CREDENTIALS_TABLE: &str = "GATELET_CREDENTIALS_TABLE";
const CREDENTIALS_KEY: &str = "GATELET_CREDENTIALS_KEY";
const DECISIONS_TABLE: &str = "GATELET_DECISIONS_TABLE";
const AUTHORIZER: &str = "GATELET_AUTHORIZER";
const ALLOW_PRIVATE_BACKENDS: &str = "GATELET_ALLOW_PRIVATE_BACKENDS";

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
    authorizer: Option<String>,
    allows_private_backends: bool,
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

    /// Reads whatever can be understood of variables, and says what cannot.
    #[must_use]
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> (Self, Vec<EnvironmentProblem>) {
        let variables: BTreeMap<String, String> = variables
            .into_iter()
            .map(|(name, value)| (name, value.trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut reading = Reading { variables: &variables, problems: Vec::new() };
        let environment = Self {
            endpoint: reading.value(ENDPOINT, parse_endpoint),
            endpoints: reading.service_endpoints(),
            region: reading
                .value(REGION, parse_region)
                .or_else(|| reading.value(DEFAULT_REGION, parse_region)),
            credentials: reading.credentials(),
            runtime_api: reading.value(RUNTIME_API, str::parse),
            function: reading.function(),
            router: reading.router(),
            access: reading.access(),
            authorizer: reading.value(AUTHORIZER, |text| Ok(text.to_owned())),
            allows_private_backends: reading.value(ALLOW_PRIVATE_BACKENDS, parse_flag).unwrap_or_default(),
        }
        .without_ignored(reading.value(IGNORE_ENDPOINTS, parse_flag).unwrap_or_default());
        (environment, reading.problems)
    }

    fn without_ignored(self, is_ignored: bool) -> Self {
        if is_ignored { Self { endpoint: None, endpoints: BTreeMap::new(), ..self } } else { self }
    }

    /// Where a service is called if not at AWS's own endpoint. `service` is AWS's name for it, such as
    /// `DynamoDB` or `Step Functions`; case does not matter, and a space, `-` or `_` are the same.
    #[must_use]
    pub fn endpoint(&self, service: &str) -> Option<&Uri> {
        let name = service.to_ascii_uppercase().replace([' ', '-'], "_");
        self.endpoints.get(&name).or(self.endpoint.as_ref())
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

    /// What the authorizer function asks of callers, as it is written.
    #[must_use]
    pub fn authorizer(&self) -> Option<&str> {
        self.authorizer.as_deref()
    }

    /// Which backends may be called here.
    #[must_use]
    pub fn backends(&self) -> BackendSettings {
        match &self.runtime_api {
            Some(runtime_api) => {
                let policy = AddressPolicy::on_lambda(self.allows_private_backends);
                BackendSettings::new(policy).forbidding(runtime_api.clone())
            }
            None => BackendSettings::new(AddressPolicy::local()),
        }
    }
}

fn of_process() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Variables on their way to settings.
struct Reading<'a> {
    variables: &'a BTreeMap<String, String>,
    problems: Vec<EnvironmentProblem>,
}

impl Reading<'_> {
    fn value<T>(&mut self, variable: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.variables.get(variable)?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(variable, message);
                None
            }
        }
    }

    fn problem(&mut self, variable: &str, message: impl Into<String>) {
        self.problems.push(EnvironmentProblem { variable: variable.to_owned(), message: message.into() });
    }

    fn service_endpoints(&mut self) -> BTreeMap<String, Uri> {
        let named = |name: &str| name.strip_prefix(ENDPOINT_PREFIX).map(str::to_owned);
        let services: Vec<String> = self.variables.keys().filter_map(|name| named(name)).collect();
        services
            .into_iter()
            .filter_map(|service| {
                let endpoint = self.value(&format!("{ENDPOINT_PREFIX}{service}"), parse_endpoint)?;
                Some((service, endpoint))
            })
            .collect()
    }

    fn function(&mut self) -> FunctionSettings {
        let usual = FunctionSettings::default();
        FunctionSettings {
            log_level: self.value(LOG_LEVEL, parse_level).unwrap_or(usual.log_level),
            concurrency: self.value(MAX_CONCURRENCY, parse_count).unwrap_or(usual.concurrency),
            code: self.value(TASK_ROOT, |text| Ok(PathBuf::from(text))).unwrap_or(usual.code),
            runtime_api: self.value(RUNTIME_API, |text| Ok(text.to_owned())),
        }
    }

    fn router(&mut self) -> RouterSettings {
        let settings = RouterSettings {
            definitions_table: self.value(DEFINITIONS_TABLE, |text| Ok(text.to_owned())),
            api: self.value(API, |text| ApiId::parse(text).map_err(|problem| problem.message)),
            stage: self.value(STAGE, |text| StageName::parse(text).map_err(|problem| problem.message)),
            hosts: self.value(HOSTS, parse_hosts).unwrap_or_default(),
            trust: Trust {
                origin_secrets: self
                    .value(ORIGIN_SECRETS, |text| {
                        OriginSecrets::parse(text).map_err(|problem| problem.to_string())
                    })
                    .unwrap_or_default(),
                load_balancer_certificates: self
                    .value(LOAD_BALANCER_CERTIFICATES, parse_flag)
                    .unwrap_or_default(),
            },
            response_streaming: self.value(RESPONSE_STREAMING, parse_flag).unwrap_or_default(),
            request_log: self.value(REQUEST_LOG, parse_request_log).unwrap_or_default(),
        };
        if settings.stage.is_some() && !self.variables.contains_key(API) {
            self.problem(
                STAGE,
                format!("is of no use without `{API}`: name the API that the stage belongs to"),
            );
        }
        settings
    }

    fn access(&mut self) -> AccessSettings {
        AccessSettings {
            key_set_urls: self.value(ISSUERS, parse_key_set_urls).unwrap_or_default(),
            credentials_table: self.value(CREDENTIALS_TABLE, |text| Ok(text.to_owned())),
            credential_keys: self.value(CREDENTIALS_KEY, CredentialKeys::parse),
            decisions_table: self.value(DECISIONS_TABLE, |text| Ok(text.to_owned())),
        }
    }

    fn credentials(&mut self) -> Option<Credentials> {
        let id = self.variables.get(ACCESS_KEY_ID);
        let secret = self.variables.get(SECRET_ACCESS_KEY);
        let token = self.variables.get(SESSION_TOKEN);
        match (id, secret) {
            (Some(id), Some(secret)) => Some(Credentials {
                access_key_id: id.clone(),
                secret_access_key: Secret::new(secret.as_str()),
                session_token: token.map(|token| Secret::new(token.as_str())),
            }),
            (Some(_), None) => {
                self.problem(
                    SECRET_ACCESS_KEY,
                    format!("is not set, but `{ACCESS_KEY_ID}` is: set both or neither"),
                );
                None
            }
            (None, Some(_)) => {
                self.problem(
                    ACCESS_KEY_ID,
                    format!("is not set, but `{SECRET_ACCESS_KEY}` is: set both or neither"),
                );
                None
            }
            (None, None) => {
                if token.is_some() {
                    self.problem(
                        SESSION_TOKEN,
                        format!("is of no use without `{ACCESS_KEY_ID}` and its secret"),
                    );
                }
                None
            }
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Reads the URL of a service, as in `AWS_ENDPOINT_URL`.
///
/// # Errors
/// What is wrong with it and what to write.
pub fn parse_endpoint(text: &str) -> Result<Uri, String> {
    let malformed = |why: &str| Err(format!("`{text}` {why}: write a URL such as `http://127.0.0.1:4566`"));
    let Ok(uri) = text.parse::<Uri>() else { return malformed("is not a URL") };
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return malformed("does not begin with `http://` or `https://`");
    }
    if uri.host().is_none_or(str::is_empty) {
        return malformed("names no host");
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) || uri.query().is_some() {
        return malformed("holds more than a scheme, a host, a port and a path");
    }
    Ok(uri)
}

/// AWS's regions are lower-case letters, digits and hyphens; new ones need no new version of Gatelet.
fn parse_region(text: &str) -> Result<String, String> {
    let is_region = text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    if is_region {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not a region: write one such as `us-east-1`"))
    }
}

/// `FATAL` is one of Lambda's levels and none of ours: errors are told all the same.
fn parse_level(text: &str) -> Result<tracing::Level, String> {
    if text.eq_ignore_ascii_case("FATAL") {
        return Ok(tracing::Level::ERROR);
    }
    text.parse().map_err(|_| format!("`{text}` is no level: write one such as `WARN`"))
}

fn parse_count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("`{text}` is no number of requests: write one such as `8`"))
}

fn parse_hosts(text: &str) -> Result<Vec<Box<str>>, String> {
    let hosts = text.split(',').map(str::trim).filter(|host| !host.is_empty());
    hosts
        .map(|host| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            match host.bytes().all(is_plain) {
                true => Ok(host.to_ascii_lowercase().into()),
                false => Err(format!("`{host}` is not a host name: write one such as `api.example.com`")),
            }
        })
        .collect()
}

fn parse_request_log(text: &str) -> Result<RequestLog, String> {
    match text {
        "all" => Ok(RequestLog::All),
        "failures" => Ok(RequestLog::Failures),
        "none" => Ok(RequestLog::Nothing),
        _ => Err(format!("`{text}` is none of `all`, `failures` and `none`")),
    }
}

fn parse_flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

#[cfg(test)]
mod tests;
