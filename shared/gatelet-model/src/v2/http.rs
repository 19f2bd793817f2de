//! HTTP APIs.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::authorizer::{Authorization, Authorizer, PayloadFormat};
use crate::integration::{Connection, IntegrationType, Timeout, TlsConfig};
use crate::limits;
use crate::problem::{Problem, Problems};
use crate::rest::IpAddressType;
use crate::text::PathTemplate;
use crate::text::{ApiId, MethodKey, PartId, StatusCode};
use crate::v2::cors::Cors;

/// What an HTTP API's route is chosen by: `GET /pets/{id}`, `ANY /{proxy+}` or `$default`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HttpRouteKey {
    /// A method and a path.
    Path(MethodKey, PathTemplate),
    /// Whatever no other route takes.
    Default,
}

impl HttpRouteKey {
    /// Reads a route key.
    ///
    /// # Errors
    /// A [`Problem`] where it is neither `$default` nor a method and a path.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text == "$default" {
            return Ok(Self::Default);
        }
        let Some((method, path)) = text.trim().split_once(' ') else {
            return Err(Problem::error(format!("`{text}` is not a route key"))
                .help("write `GET /pets/{id}`, `ANY /{proxy+}` or `$default`"));
        };
        Ok(Self::Path(MethodKey::parse(method)?, PathTemplate::parse(path.trim_start())?))
    }
}

impl fmt::Display for HttpRouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(method, path) => write!(f, "{method} {path}"),
            Self::Default => f.write_str("$default"),
        }
    }
}

impl TryFrom<String> for HttpRouteKey {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|problem| problem.to_string())
    }
}

impl From<HttpRouteKey> for String {
    fn from(key: HttpRouteKey) -> Self {
        key.to_string()
    }
}

/// A route of an HTTP API
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRoute {
    /// Its id.
    pub id: PartId,
    /// What it is chosen by.
    pub key: HttpRouteKey,
    /// What is asked of the caller.
    pub authorization: Authorization,
    /// A name for generated clients.
    pub operation_name: Option<String>,
    /// The integration behind it; a route without one answers 404.
    pub integration: Option<PartId>,
}

/// An integration of an HTTP API, shared by the routes that name it
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations-integrationid.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpIntegration {
    /// Its id.
    pub id: PartId,
    /// `AWS_PROXY` or `HTTP_PROXY`.
    #[serde(rename = "type")]
    pub kind: IntegrationType,
    /// The service action, such as `SQS-SendMessage`; none for Lambda and HTTP.
    pub subtype: Option<String>,
    /// The method that the backend sees; none is the client's own.
    pub method: Option<String>,
    /// Where the backend is; none for a service action.
    pub uri: Option<String>,
    /// The way there.
    pub connection: Connection,
    /// The role that is assumed.
    pub credentials: Option<String>,
    /// The form of a function's event and answer.
    pub payload_format: PayloadFormat,
    /// `overwrite:path` → `/v2$request.path` and the like; for a service action its arguments.
    pub request_parameters: IndexMap<String, String>,
    /// The same for answers, by status.
    pub response_parameters: IndexMap<StatusCode, IndexMap<String, String>>,
    /// How long the backend may take.
    pub timeout: Timeout,
    /// How the backend's certificate is judged.
    pub tls: TlsConfig,
}

/// What an [`HttpApi`] is made of, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpApiParts {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The author's version of it.
    pub version: Option<String>,
    /// Which pages of other origins may call.
    pub cors: Option<Cors>,
    /// Whether its own `execute-api` name is refused.
    pub disable_execute_api_endpoint: bool,
    /// Which addresses clients may come from; none is IPv4.
    pub ip_address_type: Option<IpAddressType>,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
    /// Its routes.
    pub routes: Vec<HttpRoute>,
    /// Its integrations.
    pub integrations: Vec<HttpIntegration>,
    /// Its authorizers.
    pub authorizers: Vec<Authorizer>,
}

impl HttpApiParts {
    /// An API with a name and nothing else.
    #[must_use]
    pub fn new(id: ApiId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            description: None,
            version: None,
            cors: None,
            disable_execute_api_endpoint: false,
            ip_address_type: None,
            tags: IndexMap::new(),
            routes: Vec::new(),
            integrations: Vec::new(),
            authorizers: Vec::new(),
        }
    }
}

/// An HTTP API whose parts fit together: each route key once, and every integration and authorizer that
/// a route names exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "HttpApiParts", into = "HttpApiParts")]
pub struct HttpApi(HttpApiParts);

crate::deployment::checked_whole!(HttpApi, HttpApiParts);

impl HttpApi {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// Every [`Problem`] that forbids serving the API. Each names the route that it is about.
    pub fn new(parts: HttpApiParts) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        if parts.name.is_empty() || parts.name.chars().count() > limits::API_NAME_CHARACTERS_MAX {
            problems.push(
                Problem::error("the API's name is empty or too long").help("give it 1 to 1,024 characters"),
            );
        }
        if let Some(Err(problem)) = parts.cors.as_ref().map(Cors::check) {
            problems.push(problem);
        }
        if parts.routes.len() > limits::ROUTES_MAX {
            problems.push(Problem::error(format!("the API has more than {} routes", limits::ROUTES_MAX)));
        }
        check_routes(&parts, &mut problems);
        for integration in &parts.integrations {
            if let Some(problem) = integration_problem(integration) {
                let route =
                    parts.routes.iter().find(|route| route.integration.as_ref() == Some(&integration.id));
                let about = route.map_or_else(|| integration.id.to_string(), |route| route.key.to_string());
                problems.push(problem.about(about));
            }
        }
        if problems.has_errors() { Err(problems) } else { Ok(Self(parts)) }
    }
}

fn check_routes(parts: &HttpApiParts, problems: &mut Problems) {
    let integrations: BTreeSet<_> = parts.integrations.iter().map(|integration| &integration.id).collect();
    let authorizers: BTreeSet<_> = parts.authorizers.iter().map(|authorizer| &authorizer.id).collect();
    let mut keys = BTreeSet::new();
    for route in &parts.routes {
        let about = route.key.to_string();
        if !keys.insert(&route.key) {
            problems.push(Problem::error("the route is defined twice").about(&about));
        }
        if let Some(id) = &route.integration
            && !integrations.contains(id)
        {
            problems.push(Problem::error(format!("its integration `{id}` is not defined")).about(&about));
        }
        if let Authorization::Authorizer { id, .. } = &route.authorization
            && !authorizers.contains(id)
        {
            problems.push(Problem::error(format!("its authorizer `{id}` is not defined")).about(&about));
        }
    }
}

fn integration_problem(integration: &HttpIntegration) -> Option<Problem> {
    let addressed = integration.uri.as_deref().is_some_and(|uri| !uri.is_empty());
    match integration.kind {
        IntegrationType::AwsProxy if !addressed && integration.subtype.is_none() => {
            Some(Problem::error("its AWS_PROXY integration has neither a URI nor a subtype"))
        }
        IntegrationType::HttpProxy if !addressed => {
            Some(Problem::error("its HTTP_PROXY integration has no URI"))
        }
        IntegrationType::Aws | IntegrationType::Http | IntegrationType::Mock => Some(
            Problem::error(format!("HTTP APIs have no {} integrations", integration.kind))
                .help("use AWS_PROXY or HTTP_PROXY, or make it a REST API (`--rest`)"),
        ),
        _ => None,
    }
}
