//! The JSON Parsing Test Suite, read in place.
#![allow(clippy::disallowed_methods, reason = "the suite is foreign test data, read in place")]

use std::path::{Path, PathBuf};

use super::*;

/// The documents of which readers may make what they like, by how their names begin: whether this one takes them, and why.
const FREE: &[(&str, bool, &str)] = &[
    ("i_number_double_huge_neg_exp", true, "it is zero"),
    ("i_number_huge_exp", false, "Java has no such exponent"),
    ("i_number_", true, "numbers are kept whole, or are infinite as Java's are"),
    ("i_object_key_lone_2nd_surrogate", true, "half a pair becomes `?`"),
    ("i_string_1st", true, "the same"),
    ("i_string_incomplete", true, "the same"),
    ("i_string_inverted", true, "the same"),
    ("i_string_lone_second_surrogate", true, "the same"),
    ("i_string_lone_utf8", false, "these are not UTF-8"),
    ("i_string_invalid_lonely", true, "the same"),
    ("i_string_invalid_surrogate", true, "the same"),
    ("i_string_UTF-16LE_with_BOM", false, "bodies are UTF-8"),
    ("i_string_utf16", false, "bodies are UTF-8"),
    ("i_string_UTF-8_invalid", false, "these are not UTF-8"),
    ("i_string_UTF8", false, "these are not UTF-8"),
    ("i_string_invalid_utf-8", false, "these are not UTF-8"),
    ("i_string_iso_latin_1", false, "these are not UTF-8"),
    ("i_string_not_in_unicode_range", false, "these are not UTF-8"),
    ("i_string_overlong", false, "these are not UTF-8"),
    ("i_string_truncated", false, "these are not UTF-8"),
    ("i_structure_500_nested_arrays", false, "deeper than documents may be"),
    ("i_structure_UTF-8_BOM", false, "RFC 8259 lets nobody send one"),
];

#[test]
fn the_suite_is_taken_and_refused_as_it_says() {
    let root = match std::env::var_os("GATELET_VECTORS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let folder = root.join("json-parsing/test_parsing");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
        return;
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = std::fs::read(entry.path()).unwrap();
        let text = std::str::from_utf8(&bytes);
        let taken = text.is_ok_and(|text| rewritten(text, read).is_ok());
        let wanted = match name.get(..2).unwrap() {
            "y_" => Some(true),
            "n_" => Some(false),
            _ => FREE.iter().find(|(begins, ..)| name.starts_with(begins)).map(|(_, taken, _)| *taken),
        };
        count += 1;
        if wanted != Some(taken) {
            wrong.push((name.clone(), wanted, taken));
        }
        // What is written is taken, too.
        if let (true, Ok(text)) = (taken, text) {
            assert!(rewritten(&rewritten(text, read).unwrap(), read).is_ok(), "{name}");
        }
    }
    assert!(count >= 318, "{count} documents are there");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
