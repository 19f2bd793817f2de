//! Stages of REST APIs.

use std::collections::BTreeMap;
use std::ops::Deref;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;
use crate::text::PathTemplate;
use crate::text::{MethodKey, PartId, StageName, VariableName, aws_words};
use crate::throttle::Throttle;

aws_words!(
    /// What a client hears that wants a fresh answer and may not ask for one.
    UnauthorizedCacheControl {
        /// 403.
        FailWith403 = "FAIL_WITH_403",
        /// The kept answer, with a `Warning` header.
        SucceedWithResponseHeader = "SUCCEED_WITH_RESPONSE_HEADER",
        /// The kept answer.
        SucceedWithoutResponseHeader = "SUCCEED_WITHOUT_RESPONSE_HEADER",
    }
);

/// A stage: a name under which a deployment is served, and how
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html>).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestStage {
    /// The first part of its URL's path.
    pub name: StageName,
    /// What it is for.
    pub description: Option<String>,
    /// Values that definitions refer to.
    pub variables: StageVariables,
    /// Settings by method; `*/*` is all.
    pub method_settings: IndexMap<MethodSettingsTarget, MethodSettings>,
    /// Where and how access is logged.
    pub access_log: Option<AccessLogSettings>,
    /// Whether answers are cached.
    pub cache_cluster_enabled: bool,
    /// The size of the cache, in gigabytes, as AWS sells them.
    pub cache_cluster_size: Option<String>,
    /// Part of the traffic that sees another deployment.
    pub canary: Option<CanarySettings>,
    /// Whether requests are traced.
    pub tracing_enabled: bool,
    /// The certificate shown to backends.
    pub client_certificate_id: Option<String>,
}

impl RestStage {
    /// A stage with a name and nothing else.
    #[must_use]
    pub fn new(name: StageName) -> Self {
        Self {
            name,
            description: None,
            variables: StageVariables::default(),
            method_settings: IndexMap::new(),
            access_log: None,
            cache_cluster_enabled: false,
            cache_cluster_size: None,
            canary: None,
            tracing_enabled: false,
            client_certificate_id: None,
        }
    }
}

/// Stage variables: at most 100, names of 64 and values of 512 characters
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct StageVariables(BTreeMap<VariableName, String>);

impl StageVariables {
    /// Checks names, values and their number.
    ///
    /// # Errors
    /// The first [`Problem`]: a name or value that AWS refuses, or too many of them.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problem> {
        let mut variables = BTreeMap::new();
        for (name, value) in pairs {
            let name = VariableName::parse(&name)?;
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,@+*;!%$ ".contains(c);
            if value.chars().count() > limits::STAGE_VARIABLE_VALUE_CHARACTERS_MAX
                || !value.chars().all(allowed)
            {
                return Err(Problem::error(format!(
                    "the value of the stage variable `{name}` cannot be used"
                ))
                .help("at most 512 letters, digits and characters of URLs"));
            }
            variables.insert(name, value);
        }
        if variables.len() > limits::STAGE_VARIABLES_MAX {
            return Err(Problem::error(format!("more than {} stage variables", limits::STAGE_VARIABLES_MAX)));
        }
        Ok(Self(variables))
    }
}

impl Deref for StageVariables {
    type Target = BTreeMap<VariableName, String>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for StageVariables {
    type Error = String;
    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, String> {
        Self::new(pairs).map_err(|problem| problem.to_string())
    }
}

impl From<StageVariables> for BTreeMap<String, String> {
    fn from(variables: StageVariables) -> Self {
        variables.0.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }
}

/// Which methods a setting is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MethodSettingsTarget {
    /// The resource's path; none is every resource.
    pub path: Option<PathTemplate>,
    /// The method; none is every method.
    pub method: Option<MethodKey>,
}

impl MethodSettingsTarget {
    /// Reads AWS's form: `*/*`, `/pets/{id}/GET`, `~1pets~1{id}/GET`, `/*/*`.
    ///
    /// # Errors
    /// A [`Problem`] where it is none of these.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let unescaped = text.replace("~1", "/").replace("~0", "~");
        let Some((path, method)) = unescaped.rsplit_once('/') else {
            return Err(
                Problem::error(format!("`{text}` names no method")).help("write `*/*` or `/pets/{id}/GET`")
            );
        };
        let path = match path.trim_start_matches('/') {
            "*" => None,
            rest => Some(PathTemplate::parse(&format!("/{rest}"))?),
        };
        let method = if method == "*" { None } else { Some(MethodKey::parse(method)?) };
        Ok(Self { path, method })
    }
}

impl TryFrom<String> for MethodSettingsTarget {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|problem| problem.to_string())
    }
}

impl From<MethodSettingsTarget> for String {
    fn from(target: MethodSettingsTarget) -> Self {
        let path = target.path.map_or_else(|| "*".to_owned(), Self::from);
        let method = target.method.map_or("*", MethodKey::as_str);
        if path == "/" { format!("//{method}") } else { format!("{path}/{method}") }
    }
}

/// How some methods of a stage are served; what is not said is as in a wider setting
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html>).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MethodSettings {
    /// Whether metrics are kept by method.
    pub metrics_enabled: Option<bool>,
    /// `OFF`, `ERROR` or `INFO`.
    pub logging_level: Option<String>,
    /// Whether whole requests and answers are logged.
    pub data_trace_enabled: Option<bool>,
    /// How many requests are taken.
    pub throttle: Option<Throttle>,
    /// Whether answers are cached.
    pub caching_enabled: Option<bool>,
    /// For how long, in seconds.
    pub cache_ttl_seconds: Option<u32>,
    /// Whether cached answers are encrypted.
    pub cache_data_encrypted: Option<bool>,
    /// Whether asking for a fresh answer takes a permission.
    pub require_authorization_for_cache_control: Option<bool>,
    /// What one hears who lacks it.
    pub unauthorized_cache_control: Option<UnauthorizedCacheControl>,
}

/// Where and how access is logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLogSettings {
    /// A log group or a Firehose stream.
    pub destination_arn: Option<String>,
    /// The line, with `$context` variables.
    pub format: Option<String>,
}

/// Part of a stage's traffic that sees another deployment
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html>).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CanarySettings {
    /// The share of requests, 0 to 100.
    pub percent_traffic: f64,
    /// The deployment that they see.
    pub deployment_id: PartId,
    /// Stage variables that differ for them.
    pub stage_variable_overrides: StageVariables,
    /// Whether they share the stage's cache.
    pub use_stage_cache: bool,
}
