//! The vocabulary: what an API is made of, in AWS's words, and what can be wrong with one.
//!
//! The words are those of AWS's API references of both services. A leaf is a type whose constructor applies
//! AWS's rule; an API is checked as a whole ([`RestApi::new`](rest::RestApi::new) and the like) and never changes after.
//! `serde` is the stored form alone and goes through the same constructors: no wire format lives here.

mod authorizer;
mod deployment;
mod domain;
mod integration;
pub mod limits;
mod problem;
pub mod rest;
mod text;
mod throttle;
mod usage;
pub mod v2;

pub use authorizer::{
    Authorization, Authorizer, AuthorizerFunction, AuthorizerKind, JwtIssuer, PayloadFormat, RequiredClaim,
    ResultTtl,
};
pub use deployment::{Api, Deployment, FORMAT, Stage, StagePointer};
pub use domain::{ApiMapping, DomainName, HeaderMatch, MappingKey, MutualTls, RoutingMode, RoutingRule};
pub use integration::{
    Connection, ContentHandling, Integration, IntegrationResponse, IntegrationType, PassthroughBehavior,
    ResponseTransferMode, Timeout, TlsConfig,
};
pub use problem::{Place, Problem, Problems, Severity};
pub use rest::StageVariables;
pub use text::{
    AccountId, ApiId, Domain, JsonText, Method, MethodKey, ParameterName, PartId, PathTemplate, Region,
    Segment, StageName, StatusCode, VariableName,
};
pub use throttle::Throttle;
pub use usage::{ApiKey, ApiKeyValue, PlanStage, Quota, QuotaPeriod, UsagePlan};
