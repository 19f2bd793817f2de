//! Lambda's Runtime API and Extensions API, played for one process on loopback
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>). When what happens is noted.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// How much time an invocation is said to have.
const INVOCATION_TIME: Duration = Duration::from_secs(60);
/// How long anything may take before it counts as not coming.
const PATIENCE: Duration = Duration::from_secs(30);

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
const REGISTER: &str = "/2020-01-01/extension/register";
const EXTENSION_NEXT: &str = "/2020-01-01/extension/event/next";

/// What an answer's trailer says when it broke off
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>).
const BROKEN_OFF: &str = "lambda-runtime-function-error-type";
/// How an answer says that it comes as it is made.
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// What the process did.
#[derive(Debug)]
enum Happened {
    /// It asks for an event.
    Polled(Instant),
    /// It was given one.
    Handed(Instant),
    /// It answered it, and the last byte of that came now.
    Answered { at: Instant, body: Bytes, streamed: bool },
    /// It says that it cannot.
    Failed(String),
}

/// An invocation's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// From the event's being handed over until the last byte of the answer was there.
    pub(crate) took: Duration,
    /// When the event was handed over.
    pub(crate) handed: Instant,
    /// The answer.
    pub(crate) body: Bytes,
    /// Whether it came as it was made.
    pub(crate) streamed: bool,
}

/// The API, for one process. It ends when this is dropped.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Bytes>,
    happened: mpsc::UnboundedReceiver<Happened>,
    _server: JoinSet<()>,
}

struct State {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    happened: mpsc::UnboundedSender<Happened>,
    requests: AtomicU64,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self, String> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (events, waiting) = mpsc::unbounded_channel();
        let (say, happened) = mpsc::unbounded_channel();
        let state = State { events: Mutex::new(waiting), happened: say, requests: AtomicU64::new(0) };
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::new(state)));
        Ok(Self { address, events, happened, _server: server })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// When the process first asks for an event.
    pub(crate) async fn polled(&mut self) -> Result<Instant, String> {
        match self.next().await? {
            Happened::Polled(at) => Ok(at),
            other => Err(format!("instead of asking for an event it did this: {other:?}")),
        }
    }

    /// Gives the process an event, and waits for its answer and until it asks for another event.
    pub(crate) async fn invoke(&mut self, event: Bytes) -> Result<Answer, String> {
        self.events.send(event).map_err(|_| "the Runtime API has ended".to_owned())?;
        let handed = match self.next().await? {
            Happened::Handed(at) => at,
            other => return Err(format!("instead of taking an event it did this: {other:?}")),
        };
        let answer = match self.next().await? {
            Happened::Answered { at, body, streamed } => {
                Answer { took: at.saturating_duration_since(handed), handed, body, streamed }
            }
            other => return Err(format!("instead of answering it did this: {other:?}")),
        };
        self.polled().await?;
        Ok(answer)
    }

    async fn next(&mut self) -> Result<Happened, String> {
        match tokio::time::timeout(PATIENCE, self.happened.recv()).await {
            Ok(Some(Happened::Failed(why))) => Err(format!("it failed: {why}")),
            Ok(Some(happened)) => Ok(happened),
            Ok(None) => Err("the Runtime API has ended".to_owned()),
            Err(_) => Err(format!("nothing came from it in {} s", PATIENCE.as_secs())),
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A small answer must not wait for another packet to go with.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let answer = service_fn(move |request| respond(request, Arc::clone(&state)));
            // A process that is ended leaves broken connections: what matters has been noted.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn respond(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    Ok(match (request.method(), path.as_str()) {
        (&Method::GET, NEXT) => state.hand_over().await,
        (&Method::GET, EXTENSION_NEXT) => std::future::pending().await,
        (&Method::POST, REGISTER) => {
            let mut answer =
                response(StatusCode::OK, r#"{"functionName":"f","functionVersion":"$LATEST","handler":"h"}"#);
            answer.headers_mut().insert(
                "lambda-extension-identifier",
                http::HeaderValue::from_static("00000000-0000-4000-8000-000000000000"),
            );
            answer
        }
        (&Method::POST, INIT_ERROR) => state.take(request, true).await,
        (&Method::POST, path) if path.starts_with(INVOCATION) => {
            let is_error = path.ends_with("/error");
            state.take(request, is_error).await
        }
        _ => response(StatusCode::NOT_FOUND, "{}"),
    })
}

impl State {
    fn note(&self, happened: Happened) {
        // Nobody listens any more when the process is about to be ended.
        let _ = self.happened.send(happened);
    }

    /// Waits for an event, and hands it over.
    async fn hand_over(&self) -> Response<Full<Bytes>> {
        self.note(Happened::Polled(Instant::now()));
        let Some(event) = self.events.lock().await.recv().await else {
            return std::future::pending().await;
        };
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + INVOCATION_TIME;
        let answer = Response::builder()
            .header("lambda-runtime-aws-request-id", format!("8476a536-e9f4-11e8-9739-{number:012}"))
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:f")
            .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
            .header("content-type", "application/json")
            .body(Full::new(event));
        self.note(Happened::Handed(Instant::now()));
        answer.unwrap_or_default()
    }

    /// Takes an answer or an error.
    async fn take(&self, request: Request<Incoming>, is_error: bool) -> Response<Full<Bytes>> {
        let streamed = request.headers().contains_key(RESPONSE_MODE);
        let happened = match request.into_body().collect().await {
            Err(error) => Happened::Failed(format!("its answer broke off: {error}")),
            Ok(body) => {
                let at = Instant::now();
                let broken_off = body.trailers().and_then(|trailers| trailers.get(BROKEN_OFF)).cloned();
                let body = body.to_bytes();
                match broken_off {
                    Some(why) => Happened::Failed(format!("its answer broke off: {why:?}")),
                    None if is_error => Happened::Failed(String::from_utf8_lossy(&body).into_owned()),
                    None => Happened::Answered { at, body, streamed },
                }
            }
        };
        self.note(happened);
        response(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
    }
}

fn response(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
