//! From variables to settings, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gatelet_core::limits::LimitSettings;
use gatelet_core::ports::Secret;
use gatelet_model::{ApiId, StageName, Throttle};
use http::Uri;

use super::{
    CounterSettings, Credentials, Environment, EnvironmentProblem, FunctionSettings, IntegrationRole,
    RequestLog, RouterSettings,
};
use crate::access::{AccessSettings, CredentialKeys, parse_key_set_urls};
use crate::backends::{VpcLinks, parse_shown_certificates};
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
const COUNTERS_TABLE: &str = "GATELET_COUNTERS_TABLE";
const ACCOUNT_THROTTLE: &str = "GATELET_ACCOUNT_THROTTLE";
const RATE_LIMIT_HEADERS: &str = "GATELET_RATE_LIMIT_HEADERS";
const AUTHORIZER: &str = "GATELET_AUTHORIZER";
const ALLOW_PRIVATE_BACKENDS: &str = "GATELET_ALLOW_PRIVATE_BACKENDS";
const VPC_LINKS: &str = "GATELET_VPC_LINKS";
const CLIENT_CERTIFICATES: &str = "GATELET_CLIENT_CERTIFICATES";
const INTEGRATION_ROLE: &str = "GATELET_INTEGRATION_ROLE";

/// Variables on their way to settings.
struct Reading<'a> {
    variables: &'a BTreeMap<String, String>,
    problems: Vec<EnvironmentProblem>,
}

impl Environment {
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
            counters: reading.counters(),
            authorizer: reading.value(AUTHORIZER, |text| Ok(text.to_owned())),
            allows_private_backends: reading.value(ALLOW_PRIVATE_BACKENDS, parse_flag).unwrap_or_default(),
            vpc_links: reading.value(VPC_LINKS, VpcLinks::parse).unwrap_or_default(),
            client_certificates: reading
                .value(CLIENT_CERTIFICATES, parse_shown_certificates)
                .unwrap_or_default(),
            integration_role: reading.integration_role(),
        }
        .without_ignored(reading.value(IGNORE_ENDPOINTS, parse_flag).unwrap_or_default());
        (environment, reading.problems)
    }

    fn without_ignored(self, is_ignored: bool) -> Self {
        if is_ignored { Self { endpoint: None, endpoints: BTreeMap::new(), ..self } } else { self }
    }
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

    fn counters(&mut self) -> CounterSettings {
        CounterSettings {
            table: self.value(COUNTERS_TABLE, |text| Ok(text.to_owned())),
            limits: LimitSettings {
                account: self.value(ACCOUNT_THROTTLE, parse_throttle),
                headers: self.value(RATE_LIMIT_HEADERS, parse_flag).unwrap_or_default(),
            },
        }
    }

    /// What cannot be understood lets integrations call nobody: the process' own role is not what was meant.
    fn integration_role(&mut self) -> IntegrationRole {
        if !self.variables.contains_key(INTEGRATION_ROLE) {
            return IntegrationRole::OwnCredentials;
        }
        self.value(INTEGRATION_ROLE, parse_integration_role).unwrap_or(IntegrationRole::Nobody)
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

/// Requests a second, and how many at once.
fn parse_throttle(text: &str) -> Result<Throttle, String> {
    let malformed = || {
        format!(
            "`{text}` is no throttle: write requests a second, a colon, and how many at once: `10000:5000`"
        )
    };
    let (rate, burst) = text.split_once(':').ok_or_else(malformed)?;
    let (rate, burst) = (rate.trim().parse(), burst.trim().parse());
    let (Ok(rate), Ok(burst)) = (rate, burst) else { return Err(malformed()) };
    Throttle::new(rate, burst).map_err(|_| malformed())
}

/// The ARN of a role, in any partition, or `none`.
fn parse_integration_role(text: &str) -> Result<IntegrationRole, String> {
    if text == "none" {
        return Ok(IntegrationRole::Nobody);
    }
    let is_role = text.starts_with("arn:") && text.contains(":iam:") && text.contains(":role/");
    match is_role {
        true => Ok(IntegrationRole::Assumed(text.into())),
        false => Err(format!("`{text}` is neither the ARN of a role nor `none`")),
    }
}

fn parse_flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}
