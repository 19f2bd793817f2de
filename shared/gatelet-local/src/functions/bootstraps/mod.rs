//! What runs handlers in Python and Node: small programs that speak the Runtime API, as AWS's own do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const PYTHON: (&str, &str) = ("bootstrap.py", include_str!("bootstrap.py"));
const NODE: (&str, &str) = ("bootstrap.mjs", include_str!("bootstrap.mjs"));

/// The bootstraps, in a directory that is the user's alone and goes with the host.
#[derive(Debug)]
pub(super) struct Bootstraps(TempDir);

impl Bootstraps {
    /// Writes them.
    ///
    /// # Errors
    /// Where the machine's directory for temporary files cannot be written.
    pub(super) fn write() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("gatelet-functions-").tempdir()?;
        for (name, text) in [PYTHON, NODE] {
            fs::write(directory.path().join(name), text)?;
        }
        Ok(Self(directory))
    }

    /// Where they are.
    pub(super) fn directory(&self) -> &Path {
        self.0.path()
    }

    /// For handlers in Python.
    pub(super) fn python(&self) -> PathBuf {
        self.0.path().join(PYTHON.0)
    }

    /// For handlers in JavaScript.
    pub(super) fn node(&self) -> PathBuf {
        self.0.path().join(NODE.0)
    }
}
