//! What happened to one request: written once by each stage, sealed when the answer's body has ended or the
//! client has gone. `$context`, access-log lines and metrics are made from it.

pub(crate) mod allowance;
mod context;
pub(crate) mod execution_log;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use context::{civil_date, iso_8601, month_name, request_time};
use gatelet_model::rest::GatewayResponseType;

use self::allowance::Allowance;
pub use self::execution_log::ExecutionLine;
use self::execution_log::ExecutionLog;
use crate::authorizers::{Caller, ClientCertificate};
use crate::payload::BodyError;
use crate::ports::Secret;
use crate::ports::{Arrival, Timestamp};
use crate::refusal::{Customisation, Refusal};
use crate::stages::client::Client;
use crate::stages::cors::Granted;

/// How the answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The whole answer was handed to the client's connection.
    Complete,
    /// The client went away before.
    ClientGone,
    /// The answer's body broke off.
    BrokenOff(BodyError),
}

/// Which of AWS's two services an API belongs to: they name a request's ids, and refuse, each in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiFamily {
    /// REST APIs; also what is answered before an API is known.
    Rest,
    /// HTTP and WebSocket APIs.
    V2,
}

/// What is known of a request's stage once it is located.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The service that the API belongs to.
    pub family: ApiFamily,
    /// The account that the API belongs to.
    pub account_id: Arc<str>,
    /// The API's id.
    pub api_id: Arc<str>,
    /// The API's name.
    pub api_name: Arc<str>,
    /// The stage's name.
    pub stage: Arc<str>,
    /// The deployment that served it.
    pub deployment_id: Arc<str>,
    /// Whether the canary's side was drawn.
    pub canary: bool,
}

/// What is known of the integration once it answered or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationCall {
    /// Its type, such as `HTTP_PROXY`.
    pub kind: &'static str,
    /// The backend's status, where it answered.
    pub status: Option<u16>,
    /// How long it took until its answer began.
    pub latency: Duration,
    /// Why it failed.
    pub error: Option<String>,
}

/// The record of a request under way. Facts are added, and only an answer that could not be handed over is replaced.
#[derive(Debug)]
pub struct Record {
    /// When the request arrived.
    pub arrived: Timestamp,
    /// The client's address.
    pub peer: IpAddr,
    /// The method in the request line.
    pub method: http::Method,
    /// The protocol's version.
    pub version: http::Version,
    request_id: Box<str>,
    extended_request_id: Box<str>,
    path: Option<Box<str>>,
    host: Option<Box<str>>,
    user_agent: Option<Box<str>>,
    place: Option<Place>,
    route: Option<Arc<str>>,
    resource_id: Option<Arc<str>>,
    endpoint_request_id: Option<Box<str>>,
    caller: Option<Caller>,
    certificate: Option<Arc<ClientCertificate>>,
    integration: Option<IntegrationCall>,
    refusal: Option<Refusal>,
    status: Option<u16>,
    explanation: Option<Mutex<Vec<String>>>,
    execution_log: ExecutionLog,
    client: Option<(Arc<Client>, Secret)>,
    allowance: Option<Allowance>,
    customisation: Option<Box<Customisation>>,
    cors: Option<Granted>,
    degraded: bool,
    unverified: bool,
    validation_error: Option<Box<str>>,
}

impl Record {
    /// Opens the record of a request.
    #[must_use]
    pub fn open(arrival: &Arrival, method: http::Method, version: http::Version) -> Self {
        Self {
            arrived: arrival.now,
            request_id: arrival.request_id.clone(),
            extended_request_id: arrival.extended_request_id.clone(),
            peer: arrival.peer,
            method,
            version,
            path: None,
            host: None,
            user_agent: None,
            place: None,
            route: None,
            resource_id: None,
            endpoint_request_id: None,
            caller: None,
            certificate: arrival.vouched.certificate.clone(),
            integration: None,
            refusal: None,
            status: None,
            explanation: None,
            execution_log: ExecutionLog::default(),
            client: None,
            allowance: None,
            customisation: None,
            cors: None,
            degraded: false,
            unverified: false,
            validation_error: None,
        }
    }

    /// From now on notes what the client is told of its limits.
    pub(crate) fn tell_limits(&mut self) {
        self.allowance.get_or_insert_default();
    }

    /// The same, to be told step by step, too.
    #[must_use]
    pub fn explained(mut self) -> Self {
        self.explanation = Some(Mutex::default());
        self
    }

    /// Tells a step of what is decided, where somebody wants to know: `step` is made only then. A step may name what the
    /// caller shows, and never repeats a secret.
    pub fn explain(&self, step: impl FnOnce() -> String) {
        if let Some(steps) = &self.explanation {
            steps.lock().unwrap_or_else(PoisonError::into_inner).push(step());
        }
    }

    /// The steps so far.
    #[must_use]
    pub fn explanation(&self) -> Vec<String> {
        let steps = self.explanation.as_ref();
        steps.map(|steps| steps.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// The same, with an execution log, whose lines are stamped by `now`.
    #[must_use]
    pub fn traced(mut self, now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        self.execution_log = ExecutionLog::kept_with(now);
        self
    }

    /// Writes a line of the execution log, where one is kept: `line` is made only then. It is for the API's author, and shows what
    /// clients send, but never a secret of the gateway's own.
    pub fn trace(&self, line: impl FnOnce() -> String) {
        self.execution_log.push(line);
    }

    /// Whether an execution log is kept, for what would cost something beside the line.
    #[must_use]
    pub const fn is_traced(&self) -> bool {
        self.execution_log.is_kept()
    }

    /// The lines of the execution log so far, which forgets them.
    #[must_use]
    pub fn take_execution_log(&self) -> Vec<ExecutionLine> {
        self.execution_log.take()
    }

    /// Notes what the request says of itself: its path as the client sees it, and its user agent.
    pub fn note_request(&mut self, path: &str, user_agent: Option<&str>) {
        debug_assert!(self.path.is_none(), "a request is noted once");
        self.path.get_or_insert_with(|| path.into());
        self.user_agent = user_agent.map(Into::into);
    }

    /// Notes the host that the request named, once it is known to be one.
    pub fn note_host(&mut self, host: &str) {
        debug_assert!(self.host.is_none(), "a host is noted once");
        self.host.get_or_insert_with(|| host.into());
    }

    /// Notes which stage serves the request.
    pub fn note_place(&mut self, place: Place) {
        debug_assert!(self.place.is_none(), "a place is noted once");
        self.place.get_or_insert(place);
    }

    /// Keeps what the API's own gateway responses need of the request, in case that it is refused.
    pub fn note_customisation(&mut self, customisation: Option<Customisation>) {
        debug_assert!(self.customisation.is_none(), "what a refusal needs is noted once");
        self.customisation = self.customisation.take().or_else(|| customisation.map(Box::new));
    }

    /// Notes what the request's origin is granted, where the API has rules for it.
    pub fn note_cors(&mut self, granted: Option<Granted>) {
        debug_assert!(self.cors.is_none(), "an origin is judged once");
        self.cors = self.cors.take().or(granted);
    }

    /// Notes what the request lacks by its method's validator, in the service's words.
    pub fn note_validation_error(&mut self, what: &str) {
        debug_assert!(self.validation_error.is_none(), "a request is validated once");
        self.validation_error.get_or_insert_with(|| what.into());
    }

    /// Notes which route the request took, such as `GET /pets/{id}`.
    pub fn note_route(&mut self, route: Arc<str>) {
        debug_assert!(self.route.is_none(), "a route is noted once");
        self.route.get_or_insert(route);
    }

    /// Notes the id of the resource that the request took.
    pub fn note_resource(&mut self, id: Arc<str>) {
        self.resource_id.get_or_insert(id);
    }

    /// Notes the id that the integration's own service gave the request.
    pub fn note_endpoint_request_id(&mut self, id: &str) {
        self.endpoint_request_id.get_or_insert_with(|| id.into());
    }

    /// Notes who calls.
    pub fn note_caller(&mut self, caller: Caller) {
        debug_assert!(self.caller.is_none(), "a caller is noted once");
        self.caller.get_or_insert(caller);
    }

    /// Notes which API key the caller showed, with its value.
    pub fn note_client(&mut self, client: Arc<Client>, value: Box<str>) {
        debug_assert!(self.client.is_none(), "a client is noted once");
        self.client.get_or_insert_with(|| (client, Secret::new(value)));
    }

    /// Notes a limit that the client has, where it is to be told.
    pub fn note_policy(&mut self, policy: impl FnOnce() -> String) {
        if let Some(allowance) = &mut self.allowance {
            allowance.add_policy(&policy());
        }
    }

    /// Notes what is left of the client's quota, and for how long.
    pub fn note_left(&mut self, left: u32, resets_in: Duration) {
        if let Some(allowance) = &mut self.allowance {
            allowance.note_left(left, resets_in);
        }
    }

    /// Notes that a limit was judged by this instance alone, because the counters could not be had.
    pub const fn note_degraded(&mut self) {
        self.degraded = true;
    }

    /// Notes that whoever issued the backend's certificate was not asked about, because the definition says so.
    pub const fn note_unverified(&mut self) {
        self.unverified = true;
    }

    /// Notes what the integration did.
    pub fn note_integration(&mut self, call: IntegrationCall) {
        debug_assert!(self.integration.is_none(), "an integration is called once");
        self.integration.get_or_insert(call);
    }

    /// Notes why the gateway itself answered.
    pub fn note_refusal(&mut self, refusal: Refusal) {
        debug_assert!(self.refusal.is_none(), "a request is refused once");
        self.refusal.get_or_insert(refusal);
    }

    /// Notes the status that the client is given.
    pub fn note_status(&mut self, status: http::StatusCode) {
        debug_assert!(self.status.is_none(), "a status is noted once");
        self.status.get_or_insert(status.as_u16());
    }

    /// The service that the request's API belongs to, as far as it is known by now.
    #[must_use]
    pub const fn family(&self) -> ApiFamily {
        match (&self.place, &self.refusal) {
            (Some(place), _) => place.family,
            (None, Some(Refusal::NoSuchHttpApiStage)) => ApiFamily::V2,
            (None, _) => ApiFamily::Rest,
        }
    }

    /// `$context.requestId`: a UUID, or on HTTP and WebSocket APIs the extended id
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html>: the two are
    /// equivalent there).
    #[must_use]
    pub const fn request_id(&self) -> &str {
        match self.family() {
            ApiFamily::Rest => &self.request_id,
            ApiFamily::V2 => &self.extended_request_id,
        }
    }

    /// `$context.extendedRequestId`.
    #[must_use]
    pub const fn extended_request_id(&self) -> &str {
        &self.extended_request_id
    }

    /// Forgets what the client was to be given, because it could not be handed over: something else is noted next.
    pub(crate) fn forget_answer(&mut self) {
        self.refusal = None;
        self.status = None;
    }

    /// The path as the client sees it, as it came; empty where the request was refused before it was read.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path.as_deref().unwrap_or_default()
    }

    /// Which stage served it.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Which route it took.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// Who calls; none before it was found out.
    #[must_use]
    pub const fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// The API key that the caller showed, with the plan that counts it; none where none was asked for.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref().map(|(client, _)| &**client)
    }

    /// The value of that key.
    #[must_use]
    pub fn api_key(&self) -> Option<&Secret> {
        self.client.as_ref().map(|(_, value)| value)
    }

    /// What the API's own gateway responses need of the request, where it has any.
    pub(crate) fn customisation(&self) -> Option<&Customisation> {
        self.customisation.as_deref()
    }

    /// What the request's origin is granted, where the API has rules for it.
    pub(crate) const fn cors(&self) -> Option<&Granted> {
        self.cors.as_ref()
    }

    /// What the client is told of its limits, where it is.
    pub(crate) const fn allowance(&self) -> Option<&Allowance> {
        self.allowance.as_ref()
    }

    /// Whether a limit was judged by this instance alone.
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        self.degraded
    }

    /// Whether the backend's certificate could be anybody's (`insecureSkipVerification`).
    #[must_use]
    pub const fn is_unverified(&self) -> bool {
        self.unverified
    }

    /// The certificate that the client showed.
    #[must_use]
    pub fn certificate(&self) -> Option<&ClientCertificate> {
        self.certificate.as_deref()
    }

    /// What the integration did.
    #[must_use]
    pub const fn integration(&self) -> Option<&IntegrationCall> {
        self.integration.as_ref()
    }

    /// Why the gateway itself answered.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The type of gateway response that the refusal is on REST APIs.
    #[must_use]
    pub fn refusal_type(&self) -> Option<&'static str> {
        self.refusal.as_ref().and_then(Refusal::response_type).map(GatewayResponseType::as_str)
    }

    /// The status that the client was given; none where it left before.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// Seals the record: nothing is added after.
    #[must_use]
    pub const fn seal(self, end: End, response_bytes: u64, elapsed: Duration) -> SealedRecord {
        SealedRecord { record: self, end, response_bytes, elapsed }
    }
}

/// The record of a request that is over. There is exactly one for every request.
#[derive(Debug)]
pub struct SealedRecord {
    record: Record,
    /// How the answer ended.
    pub end: End,
    /// Bytes of the answer's body that were handed to the client's connection.
    pub response_bytes: u64,
    /// From the arrival to the end of the answer's body.
    pub elapsed: Duration,
}

impl std::ops::Deref for SealedRecord {
    type Target = Record;
    fn deref(&self) -> &Record {
        &self.record
    }
}
