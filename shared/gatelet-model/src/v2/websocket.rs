//! WebSocket APIs.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::authorizer::{Authorization, Authorizer};
use crate::integration::Integration;
use crate::limits;
use crate::problem::{Problem, Problems};
use crate::rest::Model;
use crate::text::{ApiId, PartId};

/// What a WebSocket API's route is chosen by
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-develop-routes.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum WebSocketRouteKey {
    /// A client opens a connection.
    Connect,
    /// A connection ends.
    Disconnect,
    /// A message that no other route takes.
    Default,
    /// A message for which the selection expression yields this text.
    Custom(Box<str>),
}

impl From<String> for WebSocketRouteKey {
    fn from(text: String) -> Self {
        match text.as_str() {
            "$connect" => Self::Connect,
            "$disconnect" => Self::Disconnect,
            "$default" => Self::Default,
            _ => Self::Custom(text.into()),
        }
    }
}

impl fmt::Display for WebSocketRouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "$connect",
            Self::Disconnect => "$disconnect",
            Self::Default => "$default",
            Self::Custom(text) => text,
        })
    }
}

impl From<WebSocketRouteKey> for String {
    fn from(key: WebSocketRouteKey) -> Self {
        key.to_string()
    }
}

/// A route of a WebSocket API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSocketRoute {
    /// Its id.
    pub id: PartId,
    /// What it is chosen by.
    pub key: WebSocketRouteKey,
    /// What is asked of the caller (`$connect` only).
    pub authorization: Authorization,
    /// Whether an API key is asked for.
    pub api_key_required: bool,
    /// A name for generated clients.
    pub operation_name: Option<String>,
    /// Which model a message is held against.
    pub model_selection_expression: Option<String>,
    /// Models by what that expression yields.
    pub request_models: IndexMap<String, String>,
    /// Parameters and whether they are required (`$connect` only).
    pub request_parameters: IndexMap<String, bool>,
    /// `$default` where the sender gets the integration's answer.
    pub response_selection_expression: Option<String>,
    /// What stands behind.
    pub integration: Option<Integration>,
}

/// What a [`WebSocketApi`] is made of, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSocketApiParts {
    /// Its id.
    pub id: ApiId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The author's version of it.
    pub version: Option<String>,
    /// What yields the route key of a message, such as `$request.body.action`.
    pub route_selection_expression: String,
    /// Where the API key is read.
    pub api_key_selection_expression: Option<String>,
    /// Whether its own `execute-api` name is refused.
    pub disable_execute_api_endpoint: bool,
    /// The author's labels.
    pub tags: IndexMap<String, String>,
    /// Its routes.
    pub routes: Vec<WebSocketRoute>,
    /// Its authorizers.
    pub authorizers: Vec<Authorizer>,
    /// Its models.
    pub models: Vec<Model>,
}

/// A WebSocket API whose parts fit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WebSocketApiParts", into = "WebSocketApiParts")]
pub struct WebSocketApi(WebSocketApiParts);

crate::deployment::checked_whole!(WebSocketApi, WebSocketApiParts);

impl WebSocketApi {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// Every [`Problem`] that forbids serving the API.
    pub fn new(parts: WebSocketApiParts) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        if parts.name.is_empty() || parts.name.chars().count() > limits::API_NAME_CHARACTERS_MAX {
            problems.push(
                Problem::error("the API's name is empty or too long").help("give it 1 to 1,024 characters"),
            );
        }
        if parts.route_selection_expression.is_empty() {
            problems.push(
                Problem::error("the API has no route selection expression")
                    .help("such as `$request.body.action`"),
            );
        }
        let mut keys = BTreeSet::new();
        for route in &parts.routes {
            let about = route.key.to_string();
            if !keys.insert(&route.key) {
                problems.push(Problem::error("the route is defined twice").about(&about));
            }
            if route.authorization != Authorization::None && route.key != WebSocketRouteKey::Connect {
                problems.push(
                    Problem::error("only `$connect` can ask for authorization")
                        .about(&about)
                        .help("move the authorizer to `$connect`"),
                );
            }
            if let Authorization::Authorizer { id, .. } = &route.authorization
                && !parts.authorizers.iter().any(|authorizer| authorizer.id == *id)
            {
                problems.push(Problem::error(format!("its authorizer `{id}` is not defined")).about(&about));
            }
        }
        if problems.has_errors() { Err(problems) } else { Ok(Self(parts)) }
    }
}
