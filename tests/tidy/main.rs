//! The house rules of this repository as a test: what ARCHITECTURE.md draws and nobody should have to repeat.
//!
//! One module for one kind of rule. A rule is a pure function from files to findings, with a test beside it
//! that shows it failing; the tests in this file hold the rules against the repository itself.
//! `cargo xtask lint` runs this; `cargo test -p gatelet-tests --test tidy` does so alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod arrows;
mod dependencies;
mod files;
mod manifests;
mod markdown;
mod paths;
mod purity;
mod size;
mod source;
mod text;

use files::{Finding, House};

/// Fails with every finding, one per line, as `path:line: what is wrong and what to do`.
fn demand(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} finding(s):\n{}\n", lines.len(), lines.join("\n"));
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let house = House::load();
    demand(&arrows::between_crates(&manifests::read(&house.files)));
}

#[test]
fn the_control_plane_uses_only_its_part_of_the_core() {
    demand(&arrows::from_control_into_core(&House::load().files));
}

#[test]
fn every_crate_is_described_and_takes_the_workspace_lints() {
    demand(&manifests::described_and_linted(&manifests::read(&House::load().files)));
}

#[test]
fn pure_crates_depend_on_reviewed_crates_alone() {
    let house = House::load();
    demand(&dependencies::forbidden_in_manifests(&manifests::read(&house.files)));
    dependencies::check_reviewed_list(&house.root);
}

#[test]
fn pure_crates_touch_no_clock_environment_chance_or_hidden_order() {
    demand(&purity::sources(&House::load().files));
}

#[test]
fn pure_crates_have_the_same_clippy_rules() {
    demand(&purity::clippy_rules(&House::load().files));
}

#[test]
fn files_and_folders_stay_small() {
    let house = House::load();
    demand(&[size::files(&house.files), size::folders(&house.files)].concat());
}

#[test]
fn every_room_has_its_sign() {
    demand(&source::signs(&House::load().files));
}

#[test]
fn nothing_is_left_for_later_and_every_exception_has_a_reason() {
    let house = House::load();
    demand(&[source::unfinished(&house.files), source::exceptions(&house.files)].concat());
}

#[test]
fn text_is_clean() {
    let house = House::load();
    demand(&[text::whitespace(&house.files), text::machine_paths(&house.files)].concat());
}

#[test]
fn links_in_markdown_resolve() {
    demand(&markdown::links(&House::load().files));
}
