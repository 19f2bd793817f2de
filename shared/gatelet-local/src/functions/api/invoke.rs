//! Lambda's own API for callers: `Invoke` and `InvokeWithResponseStream`.

use std::sync::Arc;

use aws_smithy_types::base64::encode;
use bytes::{Bytes, BytesMut};
use gatelet_core::payload::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde::de::IgnoredAny;
use tokio::sync::mpsc;

use super::event_stream::EventStream;
use super::{drain, error, json, read};
use crate::functions::function::{Function, TooMany};
use crate::functions::host::Registry;
use crate::functions::ids;
use crate::functions::invocation::{
    ANSWER_BYTES_MAX, EVENT_BYTES_MAX, Failure, Invocation, Said, TOLD_EVENT_BYTES_MAX,
};

/// The only version that is run.
const VERSION: HeaderValue = HeaderValue::from_static("$LATEST");

/// The API for callers who know the secret first segment of its paths.
#[derive(Debug)]
pub(in crate::functions) struct Door {
    token: String,
    registry: Arc<Registry>,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    RequestResponse,
    Event,
    DryRun,
    Stream,
}

impl Door {
    pub(in crate::functions) const fn new(token: String, registry: Arc<Registry>) -> Self {
        Self { token, registry }
    }

    fn is_own(&self, token: &str) -> bool {
        // In the same time whatever differs.
        token.len() == self.token.len()
            && token.bytes().zip(self.token.bytes()).fold(0, |all, (one, other)| all | (one ^ other)) == 0
    }

    async fn invoke(
        &self,
        name: &str,
        is_stream: bool,
        headers: &HeaderMap,
        body: Option<Bytes>,
    ) -> Response<Body> {
        let Ok(name) = percent_decode_str(name).decode_utf8() else {
            return error(StatusCode::BAD_REQUEST, "InvalidParameterValueException", "a name is not UTF-8");
        };
        let Some(function) = self.registry.find(&name) else {
            let message = format!("Function not found: {name}");
            return error(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
        };
        let kind = match kind(headers, is_stream) {
            Ok(kind) => kind,
            Err(response) => return *response,
        };
        let wants_log = match wants_log(headers) {
            Ok(wants_log) => wants_log && matches!(kind, Kind::RequestResponse | Kind::Stream),
            Err(response) => return *response,
        };
        let payload = match event(body, kind) {
            Ok(payload) => payload,
            Err(response) => return *response,
        };
        let Ok(request_id) = ids::request_id() else {
            return error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", "no request id can be made");
        };
        let invocation = Arc::new(Invocation {
            request_id: request_id.clone(),
            payload,
            trace_id: header(headers, "x-amzn-trace-id"),
            client_context: header(headers, "x-amz-client-context")
                .and_then(|context| aws_smithy_types::base64::decode(context).ok())
                .and_then(|context| String::from_utf8(context).ok()),
            wants_log,
        });
        let mut response = call(&function, kind, invocation).await;
        if let Ok(id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }
}

impl super::Door for Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let [token, operation @ ..] = segments.as_slice() else { return not_found() };
        if !self.is_own(token) {
            drain(body).await;
            let why = "the address lacks the function host's secret: use the whole URL that it printed";
            return error(StatusCode::FORBIDDEN, "AccessDeniedException", why);
        }
        let body = read(body).await;
        match (&head.method, operation) {
            (&Method::POST, ["2015-03-31", "functions", name, "invocations"]) => {
                self.invoke(name, false, &head.headers, body).await
            }
            (&Method::POST, ["2021-11-15", "functions", name, "response-streaming-invocations"]) => {
                self.invoke(name, true, &head.headers, body).await
            }
            _ => not_found(),
        }
    }
}

async fn call(function: &Arc<Function>, kind: Kind, invocation: Arc<Invocation>) -> Response<Body> {
    let said = match kind {
        Kind::DryRun => return json(StatusCode::NO_CONTENT, Body::Empty),
        Kind::Event => {
            return match function.tell(invocation) {
                Ok(()) => json(StatusCode::ACCEPTED, Body::Empty),
                Err(TooMany) => too_many(),
            };
        }
        Kind::RequestResponse | Kind::Stream => function.invoke(invocation),
    };
    let Ok(said) = said else { return too_many() };
    let mut response = if kind == Kind::Stream {
        let mut response = Response::new(Body::stream(EventStream::of(said)));
        let content = HeaderValue::from_static("application/vnd.amazon.eventstream");
        response.headers_mut().insert(CONTENT_TYPE, content);
        response
    } else {
        let Some(Whole { answer, log }) = whole(said).await else {
            let why = "the function host is stopping";
            return error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", why);
        };
        let mut response = match answer {
            Ok(answer) => json(StatusCode::OK, answer),
            Err(failure) => {
                let mut response = json(StatusCode::OK, failure.0);
                let unhandled = HeaderValue::from_static("Unhandled");
                response.headers_mut().insert("x-amz-function-error", unhandled);
                response
            }
        };
        if let Some(log) = log.and_then(|log| HeaderValue::try_from(encode(log)).ok()) {
            response.headers_mut().insert("x-amz-log-result", log);
        }
        response
    };
    response.headers_mut().insert("x-amz-executed-version", VERSION);
    response
}

/// All that a function said.
struct Whole {
    answer: Result<Bytes, Failure>,
    /// Where it was asked for.
    log: Option<Bytes>,
}

/// Waits for the whole of an answer; nothing where whoever ran the function is gone.
async fn whole(mut said: mpsc::Receiver<Said>) -> Option<Whole> {
    let mut log = None;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        match said.recv().await? {
            Said::Chunk(chunk) if first.is_empty() => first = chunk,
            Said::Chunk(chunk) => {
                if rest.is_empty() {
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&chunk);
                if rest.len() > ANSWER_BYTES_MAX {
                    let answer = Err(Failure::answer_too_large(rest.len(), ANSWER_BYTES_MAX));
                    return Some(Whole { answer, log });
                }
            }
            Said::Log(said) => log = Some(said),
            Said::Failed(failure) => return Some(Whole { answer: Err(failure), log }),
            Said::Done => {
                let answer = Ok(if rest.is_empty() { first } else { rest.freeze() });
                return Some(Whole { answer, log });
            }
        }
    }
}

fn kind(headers: &HeaderMap, is_stream: bool) -> Result<Kind, Box<Response<Body>>> {
    match (header(headers, "x-amz-invocation-type").as_deref(), is_stream) {
        (None | Some("RequestResponse"), false) => Ok(Kind::RequestResponse),
        (None | Some("RequestResponse"), true) => Ok(Kind::Stream),
        (Some("Event"), false) => Ok(Kind::Event),
        (Some("DryRun"), _) => Ok(Kind::DryRun),
        (Some(other), _) => {
            let message = format!("`{other}` is no invocation type here");
            Err(Box::new(error(StatusCode::BAD_REQUEST, "InvalidParameterValueException", &message)))
        }
    }
}

/// Whether the caller asks for the log
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>).
fn wants_log(headers: &HeaderMap) -> Result<bool, Box<Response<Body>>> {
    match header(headers, "x-amz-log-type").as_deref() {
        None | Some("None") => Ok(false),
        Some("Tail") => Ok(true),
        Some(other) => {
            let message = format!("`{other}` is no log type: send `None` or `Tail`");
            Err(Box::new(error(StatusCode::BAD_REQUEST, "InvalidParameterValueException", &message)))
        }
    }
}

fn event(body: Option<Bytes>, kind: Kind) -> Result<Bytes, Box<Response<Body>>> {
    let allowed = if kind == Kind::Event { TOLD_EVENT_BYTES_MAX } else { EVENT_BYTES_MAX };
    let Some(body) = body.filter(|body| body.len() <= allowed) else {
        let message =
            format!("Request must be smaller than {allowed} bytes for the InvokeFunction operation");
        let response = error(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message);
        return Err(Box::new(response));
    };
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<IgnoredAny>(&body) {
        Ok(_) => Ok(body),
        Err(why) => {
            let message = format!("Could not parse request body into json: {why}");
            Err(Box::new(error(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message)))
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn too_many() -> Response<Body> {
    error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.")
}

fn not_found() -> Response<Body> {
    error(StatusCode::NOT_FOUND, "UnknownOperationException", "the function host has no such operation")
}
