//! The [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) of one process.

use std::sync::Arc;

use bytes::Bytes;
use gatelet_core::payload::Body;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::{json, read};
use crate::functions::invocation::{ANSWER_BYTES_MAX, Failure, Invocation};
use crate::functions::settings::FunctionSettings;

/// What a process calls.
#[derive(Debug)]
pub(in crate::functions) enum RuntimeCall {
    /// It asks for an event. Dropped, it hears that it may not now.
    Next(oneshot::Sender<Handed>),
    /// It answers an event.
    Response {
        /// Which.
        request_id: String,
        /// Whether the answer is to be passed on as it comes.
        is_streaming: bool,
        /// The answer.
        body: Incoming,
        /// What it hears.
        done: oneshot::Sender<Taken>,
    },
    /// It failed, in an event or, where there is none, before the first one.
    Error {
        /// In which.
        request_id: Option<String>,
        /// How.
        failure: Failure,
        /// What it hears.
        done: oneshot::Sender<Taken>,
    },
}

/// An event that is handed to a process.
#[derive(Debug)]
pub(in crate::functions) struct Handed {
    pub(in crate::functions) invocation: Arc<Invocation>,
    /// Until when, in milliseconds since 1970.
    pub(in crate::functions) deadline_milliseconds: u128,
    /// By which ARN the function was called.
    pub(in crate::functions) arn: String,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::functions) enum Taken {
    /// It went to the caller.
    Yes,
    /// It is larger than Lambda takes.
    TooLarge,
}

impl RuntimeCall {
    /// Says that this is not the moment.
    pub(in crate::functions) async fn refuse(self) {
        if let Self::Response { body, done, .. } = self {
            read(body).await;
            drop(done);
        }
    }
}

/// The Runtime API of one process.
#[derive(Debug)]
pub(in crate::functions) struct Door {
    calls: mpsc::Sender<RuntimeCall>,
    /// What its paths begin with, where nobody else may call it.
    prefix: Option<String>,
    /// What an extension hears when it registers.
    registered: String,
}

impl Door {
    pub(in crate::functions) fn new(
        calls: mpsc::Sender<RuntimeCall>,
        prefix: Option<String>,
        settings: &FunctionSettings,
    ) -> Self {
        let registered = serde_json::json!({
            "functionName": settings.name,
            "functionVersion": "$LATEST",
            "handler": settings.handler,
        });
        Self { calls, prefix, registered: registered.to_string() }
    }

    /// Hands a call to the instance and waits for what becomes of it.
    async fn pass(&self, make: impl FnOnce(oneshot::Sender<Taken>) -> RuntimeCall) -> Response<Body> {
        let (done, taken) = oneshot::channel();
        if self.calls.send(make(done)).await.is_err() {
            return refused();
        }
        match taken.await {
            Ok(Taken::Yes) => json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#),
            Ok(Taken::TooLarge) => {
                let failure = Failure::of_type(
                    "RequestEntityTooLarge",
                    &format!("Exceeded maximum allowed payload size ({ANSWER_BYTES_MAX} bytes)."),
                );
                json(StatusCode::PAYLOAD_TOO_LARGE, failure.0)
            }
            Err(_) => refused(),
        }
    }

    async fn next(&self) -> Response<Body> {
        let (hand, handed) = oneshot::channel();
        if self.calls.send(RuntimeCall::Next(hand)).await.is_err() {
            return refused();
        }
        match handed.await {
            Ok(handed) => event(&handed),
            Err(_) => refused(),
        }
    }

    async fn error(&self, request_id: Option<String>, request: Request<Incoming>) -> Response<Body> {
        let kind = text(request.headers(), "lambda-runtime-function-error-type");
        let body = read(request.into_body()).await.filter(|body| body.len() <= ANSWER_BYTES_MAX);
        let failure = Failure::reported(body.unwrap_or_default(), kind.as_deref());
        self.pass(|done| RuntimeCall::Error { request_id, failure, done }).await
    }

    async fn registered(&self, request: Request<Incoming>) -> Response<Body> {
        read(request.into_body()).await;
        let mut response = json(StatusCode::OK, self.registered.clone());
        // Any name will do: an extension has nothing to come by it.
        let id = HeaderValue::from_static("00000000-0000-4000-8000-000000000000");
        response.headers_mut().insert("lambda-extension-identifier", id);
        response
    }
}

impl super::Door for Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        let path = match &self.prefix {
            Some(prefix) => path.strip_prefix(prefix.as_str()).unwrap_or_default(),
            None => path,
        };
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => self.next().await,
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
                let request_id = (*id).to_owned();
                let mode = text(request.headers(), "lambda-runtime-function-response-mode");
                let is_streaming = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("streaming"));
                let body = request.into_body();
                self.pass(|done| RuntimeCall::Response { request_id, is_streaming, body, done }).await
            }
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
                let request_id = Some((*id).to_owned());
                self.error(request_id, request).await
            }
            (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => self.error(None, request).await,
            // Some runtimes register as an extension to be told of their end, and wait for what never comes.
            (&Method::POST, ["2020-01-01", "extension", "register"]) => self.registered(request).await,
            (&Method::GET, ["2020-01-01", "extension", "event", "next"]) => std::future::pending().await,
            _ => {
                json(StatusCode::NOT_FOUND, r#"{"errorType":"NotFound","errorMessage":"no such operation"}"#)
            }
        }
    }
}

/// Serves the Runtime API until dropped.
pub(in crate::functions) async fn serve(listener: TcpListener, door: Door) {
    super::serve(listener, Arc::new(door)).await;
}

fn event(handed: &Handed) -> Response<Body> {
    let invocation = &handed.invocation;
    let mut response = json(StatusCode::OK, invocation.payload.clone());
    let mut set = |name: &'static str, value: Option<&str>| {
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            response.headers_mut().insert(name, value);
        }
    };
    set("lambda-runtime-aws-request-id", Some(&invocation.request_id));
    set("lambda-runtime-deadline-ms", Some(&handed.deadline_milliseconds.to_string()));
    set("lambda-runtime-invoked-function-arn", Some(&handed.arn));
    set("lambda-runtime-trace-id", invocation.trace_id.as_deref());
    set("lambda-runtime-client-context", invocation.client_context.as_deref());
    response
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn refused() -> Response<Body> {
    let failure = Failure::of_type("InvalidStateTransition", "this is not the moment for that");
    let body: Bytes = failure.0;
    json(StatusCode::FORBIDDEN, body)
}
