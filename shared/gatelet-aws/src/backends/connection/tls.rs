//! How TLS is spoken.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

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

/// The same settings, with certificates of any issuer taken.
///
/// As API Gateway has it, the rest of a certificate is judged all the same: that it bears the name, that it is valid now, and that who
/// shows it has its key (<https://docs.aws.amazon.com/apigateway/latest/api/API_TlsConfig.html>).
pub(in crate::backends) fn taking_any_issuer(mut settings: ClientConfig) -> ClientConfig {
    let algorithms = settings.crypto_provider().signature_verification_algorithms;
    settings.dangerous().set_certificate_verifier(Arc::new(AnyIssuer(algorithms)));
    settings
}

/// Judges everything of a certificate but who issued it.
#[derive(Debug)]
struct AnyIssuer(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyIssuer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(certificate)?;
        verify_server_name(&certificate, name)?;
        // Nobody is trusted here, so that what is found wrong is the issuer, or before that the certificate itself.
        let (nobody, algorithms) = (RootCertStore::empty(), self.0.all);
        match verify_server_cert_signed_by_trust_anchor(&certificate, &nobody, &[], now, algorithms) {
            Ok(()) | Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                Ok(ServerCertVerified::assertion())
            }
            // A certificate that signed itself is often an authority's, too. It comes after the dates.
            Err(Error::InvalidCertificate(CertificateError::Other(other)))
                if other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
