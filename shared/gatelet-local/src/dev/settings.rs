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
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatelet_model::Place;
use serde::Deserialize;

use crate::definition::reason;

/// The file's name.
pub(super) const FILE_NAME: &str = "dev.toml";

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
