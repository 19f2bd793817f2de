//! The end of a function's process, which Lambda announces to those who have asked for it.
//!
//! Lambda sends `SIGTERM` before it ends a process only where an extension is registered
//! (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-extensions-shutdown>). An
//! internal one that asks for no events is enough, and costs one exchange over loopback while the function starts.

use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};

/// The version of the Extensions API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>).
const API: &str = "/2020-01-01/extension";
/// How long registering may take: a function must start.
const REGISTERING_MAX: Duration = Duration::from_secs(1);
const NAME: &str = "lambda-extension-name";
const IDENTIFIER: &str = "lambda-extension-identifier";

/// Registers for the end with Lambda's API at `host:port` or `host:port/path`, and awaits `flush` when it comes; then the
/// process ends. `name` is the extension's, of which there may be no other in the function.
///
/// Registering ends before this does, because Lambda takes no extension after the first poll for an event.
///
/// # Errors
/// Why nobody will say when the end comes, such as an emulator that knows no extensions.
pub async fn on_shutdown(
    runtime_api: &str,
    name: &str,
    flush: impl Future<Output = ()> + Send + 'static,
) -> Result<(), String> {
    let mut terminated = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let registering = tokio::time::timeout(REGISTERING_MAX, register(runtime_api, name)).await;
    let registered = registering.map_err(|_| "Lambda's extensions API does not answer".to_owned())??;
    tokio::spawn(async move {
        // Waits for an event that never comes, which keeps the extension alive.
        let waiting = tokio::spawn(registered.wait());
        if terminated.recv().await.is_some() {
            waiting.abort();
            flush.await;
            std::process::exit(0);
        }
    });
    Ok(())
}

/// An extension that Lambda knows.
struct Registered {
    connection: SendRequest<Full<Bytes>>,
    authority: String,
    path: String,
    identifier: http::HeaderValue,
}

async fn register(runtime_api: &str, name: &str) -> Result<Registered, String> {
    let address = runtime_api.strip_prefix("http://").unwrap_or(runtime_api);
    let (authority, path) = address.split_once('/').unwrap_or((address, ""));
    let path = if path.is_empty() { API.to_owned() } else { format!("/{}{API}", path.trim_end_matches('/')) };
    let said = |error: &dyn std::fmt::Display| format!("Lambda's extensions API at `{authority}`: {error}");
    let stream = TcpStream::connect(authority).await.map_err(|error| said(&error))?;
    let (mut connection, driver) = handshake(TokioIo::new(stream)).await.map_err(|error| said(&error))?;
    tokio::spawn(driver);
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{path}/register"))
        .header(HOST, authority)
        .header(NAME, name)
        .body(Full::new(Bytes::from_static(br#"{"events":[]}"#)))
        .map_err(|error| said(&error))?;
    let answer = connection.send_request(request).await.map_err(|error| said(&error))?;
    let identifier = answer.headers().get(IDENTIFIER).cloned();
    let status = answer.status();
    // The connection is free for the next request when the answer has been read.
    answer.into_body().collect().await.map_err(|error| said(&error))?;
    let identifier = identifier.filter(|_| status.is_success());
    let identifier =
        identifier.ok_or_else(|| said(&format_args!("registering is answered with {status}")))?;
    Ok(Registered { connection, authority: authority.to_owned(), path, identifier })
}

impl Registered {
    async fn wait(mut self) {
        let request = Request::builder()
            .uri(format!("{}/event/next", self.path))
            .header(HOST, self.authority)
            .header(IDENTIFIER, self.identifier)
            .body(Full::default());
        if let Ok(request) = request {
            let _ = self.connection.send_request(request).await;
        }
    }
}
