//! The control plane's door: for now, what is served and that it is.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gatelet_core::Arrival;
use gatelet_core::payload::{Body, Request, Response};
use gatelet_core::ports::Clock;
use gatelet_core::record::Record;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, StatusCode};

use super::overview::Overview;
use crate::server::Handler;

/// Answers `/_gatelet/health` and `/_gatelet/apis`, to whoever addresses it by a loopback name: a page of another
/// origin that lets its own name resolve to this machine is refused.
pub struct ControlDoor<C> {
    clock: C,
    overview: Arc<ArcSwap<Overview>>,
}

impl<C: Clock> ControlDoor<C> {
    /// Shows an overview as it is at the time of each request.
    pub const fn new(clock: C, overview: Arc<ArcSwap<Overview>>) -> Self {
        Self { clock, overview }
    }

    fn reply(&self, request: &Request) -> (StatusCode, String) {
        let message =
            |status: StatusCode, text: &str| (status, serde_json::json!({ "message": text }).to_string());
        if !is_addressed_as_loopback(request) {
            return message(StatusCode::FORBIDDEN, "Forbidden");
        }
        if request.method() != Method::GET {
            return message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        }
        match request.uri().path() {
            "/_gatelet/health" => (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()),
            "/_gatelet/apis" => match serde_json::to_string(&**self.overview.load()) {
                Ok(text) => (StatusCode::OK, text),
                Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            },
            _ => message(StatusCode::NOT_FOUND, "Not Found"),
        }
    }
}

impl<C: Clock + 'static> Handler for ControlDoor<C> {
    fn clock(&self) -> &impl Clock {
        &self.clock
    }

    async fn answer(&self, _: &Arrival, request: Request, record: &mut Record) -> Response {
        record.note_request(request.uri().path(), None);
        let (status, text) = self.reply(&request);
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
