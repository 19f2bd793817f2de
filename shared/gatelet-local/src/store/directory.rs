//! The state directory: made where it is missing, and had by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::StoreError;

/// The engine's file.
const DATABASE: &str = "gatelet.db";
/// The file whose lock says that the directory is taken. The system takes the lock off when its process ends,
/// however it ends.
const LOCK: &str = "gatelet.lock";
/// How long to wait for a process that is just ending, or just being started from one that had the directory.
const LOCK_WAIT_MAX: Duration = Duration::from_millis(500);
/// How often to look meanwhile.
const LOCK_POLL: Duration = Duration::from_millis(10);
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
        if !take(&lock).map_err(unusable)? {
            return Err(StoreError::InUse { path: path.to_owned() });
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

/// Takes a lock, or says that somebody else keeps it.
fn take(lock: &File) -> io::Result<bool> {
    let give_up = Instant::now() + LOCK_WAIT_MAX;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => thread::sleep(LOCK_POLL),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
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
