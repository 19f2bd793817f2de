//! The real world behind the ports: DynamoDB, backends over HTTP, Lambda functions, clocks and the environment,
//! and what every front door shares.

pub mod backends;
pub mod clock;
pub mod definitions;
pub mod dynamodb;
pub mod edge;
pub mod environment;
pub mod events;
pub mod functions;
pub mod https;
pub mod shutdown;
pub mod telemetry;
