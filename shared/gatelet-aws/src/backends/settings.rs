//! What an operator decides about backends.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::addresses::{AddressPolicy, HostAndPort, Resolve, SystemResolver};
use super::certificates::ShownCertificates;
use super::links::VpcLinks;

/// How long a connection may take to come about: name, TCP and TLS together.
const CONNECT_SECONDS_MAX: u64 = 10;

/// How long an answer's body may pause. AWS's limit for
/// [streamed responses](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html)
/// of regional and private APIs.
const BODY_IDLE_SECONDS_MAX: u64 = 300;

/// How long an unused connection is kept: less than the five seconds after which Node's HTTP server, the most
/// impatient of the common ones, closes it on its side.
const UNUSED_CONNECTION_SECONDS_MAX: u64 = 4;

/// How many unused connections are kept for one scheme, host and port.
const UNUSED_CONNECTIONS_MAX: usize = 128;

/// Limits that are not part of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendLimits {
    /// How long a connection may take to come about. A call's own limit holds as well.
    pub connect: Duration,
    /// How long an answer's body may pause while somebody waits for it.
    pub body_idle: Duration,
    /// How long an unused connection is kept.
    pub unused_connection: Duration,
    /// How many unused connections are kept for one scheme, host and port.
    pub unused_connections: usize,
}

impl Default for BackendLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(CONNECT_SECONDS_MAX),
            body_idle: Duration::from_secs(BODY_IDLE_SECONDS_MAX),
            unused_connection: Duration::from_secs(UNUSED_CONNECTION_SECONDS_MAX),
            unused_connections: UNUSED_CONNECTIONS_MAX,
        }
    }
}

/// What [`HttpBackends`](super::HttpBackends) is made from.
#[derive(Clone)]
pub struct BackendSettings {
    pub(super) addresses: AddressPolicy,
    pub(super) forbidden: Vec<HostAndPort>,
    pub(super) limits: BackendLimits,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) links: VpcLinks,
    pub(super) certificates: ShownCertificates,
}

impl BackendSettings {
    /// Backends at these addresses, with the limits and the resolver that everybody has.
    #[must_use]
    pub fn new(addresses: AddressPolicy) -> Self {
        Self {
            addresses,
            forbidden: Vec::new(),
            limits: BackendLimits::default(),
            resolver: Arc::new(SystemResolver),
            roots: Vec::new(),
            links: VpcLinks::default(),
            certificates: ShownCertificates::default(),
        }
    }

    /// One more place that is no backend, whatever the policy says: the Lambda runtime API, the own control
    /// plane. Loopback counts as one place: `127.0.0.1:9001` forbids `[::1]:9001` too.
    #[must_use]
    pub fn forbidding(mut self, place: HostAndPort) -> Self {
        self.forbidden.push(place);
        self
    }

    /// Other addresses.
    #[must_use]
    pub fn with_addresses(mut self, addresses: AddressPolicy) -> Self {
        self.addresses = addresses;
        self
    }

    /// Other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: BackendLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Another resolver.
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Where VPC links lead.
    #[must_use]
    pub fn with_links(mut self, links: VpcLinks) -> Self {
        self.links = links;
        self
    }

    /// The certificates that backends are shown.
    #[must_use]
    pub fn showing(mut self, certificates: ShownCertificates) -> Self {
        self.certificates = certificates;
        self
    }

    /// One more certificate authority beside the public ones, such as a company's own.
    #[must_use]
    pub fn trusting(mut self, root: CertificateDer<'static>) -> Self {
        self.roots.push(root);
        self
    }
}
