//! Shared by the tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod backend;
pub mod coding;
pub mod command;
pub mod doors;
pub mod tokens;

use std::path::{Path, PathBuf};

/// A folder of the foreign test data, or nothing where it is absent, which is said.
#[must_use]
pub fn vectors(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("GATELET_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let folder = root.join(folder);
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there; GATELET_VECTORS may name another place", folder.display());
        return None;
    }
    Some(folder)
}
