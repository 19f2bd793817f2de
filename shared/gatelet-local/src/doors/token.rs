//! What proves to the control door that an operation comes from whoever started the gateway: other users of the machine reach
//! its port, too, and answers hold the values of keys.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use http::HeaderValue;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempDir};

/// The header in which an operation has the token.
pub const TOKEN_HEADER: &str = "x-gatelet-control-token";
/// The file in the state directory.
pub const TOKEN_FILE: &str = "control.token";
/// How many random bytes a token takes.
const TOKEN_BYTES: usize = 32;

/// A token, made anew for each run, and its file, which only its owner may read.
pub struct ControlToken {
    /// Only the hash is compared, so that the time that takes tells nothing of the token.
    hash: [u8; 32],
    file: PathBuf,
    /// Where the file is where nothing is kept; it goes with this.
    _directory: Option<TempDir>,
}

impl ControlToken {
    /// Makes a token, and writes it into the state directory, or where none is into a directory that goes with the process.
    ///
    /// # Errors
    /// Where the machine has no randomness, or the file cannot be written.
    pub fn make(state: Option<&Path>) -> io::Result<Self> {
        let mut random = [0; TOKEN_BYTES];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let own = if state.is_some() { None } else { Some(TempDir::with_prefix("gatelet-")?) };
        let directory = state.or(own.as_ref().map(TempDir::path)).unwrap_or(Path::new("."));
        let file = directory.join(TOKEN_FILE);
        // A temporary file is its owner's alone, and so is what it becomes.
        let mut written = NamedTempFile::new_in(directory)?;
        writeln!(written, "{text}")?;
        written.persist(&file)?;
        Ok(Self { hash: Sha256::digest(text).into(), file, _directory: own })
    }

    /// Where commands find it.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether somebody has it.
    pub(super) fn is(&self, given: Option<&HeaderValue>) -> bool {
        given.is_some_and(|given| <[u8; 32]>::from(Sha256::digest(given)) == self.hash)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn each_run_has_its_own_which_its_owner_alone_reads() {
        let directory = tempfile::tempdir().unwrap();
        let before = ControlToken::make(Some(directory.path())).unwrap();
        let first = std::fs::read_to_string(before.file()).unwrap();
        let token = ControlToken::make(Some(directory.path())).unwrap();
        let text = std::fs::read_to_string(token.file()).unwrap();
        let header = |text: &str| HeaderValue::from_str(text.trim()).unwrap();
        assert!(token.is(Some(&header(&text))) && before.is(Some(&header(&first))));
        for wrong in [None, Some(header(&first)), Some(header("")), Some(header(&text[..10]))] {
            assert!(!token.is(wrong.as_ref()), "{wrong:?}");
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let metadata = std::fs::metadata(token.file()).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777, 0o600);
        }
    }

    #[test]
    fn without_a_state_directory_it_goes_with_the_process() {
        let token = ControlToken::make(None).unwrap();
        let file = token.file().to_owned();
        assert!(file.is_file());
        drop(token);
        assert!(!file.exists());
    }
}
