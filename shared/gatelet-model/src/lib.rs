//! The vocabulary: what an API is made of, in AWS's words, and what can be wrong with one.
//!
//! The words are those of AWS's API references of both services. A leaf is a type whose constructor applies
//! AWS's rule; an API is checked as a whole ([`RestApi::new`](rest::RestApi::new) and the like) and never changes after.
//! `serde` is the stored form alone and goes through the same constructors: no wire format lives here.

mod authorizer;
mod deployment;
mod domain;
mod integration;
mod json_text;
pub mod limits;
mod names;
mod path_template;
mod problem;
pub mod rest;
mod throttle;
mod usage;
pub mod v2;

pub use authorizer::{
    Authorization, Authorizer, AuthorizerFunction, AuthorizerKind, JwtIssuer, PayloadFormat, ResultTtl,
};
pub use deployment::{Api, Deployment, FORMAT, Stage, StagePointer};
pub use domain::{ApiMapping, DomainName, HeaderMatch, MappingKey, MutualTls, RoutingMode, RoutingRule};
pub use integration::{
    Connection, ContentHandling, Integration, IntegrationResponse, IntegrationType, PassthroughBehavior,
    ResponseTransferMode, Timeout, TlsConfig,
};
pub use json_text::JsonText;
pub use names::{
    AccountId, ApiId, Domain, Method, MethodKey, ParameterName, PartId, Region, StageName, StatusCode,
    VariableName,
};
pub use path_template::{PathTemplate, Segment};
pub use problem::{Place, Problem, Problems, Severity};
pub use throttle::Throttle;
pub use usage::{ApiKey, ApiKeyValue, PlanStage, Quota, QuotaPeriod, UsagePlan};
