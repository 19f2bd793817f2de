//! The real world behind the ports: DynamoDB, backends over HTTP, Lambda functions, clocks and the environment.

pub mod backends;
pub mod clock;
pub mod definitions;
pub mod dynamodb;
pub mod environment;
pub mod functions;
