//! Which definition files have changed, by looking a few times a second. Looking works everywhere alike: on network
//! folders, in containers, and with editors that replace a file instead of writing into it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(120);

/// Files that are larger are not compared by content: no definition is.
const COMPARED_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Watches files for changes of their content.
#[derive(Debug)]
pub(super) struct Watch {
    files: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
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
    /// Begins to watch, from the content that the files have now.
    #[must_use]
    pub(super) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let files = paths.into_iter().map(|path| {
            let stamp = stamp(&path);
            let content = content(&path, stamp);
            Watched { path, stamp, content, unsettled: false }
        });
        Self { files: files.collect() }
    }

    /// Waits until the content of some files has changed and stays so for a moment, and returns their numbers in the
    /// order given. A file that is gone has changed too.
    pub(super) async fn changed(&mut self) -> Vec<usize> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let changed: Vec<usize> = self
                .files
                .iter_mut()
                .enumerate()
                .filter_map(|(number, file)| file.has_changed().then_some(number))
                .collect();
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
        if !std::mem::take(&mut self.unsettled) {
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
        assert_eq!(watch.changed().await, [2]);
    }
}
