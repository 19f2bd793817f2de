//! Whitespace, and paths of somebody's machine.

use crate::files::{Finding, HouseFile};

/// What people read and change, where stray whitespace is noise in every difference.
const CLEAN: [&str; 13] =
    ["rs", "toml", "md", "sh", "py", "js", "mjs", "ts", "yaml", "yml", "json", "txt", "run"];

/// No trailing whitespace, no tabs in Rust, one newline at the end.
pub(crate) fn whitespace(files: &[HouseFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_foreign() && !file.text.is_empty()) {
        // `.ci/run` has no extension of its own.
        if !CLEAN.contains(&file.extension()) && file.name() != "run" {
            continue;
        }
        for (line, text) in file.lines() {
            if text.ends_with(|it: char| it.is_whitespace()) {
                findings.push(Finding::new(&file.path, line, "ends with whitespace"));
            }
            if file.is_rust() && text.contains('\t') {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    "holds a tab: write spaces, or `\\t` in a string",
                ));
            }
        }
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            findings.push(Finding::new(&file.path, 0, "ends with one newline, no more and no less"));
        }
    }
    findings
}

/// Nothing names a folder of the machine it was written on.
pub(crate) fn machine_paths(files: &[HouseFile]) -> Vec<Finding> {
    // Joined here so that this file does not find itself.
    let roots = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/")];
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_foreign()) {
        for (line, text) in file.lines() {
            for root in roots.iter().filter(|root| begins_a_path(text, root)) {
                let message =
                    format!("`{root}` is a folder of one machine: write a path from the repository");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

/// Whether `root` stands in `text` where a path begins, not inside a URL or a longer path.
fn begins_a_path(text: &str, root: &str) -> bool {
    text.match_indices(root).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '.' | '_' | '-' | '/' | '}' | '~'))
    })
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, machine_paths, whitespace};

    fn whitespace_in(path: &str, text: &str) -> usize {
        whitespace(&[HouseFile::new(path, text)]).len()
    }

    #[test]
    fn stray_whitespace_is_found() {
        assert_eq!(whitespace_in("a.rs", "fn f() {}\n"), 0);
        assert_eq!(whitespace_in("a.rs", "fn f() {} \n"), 1);
        assert_eq!(whitespace_in("a.md", "text\r\n"), 1);
        assert_eq!(whitespace_in("a.rs", "\tf();\n"), 1);
        assert_eq!(whitespace_in("a.md", "\ttext\n"), 0);
        assert_eq!(whitespace_in("a.rs", "fn f() {}"), 1);
        assert_eq!(whitespace_in(".ci/run", "true\n\n"), 1);
        assert_eq!(whitespace_in("tests/fixtures/a.json", "{} "), 0);
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        let found = |text: String| machine_paths(&[HouseFile::new("a.md", text)]).len();
        assert_eq!(found(format!("see {}ann/notes", concat!("/ho", "me/"))), 1);
        assert_eq!(found(format!("`{}main`", concat!("/wo", "rk/"))), 1);
        assert_eq!(found(format!("https://example.com{}x", concat!("/ho", "me/"))), 0);
        assert_eq!(found(format!("/pets/{{id}}{}x", concat!("/wo", "rk/"))), 0);
    }
}
