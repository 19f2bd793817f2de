//! The real world behind the ports: DynamoDB, backends over HTTP, Lambda functions, clocks and the environment,
//! and what every front door shares.

pub mod access;
pub mod backends;
pub mod definitions;
pub mod dynamodb;
pub mod edge;
pub mod environment;
pub mod events;
pub mod functions;
pub mod process;
pub mod services;
pub mod telemetry;

pub use services::https;
