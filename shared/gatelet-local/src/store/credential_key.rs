//! The key that secrets of access keys and values of API keys are encrypted with, in a file beside the state.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gatelet_aws::access::{CredentialKeys, NewCredentialKey};
use tempfile::NamedTempFile;

use super::StoreError;

/// The file in the state directory.
const FILE_NAME: &str = "credentials.key";

/// The file. It is made with the first access key, and by a gateway that starts.
#[derive(Debug, Clone)]
pub struct CredentialKeyFile(PathBuf);

impl CredentialKeyFile {
    pub(super) fn in_directory(directory: &Path) -> Self {
        Self(directory.join(FILE_NAME))
    }

    /// The keys in it; none where there is no such file.
    ///
    /// # Errors
    /// [`StoreError::CredentialKey`] where it is there and cannot be used.
    pub fn read(&self) -> Result<Option<CredentialKeys>, StoreError> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => CredentialKeys::parse(text.trim()).map(Some).map_err(|why| self.unusable(&why)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unusable(&error)),
        }
    }

    /// The keys in it, made of chance where there are none. The directory must be had by this process.
    ///
    /// # Errors
    /// [`StoreError::CredentialKey`].
    pub fn read_or_make(&self) -> Result<CredentialKeys, StoreError> {
        if let Some(keys) = self.read()? {
            return Ok(keys);
        }
        let NewCredentialKey { text, keys } =
            CredentialKeys::generate().map_err(|why| self.unusable(&why))?;
        self.write(&text).map_err(|error| self.unusable(&error))?;
        Ok(keys)
    }

    /// Writes the whole file or none: half a key would be worse. A temporary file is its owner's alone, and so is what it becomes.
    fn write(&self, text: &str) -> io::Result<()> {
        let directory = self.0.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(directory)?;
        writeln!(file, "{text}")?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&self.0)?;
        Ok(())
    }

    fn unusable(&self, why: &dyn std::fmt::Display) -> StoreError {
        StoreError::CredentialKey { path: self.0.clone(), why: why.to_string() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_its_owner_s_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = CredentialKeyFile::in_directory(directory.path());
        assert!(file.read().unwrap().is_none());
        file.read_or_make().unwrap();
        let written = std::fs::read_to_string(&file.0).unwrap();
        file.read_or_make().unwrap();
        assert_eq!(std::fs::read_to_string(&file.0).unwrap(), written);
        assert!(file.read().unwrap().is_some());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let metadata = std::fs::metadata(&file.0).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_key_is_named_and_neither_shown_nor_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let file = CredentialKeyFile::in_directory(directory.path());
        std::fs::write(&file.0, "c2hvcnQ=").unwrap();
        let error = file.read_or_make().unwrap_err().to_string();
        assert!(error.contains("credentials.key` cannot be used: is not 32 bytes in base64"), "{error}");
        assert!(!error.contains("c2hvcnQ"), "{error}");
        assert_eq!(std::fs::read_to_string(&file.0).unwrap(), "c2hvcnQ=");
    }
}
