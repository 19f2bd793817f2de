//! The two APIs: what callers see, and what processes see. Both listen on loopback alone and answer no page of a
//! browser.

mod event_stream;
pub(super) mod invoke;
pub(super) mod runtime;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatelet_core::payload::Body;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many connections are open at once. Further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 1_500;

/// How much of a body is read, in bytes: far more than Lambda takes, so that whoever sends too much hears so.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long accepting rests after the machine has refused a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What answers requests.
pub(super) trait Door: Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until dropped; its connections end with it.
pub(super) async fn serve<D: Door>(listener: TcpListener, door: Arc<D>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let door = Arc::clone(&door);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let door = Arc::clone(&door);
                async move { Ok::<_, Infallible>(guarded(&*door, request).await) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                // A process asks for its next event when it likes to.
                .header_read_timeout(None)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection of the function host broke off");
            }
            drop(place);
        });
    }
}

/// Lets nobody in who came by a name that is not this machine's own, or out of a browser's page.
async fn guarded<D: Door>(door: &D, request: Request<Incoming>) -> Response<Body> {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_page = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-mode");
    if is_page || !host.is_some_and(is_loopback) {
        drain(request.into_body()).await;
        let why = "the function host is for programs on this machine";
        return error(StatusCode::FORBIDDEN, "AccessDeniedException", why);
    }
    door.answer(request).await
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Reads what a refused caller sends and keeps none of it: whoever is answered before may find the connection
/// closed, and the answer gone with it.
pub(super) async fn drain(mut body: Incoming) {
    let mut left = READ_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Reads a body to its end, and gives it where it is not far too large. Whoever is answered before may find the
/// connection closed, and the answer gone with it.
pub(super) async fn read(mut body: Incoming) -> Option<Bytes> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        received += data.len();
        if received > READ_BYTES_MAX {
            return None;
        }
        if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Some(if rest.is_empty() { first } else { rest.freeze() })
}

/// An answer in JSON.
fn json(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An error as Lambda's API shapes it.
fn error(status: StatusCode, kind: &'static str, message: &str) -> Response<Body> {
    let who = if status.is_server_error() { "Service" } else { "User" };
    // Which of the two spellings an error has differs from one to the next.
    let body = serde_json::json!({ "Type": who, "Message": message, "message": message });
    let mut response = json(status, body.to_string());
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn names_of_this_machine_are_known() {
        for host in ["127.0.0.1", "127.0.0.1:80", "localhost:9", "LOCALHOST", "[::1]:9", "127.9.9.9"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.com", "127.0.0.1.example.com", "localhost.example", "10.0.0.1", "", "a b"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
