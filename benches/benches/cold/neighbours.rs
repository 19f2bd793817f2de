//! What the router calls: a function in another Lambda, a Lambda that hangs up when TLS is begun, and a DynamoDB.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long a client's first words may not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// What begins a TLS handshake (<https://www.rfc-editor.org/rfc/rfc8446#section-5.1>).
const HANDSHAKE: u8 = 22;
/// Servers, until this is dropped.
pub(crate) struct Neighbours {
    /// A Lambda whose every function gives back what it is sent.
    pub(crate) lambda: SocketAddr,
    /// A server that notes when TLS is begun, and hangs up.
    pub(crate) tls: SocketAddr,
    /// A DynamoDB that holds nothing yet.
    pub(crate) dynamodb: SocketAddr,
    greetings: mpsc::UnboundedReceiver<Instant>,
    _servers: JoinSet<()>,
}

impl Neighbours {
    pub(crate) async fn start() -> Result<Self, String> {
        let mut servers = JoinSet::new();
        let (lambda, at_lambda) = listener().await?;
        let (tls, at_tls) = listener().await?;
        let (dynamodb, at_dynamodb) = listener().await?;
        let (say, greetings) = mpsc::unbounded_channel();
        let database = dynoxide::Database::memory().map_err(|error| error.to_string())?;
        servers.spawn(give_back(at_lambda));
        servers.spawn(note_greetings(at_tls, say));
        servers.spawn(dynoxide::server::serve_on(at_dynamodb, database));
        Ok(Self { lambda, tls, dynamodb, greetings, _servers: servers })
    }

    /// When TLS was begun last.
    pub(crate) async fn greeted(&mut self) -> Result<Instant, String> {
        let came = tokio::time::timeout(PATIENCE, self.greetings.recv()).await.ok().flatten();
        let mut last = came.ok_or("no TLS handshake is begun")?;
        while let Ok(later) = self.greetings.try_recv() {
            last = later;
        }
        Ok(last)
    }
}

async fn listener() -> Result<(SocketAddr, TcpListener), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| error.to_string())?;
    Ok((listener.local_addr().map_err(|error| error.to_string())?, listener))
}

async fn give_back(listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        connections.spawn(async move {
            // A client that goes away is not this server's concern.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(invoke)).await;
        });
    }
}

/// Invokes a function that answers an event of format 1.0 with the body in it.
async fn invoke(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Error> {
    let event: Value = serde_json::from_slice(&request.into_body().collect().await?.to_bytes())?;
    let answer = json!({
        "statusCode": 200,
        "headers": { "content-type": event.pointer("/headers/content-type") },
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded"),
    });
    Ok(Response::new(Full::new(Bytes::from(answer.to_string()))))
}

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn note_greetings(listener: TcpListener, say: mpsc::UnboundedSender<Instant>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut first = [0];
        if stream.read_exact(&mut first).await.is_ok() && first == [HANDSHAKE] {
            // Nobody asks any more when the bench is about to end.
            let _ = say.send(Instant::now());
        }
    }
}
