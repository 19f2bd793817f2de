//! Which client certificates are good.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, RevocationCheckDepth,
    RevocationOptionsBuilder, UnknownStatusPolicy, VerifiedPath,
};

use super::TlsProblem;
use crate::server::limits::CERTIFICATE_CHAIN_MAX;

/// Verifies clients as AWS does: by a chain up to a root of the trust store, of four certificates at most, none of them expired;
/// and, which AWS leaves to an authorizer, none of them revoked.
#[derive(Debug)]
pub(super) struct Verifier {
    roots: RootCertStore,
    hints: Vec<DistinguishedName>,
    /// The other authorities of the trust store, which clients need not send.
    intermediates: Vec<CertificateDer<'static>>,
    revocations: Vec<CertRevocationList<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Why a chain that is good otherwise is not taken.
#[derive(Debug, thiserror::Error)]
#[error("the chain of certificates is longer than {CERTIFICATE_CHAIN_MAX}")]
struct ChainTooLong;

impl Verifier {
    /// Trusts the roots among these authorities, which have signed themselves, and with them the others as far as they lead to a
    /// root. ASSUMPTION: AWS asks for all of them in the trust store, from the one that signs clients up to the root, and
    /// counts its four certificates from the client's to the root.
    pub(super) fn new(
        authorities: &[CertificateDer<'static>],
        revocations: Vec<CertRevocationList<'static>>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<Self, TlsProblem> {
        let mut roots = RootCertStore::empty();
        let mut intermediates = Vec::new();
        let mut is_ours = vec![false; revocations.len()];
        for authority in authorities {
            let unusable = |error: &dyn std::fmt::Display| TlsProblem::Authority(error.to_string());
            let parsed = EndEntityCert::try_from(authority).map_err(|error| unusable(&error))?;
            for (is_ours, list) in is_ours.iter_mut().zip(&revocations) {
                *is_ours |= list.issuer() == parsed.subject();
            }
            if parsed.subject() == parsed.issuer() {
                roots.add(authority.clone()).map_err(|error| unusable(&error))?;
            } else {
                intermediates.push(authority.clone());
            }
        }
        if roots.is_empty() {
            return Err(TlsProblem::NoRoot);
        }
        // Whoever gives a list means somebody to be refused by it; one of a stranger would refuse nobody, without a word.
        if let Some(stray) = is_ours.iter().position(|is_ours| !is_ours) {
            return Err(TlsProblem::StrayRevocations { number: stray + 1 });
        }
        let hints = roots.subjects();
        Ok(Self { roots, hints, intermediates, revocations, algorithms })
    }

    fn verify(
        &self,
        shown: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), webpki::Error> {
        let certificate = EndEntityCert::try_from(shown)?;
        let intermediates: Vec<CertificateDer<'_>> =
            sent.iter().cloned().chain(self.intermediates.iter().cloned()).collect();
        let lists: Vec<&CertRevocationList<'_>> = self.revocations.iter().collect();
        // A list says who is revoked by its issuer; of an authority without one, nobody is. One that is out of date counts on.
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Allow)
                .with_expiration_policy(ExpirationPolicy::Ignore)
                .build()
        });
        certificate.verify_for_usage(
            self.algorithms.all,
            &self.roots.roots,
            &intermediates,
            now,
            KeyUsage::client_auth(),
            revocation,
            Some(&has_good_length),
        )?;
        Ok(())
    }
}

/// The client's certificate and the root are not among the intermediates.
fn has_good_length(path: &VerifiedPath<'_>) -> Result<(), webpki::Error> {
    match path.intermediate_certificates().count() + 2 > CERTIFICATE_CHAIN_MAX {
        true => Err(webpki::Error::MaximumPathDepthExceeded),
        false => Ok(()),
    }
}

/// What the client hears, and the log.
fn told(error: webpki::Error) -> Error {
    use webpki::Error as Why;
    let told = match error {
        Why::BadDer | Why::BadDerTime | Why::TrailingData(_) => CertificateError::BadEncoding,
        Why::CertNotValidYet { time, not_before } => {
            CertificateError::NotValidYetContext { time, not_before }
        }
        Why::CertExpired { time, not_after } => CertificateError::ExpiredContext { time, not_after },
        Why::CertRevoked => CertificateError::Revoked,
        Why::UnknownIssuer => CertificateError::UnknownIssuer,
        Why::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        Why::MaximumPathDepthExceeded => CertificateError::Other(OtherError(Arc::new(ChainTooLong))),
        other => CertificateError::Other(OtherError(Arc::new(other))),
    };
    Error::InvalidCertificate(told)
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, now).map_err(told)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
