//! The places of the tables in `benches/README.md`.

use std::fs;
use std::path::Path;

const END: &str = "<!-- end of table -->\n";

/// Puts a table between the marks in `README.md` that bear the name of its bench.
///
/// # Errors
/// Why the file cannot be read, changed or written.
pub(crate) fn rewrite(bench: &str, table: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("`benches/README.md` cannot be read: {error}"))?;
    let text = replaced(&text, bench, table)
        .ok_or_else(|| format!("`benches/README.md` has lost the marks around the table `{bench}`"))?;
    fs::write(&path, text).map_err(|error| format!("`benches/README.md` cannot be written: {error}"))
}

fn replaced(text: &str, bench: &str, table: &str) -> Option<String> {
    let begin = begin(bench);
    let (before, rest) = text.split_once(&begin)?;
    let (_, behind) = rest.split_once(END)?;
    Some(format!("{before}{begin}{table}{END}{behind}"))
}

fn begin(bench: &str) -> String {
    format!("<!-- table `{bench}`: written by `cargo xtask bench` -->\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_old_one_and_of_no_other() {
        let [first, second] = ["first", "second"].map(begin);
        let text = |table: &str| format!("# Benches\n\n{first}old\n{END}\n{second}{table}{END}\nMore.\n");
        assert_eq!(replaced(&text("old\n"), "second", "new\n"), Some(text("new\n")));
        assert_eq!(replaced(&text("old\n"), "third", "new\n"), None);
    }

    #[test]
    fn the_file_has_the_marks() {
        for bench in
            [crate::command::GATEWAY, crate::command::LIMITS, crate::calls::HOST, crate::programs::COLD]
        {
            assert!(replaced(include_str!("../README.md"), bench, "").is_some(), "{bench}");
        }
    }
}
