//! The ways to HTTP backends, as the command has them: where VPC links lead, and which certificates backends are shown.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_aws::backends::{LinkEnd, ShownCertificate, ShownCertificates, VpcLinks};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use tempfile::NamedTempFile;

use super::super::project::Project;
use super::super::settings;
use crate::definition::reason;

/// Where certificates are kept that the command makes, in the directory of the state.
const DIRECTORY: &str = "client-certificates";
/// How long one is valid: as long as AWS's.
const VALIDITY: Duration = Duration::from_hours(365 * 24);
/// How long the lines of PEM are.
const PEM_LINE_CHARACTERS: usize = 64;
/// The name in one.
const COMMON_NAME: &str = "ApiGateway";

/// A VPC link that the command line names.
#[derive(Debug, Clone)]
pub struct LinkMapping {
    id: String,
    end: LinkEnd,
}

impl LinkMapping {
    /// Reads `ID=HOST[:PORT]`, or an id alone, whose link leads to the hosts in its URIs.
    ///
    /// # Errors
    /// What is wrong and what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let malformed = || format!("`{text}` is no VPC link: write one such as `abc123=127.0.0.1:3000`");
        let (id, end) = match text.split_once('=') {
            Some((id, end)) => (id.trim(), end.trim().parse()?),
            None => (text.trim(), LinkEnd::AsNamed),
        };
        if id.is_empty() { Err(malformed()) } else { Ok(Self { id: id.to_owned(), end }) }
    }
}

/// Where VPC links lead: what the environment says, before that the directories, of which the last counts, and first of all the command line.
pub fn vpc_links(environment: VpcLinks, projects: &[Project], given: &[LinkMapping]) -> VpcLinks {
    let settings = projects.iter().flat_map(|project| &project.settings.vpc_links);
    let settings = settings.map(|(id, end)| (id.clone(), end.0.clone()));
    let given = given.iter().map(|link| (link.id.clone(), link.end.clone()));
    settings.chain(given).fold(environment, |links, (id, end)| links.with(&id, end))
}

/// The certificates that backends are shown: those of files that settings name, and for all other ids one that is made when it is first
/// needed, as AWS makes them. It is kept in the directory of the state, where there is one, until it is over.
pub(in super::super) fn certificates(projects: &[Project], state: Option<&Path>) -> ShownCertificates {
    let named = projects.iter().flat_map(|project| {
        let file = |path: &PathBuf| project.directory.join(path);
        project
            .settings
            .client_certificates
            .iter()
            .map(move |(id, files)| (id.clone(), [file(&files.key), file(&files.certificate)]))
    });
    let named: BTreeMap<String, [PathBuf; 2]> = named.collect();
    let directory = state.map(|state| state.join(DIRECTORY));
    let made: Mutex<BTreeMap<String, ShownCertificate>> = Mutex::default();
    ShownCertificates::found_by(move |id| {
        if let Some(files) = named.get(id) {
            return read(files);
        }
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(certificate) = made.get(id) {
            return Ok(certificate.clone());
        }
        let certificate = match &directory {
            Some(directory) => kept(id, directory)?,
            None => ShownCertificate::from_pem(&make(SystemTime::now())?.concat())?,
        };
        made.insert(id.to_owned(), certificate.clone());
        Ok(certificate)
    })
}

fn read(files: &[PathBuf; 2]) -> Result<ShownCertificate, String> {
    let mut pem = String::new();
    for file in files {
        let read = std::fs::read_to_string(file);
        pem.push_str(&read.map_err(|error| format!("`{}`: {}", file.display(), reason(&error)))?);
        pem.push('\n');
    }
    let [_, certificate] = files;
    ShownCertificate::from_pem(&pem).map_err(|why| format!("`{}`: {why}", certificate.display()))
}

/// The certificate in the directory, made where there is none or it is over.
fn kept(id: &str, directory: &Path) -> Result<ShownCertificate, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.is_empty() || !id.bytes().all(is_plain) {
        let file = settings::FILE_NAME;
        return Err(format!("`{id}` is no id of a client certificate: name its files in {file}"));
    }
    let files = [directory.join(format!("{id}.key.pem")), directory.join(format!("{id}.pem"))];
    let problem = |error: io::Error| format!("`{}`: {}", directory.display(), reason(&error));
    let [key, certificate] = &files;
    let is_made = match (key.is_file(), certificate.is_file()) {
        (false, false) => false,
        (true, true) => !is_over(certificate, SystemTime::now()),
        // Whoever left half of it should decide about that.
        (has_key, _) => {
            let (missing, other) = if has_key { (certificate, key) } else { (key, certificate) };
            return Err(format!(
                "`{}` is missing: put it back, or delete `{}`, too, and both are made anew",
                missing.display(),
                other.display()
            ));
        }
    };
    if !is_made {
        std::fs::create_dir_all(directory).map_err(problem)?;
        for (file, pem) in files.iter().zip(make(SystemTime::now())?) {
            write(file, &pem).map_err(problem)?;
        }
        tracing::info!(certificate = %certificate.display(), "made the client certificate of a stage; let backends trust it");
    }
    read(&files)
}

/// Whether a certificate that was made here has been valid for as long as it may.
fn is_over(file: &Path, now: SystemTime) -> bool {
    let Ok(certificate) = CertificateDer::from_pem_file(file) else { return false };
    let verified = || {
        let anchor = webpki::anchor_from_trusted_cert(&certificate)?;
        let now = UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        webpki::EndEntityCert::try_from(&certificate)?
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &[anchor],
                &[],
                now,
                webpki::KeyUsage::client_auth(),
                None,
                None,
            )
            .map(drop)
    };
    matches!(verified(), Err(webpki::Error::CertExpired { .. }))
}

/// Writes the whole file or none. A temporary file is its owner's alone, and so is what it becomes.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// A key, and a certificate that has signed itself and is valid from `now` on, in PEM.
fn make(now: SystemTime) -> Result<[String; 2], String> {
    let problem = |error: rcgen::Error| format!("a client certificate cannot be made: {error}");
    let key = rcgen::KeyPair::generate().map_err(problem)?;
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).map_err(problem)?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, COMMON_NAME);
    parameters.not_before = now.into();
    parameters.not_after = (now + VALIDITY).into();
    let certificate = parameters.self_signed(&key).map_err(problem)?;
    Ok([pem("PRIVATE KEY", &key.serialize_der()), pem("CERTIFICATE", certificate.der())])
}

/// Bytes in the form in which keys and certificates are written down
/// (<https://www.rfc-editor.org/rfc/rfc7468>).
fn pem(label: &str, bytes: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = STANDARD.encode(bytes);
    for line in encoded.as_bytes().chunks(PEM_LINE_CHARACTERS) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a1b2.pem");
        kept("a1b2", directory.path()).unwrap();
        let first = std::fs::read_to_string(&file).unwrap();
        kept("a1b2", directory.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(kept("../x", directory.path()).unwrap_err().contains("no id"));
        std::fs::write(&file, "nonsense").unwrap();
        let why = kept("a1b2", directory.path()).unwrap_err();
        assert!(why.contains("holds no certificate"), "{why}");
    }

    #[test]
    fn a_certificate_that_is_over_is_made_anew_and_half_of_one_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let [key, certificate] = ["a.key.pem", "a.pem"].map(|name| directory.path().join(name));
        kept("a", directory.path()).unwrap();
        assert!(!is_over(&certificate, SystemTime::now()));
        assert!(is_over(&certificate, SystemTime::now() + VALIDITY + Duration::from_secs(1)));
        let long_ago = SystemTime::now() - VALIDITY - Duration::from_secs(60);
        for (file, pem) in [&key, &certificate].into_iter().zip(make(long_ago).unwrap()) {
            std::fs::write(file, pem).unwrap();
        }
        let old = std::fs::read_to_string(&certificate).unwrap();
        kept("a", directory.path()).unwrap();
        assert_ne!(std::fs::read_to_string(&certificate).unwrap(), old);
        for (missing, other) in [(&key, &certificate), (&certificate, &key)] {
            let text = std::fs::read_to_string(missing).unwrap();
            std::fs::remove_file(missing).unwrap();
            let why = kept("a", directory.path()).unwrap_err();
            assert!(why.starts_with(&format!("`{}` is missing", missing.display())), "{why}");
            assert!(other.is_file() && !missing.exists());
            std::fs::write(missing, text).unwrap();
        }
    }

    #[test]
    fn links_are_read_as_people_write_them() {
        assert_eq!(LinkMapping::parse("abc = 127.0.0.1:1").unwrap().id, "abc");
        assert_eq!(LinkMapping::parse(" abc").unwrap().end, LinkEnd::AsNamed);
        for text in ["", "=h", "abc=", "abc=h:x"] {
            assert!(LinkMapping::parse(text).is_err(), "{text}");
        }
    }
}
