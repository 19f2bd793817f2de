//! The way to a backend, as far as its URI does not say it.

use gatelet_model::TlsConfig;

/// How a backend is reached, beside its URI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackendWay {
    /// The VPC link that leads there; none is the network that the gateway is in.
    pub link: Option<VpcLink>,
    /// How its certificate is judged.
    pub tls: TlsConfig,
    /// The id of the certificate that the gateway shows where a backend asks for one
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html>).
    pub certificate: Option<Box<str>>,
}

/// A VPC link, by the names that definitions have for it. Where it leads is the installation's knowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcLink {
    /// Its id.
    pub id: Box<str>,
    /// What stands at its end: the ARN of a load balancer, of a listener or of a Cloud Map service.
    pub target: Option<Box<str>>,
    /// Whether the URI's host is the backend's own name. Where it is not, as on HTTP APIs, which name the end of the link instead, the
    /// host is the client's, and nothing can be called without knowing the link.
    pub names_host: bool,
}
