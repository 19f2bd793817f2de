//! Stages of HTTP and WebSocket APIs.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::rest::{AccessLogSettings, StageVariables};
use crate::text::StageName;
use crate::throttle::Throttle;

/// A stage: a name under which a deployment is served, and how
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html>).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct V2Stage {
    /// The first part of its URL's path; `$default` stands at the root.
    pub name: StageName,
    /// What it is for.
    pub description: Option<String>,
    /// Values that definitions refer to.
    pub variables: StageVariables,
    /// Settings of routes that have none of their own.
    pub default_route_settings: RouteSettings,
    /// Settings by route key.
    pub route_settings: IndexMap<String, RouteSettings>,
    /// Where and how access is logged.
    pub access_log: Option<AccessLogSettings>,
    /// Whether every change is deployed at once.
    pub auto_deploy: bool,
    /// The certificate shown to backends (WebSocket only).
    pub client_certificate_id: Option<String>,
}

impl V2Stage {
    /// A stage with a name and nothing else.
    #[must_use]
    pub fn new(name: StageName) -> Self {
        Self {
            name,
            description: None,
            variables: StageVariables::default(),
            default_route_settings: RouteSettings::default(),
            route_settings: IndexMap::new(),
            access_log: None,
            auto_deploy: true,
            client_certificate_id: None,
        }
    }
}

/// How some routes of a stage are served.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RouteSettings {
    /// Whether metrics are kept by route.
    pub detailed_metrics_enabled: Option<bool>,
    /// `OFF`, `ERROR` or `INFO` (WebSocket only).
    pub logging_level: Option<String>,
    /// Whether whole messages are logged (WebSocket only).
    pub data_trace_enabled: Option<bool>,
    /// How many requests are taken.
    pub throttle: Option<Throttle>,
}
