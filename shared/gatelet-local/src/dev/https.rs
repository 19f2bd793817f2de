//! HTTPS: `--https-listen` and what belongs to it.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;

use super::{DevError, address, listen, reachable};
use crate::server::tls::{ClientTrust, ServerIdentity, Tls, made_certificate};

/// What a certificate that is made here is for, beside custom domains and allowed hosts.
const OWN_NAMES: [&str; 4] = ["localhost", "*.execute-api.localhost", "127.0.0.1", "::1"];

/// How HTTPS was asked for.
#[derive(Debug, Clone)]
pub struct HttpsOptions {
    /// Where requests are answered.
    pub listen: SocketAddr,
    /// The server's certificate and its key; without them one is made.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Whose certificates clients must show.
    pub truststore: Option<PathBuf>,
    /// Which of them are revoked.
    pub revocation_list: Option<PathBuf>,
}

/// Where HTTPS is spoken.
#[derive(Debug, Clone, Copy)]
pub(super) struct HttpsAddress {
    pub(super) address: SocketAddr,
    /// Whether clients must show a certificate.
    pub(super) takes_certificates: bool,
}

/// The listener, and what was read for it.
pub(super) struct Https {
    listener: TcpListener,
    address: HttpsAddress,
    identity: Option<ServerIdentity>,
    trust: Option<ClientTrust>,
}

impl Https {
    /// Listens, and reads the files.
    pub(super) async fn listen(options: &HttpsOptions) -> Result<Self, DevError> {
        let identity = match &options.certificate {
            Some((certificate, key)) => Some(ServerIdentity::read(certificate, key)?),
            None => None,
        };
        let trust = match &options.truststore {
            Some(truststore) => Some(ClientTrust::read(truststore, options.revocation_list.as_deref())?),
            None => None,
        };
        let listener = listen(options.listen, "--https-listen").await?;
        let address =
            HttpsAddress { address: reachable(address(&listener)?), takes_certificates: trust.is_some() };
        Ok(Self { listener, address, identity, trust })
    }

    pub(super) const fn address(&self) -> HttpsAddress {
        self.address
    }

    /// What the user should know of it, in a line.
    pub(super) fn told(&self) -> String {
        let certificate = match self.identity {
            Some(_) => "",
            None => ", with a certificate made for this run, which `curl -k` takes",
        };
        let clients = match self.trust {
            Some(_) => ", for clients that show a certificate of the trust store",
            None => "",
        };
        format!("requests are answered at https://{} too{certificate}{clients}\n", self.address.address)
    }

    /// What is spoken there. A certificate that is made is for these names and the machine's own.
    pub(super) fn tls(self, names: impl Iterator<Item = String>) -> Result<(TcpListener, Tls), DevError> {
        let identity = match self.identity {
            Some(identity) => identity,
            None => made_certificate(OWN_NAMES.into_iter().map(str::to_owned).chain(names).collect())?,
        };
        Ok((self.listener, Tls::new(identity, self.trust)?))
    }
}
