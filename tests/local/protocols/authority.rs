//! Authorities, the certificates that they sign, and clients that show them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_local::server::tls::{ClientTrust, ServerIdentity, Tls};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::soon;

/// The name of the server under test.
pub(super) const SERVER: &str = "localhost";

/// Who signs certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with those that lead to its root, and its key.
pub(super) struct Shown {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// What a client's certificate says.
pub(super) fn client() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "US");
    params.distinguished_name.push(DnType::CommonName, "My Client");
    params.serial_number = Some(SerialNumber::from_slice(&[7]));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = date_time_ymd(2020, 8, 9);
    params.not_after = date_time_ymd(2120, 12, 31);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Authority {
    pub(super) fn root(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn below(&self, name: &str) -> Self {
        Self(CertifiedIssuer::signed_by(authority(name), KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// Signs a certificate.
    pub(super) fn sign(&self, params: &CertificateParams) -> Shown {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &*self.0).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Shown { chain: vec![certificate.der().clone()], key }
    }

    /// Says in PEM which serial numbers are revoked.
    pub(super) fn revokes(&self, serials: &[u8]) -> String {
        let revoked = |serial: &u8| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&[*serial]),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2024, 2, 1),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        pem("X509 CRL", list.signed_by(&self.0).unwrap().der())
    }
}

impl Shown {
    /// Sends these on the way to the root, too.
    pub(super) fn with(mut self, authorities: &[&Authority]) -> Self {
        self.chain.extend(authorities.iter().map(|authority| authority.certificate()));
        self
    }
}

/// A section of PEM.
pub(super) fn pem(label: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(bytes))
}

/// Files as `gatelet dev` takes them, with a server's certificate and its key among them.
pub(super) struct Files {
    pub(super) directory: TempDir,
    server: CertificateDer<'static>,
}

impl Files {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec![SERVER.to_owned()]).unwrap();
        let files = Self { directory, server: made.cert.der().clone() };
        files.write("server.pem", &pem("CERTIFICATE", made.cert.der()));
        files.write("server-key.pem", &pem("PRIVATE KEY", &made.signing_key.serialize_der()));
        files
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn truststore(&self, authorities: &[&Authority]) -> PathBuf {
        let text: String =
            authorities.iter().map(|authority| pem("CERTIFICATE", &authority.certificate())).collect();
        self.write("truststore.pem", &text)
    }

    fn identity(&self) -> ServerIdentity {
        ServerIdentity::read(&self.path("server.pem"), &self.path("server-key.pem")).unwrap()
    }

    /// A server that takes every client.
    pub(super) fn tls(&self) -> Tls {
        Tls::new(self.identity(), None).unwrap()
    }

    /// A server that asks for certificates.
    pub(super) fn mutual_tls(&self, authorities: &[&Authority], revocations: Option<&Path>) -> Tls {
        let trust = ClientTrust::read(&self.truststore(authorities), revocations).unwrap();
        Tls::new(self.identity(), Some(trust)).unwrap()
    }

    /// A client that trusts the server, shows a certificate, and speaks these protocols.
    pub(super) fn client(&self, shown: Option<&Shown>, protocols: &[&str]) -> ClientConfig {
        self.client_of(shown, protocols, rustls::DEFAULT_VERSIONS)
    }

    pub(super) fn client_of(
        &self,
        shown: Option<&Shown>,
        protocols: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ClientConfig {
        let mut trusted = RootCertStore::empty();
        trusted.add(self.server.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(trusted);
        let mut settings = match shown {
            Some(shown) => builder.with_client_auth_cert(shown.chain.clone(), shown.key.clone_key()).unwrap(),
            None => builder.with_no_client_auth(),
        };
        settings.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        settings
    }
}

/// Connects and shakes hands.
pub(super) async fn connect(
    address: SocketAddr,
    client: &ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = soon(TcpStream::connect(address)).await?;
    let connector = TlsConnector::from(Arc::new(client.clone()));
    soon(connector.connect(ServerName::try_from(SERVER).unwrap(), stream)).await
}

/// Sends a request on a connection of its own, and reads all that comes; an error where the server cuts it off, which clients of
/// TLS 1.3 hear after their own part of the handshake.
pub(super) async fn ask(
    address: SocketAddr,
    client: &ClientConfig,
    request: &str,
) -> std::io::Result<String> {
    let mut stream = connect(address, client).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await?;
    Ok(String::from_utf8(answer).unwrap())
}

/// `GET`, after which the server closes; `headers` are whole lines.
pub(super) fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
}
