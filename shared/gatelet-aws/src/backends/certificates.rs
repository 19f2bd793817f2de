//! The certificates that the gateway shows to backends
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html>).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

/// A certificate with those that vouch for it, and its key.
#[derive(Clone)]
pub struct ShownCertificate(Arc<CertifiedKey>);

impl ShownCertificate {
    /// Reads a key and its certificate, the leaf first, from PEM.
    ///
    /// # Errors
    /// What is wrong with it; the key is never repeated.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let certificates = certificates.map_err(|_| "its certificate is not PEM".to_owned())?;
        if certificates.is_empty() {
            return Err("it holds no certificate: `-----BEGIN CERTIFICATE-----`".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| "it holds no private key: `-----BEGIN PRIVATE KEY-----`".to_owned())?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let certified = CertifiedKey::from_der(certificates, key, &provider)
            .map_err(|error| format!("its key and its certificate cannot be used: {error}"))?;
        Ok(Self(Arc::new(certified)))
    }

    /// Settings that show it to whoever asks for one.
    pub(super) fn shown_by(&self, mut settings: ClientConfig) -> ClientConfig {
        settings.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(Arc::clone(&self.0)));
        settings
    }
}

impl fmt::Debug for ShownCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShownCertificate(..)")
    }
}

/// Reads certificates by their ids: a JSON object of texts, each the PEM of a key and its certificate.
///
/// # Errors
/// All that is wrong with them; keys are never repeated.
pub(crate) fn parse_shown_certificates(text: &str) -> Result<BTreeMap<String, ShownCertificate>, String> {
    // What serde says of a text could show a piece of it.
    let texts: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| {
        "is no JSON object of texts: write `{\"ID\": \"PEM of its key and certificate\"}`".to_owned()
    })?;
    let (mut certificates, mut wrong) = (BTreeMap::new(), Vec::new());
    for (id, pem) in texts {
        match ShownCertificate::from_pem(&pem) {
            Ok(certificate) => drop(certificates.insert(id, certificate)),
            Err(why) => wrong.push(format!("the certificate `{id}`: {why}")),
        }
    }
    if wrong.is_empty() { Ok(certificates) } else { Err(wrong.join("; ")) }
}

type Find = dyn Fn(&str) -> Result<ShownCertificate, String> + Send + Sync;

/// Where certificates are found by their ids, once for each that is used.
#[derive(Clone)]
pub struct ShownCertificates(Arc<Find>);

impl ShownCertificates {
    /// Asks a function. What it says where there is none is for the operator.
    #[must_use]
    pub fn found_by(find: impl Fn(&str) -> Result<ShownCertificate, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// These and no others.
    #[must_use]
    pub fn known(certificates: BTreeMap<String, ShownCertificate>) -> Self {
        Self::found_by(move |id| {
            certificates.get(id).cloned().ok_or_else(|| {
                format!(
                    "the stage's client certificate `{id}` is not known: give its key and certificate in the router's variable \
                     `GATELET_CLIENT_CERTIFICATES`"
                )
            })
        })
    }

    pub(super) fn find(&self, id: &str) -> Result<ShownCertificate, String> {
        (self.0)(id)
    }
}

impl Default for ShownCertificates {
    fn default() -> Self {
        Self::known(BTreeMap::new())
    }
}
