//! Everything that is served, as the control door and the terminal show it.

use serde::Serialize;

use crate::definition::Route;

/// Everything that is served.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Overview {
    /// The APIs, by id.
    pub apis: Vec<ApiView>,
}

/// An API.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `REST API`, `HTTP API` or `WebSocket API`.
    pub kind: &'static str,
    /// Its stages, by name.
    pub stages: Vec<StageView>,
}

/// A stage of an API.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StageView {
    /// Its name.
    pub name: String,
    /// Where it answers.
    pub url: String,
    /// How often its pointer has moved.
    pub version: u64,
    /// The deployment that it shows.
    pub deployment_id: String,
    /// The routes of that deployment.
    pub routes: Vec<Route>,
}
