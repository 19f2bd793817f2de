//! A compiled HTTP API.

use std::sync::Arc;

use gatelet_model::v2::{HttpApi, HttpRouteKey};
use gatelet_model::{MethodKey, PathTemplate, Stage};

use super::access::{Access, Authorizers};
use super::cors::CorsRules;
use super::mapping::HttpMapping;
use super::routes::{RouteTable, Rules};
use super::throttles::{RouteLimits, Throttles};
use crate::integrations::Integration;
use crate::payload::CanonicalPath;

/// What preflight requests are counted under: no route is called so.
const PREFLIGHTS: &str = "$preflight";

/// A compiled HTTP API.
#[derive(Debug)]
pub struct HttpApiSnapshot {
    routes: RouteTable,
    /// In the order of the route table; `$default` is not among them.
    by_path: Vec<HttpRoute>,
    default: Option<HttpRoute>,
    cors: Option<CorsRules>,
    preflights: RouteLimits,
}

/// A compiled route.
#[derive(Debug)]
pub struct HttpRoute {
    /// Its key, such as `GET /pets/{id}`.
    pub route_key: Arc<str>,
    /// Its path; none on `$default`.
    pub path: Option<PathTemplate>,
    /// What is asked of the caller.
    pub access: Access,
    /// What limits it.
    pub limits: RouteLimits,
    /// How parameters become the backend's, and its answer the client's.
    pub mapping: HttpMapping,
    /// What stands behind; a route without one answers 404.
    pub integration: Option<Integration>,
}

impl HttpApiSnapshot {
    /// Compiles an API for a stage.
    #[must_use]
    pub fn compile(api: &HttpApi, stage: &Stage) -> Self {
        let (variables, throttles) = (stage.variables(), Throttles::new(stage, &api.id));
        let mut keys: Vec<(&PathTemplate, MethodKey)> = Vec::new();
        let mut by_path = Vec::new();
        let mut default = None;
        let authorizers = Authorizers::compile(&api.authorizers, Rules::Http, variables);
        for route in &api.routes {
            let integration = route.integration.as_ref();
            let integration =
                integration.and_then(|id| api.integrations.iter().find(|other| other.id == *id));
            let (mapping, integration) = match integration.map(|it| (it, HttpMapping::compile(it))) {
                None => (HttpMapping::default(), None),
                Some((it, Ok(mapping))) => {
                    (mapping, Some(Integration::compile_http(it, &route.key, variables)))
                }
                Some((it, Err(why))) => {
                    (HttpMapping::default(), Some(Integration::Broken { kind: it.kind.as_str(), why }))
                }
            };
            let route_key: Arc<str> = route.key.to_string().into();
            let mut compiled = HttpRoute {
                limits: throttles.http(&route_key),
                route_key,
                path: None,
                access: authorizers.access(&route.authorization),
                mapping,
                integration,
            };
            match &route.key {
                HttpRouteKey::Path(method, path) => {
                    compiled.path = Some(path.clone());
                    keys.push((path, *method));
                    by_path.push(compiled);
                }
                HttpRouteKey::Default => default = Some(compiled),
            }
        }
        let cors = api.cors.as_ref().map(CorsRules::compile);
        let preflights = throttles.http(PREFLIGHTS);
        Self { routes: RouteTable::build(keys.into_iter(), Rules::Http), by_path, default, cors, preflights }
    }

    /// The route that a request takes: the most specific with its path and method, else `$default`
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>).
    #[must_use]
    pub fn find(&self, path: &CanonicalPath, method: Option<gatelet_model::Method>) -> Option<&HttpRoute> {
        let found = self.routes.find(path, method).and_then(|found| self.by_path.get(found.route as usize));
        found.or(self.default.as_ref())
    }

    /// Its cross-origin rules, where the gateway is to keep them.
    #[must_use]
    pub const fn cors(&self) -> Option<&CorsRules> {
        self.cors.as_ref()
    }

    /// What limits the preflight requests that the gateway answers by itself: what the stage says of all its routes.
    #[must_use]
    pub const fn preflights(&self) -> &RouteLimits {
        &self.preflights
    }

    /// All routes, `$default` last.
    pub fn routes(&self) -> impl Iterator<Item = &HttpRoute> {
        self.by_path.iter().chain(&self.default)
    }
}
