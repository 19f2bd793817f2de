//! The effects that the data plane needs, as narrow ports. Adapters stand behind them: they fetch and send,
//! keep time limits, and hold no rule of the gateway.
//!
//! Each later feature brings its own port beside these: the response cache, connections.

mod arrival;
mod callers;
mod counters;
mod services;
mod way;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatelet_model::{ApiId, DomainName};

pub use arrival::{Arrival, Scheme, Timestamp, Vouched};
pub use callers::{AccessKey, ApiKeyEntry, Credentials, Decisions, IdentityProviders, Membership};
pub use counters::{
    Counters, QuotaName, QuotaTake, QuotaTaken, TakeForm, TokenTake, TokensTaken, UnusedQuota, UsageCounts,
    UsageReport,
};
pub use way::{BackendWay, VpcLink};

pub use services::{ServiceAddress, ServiceCall, Services, partition_domain};

pub use crate::authorizers::iam::{IamIdentity, Secret};
pub use crate::limits::{Day, Period, QUOTA_KEPT};
pub use crate::memory::{Key, Memory};
use crate::payload::{Body, BodyError, Response};
use crate::snapshot::Published;

/// The world failed. Each stage decides in one visible line whether that opens or closes the gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// It could not be reached, or said no.
    #[error("{what} is not available: {why}")]
    Unavailable {
        /// What was asked for, such as "the definitions table".
        what: &'static str,
        /// What the adapter heard.
        why: String,
    },
    /// It did not answer in time.
    #[error("{what} did not answer in time")]
    Timeout {
        /// What was asked for.
        what: &'static str,
    },
    /// What is stored cannot be understood.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// What is deployed.
pub trait Definitions: Send + Sync {
    /// The stages of an API as they are now, or `None` where no such API is deployed.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known; never `Ok(None)` for that.
    fn published(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<Arc<Published>>, PortError>> + Send;

    /// The custom domain of this lower-case name, or `None`.
    ///
    /// # Errors
    /// A [`PortError`] where it cannot be known.
    fn domain(
        &self,
        name: &str,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Option<Arc<DomainName>>, PortError>> + Send;
}

/// A request to a backend over HTTP.
#[derive(Debug)]
pub struct BackendCall {
    /// The request; its URI is absolute, and its headers hold none that belong to a connection.
    pub request: http::Request<Body>,
    /// How long the backend may take until its answer begins.
    pub timeout: Duration,
    /// How it is reached, as far as the URI does not say it.
    pub way: Arc<BackendWay>,
}

/// Why a backend gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The URI names nothing that can be called.
    #[error("the backend's address cannot be used: {0}")]
    BadAddress(String),
    /// The address is one that backends may not have.
    #[error("the backend's address is not allowed: {0}")]
    ForbiddenAddress(String),
    /// The name does not resolve, or the network or TLS failed.
    #[error("network error communicating with the backend: {0}")]
    Network(String),
    /// Nobody listens there.
    #[error("the backend refused the connection: {0}")]
    Refused(String),
    /// It did not answer in time.
    #[error("the backend did not answer within {0:?}")]
    Timeout(Duration),
    /// It broke off, or what it said is not HTTP.
    #[error("the backend's answer broke off or is not HTTP: {0}")]
    BadAnswer(String),
    /// The client's body did not come to its end.
    #[error("the request's body failed: {0}")]
    RequestBody(BodyError),
    /// Nobody may sign the call: credentials are missing, or the role of the definition cannot be assumed.
    #[error("the call cannot be signed: {0}")]
    Unsigned(String),
}

/// Backends over HTTP.
pub trait Backends: Send + Sync {
    /// Sends a request and waits until the answer begins; its body may still be on the way.
    ///
    /// Redirects are answers like any other, and are not followed.
    ///
    /// # Errors
    /// A [`BackendError`] where no answer began.
    fn call(&self, call: BackendCall) -> impl Future<Output = Result<Response, BackendError>> + Send;

    /// Where a call of `uri` through a VPC link goes, if that is elsewhere than the URI says.
    fn led(&self, _link: &VpcLink, _uri: &http::Uri) -> Option<http::Uri> {
        None
    }
}

/// How a function is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationMode {
    /// Its whole answer is waited for (`InvocationType: RequestResponse`).
    RequestResponse,
    /// It is only told (`InvocationType: Event`).
    Event,
    /// Its answer is taken as it comes (`InvokeWithResponseStream`).
    ResponseStream,
}

/// A call of a Lambda function.
#[derive(Debug)]
pub struct FunctionCall {
    /// The function: an ARN, or a name, with its qualifier where the definition gives one.
    pub function: Box<str>,
    /// The event, JSON.
    pub payload: Bytes,
    /// How it is asked.
    pub mode: InvocationMode,
    /// How long it may take until its answer is there, or begins.
    pub timeout: Duration,
    /// The role that is assumed to call it.
    pub credentials: Option<Box<str>>,
    /// The trace that the call is a part of, as `X-Amzn-Trace-Id` has it.
    pub trace_id: Option<Box<str>>,
}

/// What a function answered.
#[derive(Debug)]
pub enum FunctionAnswer {
    /// It was told.
    Accepted,
    /// Its whole answer.
    Payload {
        /// JSON, or whatever it returned.
        payload: Bytes,
        /// `Unhandled` and the like, where it failed (`X-Amz-Function-Error`).
        function_error: Option<Box<str>>,
    },
    /// Its answer as it comes: the payload chunks of the stream, one behind the other. A function that fails half-way ends it
    /// with [`BodyError::BrokenOff`].
    Stream(Body),
}

/// Why a function gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// There is no such function.
    #[error("there is no function `{0}`")]
    NotFound(String),
    /// Whoever called may not.
    #[error("the function may not be called: {0}")]
    Denied(String),
    /// Too many calls at a time.
    #[error("the function is called too often: {0}")]
    Throttled(String),
    /// The event is larger than Lambda takes: 6 MB, or 1 MB where it is only told.
    #[error("the event has {0} bytes, more than a function takes")]
    TooLarge(usize),
    /// It did not answer in time.
    #[error("the function did not answer within {0:?}")]
    Timeout(Duration),
    /// Lambda could not be reached, or failed.
    #[error("the function could not be called: {0}")]
    Unavailable(String),
}

/// Lambda functions.
pub trait Functions: Send + Sync {
    /// Calls a function. It is never called twice for one request: whether it ran is not known where the answer got lost.
    ///
    /// # Errors
    /// A [`FunctionError`] where there is no answer. A function that ran and failed *is* an answer.
    fn invoke(
        &self,
        call: FunctionCall,
    ) -> impl Future<Output = Result<FunctionAnswer, FunctionError>> + Send;
}

/// Time, for what must look again later than at a request's arrival.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// A time that only grows, since some fixed moment; for durations.
    fn monotonic(&self) -> Duration;
}

/// All ports together.
pub trait World: Send + Sync {
    /// What is deployed.
    type Definitions: Definitions;
    /// Backends over HTTP.
    type Backends: Backends;
    /// Lambda functions.
    type Functions: Functions;
    /// AWS's services.
    type Services: Services;
    /// Those who know identities elsewhere.
    type IdentityProviders: IdentityProviders;
    /// What the installation knows of its callers.
    type Credentials: Credentials;
    /// What authorizers decided.
    type Decisions: Decisions;
    /// What all instances count together.
    type Counters: Counters;
    /// Time.
    type Clock: Clock;

    /// What is deployed.
    fn definitions(&self) -> &Self::Definitions;
    /// Backends over HTTP.
    fn backends(&self) -> &Self::Backends;
    /// Lambda functions.
    fn functions(&self) -> &Self::Functions;
    /// AWS's services.
    fn services(&self) -> &Self::Services;
    /// Those who know identities elsewhere.
    fn identity_providers(&self) -> &Self::IdentityProviders;
    /// What the installation knows of its callers.
    fn credentials(&self) -> &Self::Credentials;
    /// What authorizers decided.
    fn decisions(&self) -> &Self::Decisions;
    /// What all instances count together.
    fn counters(&self) -> &Self::Counters;
    /// Time.
    fn clock(&self) -> &Self::Clock;
    /// What this instance remembers between requests.
    fn memory(&self) -> &Memory;
}
