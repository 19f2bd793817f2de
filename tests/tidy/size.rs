//! Files and folders stay small, unless a cause stands at their top.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{Finding, HouseFile, is_data};

/// A file has fewer lines than this.
const FILE_LINES_LIMIT: usize = 500;

/// A folder has at most this many entries; the root is excepted, hidden entries are not counted.
const FOLDER_ENTRIES_MAX: usize = 12;

/// A cause stands in the first lines of a file.
const CAUSE_LINES: usize = 20;

/// What people read and change. Data, golden files and lock files may be long.
const READ_BY_PEOPLE: [&str; 10] = ["rs", "py", "js", "mjs", "ts", "sh", "toml", "md", "yaml", "yml"];

/// No file of ours is long without a cause (`//! LONG: why`).
pub(crate) fn files(files: &[HouseFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| READ_BY_PEOPLE.contains(&file.extension()) && !file.is_foreign())
        .filter(|file| !(is_data(&file.path) && matches!(file.extension(), "yaml" | "yml")))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(file, lines)| *lines >= FILE_LINES_LIMIT && !states_cause(file, "LONG:"))
        .map(|(file, lines)| {
            let message = format!(
                "has {lines} lines, the limit is {FILE_LINES_LIMIT}: divide it, or state the cause at its top \
                 (`//! LONG: why`)"
            );
            Finding::new(&file.path, 0, message)
        })
        .collect()
}

/// No folder is wide without a cause in its `mod.rs`, `lib.rs` or `main.rs` (`//! WIDE: why`).
pub(crate) fn folders(files: &[HouseFile]) -> Vec<Finding> {
    let mut entries: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let mut rest = file.path.as_str();
        while let Some((folder, name)) = rest.rsplit_once('/') {
            if !name.starts_with('.') {
                entries.entry(folder).or_default().insert(name);
            }
            rest = folder;
        }
    }
    let excused = |folder: &str| {
        let signs = ["mod.rs", "lib.rs", "main.rs"].map(|name| format!("{folder}/{name}"));
        files.iter().any(|file| signs.contains(&file.path) && states_cause(file, "WIDE:"))
    };
    entries
        .into_iter()
        .filter(|(folder, names)| names.len() > FOLDER_ENTRIES_MAX && !is_data(folder) && !excused(folder))
        .map(|(folder, names)| {
            let message = format!(
                "has {} entries, the limit is {FOLDER_ENTRIES_MAX}: group them, or state the cause in its mod.rs \
                 (`//! WIDE: why`)",
                names.len()
            );
            Finding::new(folder, 0, message)
        })
        .collect()
}

/// A comment near the top that begins with the mark and goes on with a cause.
fn states_cause(file: &HouseFile, mark: &str) -> bool {
    file.text.lines().take(CAUSE_LINES).any(|line| {
        let comment =
            ["//!", "//", "#", "<!--"].iter().find_map(|start| line.trim_start().strip_prefix(start));
        comment
            .and_then(|comment| comment.trim_start().strip_prefix(mark))
            .is_some_and(|why| !why.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, files, folders};

    #[test]
    fn a_long_file_is_found_unless_it_states_its_cause() {
        let long = "x\n".repeat(500);
        assert_eq!(files(&[HouseFile::new("a.rs", long.clone())]).len(), 1);
        assert_eq!(files(&[HouseFile::new("a.rs", "x\n".repeat(499))]), []);
        assert_eq!(files(&[HouseFile::new("a.rs", format!("//! LONG: one table\n{long}"))]), []);
        assert_eq!(files(&[HouseFile::new("a.rs", format!("//! LONG:\n{long}"))]).len(), 1, "no cause");
        assert_eq!(files(&[HouseFile::new("a.rs", format!("{long}//! LONG: too late\n"))]).len(), 1);
        assert_eq!(files(&[HouseFile::new("Cargo.lock", long.clone())]), []);
        assert_eq!(files(&[HouseFile::new("examples/pets/openapi.yaml", long)]), []);
    }

    fn folder(name: &str, entries: usize) -> Vec<HouseFile> {
        (0..entries).map(|number| HouseFile::new(format!("{name}/{number}/x.rs"), "")).collect()
    }

    #[test]
    fn a_wide_folder_is_found_unless_it_states_its_cause() {
        assert_eq!(folders(&folder("a/src", 12)), []);
        let wide = folders(&folder("a/src", 13));
        assert_eq!(wide.first().map(|finding| finding.path.as_str()), Some("a/src"));
        assert_eq!(folders(&folder("tests/cases/rest", 13)), []);
        assert_eq!(folders(&folder("a", 13).iter().map(hidden).collect::<Vec<_>>()), []);
        let mut excused = folder("a/src", 13);
        excused.push(HouseFile::new("a/src/mod.rs", "//! WIDE: one file for each operator\n"));
        assert_eq!(folders(&excused), []);
    }

    fn hidden(file: &HouseFile) -> HouseFile {
        HouseFile::new(file.path.replacen("a/", "a/.", 1), "")
    }
}
