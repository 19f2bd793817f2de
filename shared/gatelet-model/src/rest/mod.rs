//! REST APIs (API Gateway's first version).

mod compression;
mod gateway_response;
mod resource;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use compression::OwnCoding;
pub use gateway_response::{GatewayResponse, GatewayResponseType};
pub use resource::{Method, MethodResponse, ModelName, RequestValidator, Resource};
pub use stage::{
    AccessLogSettings, CanarySettings, MethodSettings, MethodSettingsTarget, RestStage, StageVariables,
    UnauthorizedCacheControl,
};

use crate::authorizer::{Authorization, Authorizer, AuthorizerKind};
use crate::integration::IntegrationType;
use crate::limits;
use crate::problem::{Problem, Problems};
use crate::text::JsonText;
use crate::text::{ApiId, PartId, aws_words};
use crate::text::{PathTemplate, Segment};

aws_words!(
    /// Where a client's API key is read.
    ApiKeySource {
        /// The `X-API-Key` header.
        Header = "HEADER",
        /// The authorizer's `usageIdentifierKey`.
        Authorizer = "AUTHORIZER",
    }
);

aws_words!(
    /// How clients reach an API or a domain.
    EndpointType {
        /// Through the region.
        Regional = "REGIONAL",
        /// Through the nearest edge location.
        Edge = "EDGE",
        /// Through VPC endpoints alone.
        Private = "PRIVATE",
    }
);

aws_words!(
    /// Which addresses clients may come from.
    IpAddressType {
        /// IPv4 alone.
        Ipv4 = "ipv4",
        /// IPv4 and IPv6.
        Dualstack = "dualstack",
    }
);

aws_words!(
    /// How strictly the names in the TLS handshake and in the request must agree
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html>).
    EndpointAccessMode {
        /// As it always was.
        Basic = "BASIC",
        /// They must be the API's own.
        Strict = "STRICT",
    }
);

/// A JSON Schema that bodies are held against
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Model.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its name, by which methods refer to it.
    pub name: ModelName,
    /// What it is for.
    pub description: Option<String>,
    /// The content type that it describes.
    pub content_type: String,
    /// The schema, draft 4.
    pub schema: JsonText,
}

/// What a [`RestApi`] is made of, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestApiParts {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The author's version of it.
    pub version: Option<String>,
    /// Content types whose bodies are bytes; `*/*` is all.
    pub binary_media_types: Vec<String>,
    /// Answers from this many bytes on are compressed; none is never.
    pub minimum_compression_bytes: Option<u32>,
    /// Where API keys are read.
    pub api_key_source: ApiKeySource,
    /// How clients reach it.
    pub endpoint_types: Vec<EndpointType>,
    /// VPC endpoints of a private API.
    pub vpc_endpoint_ids: Vec<String>,
    /// Which addresses clients may come from; none is AWS's default for the endpoint type.
    pub ip_address_type: Option<IpAddressType>,
    /// The TLS versions and ciphers that are taken, by AWS's name for the set.
    pub security_policy: Option<String>,
    /// How strictly host names are compared.
    pub endpoint_access_mode: Option<EndpointAccessMode>,
    /// Whether its own `execute-api` name is refused, so that only custom domains reach it.
    pub disable_execute_api_endpoint: bool,
    /// Who may call at all.
    pub policy: Option<JsonText>,
    /// Documentation parts and their version, as `x-amazon-apigateway-documentation` has them.
    pub documentation: Option<JsonText>,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
    /// The resource tree, `/` first; parents stand before their children.
    pub resources: Vec<Resource>,
    /// Its authorizers.
    pub authorizers: Vec<Authorizer>,
    /// Its models.
    pub models: Vec<Model>,
    /// Its validators.
    pub request_validators: Vec<RequestValidator>,
    /// Its own answers for what the gateway refuses.
    pub gateway_responses: Vec<GatewayResponse>,
}

impl RestApiParts {
    /// An API with a name and nothing else.
    #[must_use]
    pub fn new(id: ApiId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            description: None,
            version: None,
            binary_media_types: Vec::new(),
            minimum_compression_bytes: None,
            api_key_source: ApiKeySource::Header,
            endpoint_types: vec![EndpointType::Edge],
            vpc_endpoint_ids: Vec::new(),
            ip_address_type: None,
            security_policy: None,
            endpoint_access_mode: None,
            disable_execute_api_endpoint: false,
            policy: None,
            documentation: None,
            tags: IndexMap::new(),
            resources: Vec::new(),
            authorizers: Vec::new(),
            models: Vec::new(),
            request_validators: Vec::new(),
            gateway_responses: Vec::new(),
        }
    }
}

/// A REST API whose parts fit together: no path stands twice, siblings do not contradict each other, and
/// every authorizer, model and validator that a method names exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RestApiParts", into = "RestApiParts")]
pub struct RestApi(RestApiParts);

crate::deployment::checked_whole!(RestApi, RestApiParts);

impl RestApi {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// Every [`Problem`] that forbids serving the API. Each names the method or path it is about.
    pub fn new(parts: RestApiParts) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        check_api(&parts, &mut problems);
        check_paths(&parts, &mut problems);
        let known = Known::of(&parts);
        for resource in &parts.resources {
            for (key, method) in &resource.methods {
                let found = check_method(&known, method).into_iter();
                problems.extend(found.map(|problem| problem.about(format!("{key} {}", resource.path))));
            }
        }
        if problems.has_errors() { Err(problems) } else { Ok(Self(parts)) }
    }
}

fn check_api(parts: &RestApiParts, problems: &mut Problems) {
    if parts.name.is_empty() || parts.name.chars().count() > limits::API_NAME_CHARACTERS_MAX {
        problems.push(
            Problem::error("the API's name is empty or too long").help("give it 1 to 1,024 characters"),
        );
    }
    problems.extend(parts.compression_problem());
    if parts.minimum_compression_bytes.is_some_and(|bytes| bytes > limits::MINIMUM_COMPRESSION_BYTES_MAX) {
        problems.push(
            Problem::error("the minimum compression size is too large")
                .help(format!("give 0 to {} bytes", limits::MINIMUM_COMPRESSION_BYTES_MAX)),
        );
    }
    if parts
        .policy
        .as_ref()
        .is_some_and(|policy| policy.as_str().chars().count() > limits::POLICY_CHARACTERS_MAX)
    {
        problems.push(
            Problem::error("the resource policy is too long")
                .help(format!("shorten it to {} characters", limits::POLICY_CHARACTERS_MAX)),
        );
    }
    if parts.resources.len() > limits::ROUTES_MAX {
        problems.push(Problem::error(format!("the API has more than {} resources", limits::ROUTES_MAX)));
    }
    duplicates(parts.authorizers.iter().map(|authorizer| authorizer.name.as_str()), "authorizer", problems);
    duplicates(parts.models.iter().map(|model| model.name.as_str()), "model", problems);
    duplicates(
        parts.request_validators.iter().map(|validator| validator.name.as_str()),
        "validator",
        problems,
    );
    duplicates(
        parts.gateway_responses.iter().map(|answer| answer.kind.as_str()),
        "gateway response",
        problems,
    );
}

fn duplicates<'a>(names: impl Iterator<Item = &'a str>, what: &str, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push(Problem::error(format!("the {what} `{name}` is defined twice")));
        }
    }
}

/// Each path once; of siblings, one parameter and one greedy parameter at most
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>: sibling
/// path parameters must have the same name).
fn check_paths(parts: &RestApiParts, problems: &mut Problems) {
    let mut paths = BTreeSet::new();
    let mut parameters: IndexMap<(String, bool), &PathTemplate> = IndexMap::new();
    for Resource { path, .. } in &parts.resources {
        if !paths.insert(path.as_str()) {
            problems.push(Problem::error("the path is defined twice").about(path.as_str()));
        }
        let mut above = String::new();
        for segment in path.segments() {
            let (name, greedy) = match segment {
                Segment::Static(text) => {
                    above = format!("{above}/{text}");
                    continue;
                }
                Segment::Parameter(name) => (name, false),
                Segment::Greedy(name) => (name, true),
            };
            let first = *parameters.entry((above.clone(), greedy)).or_insert(path);
            above = format!("{above}/{{}}");
            let depth = above.matches('/').count() - 1;
            let first_name = first.segments().get(depth).and_then(Segment::parameter);
            if first_name != Some(name) {
                problems.push(
                    Problem::error(format!(
                        "a sibling path `{first}` calls the same parameter by another name"
                    ))
                    .about(path.as_str())
                    .help(format!("use one name for both, such as `{name}`")),
                );
                break;
            }
        }
    }
}

/// What methods may name.
struct Known<'a> {
    authorizers: BTreeMap<&'a PartId, &'a Authorizer>,
    validators: BTreeSet<&'a str>,
    models: BTreeSet<&'a ModelName>,
}

impl<'a> Known<'a> {
    fn of(parts: &'a RestApiParts) -> Self {
        Self {
            authorizers: parts.authorizers.iter().map(|authorizer| (&authorizer.id, authorizer)).collect(),
            validators: parts.request_validators.iter().map(|validator| validator.name.as_str()).collect(),
            models: parts.models.iter().map(|model| &model.name).collect(),
        }
    }
}

fn check_method(known: &Known<'_>, method: &Method) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Authorization::Authorizer { id, .. } = &method.authorization {
        match known.authorizers.get(id) {
            None => problems.push(Problem::error(format!("its authorizer `{id}` is not defined"))),
            Some(Authorizer {
                kind: AuthorizerKind::Token { .. } | AuthorizerKind::Request { .. },
                name,
                ..
            }) => {
                if matches!(&method.authorization, Authorization::Authorizer { scopes, .. } if !scopes.is_empty())
                {
                    problems.push(
                        Problem::warning(format!(
                            "scopes have no meaning for the Lambda authorizer `{name}`"
                        ))
                        .help("let the function judge them"),
                    );
                }
            }
            Some(_) => {}
        }
    }
    if let Some(name) = &method.request_validator
        && !known.validators.contains(name.as_str())
    {
        problems.push(
            Problem::error(format!("its validator `{name}` is not defined"))
                .help("define it under `x-amazon-apigateway-request-validators`"),
        );
    }
    let named = method
        .request_models
        .values()
        .chain(method.responses.iter().flat_map(|response| response.models.values()));
    for name in named {
        if !name.is_built_in() && !known.models.contains(name) {
            problems.push(Problem::error(format!("its model `{name}` is not defined")));
        }
    }
    if let Some(integration) = &method.integration {
        if integration.kind != IntegrationType::Mock
            && integration.uri.as_deref().unwrap_or_default().is_empty()
        {
            problems.push(Problem::error(format!("its {} integration has no URI", integration.kind)));
        }
        for template in integration
            .request_templates
            .values()
            .chain(integration.responses.iter().flat_map(|response| response.response_templates.values()))
        {
            if template.len() > limits::TEMPLATE_BYTES_MAX {
                problems.push(Problem::error("a mapping template is larger than 300 KB"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests;
