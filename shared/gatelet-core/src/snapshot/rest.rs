//! A compiled REST API.

use std::sync::Arc;

use gatelet_model::rest::{ApiKeySource, RestApi};
use gatelet_model::{IntegrationType, MethodKey, PathTemplate, Stage};

use super::access::{Access, Authorizers, ResourcePolicy};
use super::mapping::RestMapping;
use super::routes::{RouteTable, Rules};
use super::throttles::{RouteLimits, Throttles};
use crate::integrations::{Integration, MediaTypes, RestContext};
use crate::payload::CanonicalPath;

/// A compiled REST API.
#[derive(Debug)]
pub struct RestApiSnapshot {
    routes: RouteTable,
    methods: Vec<RestMethod>,
    policy: Option<ResourcePolicy>,
    api_key_source: ApiKeySource,
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
    pub resource_id: Box<str>,
    /// What is asked of the caller.
    pub access: Access,
    /// Whether an API key is asked for.
    pub api_key_required: bool,
    /// What limits it.
    pub limits: RouteLimits,
    /// How the request's parameters become the backend's.
    pub mapping: RestMapping,
    /// What stands behind.
    pub integration: Integration,
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
        let binary = Arc::new(MediaTypes::new(&api.binary_media_types));
        let authorizers = Authorizers::compile(&api.authorizers, Rules::Rest, variables);
        let methods = pairs()
            .map(|(resource, (key, method))| {
                let context = RestContext { api_id: &api.id, resource, method, binary: &binary, variables };
                compile_method(&context, &authorizers, throttles, *key)
            })
            .collect();
        let routes =
            RouteTable::build(pairs().map(|(resource, (key, _))| (&resource.path, *key)), Rules::Rest);
        let policy = api.policy.as_ref().map(|policy| ResourcePolicy::new(policy.as_str()));
        Self { routes, methods, policy, api_key_source: api.api_key_source }
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
    let (mapping, integration) = match &method.integration {
        None => {
            let why = "the method has no integration".to_owned();
            (RestMapping::default(), Integration::Broken { kind: "none", why })
        }
        Some(integration) => match mapping(integration) {
            Ok(mapping) => (mapping, Integration::compile_rest(integration, context)),
            Err(why) => {
                (RestMapping::default(), Integration::Broken { kind: integration.kind.as_str(), why })
            }
        },
    };
    let route_key: Arc<str> = format!("{key} {}", resource.path).into();
    RestMethod {
        limits: throttles.rest(&route_key, &resource.path, key),
        route_key,
        path: resource.path.clone(),
        key,
        resource_id: resource.id.as_str().into(),
        access: authorizers.access(&method.authorization),
        api_key_required: method.api_key_required,
        mapping,
        integration,
    }
}

fn mapping(integration: &gatelet_model::Integration) -> Result<RestMapping, String> {
    match integration.kind {
        // A mock has no request that its parameters could go to.
        IntegrationType::Mock => Ok(RestMapping::default()),
        // Recorded: a Lambda proxy ignores its mappings, and still fails by one that no mapping may be.
        IntegrationType::AwsProxy => RestMapping::ignored(&integration.request_parameters),
        _ => RestMapping::compile(&integration.request_parameters),
    }
}
