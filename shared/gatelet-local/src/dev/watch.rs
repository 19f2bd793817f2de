//! Which definitions have changed, in their own file or one that it names, by looking a few times a second. Looking works everywhere alike: on network
//! folders, in containers, and with editors that replace a file instead of writing into it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval};

use crate::definition::Reference;

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(120);

/// How long a file counts as just written.
const FRESH: Duration = Duration::from_secs(1);

/// Files that are larger are not compared by content: no definition is.
const COMPARED_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Watches files for changes of their content.
#[derive(Debug)]
pub(super) struct Watch {
    files: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    /// The number of the definition.
    number: usize,
    /// Whether the definition names the file, rather than being it.
    is_reference: bool,
    path: PathBuf,
    stamp: Stamp,
    /// What was reported last, to tell a new content from a mere touch.
    content: Option<Vec<u8>>,
    /// The file changed when it was last looked at, and may still be being written.
    unsettled: bool,
}

/// What the machine says of a file; nothing where it is not there.
type Stamp = Option<(u64, Option<SystemTime>)>;

impl Watch {
    /// Begins to watch definitions, from the content that their files have now.
    #[must_use]
    pub(super) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let files = paths.into_iter().enumerate().map(|(number, path)| {
            let stamp = stamp(&path);
            let content = content(&path, stamp);
            Watched { number, is_reference: false, path, stamp, content, unsettled: false }
        });
        Self { files: files.collect() }
    }

    /// Watches the files that a definition names now, from the content that was read.
    pub(super) fn follow(&mut self, number: usize, references: &[Reference]) {
        self.files.retain(|file| {
            let is_named = || references.iter().any(|reference| reference.path == file.path);
            file.number != number || !file.is_reference || is_named()
        });
        for Reference { path, content } in references {
            if self.files.iter().any(|file| file.number == number && file.path == *path) {
                continue;
            }
            let (path, content) = (path.clone(), content.clone());
            // It may have been written since it was read.
            let stamp = stamp(&path);
            self.files.push(Watched { number, is_reference: true, path, stamp, content, unsettled: true });
        }
    }

    /// Waits until the content of some files has changed and stays so for a moment, and returns the numbers of their
    /// definitions. A file that is gone has changed too.
    pub(super) async fn changed(&mut self) -> BTreeSet<usize> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let changed = |file: &mut Watched| file.has_changed().then_some(file.number);
            let changed: BTreeSet<usize> = self.files.iter_mut().filter_map(changed).collect();
            if !changed.is_empty() {
                return changed;
            }
        }
    }
}

impl Watched {
    fn has_changed(&mut self) -> bool {
        let now = stamp(&self.path);
        if now != self.stamp {
            self.stamp = now;
            self.unsettled = true;
            return false;
        }
        if !std::mem::take(&mut self.unsettled) && !is_fresh(now) {
            return false;
        }
        let content = content(&self.path, now);
        let has_changed = content != self.content;
        self.content = content;
        has_changed
    }
}

fn stamp(path: &std::path::Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// Whether a file was written so lately that it may be written again without its time changing: file systems count
/// in steps.
fn is_fresh(stamp: Stamp) -> bool {
    let modified = stamp.and_then(|(_, modified)| modified);
    modified.is_some_and(|modified| modified.elapsed().is_ok_and(|age| age < FRESH))
}

fn content(path: &std::path::Path, stamp: Stamp) -> Option<Vec<u8>> {
    let (length, _) = stamp?;
    if length > COMPARED_BYTES_MAX {
        return None;
    }
    std::fs::read(path).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[tokio::test]
    async fn changes_are_seen_and_touches_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for name in ["a", "b", "c"] {
            std::fs::write(path(name), "one").unwrap();
        }
        let mut watch = Watch::new(["a", "b", "c"].map(path));
        // The same content again is no change; another content of the same length is, and so is none at all.
        std::fs::write(path("a"), "one").unwrap();
        std::fs::write(path("b"), "two").unwrap();
        std::fs::remove_file(path("c")).unwrap();
        let mut seen = Vec::new();
        while seen.len() < 2 {
            seen.extend(watch.changed().await);
        }
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        std::fs::write(path("c"), "back").unwrap();
        assert_eq!(watch.changed().await, BTreeSet::from([2]));
    }

    #[tokio::test]
    async fn a_file_that_a_definition_names_is_a_part_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("a"), "one").unwrap();
        std::fs::write(path("b"), "one").unwrap();
        let mut watch = Watch::new([path("x"), path("a")]);
        let reference = |name: &str, content: Option<&str>| Reference {
            path: path(name),
            content: content.map(|text| text.as_bytes().to_vec()),
        };
        // What was read is older than what is there; one is not there yet.
        watch.follow(1, &[reference("b", Some("zero")), reference("c", None)]);
        assert_eq!(watch.changed().await, BTreeSet::from([1]));
        std::fs::write(path("c"), "one").unwrap();
        assert_eq!(watch.changed().await, BTreeSet::from([1]));
        watch.follow(1, &[reference("c", Some("one"))]);
        std::fs::write(path("b"), "two").unwrap();
        std::fs::write(path("x"), "one").unwrap();
        assert_eq!(watch.changed().await, BTreeSet::from([0]), "nobody names `b` any more");
    }
}
