//! The table's place in `benches/README.md`.

use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- table: written by `cargo xtask bench` -->\n";
const END: &str = "<!-- end of table -->\n";

/// Puts the table between the marks of `README.md`.
///
/// # Errors
/// Why the file cannot be read, changed or written.
pub(crate) fn rewrite(table: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("`benches/README.md` cannot be read: {error}"))?;
    let text = replaced(&text, table).ok_or("`benches/README.md` has lost the marks around its table")?;
    fs::write(&path, text).map_err(|error| format!("`benches/README.md` cannot be written: {error}"))
}

fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, behind) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_the_place_of_the_old_one() {
        let text = format!("# Benches\n\n{BEGIN}old\n{END}\nMore.\n");
        assert_eq!(replaced(&text, "new\n"), Some(format!("# Benches\n\n{BEGIN}new\n{END}\nMore.\n")));
        assert_eq!(replaced("# Benches\n", "new\n"), None);
    }

    #[test]
    fn the_file_has_the_marks() {
        assert!(replaced(include_str!("../README.md"), "").is_some());
    }
}
