//! The real world behind the ports: DynamoDB, backends over HTTP, clocks and the environment.
