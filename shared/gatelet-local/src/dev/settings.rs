//! `dev.toml`: what `gatelet dev` needs beside the definitions of a directory. It is the command's own file; AWS
//! knows nothing like it, and no definition depends on it.
//!
//! ```toml
//! definitions = ["openapi.yaml", "http.yaml"]  # instead of template.*, openapi.* or swagger.*
//!
//! [variables]                                  # stage variables
//! greeting = "hello"
//!
//! [backends.pets]                              # a program that is started, watched and ended with the gateway;
//! command = ["python3", "backend.py"]          # it listens on 127.0.0.1 at the port in the variable PORT, and
//!                                              # `${stageVariables.pets}` is its address
//!
//! [vpc_links]                                  # where VPC links lead, by link id or by the ARN at their end
//! abc123 = "127.0.0.1:3000"
//! def456 = true                                # to the hosts in its URIs, whose names resolve here
//!
//! [client_certificates.d4e5f6]                 # what stages with this client certificate show to HTTPS backends,
//! certificate = "client.pem"                   # instead of one that is made
//! key = "client.key.pem"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatelet_aws::backends::LinkEnd;
use gatelet_model::Place;
use serde::Deserialize;

use crate::definition::reason;

/// The file's name.
pub const FILE_NAME: &str = "dev.toml";

/// What a `dev.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Definition files, from the directory of the settings.
    pub definitions: Vec<PathBuf>,
    /// Stage variables of every stage.
    pub variables: BTreeMap<String, String>,
    /// Programs behind the APIs, by the name of the stage variable that holds their address.
    pub backends: BTreeMap<String, Backend>,
    /// Where VPC links lead, by link id or by the ARN of what stands at their end.
    pub vpc_links: BTreeMap<String, Address>,
    /// The certificates that stages show to HTTPS backends, by id.
    pub client_certificates: BTreeMap<String, CertificateFiles>,
}

/// What stands at the end of a VPC link: [`LinkEnd`] as it is written, or `true` for the hosts in the URIs themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Address(pub LinkEnd);

impl TryFrom<toml::Value> for Address {
    type Error = String;
    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(text) => text.parse().map(Self),
            toml::Value::Boolean(true) => Ok(Self(LinkEnd::AsNamed)),
            other => Err(format!(
                "a {kind} other than `true` is no address: write one such as `\"127.0.0.1:3000\"`, or `true` where the hosts in the URIs lead there",
                kind = other.type_str()
            )),
        }
    }
}

/// A certificate and its key, PEM files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFiles {
    /// The certificate, before those that vouch for it. From the directory of the settings.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// A program behind the APIs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// The program and its arguments. It runs in the directory of the settings.
    pub command: Vec<String>,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("`{file}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the machine says.
        why: String,
    },
    /// The file says something that settings do not have.
    #[error("{}:{}:{}: {why}\n  {}", .place.file, .place.line, .place.column, .place.source_line)]
    Malformed {
        /// Where.
        place: Box<Place>,
        /// What is wrong.
        why: String,
    },
}

impl Settings {
    /// Reads the settings of a directory; none where there is no such file.
    ///
    /// # Errors
    /// A [`SettingsError`] where the file is there and cannot be used.
    pub fn beside(directory: &Path) -> Result<Self, SettingsError> {
        let path = directory.join(FILE_NAME);
        let file = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&file, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(SettingsError::Unreadable { file, why: reason(&error) }),
        }
    }

    fn parse(file: &str, text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let source = gatelet_control::document::Source::new(file, text);
            let place = source.place(gatelet_control::document::Span::new(span.start, span.end));
            SettingsError::Malformed { place: Box::new(place), why: error.message().to_owned() }
        })?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn settings_are_read() {
        let text = "definitions = ['a.yaml']\n[variables]\nx = 'y'\n[backends.pets]\ncommand = ['python3', 'b.py']\n";
        let settings = Settings::parse("dev.toml", text).unwrap();
        assert_eq!(settings.definitions, [PathBuf::from("a.yaml")]);
        assert_eq!(settings.variables.get("x").map(String::as_str), Some("y"));
        assert_eq!(settings.backends.get("pets").unwrap().command, ["python3", "b.py"]);
    }

    #[test]
    fn an_address_that_is_none_is_shown_at_its_place() {
        let text = "[vpc_links]\nabc = '127.0.0.1:3000'\n";
        let settings = Settings::parse("dev.toml", text).unwrap();
        assert_eq!(
            settings.vpc_links.get("abc").map(|end| end.0.to_string()).as_deref(),
            Some("127.0.0.1:3000")
        );
        let named = Settings::parse("dev.toml", "[vpc_links]\nabc = true\n").unwrap();
        assert_eq!(named.vpc_links.get("abc"), Some(&Address(LinkEnd::AsNamed)));
        for (text, shown) in [("'h:x'", "`h:x`"), ("false", "a boolean other than `true`")] {
            let text = format!("[vpc_links]\nabc = {text}\n");
            let error = Settings::parse("dev.toml", &text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("dev.toml:2:7: {shown} is no address")), "{error}");
        }
    }

    #[test]
    fn what_settings_do_not_have_is_shown_at_its_place() {
        let error =
            Settings::parse("a/dev.toml", "[backends.pets]\ncomand = ['x']\n").unwrap_err().to_string();
        assert!(error.starts_with("a/dev.toml:2:1: "), "{error}");
        assert!(error.contains("comand"), "{error}");
    }

    #[test]
    fn no_file_is_no_settings() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Settings::beside(directory.path()).unwrap(), Settings::default());
    }
}
