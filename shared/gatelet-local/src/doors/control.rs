//! The control plane's door: what is served, that it is, whom it lets in, and what is done to API keys and usage plans.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gatelet_aws::process::SystemClock;
use gatelet_core::Arrival;
use gatelet_core::payload::{Body, Request, Response};
use gatelet_core::ports::{Clock, World};
use gatelet_core::record::Record;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::authorize::{Explanation, Question};
use super::gateway::Gateway;
use super::invoke::{Invocation, Invoked};
use super::operations;
use super::overview::Overview;
use super::token::ControlToken;
use crate::operations::UsagePlace;
use crate::server::Handler;

/// The largest question that is read.
const QUESTION_BYTES_MAX: usize = 1024 * 1024;
/// The largest request that is made: a body of AWS's largest in base64, with all around it.
const INVOCATION_BYTES_MAX: usize = 16 << 20;
/// How long a request may take that is made, the longest integration's time and a little.
const INVOCATION_WAIT: Duration =
    Duration::from_millis(gatelet_model::limits::TIMEOUT_MILLISECONDS_MAX as u64 + 5_000);
/// How long an authorizer may take to answer a question.
const QUESTION_WAIT: Duration = Duration::from_secs(30);

/// Answers `/_gatelet/health`, `/_gatelet/apis`, `/_gatelet/authorize`, `/_gatelet/invoke` and `/_gatelet/operations`, to whoever addresses it by a
/// loopback name: a page of another origin that lets its own name resolve to this machine is refused.
pub struct ControlDoor<W> {
    clock: SystemClock,
    gateway: Arc<Gateway<W>>,
    overview: Arc<ArcSwap<Overview>>,
    usage: UsagePlace,
    token: ControlToken,
}

pub(super) type Reply = (StatusCode, String);

impl<W: World> ControlDoor<W> {
    /// Shows an overview as it is at the time of each request, tells what the gateway decides, and works on these keys and plans
    /// for whoever has the token.
    pub const fn new(
        clock: SystemClock,
        gateway: Arc<Gateway<W>>,
        overview: Arc<ArcSwap<Overview>>,
        usage: UsagePlace,
        token: ControlToken,
    ) -> Self {
        Self { clock, gateway, overview, usage, token }
    }

    async fn reply(&self, arrival: &Arrival, request: Request) -> Reply {
        if !is_addressed_as_loopback(&request) {
            return message(StatusCode::FORBIDDEN, "Forbidden");
        }
        match (request.method().as_str(), request.uri().path()) {
            ("GET", "/_gatelet/health") => (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()),
            ("GET", "/_gatelet/apis") => json(&**self.overview.load()),
            ("POST", "/_gatelet/authorize") => match self.authorize(arrival, request).await {
                Ok(explanation) => json(&explanation),
                Err(why) => message(StatusCode::BAD_REQUEST, &why),
            },
            ("POST", "/_gatelet/operations") => {
                operations::reply(&self.usage, &self.token, arrival, request).await
            }
            ("POST", "/_gatelet/invoke") => match operations::refused(&self.token, arrival, &request) {
                Some(why) => message(StatusCode::FORBIDDEN, why),
                None => match self.invoke(arrival, request).await {
                    Ok(invoked) => json(&invoked),
                    Err(why) => message(StatusCode::BAD_REQUEST, &why),
                },
            },
            (
                _,
                "/_gatelet/health"
                | "/_gatelet/apis"
                | "/_gatelet/authorize"
                | "/_gatelet/operations"
                | "/_gatelet/invoke",
            ) => message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
            _ => message(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    async fn authorize(&self, arrival: &Arrival, request: Request) -> Result<Explanation, String> {
        // A page of another origin can send JSON only after it was allowed to, which nobody here does.
        let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
        if !request.headers().get(CONTENT_TYPE).is_some_and(is_json) {
            return Err("a question is `application/json`".to_owned());
        }
        let body = request.into_body().collect_up_to(QUESTION_BYTES_MAX).await;
        let body = body.map_err(|error| error.to_string())?;
        let question: Question =
            serde_json::from_slice(&body).map_err(|error| format!("this is no question: {error}"))?;
        let id = self.api_id(&question.api)?;
        let arrival = Arrival {
            deadline: arrival.now.after(QUESTION_WAIT),
            peer: question.from.unwrap_or(arrival.peer),
            ..arrival.clone()
        };
        self.gateway.explain(&arrival, &question, &id).await
    }

    async fn invoke(&self, arrival: &Arrival, request: Request) -> Result<Invoked, String> {
        let body = request.into_body().collect_up_to(INVOCATION_BYTES_MAX).await;
        let body = body.map_err(|error| error.to_string())?;
        let invocation: Invocation =
            serde_json::from_slice(&body).map_err(|error| format!("this is no request: {error}"))?;
        let id = self.api_id(&invocation.question.api)?;
        // The request is one like any other, and gets as long as the longest integration.
        let arrival = Arrival {
            deadline: arrival.now.after(INVOCATION_WAIT),
            peer: invocation.question.from.unwrap_or(arrival.peer),
            ..arrival.clone()
        };
        self.gateway.invoke(&arrival, &invocation, &id).await
    }

    /// The id of an API that is named by it, or by the name that it alone has.
    fn api_id(&self, text: &str) -> Result<String, String> {
        let overview = self.overview.load();
        if overview.apis.iter().any(|api| api.id == text) {
            return Ok(text.to_owned());
        }
        let mut named = overview.apis.iter().filter(|api| api.name == text);
        match (named.next(), named.next()) {
            (Some(api), None) => Ok(api.id.clone()),
            (Some(_), Some(_)) => Err(format!("several APIs are called `{text}`: give an id")),
            (None, _) => {
                let ids: Vec<_> =
                    overview.apis.iter().map(|api| format!("{} ({})", api.id, api.name)).collect();
                Err(format!("no API is called `{text}`; there are: {}", ids.join(", ")))
            }
        }
    }
}

pub(super) fn message(status: StatusCode, text: &str) -> Reply {
    (status, serde_json::json!({ "message": text }).to_string())
}

pub(super) fn json(value: &impl Serialize) -> Reply {
    match serde_json::to_string(value) {
        Ok(text) => (StatusCode::OK, text),
        Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

impl<W: World + 'static> Handler for ControlDoor<W> {
    fn clock(&self) -> &impl Clock {
        &self.clock
    }

    /// What each question may have is judged where it is read.
    fn body_bytes_max(&self) -> usize {
        INVOCATION_BYTES_MAX
    }

    async fn answer(&self, arrival: &Arrival, request: Request, record: &mut Record) -> Response {
        record.note_request(request.uri().path(), None);
        let (status, text) = self.reply(arrival, request).await;
        record.note_status(status);
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

fn is_addressed_as_loopback(request: &Request) -> bool {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = request.uri().authority().map(http::uri::Authority::as_str).or(header) else {
        return false;
    };
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
