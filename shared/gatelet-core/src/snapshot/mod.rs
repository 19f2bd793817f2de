//! What a deployment becomes when it is loaded: compiled once, immutable, shared by every request that it serves.
//! Nothing here asks the world anything. AWS accepts some definitions that fail only when used: such a part is
//! kept as an error in its place.

mod access;
mod cors;
mod gateway_responses;
mod http;
mod mapping;
mod models;
mod rest;
pub mod routes;
mod stage;
mod throttles;

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelet_model::{ApiId, StageName};

pub use access::{Access, Authorizer, ResourcePolicy};
pub use cors::CorsRules;
pub use gateway_responses::{GatewayResponses, OwnAnswer, gateway_response_header, gateway_response_type};
pub use http::{HttpApiSnapshot, HttpRoute};
pub use mapping::{
    AnswerMapping, BodyMapping, BodyTemplate, Conversion, HttpMapping, MappedAnswer, Message, RestMapping,
    Sources,
};
pub use models::{BodyModel, Place as RequiredPlace, Validation};
pub use rest::{RestApiSnapshot, RestMethod};
pub(crate) use stage::partition;

/// What a method is compiled of, for whoever tells its author of a part that cannot work.
pub use crate::integrations::{Integration, MediaTypes, RestContext};
pub use stage::{ApiSnapshot, StageSnapshot};
pub(crate) use throttles::most_specific;
pub use throttles::{NamedLimit, RouteLimits};

/// An API as it is served now: its stages, each showing one deployment.
#[derive(Debug)]
pub struct Published {
    api_id: ApiId,
    stages: BTreeMap<StageName, Arc<StageSnapshot>>,
}

impl Published {
    /// An API and its stages.
    #[must_use]
    pub fn new(api_id: ApiId, stages: impl IntoIterator<Item = Arc<StageSnapshot>>) -> Self {
        Self { api_id, stages: stages.into_iter().map(|stage| (stage.name().clone(), stage)).collect() }
    }

    /// The API's id.
    #[must_use]
    pub const fn api_id(&self) -> &ApiId {
        &self.api_id
    }

    /// The stage of a name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Arc<StageSnapshot>> {
        self.stages.get(name)
    }

    /// All stages, by name.
    pub fn stages(&self) -> impl Iterator<Item = &Arc<StageSnapshot>> {
        self.stages.values()
    }
}
