//! HTTP and WebSocket APIs (API Gateway's second version).

mod cors;
mod http;
mod service_action;
mod stage;
mod websocket;

pub use cors::Cors;
pub use http::{HttpApi, HttpApiParts, HttpIntegration, HttpRoute, HttpRouteKey};
pub use service_action::{REGION, ServiceAction, ServiceParameter};
pub use stage::{RouteSettings, V2Stage};
pub use websocket::{WebSocketApi, WebSocketApiParts, WebSocketRoute, WebSocketRouteKey};
