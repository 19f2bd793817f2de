//! Import of OpenAPI, SAM and CloudFormation, held against definitions that were not written for it and against bad input.
//!
//! - `vectors`: every OpenAPI file of the foreign test data, one line each in `vectors.txt`;
//! - `recorded`: what AWS answered when it imported the same files;
//! - `sam`: small templates, sound and broken, in `cases/template_*`;
//! - `templates`: every file of real users, SAM, CloudFormation and OpenAPI, one line each in `templates.txt`;
//! - `bad`: small definitions with something wrong, and what their author is told, in `cases/`.
//!
//! `UPDATE_GOLDEN=1` writes the golden files anew; what changes is for a reviewer to judge.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad;
mod recorded;
mod sam;
mod templates;
mod vectors;

use std::path::Path;

use gatelet_control::document::Source;
use gatelet_control::import::{self, ApiKind, ImportOptions, Imported};
use gatelet_model::{AccountId, Region};

fn import(source: &Source, kind: Option<ApiKind>) -> Imported {
    let account = AccountId::parse("123456789012").unwrap();
    let region = Region::parse("us-east-1").unwrap();
    let options = ImportOptions { kind, ..ImportOptions::for_file(source.file(), account, region) };
    import::openapi(source, &options)
}

/// Holds a text against a golden file, or writes the file where `UPDATE_GOLDEN` says so.
fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("import").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(actual.lines()).find(|(expected, actual)| expected != actual);
    assert!(
        expected == actual,
        "{} differs, first in\n  expected: {}\n  actual:   {}\nUPDATE_GOLDEN=1 writes it anew",
        path.display(),
        differs.map_or("(its length)", |(expected, _)| expected),
        differs.map_or("(its length)", |(_, actual)| actual),
    );
}
