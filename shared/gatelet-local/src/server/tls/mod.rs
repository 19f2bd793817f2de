//! TLS on one machine: the server's own certificate, and the clients' certificates, where they must show one.
//!
//! What lives here is the handshake. What an API makes of a client's certificate is the gateway's.

mod clients;
mod files;
mod made;

use std::sync::Arc;

use gatelet_aws::edge::client_certificate;
use gatelet_core::authorizers::ClientCertificate;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use clients::Verifier;
pub use files::TlsProblem;
pub use made::made_certificate;

/// What is offered to clients, the preferred first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The server's certificate with its chain, and its key.
#[derive(Debug)]
pub struct ServerIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Which client certificates are taken.
#[derive(Debug)]
pub struct ClientTrust {
    /// Certificates of authorities, roots and others.
    authorities: Vec<CertificateDer<'static>>,
    revocations: Vec<webpki::CertRevocationList<'static>>,
}

/// TLS as a server speaks it. Clones share their settings.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

/// Why a handshake came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandshakeError {
    #[error(transparent)]
    Failed(#[from] std::io::Error),
    #[error("the client's certificate cannot be read")]
    UnreadableCertificate,
}

impl Tls {
    /// A server with this certificate that lets in every client, or, with `trust`, those alone that show a certificate which it
    /// trusts (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html>).
    ///
    /// # Errors
    /// A [`TlsProblem`] where the certificate does not fit the key, none of the authorities is a root, or a
    /// revocation list is of none of them.
    pub fn new(identity: ServerIdentity, trust: Option<ClientTrust>) -> Result<Self, TlsProblem> {
        let unusable = |error: rustls::Error| TlsProblem::Unusable(error.to_string());
        // The provider is named here and not taken from the process, which has no default where two are linked.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let takes_certificates = trust.is_some();
        let builder = match trust {
            None => builder.with_no_client_auth(),
            Some(trust) => builder.with_client_cert_verifier(verifier(trust, &provider)?),
        };
        let mut settings = builder.with_single_cert(identity.chain, identity.key).map_err(unusable)?;
        settings.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        if takes_certificates {
            // A resumed session would bring a certificate that may have expired since it was verified.
            settings.session_storage = Arc::new(NoServerSessionStorage {});
            settings.send_tls13_tickets = 0;
        }
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(settings)) })
    }

    /// The handshake: the stream inside, and the certificate that the client showed.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, Option<Arc<ClientCertificate>>), HandshakeError> {
        let stream = self.acceptor.accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = match shown {
            Some(shown) => {
                let told = client_certificate(shown).ok_or(HandshakeError::UnreadableCertificate)?;
                Some(Arc::new(told))
            }
            None => None,
        };
        Ok((stream, certificate))
    }
}

fn verifier(trust: ClientTrust, provider: &CryptoProvider) -> Result<Arc<Verifier>, TlsProblem> {
    Verifier::new(&trust.authorities, trust.revocations, provider.signature_verification_algorithms)
        .map(Arc::new)
}
