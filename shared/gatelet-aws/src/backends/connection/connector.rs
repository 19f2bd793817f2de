//! From a URI to a connection: one type for backends and for AWS's own services, so that the client behind it is in the
//! program once.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::{Future, Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{
    DefaultServerNameResolver, FixedServerNameResolver, HttpsConnector, MaybeHttpsStream, ResolveServerName,
};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tower_service::Service;

use super::observed::Observed;
use crate::backends::addresses::{AddressPolicy, Host, HostAndPort, Resolve, judged_form};
use crate::backends::settings::BackendSettings;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;
type Tcp = TokioIo<TcpStream>;
type Names = Arc<dyn ResolveServerName + Send + Sync>;

/// Why no connection came about, where neither TCP nor TLS says it.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::backends) enum ConnectFailure {
    #[error("{0}")]
    Forbidden(String),
    #[error("`{name}` cannot be resolved: {why}")]
    Unresolved { name: Box<str>, why: String },
    #[error("no connection within {0:?}")]
    TimedOut(Duration),
}

/// Opens connections, over TLS for `https`.
#[derive(Clone)]
pub(crate) struct Connector {
    inner: HttpsConnector<TcpConnector>,
    /// How long one may take to come about: name, TCP and TLS together.
    limit: Option<Duration>,
}

impl Connector {
    /// Connects to judged addresses alone, within the limit for backends. A certificate must bear `name`, where one is given, and else
    /// the host that is called.
    ///
    /// # Errors
    /// Where `name` is none that a certificate could bear.
    pub(in crate::backends) fn for_backends(
        settings: &Arc<BackendSettings>,
        tls: ClientConfig,
        name: Option<&str>,
    ) -> Result<Self, rustls::Error> {
        let names: Names = match name {
            None => Arc::new(DefaultServerNameResolver::default()),
            Some(text) => {
                let bare = text.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(bare).map_err(|_| {
                    rustls::Error::General(format!("`{text}` is no name that a certificate could bear"))
                })?;
                Arc::new(FixedServerNameResolver::new(name))
            }
        };
        let tcp = TcpConnector::Judged(Arc::clone(settings));
        let limit = Some(settings.limits.connect);
        Ok(Self { inner: HttpsConnector::new(tcp, tls, false, names), limit })
    }

    /// Connects wherever it is told to, TCP within `limit`.
    pub(crate) fn for_services(limit: Duration, tls: ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limit));
        let names: Names = Arc::new(DefaultServerNameResolver::default());
        Self { inner: HttpsConnector::new(TcpConnector::Anywhere(tcp), tls, false, names), limit: None }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Observed<TokioIo<MaybeHttpsStream<Tcp>>>>;
    type Error = BoxError;
    type Future = Connecting<Self::Response, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let limit = self.limit;
        let connecting = self.inner.call(uri);
        Box::pin(async move {
            let stream = match limit {
                Some(limit) => tokio::time::timeout(limit, connecting)
                    .await
                    .map_err(|_| ConnectFailure::TimedOut(limit))??,
                None => connecting.await?,
            };
            Ok(TokioIo::new(Observed::new(TokioIo::new(stream))))
        })
    }
}

/// Opens TCP connections.
#[derive(Clone)]
enum TcpConnector {
    /// To judged addresses alone.
    Judged(Arc<BackendSettings>),
    /// To whatever a name resolves to.
    Anywhere(HttpConnector),
}

impl Service<Uri> for TcpConnector {
    type Response = Tcp;
    type Error = BoxError;
    type Future = Connecting<Tcp, BoxError>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let settings = match self {
            Self::Judged(settings) => Arc::clone(settings),
            Self::Anywhere(tcp) => {
                let connecting = tcp.call(uri);
                return Box::pin(async move { Ok(connecting.await?) });
            }
        };
        Box::pin(async move {
            let default_port = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
            let host = Host::parse(uri.host().unwrap_or_default())?;
            let target = HostAndPort { host, port: uri.port_u16().unwrap_or(default_port) };
            let addresses = judged_addresses(&settings, &target).await?;
            connect(addresses).await
        })
    }
}

/// The addresses of a target that may be connected to; never none.
async fn judged_addresses(
    settings: &BackendSettings,
    target: &HostAndPort,
) -> Result<Vec<SocketAddr>, ConnectFailure> {
    let found = addresses_of(&*settings.resolver, &target.host).await?;
    let mut forbidden_places = Vec::new();
    for place in settings.forbidden.iter().filter(|place| place.port == target.port) {
        // A place that has no address now cannot be reached now.
        forbidden_places.extend(addresses_of(&*settings.resolver, &place.host).await.unwrap_or_default());
    }
    let mut allowed = Vec::with_capacity(found.len());
    let mut refusal = None;
    for address in found {
        match judge(settings.addresses, &forbidden_places, address) {
            Ok(()) => allowed.push(SocketAddr::new(address, target.port)),
            Err(what) => refusal = Some((address, what)),
        }
    }
    match refusal {
        Some((address, what)) if allowed.is_empty() => {
            let shown = match &target.host {
                Host::Address(_) => format!("`{address}`"),
                Host::Name(name) => format!("`{name}` resolves to `{address}`, which"),
            };
            Err(ConnectFailure::Forbidden(format!("{shown} is {what}")))
        }
        _ if allowed.is_empty() => Err(unresolved(&target.host, &"it has no address")),
        _ => Ok(allowed),
    }
}

async fn addresses_of(resolver: &dyn Resolve, host: &Host) -> Result<Vec<IpAddr>, ConnectFailure> {
    match host {
        Host::Address(address) => Ok(vec![*address]),
        Host::Name(name) => resolver.resolve(name).await.map_err(|problem| unresolved(host, &problem)),
    }
}

fn unresolved(host: &Host, why: &dyn Display) -> ConnectFailure {
    ConnectFailure::Unresolved { name: host.to_string().into(), why: why.to_string() }
}

fn judge(policy: AddressPolicy, places: &[IpAddr], address: IpAddr) -> Result<(), &'static str> {
    policy.judge(address)?;
    let judged = judged_form(address);
    let is_place = places.iter().any(|place| {
        let place = judged_form(*place);
        place == judged || ((place.is_loopback() || place.is_unspecified()) && judged.is_loopback())
    });
    if is_place { Err("no backend: the gateway's own surroundings listen on that port") } else { Ok(()) }
}

/// Connects to the first of the addresses that answers, IPv4 and IPv6 side by side.
async fn connect(addresses: Vec<SocketAddr>) -> Result<Tcp, BoxError> {
    // Asked for a name it does not use, because what it connects to is what was judged.
    let mut connector = HttpConnector::new_with_resolver(Pinned(addresses));
    connector.set_nodelay(true);
    Ok(connector.call(Uri::from_static("http://judged")).await?)
}

/// A "resolver" that knows one answer.
#[derive(Clone)]
struct Pinned(Vec<SocketAddr>);

impl Service<Name> for Pinned {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _name: Name) -> Self::Future {
        ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}
