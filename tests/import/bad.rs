//! Small definitions with something wrong, and what their author is told.
//!
//! A file in `cases/` holds many: a line `## what is wrong`, optionally with `(--rest)` or `(--http)` at its end, the
//! definition, a line `==>`, and what is expected: the decision and every problem with its place and way out.

use std::fmt::Write as _;

use gatelet_control::document::{Source, caret_column};
use gatelet_control::import::{ApiKind, Imported};

use super::{assert_golden, import};

const CASE: &str = "## ";
const EXPECTED: &str = "==>\n";

#[test]
fn structure() {
    check("structure");
}

#[test]
fn references() {
    check("references");
}

#[test]
fn paths() {
    check("paths");
}

#[test]
fn integrations() {
    check("integrations");
}

#[test]
fn mappings() {
    check("mappings");
}

#[test]
fn http_mappings() {
    check("http_mappings");
}

#[test]
fn security() {
    check("security");
}

#[test]
fn extensions() {
    check("extensions");
}

#[test]
fn intrinsics() {
    check("intrinsics");
}

fn check(name: &str) {
    let file = format!("cases/{name}.txt");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("import").join(&file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut actual = String::new();
    let (head, cases) = text.split_once(CASE).unwrap();
    actual.push_str(head);
    for case in cases.split(&format!("\n{CASE}")) {
        let (title, rest) = case.split_once('\n').unwrap();
        let definition = rest.split_once(EXPECTED).map_or(rest, |(definition, _)| definition);
        let kind = match title {
            title if title.ends_with("(--rest)") => Some(ApiKind::Rest),
            title if title.ends_with("(--http)") => Some(ApiKind::Http),
            _ => None,
        };
        let imported = import(&Source::new("api.yaml", definition), kind);
        write!(actual, "{CASE}{title}\n{definition}{EXPECTED}{}\n", told(&imported)).unwrap();
    }
    actual.truncate(actual.trim_end().len());
    actual.push('\n');
    assert_golden(&file, &actual);
}

/// What the author is told, in the form in which the file keeps it.
fn told(imported: &Imported) -> String {
    let mut text = String::new();
    if !imported.decided.is_empty() {
        writeln!(text, "{}", imported.decided).unwrap();
    }
    for problem in &imported.problems {
        let place = problem.place.as_ref().expect("every problem has a place");
        let plain = gatelet_model::Problem { help: None, ..problem.clone() };
        writeln!(text, "{plain}").unwrap();
        let indent = usize::try_from(caret_column(place)).unwrap() - 1;
        writeln!(text, "  | {}", place.source_line).unwrap();
        writeln!(text, "  | {}{}", " ".repeat(indent), "^".repeat(usize::try_from(place.length).unwrap()))
            .unwrap();
        writeln!(text, "  = {}", problem.help.as_ref().expect("every problem has a way out")).unwrap();
    }
    writeln!(text, "{}", if imported.api.is_some() { "served" } else { "not served" }).unwrap();
    text
}
