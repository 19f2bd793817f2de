//! A compiled REST API.

use std::sync::Arc;

use gatelet_model::rest::{Method, Resource, RestApi};
use gatelet_model::{ApiId, IntegrationType, MethodKey, PathTemplate, StageVariables};

use super::access::Access;
use super::mapping::RestMapping;
use super::routes::{RouteTable, Rules};
use crate::integrations::Integration;
use crate::payload::CanonicalPath;

/// A compiled REST API.
#[derive(Debug)]
pub struct RestApiSnapshot {
    routes: RouteTable,
    methods: Vec<RestMethod>,
}

/// A compiled method of a resource.
#[derive(Debug)]
pub struct RestMethod {
    /// `GET /pets/{id}`, for logs.
    pub route_key: Arc<str>,
    /// The resource's path.
    pub path: PathTemplate,
    /// What is asked of the caller.
    pub access: Access,
    /// Whether an API key is asked for.
    pub api_key_required: bool,
    /// How the request's parameters become the backend's.
    pub mapping: RestMapping,
    /// What stands behind.
    pub integration: Integration,
}

impl RestApiSnapshot {
    /// Compiles an API for a stage with these variables.
    #[must_use]
    pub fn compile(api: &RestApi, variables: &StageVariables) -> Self {
        let pairs = || {
            api.resources
                .iter()
                .flat_map(|resource| resource.methods.iter().map(move |pair| (resource, pair)))
        };
        let methods = pairs()
            .map(|(resource, (key, method))| {
                compile_method(&api.id, api.policy.is_some(), resource, *key, method, variables)
            })
            .collect();
        let routes =
            RouteTable::build(pairs().map(|(resource, (key, _))| (&resource.path, *key)), Rules::Rest);
        Self { routes, methods }
    }

    /// The method that a request takes.
    #[must_use]
    pub fn find(&self, path: &CanonicalPath, method: Option<gatelet_model::Method>) -> Option<&RestMethod> {
        let found = self.routes.find(path, method)?;
        self.methods.get(found.route as usize)
    }

    /// All methods, in the order of the definition.
    #[must_use]
    pub fn methods(&self) -> &[RestMethod] {
        &self.methods
    }
}

fn compile_method(
    api_id: &ApiId,
    has_policy: bool,
    resource: &Resource,
    key: MethodKey,
    method: &Method,
    variables: &StageVariables,
) -> RestMethod {
    let (mapping, integration) = match &method.integration {
        None => {
            let why = "the method has no integration".to_owned();
            (RestMapping::default(), Integration::Broken { kind: "none", why })
        }
        // A mock has no request that its parameters could go to.
        Some(integration) if integration.kind == IntegrationType::Mock => {
            (RestMapping::default(), Integration::compile_rest(api_id, integration, variables))
        }
        Some(integration) => match RestMapping::compile(&integration.request_parameters) {
            Ok(mapping) => (mapping, Integration::compile_rest(api_id, integration, variables)),
            Err(why) => {
                (RestMapping::default(), Integration::Broken { kind: integration.kind.as_str(), why })
            }
        },
    };
    RestMethod {
        route_key: format!("{key} {}", resource.path).into(),
        path: resource.path.clone(),
        access: Access::of(&method.authorization, has_policy),
        api_key_required: method.api_key_required,
        mapping,
        integration,
    }
}
