//! What is deployed: an API as it was at one moment, and the pointers to it.

use serde::{Deserialize, Serialize};

use crate::rest::{RestApi, RestStage, StageVariables};
use crate::text::{ApiId, PartId, StageName};
use crate::v2::{HttpApi, V2Stage, WebSocketApi};

/// The stored form of everything in this crate. A reader refuses any other number.
pub const FORMAT: u32 = 1;

/// An API of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Api {
    /// A REST API.
    Rest(RestApi),
    /// An HTTP API.
    Http(HttpApi),
    /// A WebSocket API.
    WebSocket(WebSocketApi),
}

impl Api {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &ApiId {
        match self {
            Self::Rest(api) => &api.id,
            Self::Http(api) => &api.id,
            Self::WebSocket(api) => &api.id,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Rest(api) => &api.name,
            Self::Http(api) => &api.name,
            Self::WebSocket(api) => &api.name,
        }
    }

    /// What its author calls its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Rest(_) => "REST API",
            Self::Http(_) => "HTTP API",
            Self::WebSocket(_) => "WebSocket API",
        }
    }
}

/// A stage of an API of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    /// Of a REST API.
    Rest(RestStage),
    /// Of an HTTP or WebSocket API.
    V2(V2Stage),
}

impl Stage {
    /// Its variables.
    #[must_use]
    pub const fn variables(&self) -> &StageVariables {
        match self {
            Self::Rest(stage) => &stage.variables,
            Self::V2(stage) => &stage.variables,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &StageName {
        match self {
            Self::Rest(stage) => &stage.name,
            Self::V2(stage) => &stage.name,
        }
    }
}

/// An API as it was at one moment. It never changes; its id follows from its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id: a hash of the API.
    pub id: PartId,
    /// Why it was made.
    pub description: Option<String>,
    /// The API.
    pub api: Api,
}

/// A stage and the deployment that it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagePointer {
    /// The stage's settings.
    pub stage: Stage,
    /// The deployment that it shows.
    pub deployment_id: PartId,
    /// The deployment that it showed before; read where the present one cannot be.
    pub previous_deployment_id: Option<PartId>,
    /// Counts the moves; a move succeeds only from the version that its mover saw.
    pub version: u64,
}

/// Declares how a checked API is read, taken apart, and read back from its stored form: through its constructor.
macro_rules! checked_whole {
    ($whole:ident, $parts:ident) => {
        impl std::ops::Deref for $whole {
            type Target = $parts;
            fn deref(&self) -> &$parts {
                &self.0
            }
        }

        impl From<$whole> for $parts {
            fn from(api: $whole) -> Self {
                api.0
            }
        }

        impl TryFrom<$parts> for $whole {
            type Error = String;
            fn try_from(parts: $parts) -> Result<Self, String> {
                Self::new(parts).map_err(|problems| {
                    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
                })
            }
        }
    };
}
pub(crate) use checked_whole;
