//! A compiled REST API.

use std::sync::Arc;

use gatelet_model::rest::{ApiKeySource, RestApi};
use gatelet_model::{MethodKey, PathTemplate, ResponseTransferMode, Stage};

use super::access::{Access, Authorizers, ResourcePolicy};
use super::gateway_responses::GatewayResponses;
use super::mapping::{AnswerMapping, BodyMapping, RestMapping};
use super::models::{Models, Validation};
use super::routes::{RouteTable, Rules};
use super::throttles::{RouteLimits, Throttles};
use crate::integrations::{Integration, MediaTypes, RestContext};
use crate::payload::CanonicalPath;
use crate::stages::compress::Compression;

/// A compiled REST API.
#[derive(Debug)]
pub struct RestApiSnapshot {
    routes: RouteTable,
    methods: Vec<RestMethod>,
    policy: Option<ResourcePolicy>,
    api_key_source: ApiKeySource,
    gateway_responses: GatewayResponses,
    compression: Option<Compression>,
}

/// A compiled method of a resource.
#[derive(Debug)]
pub struct RestMethod {
    /// `GET /pets/{id}`, for logs.
    pub route_key: Arc<str>,
    /// The resource's path.
    pub path: PathTemplate,
    /// Its verb, or any.
    pub key: MethodKey,
    /// The resource's id.
    pub resource_id: Arc<str>,
    /// What is asked of the caller.
    pub access: Access,
    /// Whether an API key is asked for.
    pub api_key_required: bool,
    /// What limits it.
    pub limits: RouteLimits,
    /// What its requests are held against.
    pub validation: Validation,
    /// How the request's parameters become the backend's.
    pub mapping: RestMapping,
    /// How the backend's body is made of the client's; none where it always passes as it is.
    pub body: Option<BodyMapping>,
    /// How the client's answer is made of the backend's; none of a proxy.
    pub answers: Option<AnswerMapping>,
    /// What stands behind.
    pub integration: Integration,
    /// Whether its answers are sent as they come.
    pub is_streamed: bool,
}

impl RestMethod {
    /// Whether any template of its may look at the request.
    pub(crate) fn looks(&self) -> bool {
        self.body.as_ref().is_some_and(BodyMapping::looks)
            || self.answers.as_ref().is_some_and(AnswerMapping::looks)
    }
}

impl RestApiSnapshot {
    /// Compiles an API for a stage.
    #[must_use]
    pub fn compile(api: &RestApi, stage: &Stage) -> Self {
        let (variables, throttles) = (stage.variables(), Throttles::new(stage, &api.id));
        let pairs = || {
            api.resources
                .iter()
                .flat_map(|resource| resource.methods.iter().map(move |pair| (resource, pair)))
        };
        let certificate = match stage {
            Stage::Rest(stage) => stage.client_certificate_id.as_deref(),
            _ => None,
        };
        let binary = Arc::new(MediaTypes::new(&api.binary_media_types));
        let authorizers = Authorizers::compile(&api.authorizers, Rules::Rest, variables);
        let models = Models::new(api);
        let methods = pairs()
            .map(|(resource, (key, method))| {
                let context = RestContext {
                    api_id: &api.id,
                    resource,
                    method,
                    binary: &binary,
                    variables,
                    certificate,
                };
                let validation = Validation::compile(api, &models, method);
                RestMethod { validation, ..compile_method(&context, &authorizers, throttles, *key) }
            })
            .collect();
        let routes =
            RouteTable::build(pairs().map(|(resource, (key, _))| (&resource.path, *key)), Rules::Rest);
        let policy = api.policy.as_ref().map(|policy| ResourcePolicy::new(policy.as_str()));
        let gateway_responses = GatewayResponses::compile(&api.gateway_responses);
        Self {
            routes,
            methods,
            policy,
            api_key_source: api.api_key_source,
            gateway_responses,
            compression: Compression::compile(api),
        }
    }

    /// The method that a request takes.
    #[must_use]
    pub fn find(&self, path: &CanonicalPath, method: Option<gatelet_model::Method>) -> Option<&RestMethod> {
        let found = self.routes.find(path, method)?;
        self.methods.get(found.route as usize)
    }

    /// Who may call at all, where the API says so.
    #[must_use]
    pub const fn policy(&self) -> Option<&ResourcePolicy> {
        self.policy.as_ref()
    }

    /// Its own forms of the gateway's answers.
    #[must_use]
    pub const fn gateway_responses(&self) -> &GatewayResponses {
        &self.gateway_responses
    }

    /// How its answers are compressed, where they are.
    #[must_use]
    pub const fn compression(&self) -> Option<&Compression> {
        self.compression.as_ref()
    }

    /// Where API keys come from.
    #[must_use]
    pub const fn api_key_source(&self) -> ApiKeySource {
        self.api_key_source
    }

    /// All methods, in the order of the definition.
    #[must_use]
    pub fn methods(&self) -> &[RestMethod] {
        &self.methods
    }
}

fn compile_method(
    context: &RestContext<'_>,
    authorizers: &Authorizers,
    throttles: Throttles<'_>,
    key: MethodKey,
) -> RestMethod {
    let RestContext { resource, method, .. } = context;
    let broken = |kind, why| (RestMapping::default(), None, None, Integration::Broken { kind, why });
    let (mapping, body, answers, integration) = match &method.integration {
        None => broken("none", "the method has no integration".to_owned()),
        Some(integration) => {
            let mappings = RestMapping::compile(integration)
                .and_then(|mapping| Ok((mapping, AnswerMapping::compile(integration, context.binary)?)));
            match mappings {
                Ok((mapping, answers)) => (
                    mapping,
                    BodyMapping::compile(integration, context.binary),
                    answers,
                    Integration::compile_rest(integration, context),
                ),
                Err(why) => broken(integration.kind.as_str(), why),
            }
        }
    };
    let route_key: Arc<str> = format!("{key} {}", resource.path).into();
    RestMethod {
        limits: throttles.rest(&route_key, &resource.path, key),
        validation: Validation::default(),
        route_key,
        path: resource.path.clone(),
        key,
        resource_id: resource.id.as_str().into(),
        access: authorizers.access(&method.authorization),
        api_key_required: method.api_key_required,
        mapping,
        body,
        answers,
        integration,
        is_streamed: method
            .integration
            .as_ref()
            .is_some_and(|integration| integration.response_transfer_mode == ResponseTransferMode::Stream),
    }
}
