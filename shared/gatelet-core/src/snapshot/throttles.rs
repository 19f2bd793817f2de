//! What a stage lets through, route by route.

use std::sync::Arc;

use gatelet_model::rest::MethodSettingsTarget;
use gatelet_model::v2::V2Stage;
use gatelet_model::{ApiId, MethodKey, PathTemplate, Stage, Throttle};
use indexmap::IndexMap;

use crate::limits::Limits;
use crate::limits::bucket::{Bucket, Limit};
use crate::ports::Key;

/// A limit with the bucket that it has.
#[derive(Debug)]
pub struct NamedLimit {
    /// The bucket's name, the same in all instances.
    pub name: Box<str>,
    /// Under which it is remembered.
    pub key: Key,
    /// How it fills.
    pub limit: Limit,
}

impl NamedLimit {
    /// A limit whose bucket has this name.
    #[must_use]
    pub fn new(name: String, throttle: Throttle) -> Self {
        Self { key: Key::of([name.as_bytes()]), name: name.into(), limit: Limit::of(throttle) }
    }

    /// Its bucket, as an instance knows it.
    #[must_use]
    pub fn bucket(&self, limits: &Limits) -> Arc<Bucket> {
        limits.bucket(&self.key)
    }
}

/// What limits a route.
#[derive(Debug)]
pub struct RouteLimits {
    /// What the route is called in buckets and in what is counted: `{api id}/{stage}/{route key}`.
    pub label: Arc<str>,
    /// What the stage lets through; none where it says nothing.
    pub throttle: Option<NamedLimit>,
}

/// The settings of a stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Throttles<'a> {
    stage: &'a Stage,
    api_id: &'a str,
}

impl<'a> Throttles<'a> {
    /// The settings that a stage has for an API.
    pub(super) fn new(stage: &'a Stage, api_id: &'a ApiId) -> Self {
        Self { stage, api_id: api_id.as_str() }
    }

    /// A REST API's method has a bucket of its own, whichever setting it takes its limit from
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>: limits of a stage are
    /// applied at the level of methods).
    pub(super) fn rest(&self, route_key: &str, path: &PathTemplate, method: MethodKey) -> RouteLimits {
        let throttle = match self.stage {
            Stage::Rest(stage) => {
                most_specific(&stage.method_settings, path, method, |settings| settings.throttle)
            }
            Stage::V2(_) => None,
        };
        self.named(route_key, throttle)
    }

    /// An HTTP API's route likewise
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>).
    pub(super) fn http(&self, route_key: &str) -> RouteLimits {
        let throttle = match self.stage {
            Stage::V2(stage) => of_route(stage, route_key),
            Stage::Rest(_) => None,
        };
        self.named(route_key, throttle)
    }

    fn named(&self, route_key: &str, throttle: Option<Throttle>) -> RouteLimits {
        let label = [self.api_id, "/", self.stage.name().as_str(), "/", route_key].concat();
        let throttle = throttle.map(|throttle| NamedLimit::new(format!("throttle#route#{label}"), throttle));
        RouteLimits { label: label.into(), throttle }
    }
}

fn of_route(stage: &V2Stage, route_key: &str) -> Option<Throttle> {
    let own = stage.route_settings.get(route_key).and_then(|settings| settings.throttle);
    own.or(stage.default_route_settings.throttle)
}

/// What the most specific of the settings that are meant for a method says: its own, its path's, its verb's, everybody's.
pub(crate) fn most_specific<S>(
    settings: &IndexMap<MethodSettingsTarget, S>,
    path: &PathTemplate,
    method: MethodKey,
    throttle: impl Fn(&S) -> Option<Throttle>,
) -> Option<Throttle> {
    let said = settings.iter().filter_map(|(target, settings)| Some((target, throttle(settings)?)));
    let meant = said.filter_map(|(target, throttle)| {
        let is_meant = target.path.as_ref().is_none_or(|of_target| of_target == path)
            && target.method.is_none_or(|of_target| of_target == method);
        is_meant.then_some(((target.path.is_some(), target.method.is_some()), throttle))
    });
    meant.max_by_key(|(specific, _)| *specific).map(|(_, throttle)| throttle)
}
