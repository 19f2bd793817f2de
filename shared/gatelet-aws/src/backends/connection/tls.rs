//! How TLS is spoken.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// What is offered over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// HTTP/2, and HTTP/1.1 for those who do not speak it.
    Both,
    /// HTTP/1.1 alone.
    Http1,
    /// Nothing, which means HTTP/1.1.
    Unsaid,
}

/// Settings that verify against the public certificate authorities and `roots`.
///
/// The provider of cryptography is named here and not taken from the process: with two of them in one
/// program, which features of dependencies can bring about, the process has no default.
pub(crate) fn tls_settings(
    roots: &[CertificateDer<'static>],
    protocols: Protocols,
) -> Result<ClientConfig, rustls::Error> {
    let mut trusted = RootCertStore::empty();
    trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in roots {
        trusted.add(root.clone())?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut settings = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    settings.alpn_protocols = match protocols {
        Protocols::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Protocols::Http1 => vec![b"http/1.1".to_vec()],
        Protocols::Unsaid => Vec::new(),
    };
    Ok(settings)
}
