//! The files of the house: what git tracks or would track, read once for each test.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders of data: as wide and as long as their subject, whoever wrote it.
const DATA_FOLDERS: [&str; 4] = ["events", "cases", "fixtures", "examples"];

/// Folders whose files were written elsewhere and are kept as they are.
const FOREIGN_FOLDERS: [&str; 2] = ["fixtures", "vectors"];

/// Build output and state, for when git is not there to say so.
const IGNORED_FOLDERS: [&str; 3] = ["target", "node_modules", "__pycache__"];

/// The repository as the rules see it.
pub(crate) struct House {
    pub(crate) root: PathBuf,
    pub(crate) files: Vec<HouseFile>,
}

/// One file. A binary one has an empty text.
pub(crate) struct HouseFile {
    /// From the root, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A place where a rule is broken. Line 0 means the whole file or folder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.message),
            line => write!(formatter, "{}:{line}: {}", self.path, self.message),
        }
    }
}

impl HouseFile {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    /// Written elsewhere and kept as it is: no rule about text applies.
    pub(crate) fn is_foreign(&self) -> bool {
        self.path.split('/').any(|folder| FOREIGN_FOLDERS.contains(&folder)) && !self.is_rust()
    }

    /// Lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Whether a path lies in a folder of data.
pub(crate) fn is_data(path: &str) -> bool {
    path.split('/').any(|folder| DATA_FOLDERS.contains(&folder))
}

impl House {
    /// Reads the repository this test was built in.
    pub(crate) fn load() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
        let mut paths = listed_by_git(root).unwrap_or_else(|| found_by_walking(root));
        paths.sort();
        paths.dedup();
        let files: Vec<_> = paths.into_iter().filter_map(|path| read(root, path)).collect();
        assert!(
            files.iter().any(|file| file.path == "tests/tidy/main.rs"),
            "tidy does not see its own source"
        );
        Self { root: root.to_owned(), files }
    }
}

/// `None` for what git lists but is not there: a deleted file, a submodule.
fn read(root: &Path, path: String) -> Option<HouseFile> {
    let bytes = fs::read(root.join(&path)).ok()?;
    Some(HouseFile::new(path, String::from_utf8(bytes).unwrap_or_default()))
}

/// What is tracked, and what is neither tracked nor ignored. `None` without git, or outside a repository.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let listed = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    // An unpacked archive inside a foreign repository may be ignored as a whole there.
    (!paths.is_empty()).then_some(paths)
}

fn found_by_walking(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if !entry.path().is_dir() {
                paths.push(path);
            } else if !IGNORED_FOLDERS.contains(&name.as_str()) && (name == ".ci" || !name.starts_with('.')) {
                folders.push(path);
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::{Finding, House, HouseFile, found_by_walking, is_data};

    #[test]
    fn the_walk_finds_the_sources_that_git_lists() {
        let house = House::load();
        let walked = found_by_walking(&house.root);
        for file in house.files.iter().filter(|file| file.is_rust()) {
            assert!(walked.contains(&file.path), "the walk misses `{}`", file.path);
        }
        assert!(walked.iter().all(|path| !path.starts_with(".git/")));
    }

    #[test]
    fn foreign_data_is_told_from_our_code() {
        assert!(HouseFile::new("tests/fixtures/pets.json", "").is_foreign());
        assert!(!HouseFile::new("tests/fixtures/mod.rs", "").is_foreign());
        assert!(!HouseFile::new("examples/petstore/README.md", "").is_foreign());
        assert!(is_data("examples/petstore/openapi.yaml"));
        assert!(!is_data("shared/gatelet-core/src/lib.rs"));
    }

    #[test]
    fn a_finding_reads_like_a_compiler_message() {
        assert_eq!(Finding::new("a.rs", 3, "too long").to_string(), "a.rs:3: too long");
        assert_eq!(Finding::new("a", 0, "too wide").to_string(), "a: too wide");
    }
}
