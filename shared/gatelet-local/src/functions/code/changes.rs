//! Whether code has changed, by looking at its files. Looking works everywhere alike: on network folders, in
//! containers, and with editors that replace a file instead of writing into it.

use std::fs::{self, DirEntry, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Folders that programs write into and people do not. Hidden ones are not looked into either.
const PASSED_OVER: [&str; 3] = ["node_modules", "__pycache__", "target"];

/// How many files are looked at.
const FILES_MAX: usize = 20_000;

/// What was last seen of some code.
#[derive(Debug)]
pub(in crate::functions) struct Watched {
    stamp: u64,
    /// It changed when it was last looked at, and may still be being written.
    is_unsettled: bool,
}

impl Watched {
    /// Code as it is now.
    pub(in crate::functions) const fn new(stamp: u64) -> Self {
        Self { stamp, is_unsettled: false }
    }

    /// Whether the code has changed and stays so.
    pub(in crate::functions) fn has_changed(&mut self, now: u64) -> bool {
        if now != self.stamp {
            self.stamp = now;
            self.is_unsettled = true;
            return false;
        }
        std::mem::take(&mut self.is_unsettled)
    }
}

/// A number that differs when a file below a directory is written, replaced, added or removed.
pub(in crate::functions) fn stamp(directory: &Path) -> u64 {
    let mut all = 0_u64;
    let mut files = 0;
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            if is_passed_over(&entry) {
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if let Ok(metadata) = fs::metadata(entry.path()) {
                files += 1;
                // In whatever order the entries come.
                all = all.wrapping_add(stamp_of(&entry.path(), &metadata));
            }
            if files > FILES_MAX {
                return all;
            }
        }
    }
    all
}

fn is_passed_over(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    name.starts_with('.') || PASSED_OVER.contains(&&*name)
}

fn stamp_of(path: &Path, metadata: &Metadata) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    metadata.len().hash(&mut hasher);
    metadata.modified().ok().hash(&mut hasher);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // An editor may keep size and time.
        (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_kind_of_edit_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir_all(path("a/b")).unwrap();
        fs::create_dir_all(path("node_modules")).unwrap();
        fs::write(path("a/b/one.py"), "1").unwrap();
        let now = || stamp(directory.path());
        let mut last = now();
        assert_eq!(last, now());
        let mut differs = |what: &str| {
            let next = now();
            assert_ne!(last, next, "{what}");
            last = next;
        };
        fs::write(path("a/two.py"), "2").unwrap();
        differs("a file more");
        fs::rename(path("a/two.py"), path("a/three.py")).unwrap();
        differs("another name");
        fs::write(path("new"), "1").unwrap();
        fs::rename(path("new"), path("a/b/one.py")).unwrap();
        differs("the same content in another file");
        fs::remove_file(path("a/three.py")).unwrap();
        differs("a file less");
        let last = now();
        fs::write(path("node_modules/x"), "").unwrap();
        fs::write(path(".hidden"), "").unwrap();
        assert_eq!(last, now(), "what nobody edits");
    }

    #[test]
    fn code_that_is_still_being_written_has_not_changed_yet() {
        let mut watched = Watched::new(1);
        let seen: Vec<bool> = [1, 2, 3, 3, 3].map(|now| watched.has_changed(now)).to_vec();
        assert_eq!(seen, [false, false, false, true, false]);
    }
}
