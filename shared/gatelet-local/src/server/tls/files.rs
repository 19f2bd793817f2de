//! Certificates, keys and revocation lists from PEM.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use webpki::{CertRevocationList, OwnedCertRevocationList};

use super::{ClientTrust, ServerIdentity};

/// Why TLS cannot be spoken as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// A file cannot be read.
    #[error("`{file}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the machine says.
        why: String,
    },
    /// A file does not hold what it should.
    #[error("`{file}` holds no {what} in PEM; it begins with `-----BEGIN {label}-----`")]
    Missing {
        /// The file.
        file: String,
        /// What it should hold.
        what: &'static str,
        /// How PEM calls that.
        label: &'static str,
    },
    /// A file holds something that is broken.
    #[error("`{file}` holds {what} that cannot be understood: {why}")]
    Broken {
        /// The file.
        file: String,
        /// What is broken.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate of the trust store cannot be used.
    #[error("a certificate of the trust store cannot be used: {0}")]
    Authority(String),
    /// Nothing in the trust store ends a chain.
    #[error(
        "the trust store has no root, which is a certificate that has signed itself; add the whole chain of the authority that \
         signs your clients"
    )]
    NoRoot,
    /// A revocation list is of an authority that is not in the trust store.
    #[error(
        "revocation list {number} is of an authority that is not in the trust store, so that nobody would be revoked by it; add \
         that authority's certificate to the trust store, or leave the list out"
    )]
    StrayRevocations {
        /// Which of the lists, counted from 1.
        number: usize,
    },
    /// The server's certificate cannot be used.
    #[error(
        "the server's certificate cannot be used: {0}; give the one that belongs to the key, with its chain after it"
    )]
    Unusable(String),
    /// No certificate can be made.
    #[error("no certificate can be made: {0}; give one with `--tls-certificate` and `--tls-key`")]
    NotMade(String),
}

impl ServerIdentity {
    pub(super) const fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        Self { chain, key }
    }

    /// Reads a certificate, with its chain after it, and its key.
    ///
    /// # Errors
    /// A [`TlsProblem`].
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsProblem> {
        let chain = all(certificate, "certificate", "CERTIFICATE")?;
        let missing = || TlsProblem::Missing {
            file: key.display().to_string(),
            what: "private key",
            label: "PRIVATE KEY",
        };
        // What is wrong with a key is not repeated: it may be the key.
        let key = PrivateKeyDer::from_pem_slice(&text(key)?).map_err(|_| missing())?;
        Ok(Self::new(chain, key))
    }
}

impl ClientTrust {
    /// Reads a trust store, and lists of what its authorities have revoked.
    ///
    /// # Errors
    /// A [`TlsProblem`].
    pub fn read(authorities: &Path, revocations: Option<&Path>) -> Result<Self, TlsProblem> {
        let revocations = match revocations {
            Some(file) => all::<CertificateRevocationListDer<'static>>(file, "revocation list", "X509 CRL")?
                .iter()
                .map(|list| OwnedCertRevocationList::from_der(list).map(CertRevocationList::from))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| broken(file, "a revocation list", &error))?,
            None => Vec::new(),
        };
        Ok(Self { authorities: all(authorities, "certificate", "CERTIFICATE")?, revocations })
    }
}

/// Every section of a kind in a file, at least one.
fn all<T: PemObject>(file: &Path, what: &'static str, label: &'static str) -> Result<Vec<T>, TlsProblem> {
    let sections = T::pem_slice_iter(&text(file)?).collect::<Result<Vec<T>, _>>();
    let sections = sections.map_err(|error| broken(file, "PEM", &error))?;
    match sections.is_empty() {
        true => Err(TlsProblem::Missing { file: file.display().to_string(), what, label }),
        false => Ok(sections),
    }
}

fn text(file: &Path) -> Result<Vec<u8>, TlsProblem> {
    std::fs::read(file).map_err(|error| TlsProblem::Unreadable {
        file: file.display().to_string(),
        why: crate::definition::reason(&error),
    })
}

fn broken(file: &Path, what: &'static str, why: &dyn std::fmt::Display) -> TlsProblem {
    TlsProblem::Broken { file: file.display().to_string(), what, why: why.to_string() }
}
