//! The adapter itself.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gatelet_core::payload::{Body, Response};
use gatelet_core::ports::{BackendCall, BackendError, BackendWay, Backends, VpcLink};
use http::uri::Scheme;
use http::{Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::answer;
use super::certificates::ShownCertificate;
use super::connection::{Connector, Facts, Protocols, taking_any_issuer, tls_settings};
use super::failure::{self, Failure};
use super::judgement::{Judgement, OtherClients};
use super::links::VpcLinks;
use super::request::{BodyWatch, Prepared, RequestBody, prepare};
use super::settings::{BackendLimits, BackendSettings};

/// How long the head of an answer may be. AWS's own limit for a request's is 10,240 bytes.
const ANSWER_HEAD_BYTES_MAX: usize = 65_536;

/// The client that all are sent with, whoever is called.
pub(crate) type HttpClient = Client<Connector, RequestBody>;

/// Backends over HTTP/1.1 and HTTP/2.
///
/// - Bodies stream both ways; nothing is collected, decompressed or followed.
/// - HTTP/2 is spoken with `https` backends that choose it in the handshake, HTTP/1.1 with all others.
/// - Connections are reused. Where a reused one turns out to be dead, a request of which nothing was sent goes
///   out again, and so does one with an idempotent method and a body that is at hand; once, on a fresh
///   connection.
/// - `BackendCall::timeout` runs from the call until the answer's head, names, connections and the retry
///   included; the time in which the client keeps its own body waiting is not counted.
/// - No header is added but `Host` and the framing. HTTP/1.1 header names are written as they came in where
///   the request still carries that from a connection of the same process, else with capitals
///   (`X-Amzn-Trace-Id`), as API Gateway writes them. What a backend wrote is kept with its answer in the
///   same way.
pub struct HttpBackends {
    clients: Arc<Clients>,
    others: OtherClients,
    links: VpcLinks,
    limits: BackendLimits,
}

/// The clients for one way of judging certificates.
pub(super) struct Clients {
    /// HTTP/2 where it is offered.
    negotiating: PooledAndFresh,
    /// HTTP/1.1 alone, for requests whose `Host` differs from their URI: over HTTP/2 the two would contradict
    /// each other.
    http1: PooledAndFresh,
}

struct PooledAndFresh {
    connector: Connector,
    builder: hyper_util::client::legacy::Builder,
    pooled: ArcSwap<HttpClient>,
    /// Never reuses a connection: for the retry.
    fresh: HttpClient,
}

impl HttpBackends {
    /// Backends as the operator wants them. Nothing is connected yet.
    ///
    /// # Errors
    /// Where one of the additional certificate authorities cannot be read.
    pub fn new(settings: BackendSettings) -> Result<Self, rustls::Error> {
        let settings = Arc::new(settings);
        let clients = Clients::new(&settings, &Judgement::default(), None)?;
        Ok(Self {
            clients: Arc::new(clients),
            others: OtherClients::new(&settings),
            links: settings.links.clone(),
            limits: settings.limits,
        })
    }

    /// Uses none of the connections made before for calls from now on: whoever was frozen cannot know which still live. TLS
    /// sessions are kept, so that the next handshake is short.
    pub fn forget_connections(&self) {
        self.clients.forget_connections();
        self.others.forget_connections();
    }

    /// The clients that judge a call as it wants it, and the call with the address that it goes to.
    ///
    /// Each way of judging has clients of its own, so that no connection is shared between two of them.
    fn clients_for(
        &self,
        way: &BackendWay,
        request: &mut Request<Body>,
    ) -> Result<Arc<Clients>, BackendError> {
        let is_usual = way.link.is_none()
            && way.certificate.is_none()
            && !way.tls.insecure_skip_verification
            && way.tls.server_name_to_verify.is_none();
        if is_usual {
            return Ok(Arc::clone(&self.clients));
        }
        let (name, is_behind_link) = match &way.link {
            Some(link) => self.links.lead(link, request).map_err(BackendError::BadAddress)?,
            None => (None, false),
        };
        // Where nothing is encrypted nobody is judged, and nothing is shown.
        let mut judgement = match request.uri().scheme() == Some(&Scheme::HTTPS) {
            true => Judgement::new(&way.tls, name, way.certificate.as_deref()),
            false => Judgement::default(),
        };
        judgement.is_behind_link = is_behind_link;
        match judgement == Judgement::default() {
            true => Ok(Arc::clone(&self.clients)),
            false => self.others.get(&judgement),
        }
    }
}

impl Clients {
    pub(super) fn new(
        settings: &Arc<BackendSettings>,
        judgement: &Judgement,
        certificate: Option<&ShownCertificate>,
    ) -> Result<Self, rustls::Error> {
        let made = |protocols| PooledAndFresh::new(settings, protocols, judgement, certificate);
        Ok(Self { negotiating: made(Protocols::Both)?, http1: made(Protocols::Http1)? })
    }

    pub(super) fn forget_connections(&self) {
        self.negotiating.forget_connections();
        self.http1.forget_connections();
    }
}

impl PooledAndFresh {
    fn new(
        settings: &Arc<BackendSettings>,
        protocols: Protocols,
        judgement: &Judgement,
        certificate: Option<&ShownCertificate>,
    ) -> Result<Self, rustls::Error> {
        let mut tls = tls_settings(&settings.roots, protocols)?;
        if judgement.takes_any_issuer {
            tls = taking_any_issuer(tls);
        }
        if let Some(certificate) = certificate {
            tls = certificate.shown_by(tls);
        }
        let connector = Connector::for_backends(settings, tls, judgement.name.as_deref())?;
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.limits.unused_connection)
            .pool_max_idle_per_host(settings.limits.unused_connections)
            .http1_preserve_header_case(true)
            .http1_title_case_headers(true)
            .http1_max_buf_size(ANSWER_HEAD_BYTES_MAX)
            .http2_max_header_list_size(u32::try_from(ANSWER_HEAD_BYTES_MAX).unwrap_or(u32::MAX));
        let pooled = ArcSwap::from_pointee(builder.build(connector.clone()));
        let fresh = builder.clone().pool_max_idle_per_host(0).build(connector.clone());
        Ok(Self { connector, builder, pooled, fresh })
    }

    fn forget_connections(&self) {
        self.pooled.store(Arc::new(self.builder.build(self.connector.clone())));
    }

    /// Sends a request, and once more where a reused connection was dead and the rule allows it.
    async fn send(
        &self,
        parts: http::request::Parts,
        body: RequestBody,
        watch: Option<&BodyWatch>,
        replay: Option<Request<Body>>,
    ) -> Result<http::Response<hyper::body::Incoming>, Failure> {
        let pooled = self.pooled.load_full();
        let first = send_once(&pooled, Request::from_parts(parts, body), watch).await;
        match (first, replay) {
            (Err(failure), Some(again)) if failure.is_dead_connection => {
                tracing::debug!(error = %failure.error, "a reused connection was dead, trying a fresh one");
                let (parts, body) = again.into_parts();
                let (body, _) = RequestBody::new(body);
                send_once(&self.fresh, Request::from_parts(parts, body), None).await
            }
            (outcome, _) => outcome,
        }
    }
}

async fn send_once(
    client: &HttpClient,
    request: Request<RequestBody>,
    watch: Option<&BodyWatch>,
) -> Result<http::Response<hyper::body::Incoming>, Failure> {
    let answer = client
        .request(request)
        .await
        .map_err(|error| failure::named(&error, watch.and_then(BodyWatch::failure)))?;
    if let Some(facts) = answer.extensions().get::<Facts>() {
        facts.note_answer();
    }
    Ok(answer)
}

/// The same request again, where sending it twice does what sending it once does and its body is at hand.
fn replayable(parts: &http::request::Parts, body: &Body) -> Option<Request<Body>> {
    if !parts.method.is_idempotent() {
        return None;
    }
    let body = match body {
        Body::Empty => Body::Empty,
        Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
        Body::Stream(_) => return None,
    };
    Some(Request::from_parts(parts.clone(), body))
}

/// Waits for `answering`, but no longer than `limit`, without the time in which the client's own body was
/// waited for.
async fn within<T>(
    limit: Duration,
    watch: Option<&BodyWatch>,
    answering: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut answering = pin!(answering);
    let began = Instant::now();
    let mut timer = pin!(tokio::time::sleep(limit));
    loop {
        tokio::select! {
            biased;
            answer = &mut answering => return answer,
            () = &mut timer => {
                let now = Instant::now();
                let end = began + limit + watch.map_or(Duration::ZERO, |watch| watch.waited(now));
                if end <= now {
                    return Err(failure::timed_out(limit));
                }
                timer.as_mut().reset(end);
            }
        }
    }
}

impl Backends for HttpBackends {
    fn led(&self, link: &VpcLink, uri: &Uri) -> Option<Uri> {
        self.links.led(link, uri)
    }

    async fn call(&self, call: BackendCall) -> Result<Response, BackendError> {
        let mut request = call.request;
        let clients = self.clients_for(&call.way, &mut request)?;
        let Prepared { parts, body, needs_http1 } = prepare(request)?;
        let client = if needs_http1 { &clients.http1 } else { &clients.negotiating };
        let replay = replayable(&parts, &body);
        let (body, watch) = RequestBody::new(body);
        let watch = watch.as_deref();
        let answer = within(call.timeout, watch, client.send(parts, body, watch, replay))
            .await
            .map_err(|failure| failure.error)?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(BackendError::BadAnswer("it switched to another protocol unasked".to_owned()));
        }
        Ok(answer.map(|incoming| answer::streamed(incoming, self.limits.body_idle)))
    }
}
