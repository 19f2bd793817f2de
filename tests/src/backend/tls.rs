//! Certificates for one test.

use std::io;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A certificate made for one test, and how a backend uses it.
#[derive(Clone)]
pub struct Tls {
    certificate: CertificateDer<'static>,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// A certificate for these names and addresses, and a server that offers these protocols (`h2`,
    /// `http/1.1`) in this order.
    pub fn new(names: &[&str], protocols: &[&str]) -> Self {
        Self::made(names, protocols, None, |_| {})
    }

    /// The same, of a certificate that `change` has its way with, and clients have to show one that `trusted` is or vouches for.
    pub fn made(
        names: &[&str],
        protocols: &[&str],
        trusted: Option<CertificateDer<'static>>,
        change: impl FnOnce(&mut rcgen::CertificateParams),
    ) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = rcgen::CertificateParams::new(names).expect("the names are good");
        change(&mut parameters);
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        let certificate = parameters.self_signed(&key).expect("it can be signed").der().clone();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = trusted.map_or_else(WebPkiClientVerifier::no_client_auth, |trusted| {
            let mut roots = RootCertStore::empty();
            roots.add(trusted).expect("it is a certificate");
            let made = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            made.build().expect("there is somebody to trust")
        });
        let mut settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.clone()], key.into())
            .expect("the key fits the certificate");
        settings.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Self { certificate, acceptor: TlsAcceptor::from(Arc::new(settings)) }
    }

    /// What a client must trust.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}
