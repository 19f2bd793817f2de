//! The state directory: made where it is missing, and had by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::StoreError;

/// The engine's file.
const DATABASE: &str = "gatelet.db";
/// The file whose lock says that the directory is taken. The system takes the lock off when its process ends,
/// however it ends.
const LOCK: &str = "gatelet.lock";
/// Keeps state out of the user's repository.
const IGNORE: &str = ".gitignore";

/// A directory that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Takes a directory.
    pub(super) fn claim(path: &Path) -> Result<Self, StoreError> {
        let unusable =
            |error: io::Error| StoreError::Directory { path: path.to_owned(), why: error.to_string() };
        private_directory(path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let ignore = path.join(IGNORE);
        if !ignore.exists() {
            std::fs::write(&ignore, "*\n").map_err(unusable)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The engine's file in it.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// Nobody else on the machine may read what is deployed.
fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
