//! The one way to AWS's services: a client with pooled connections, plain and TLS, that verifies against the public
//! certificate authorities. It is DynamoDB's SDK's way too, and its connections and bodies are of the types that backends
//! have, so that one stack of HTTP and TLS serves all.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector as SdkConnector, HttpConnectorFuture, HttpConnectorSettings,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::backends::{Connector, HttpClient as Pool, Protocols, RequestBody, tls_settings};

/// How a client deals with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpsLimits {
    /// How long one may take to come about, without TLS.
    pub connect: Duration,
    /// How long an unused one is kept.
    pub unused_connection: Duration,
    /// How many unused ones are kept for one scheme, host and port.
    pub unused_connections: usize,
}

/// A client for HTTP/1.1. Clones share its connections.
#[derive(Clone)]
pub struct Https(Arc<Shared>);

struct Shared {
    connector: Connector,
    limits: HttpsLimits,
    pool: ArcSwap<Pool>,
}

impl Https {
    /// A client; nothing is connected yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(limits: HttpsLimits) -> Result<Self, rustls::Error> {
        let connector = Connector::for_services(limits.connect, tls_settings(&[], Protocols::Unsaid)?);
        let pool = ArcSwap::from_pointee(pool(&connector, limits));
        Ok(Self(Arc::new(Shared { connector, limits, pool })))
    }

    /// Uses none of the connections made before for what is sent from now on: a function that was frozen cannot know which
    /// of them still lives. TLS sessions are kept, so that the next handshake is short.
    pub fn forget_connections(&self) {
        self.0.pool.store(Arc::new(pool(&self.0.connector, self.0.limits)));
    }

    /// Sends a request once. A reused connection that turns out to be closed before anything was sent is replaced; whatever
    /// was sent is never sent again.
    ///
    /// An empty body of a method that is expected to have one is announced, as
    /// [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-8.6-5) asks and S3 insists: hyper leaves that out.
    pub(crate) async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Incoming>, Error> {
        if request.body().is_empty()
            && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
        {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let pool = self.0.pool.load_full();
        pool.request(request.map(|body| RequestBody::new(body.into()).0)).await
    }
}

fn pool(connector: &Connector, limits: HttpsLimits) -> Pool {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(limits.unused_connection)
        .pool_max_idle_per_host(limits.unused_connections)
        .build(connector.clone())
}

/// What an error and those behind it say, the outermost left out: it only says that a client failed.
pub(crate) fn causes(error: &Error) -> String {
    let mut said = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        said.push(cause.to_string());
        source = cause.source();
    }
    if said.is_empty() { error.to_string() } else { said.join(": ") }
}

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Https").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl HttpClient for Https {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl SdkConnector for Https {
    /// Sends a request of the SDK's, whose timeouts and retries are the SDK's own.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let https = self.clone();
        HttpConnectorFuture::new(async move {
            let user = |error: &dyn fmt::Display| ConnectorError::user(error.to_string().into());
            let request = request.try_into_http1x().map_err(|error| user(&error))?;
            let (head, body) = request.into_parts();
            let body = body.bytes().map(Bytes::copy_from_slice);
            let body = body.ok_or_else(|| user(&"a request whose body is not at hand cannot be sent"))?;
            let answer = https.send(Request::from_parts(head, body)).await;
            let answer = answer.map_err(|error| ConnectorError::io(causes(&error).into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(Box::new(error), None))
        })
    }
}
