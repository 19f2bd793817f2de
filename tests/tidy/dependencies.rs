//! What the pure crates bring with them, held against a list that a person has read.
//!
//! A dependency may hide a clock, a seed or a socket, and comes with dependencies of its own. The list names
//! every crate that reaches a pure crate, and why it may where it could make two runs differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::files::Finding;
use crate::manifests::Manifest;
use crate::purity::PURE_CRATES;

const LIST: &str = "tests/tidy/pure-dependencies.txt";

const HEADER: &str = "\
# Every crate that the pure crates bring along (procedural macros run at build time and are left out),
# with those of ours that it reaches. Reviewed: a crate that could hide a clock, a seed or a socket says
# behind `#` why it may stand here. Written anew by: UPDATE_GOLDEN=1 cargo test -p gatelet-tests --test tidy
";

/// Runtimes, logs, the AWS SDK and the network: whatever the reason, not in a pure crate.
const FORBIDDEN: [&str; 22] = [
    "async-std",
    "aws-config",
    "aws-credential-types",
    "aws-runtime",
    "aws-sdk-",
    "aws-smithy-",
    "aws-types",
    "chrono",
    "dynoxide-rs",
    "fastrand",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "tracing",
    "ureq",
    "uuid",
];

/// Crates that can hide a clock or a seed: they need a reason.
const SUSPECT: [&str; 12] = [
    "ahash",
    "aws-lc-rs",
    "crossbeam-epoch",
    "foldhash",
    "getrandom",
    "hashbrown",
    "indexmap",
    "jsonwebtoken",
    "parking_lot",
    "ring",
    "rustc-hash",
    "time",
];

/// A crate's name, those of ours that it reaches, and why it may.
type Entries = BTreeMap<String, Entry>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Entry {
    reaches: BTreeSet<String>,
    reason: String,
}

/// Compares what cargo resolves with the list; with `UPDATE_GOLDEN=1` writes the list instead, keeping reasons.
pub(crate) fn check_reviewed_list(root: &Path) {
    let path = root.join(LIST);
    let reviewed = parse(&fs::read_to_string(&path).unwrap_or_default());
    let mut resolved = resolve(root);
    for (name, entry) in &mut resolved {
        entry.reason = reviewed.get(name).map(|reviewed| reviewed.reason.clone()).unwrap_or_default();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, print(&resolved)).expect("the list can be written");
    } else {
        let changes = difference(&reviewed, &resolved);
        assert!(
            changes.is_empty(),
            "the dependencies of the pure crates differ from `{LIST}`:\n{changes}\
             If they belong there, accept them with\n    \
             UPDATE_GOLDEN=1 cargo test -p gatelet-tests --test tidy\n\
             and give a reason to each that could hide a clock, a seed or a socket.\n"
        );
    }
    let problems = unacceptable(&resolved);
    assert!(problems.is_empty(), "`{LIST}`:\n{}\n", problems.join("\n"));
}

fn resolve(root: &Path) -> Entries {
    let mut entries = Entries::new();
    for pure in PURE_CRATES {
        let mut tree = Command::new(env!("CARGO"));
        tree.current_dir(root).args(["tree", "--package", pure, "--edges", "normal,no-proc-macro"]);
        tree.args(["--prefix", "none", "--no-dedupe", "--format", "{p}", "--offline", "--locked"]);
        let output = tree.output().expect("cargo can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`cargo tree` failed (`cargo fetch --locked` may help): {said}");
        for name in names(&String::from_utf8_lossy(&output.stdout)) {
            entries.entry(name).or_default().reaches.insert(pure.trim_start_matches("gatelet-").to_owned());
        }
    }
    assert!(!entries.is_empty(), "`cargo tree` names no dependency at all");
    entries
}

/// The first word of each line, without our own crates.
fn names(tree: &str) -> BTreeSet<String> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !name.starts_with("gatelet-")).map(str::to_owned).collect()
}

fn parse(list: &str) -> Entries {
    let mut entries = Entries::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (words, reason) = line.split_once('#').unwrap_or((line, ""));
        let mut words = words.split_whitespace().map(str::to_owned);
        if let Some(name) = words.next() {
            entries.insert(name, Entry { reaches: words.collect(), reason: reason.trim().to_owned() });
        }
    }
    entries
}

fn print(entries: &Entries) -> String {
    let mut list = HEADER.to_owned();
    for (name, entry) in entries {
        let reaches = entry.reaches.iter().cloned().collect::<Vec<_>>().join(" ");
        let reason = if entry.reason.is_empty() { String::new() } else { format!("# {}", entry.reason) };
        let line = format!("{name:22} {reaches:32} {reason}");
        writeln!(list, "{}", line.trim_end()).expect("a string takes everything");
    }
    list
}

/// `+` is new, `-` has gone; a crate that reaches others of ours than before is both.
fn difference(reviewed: &Entries, resolved: &Entries) -> String {
    let mut changes = String::new();
    let names: BTreeSet<&String> = reviewed.keys().chain(resolved.keys()).collect();
    for name in names {
        let (before, after) = (reviewed.get(name), resolved.get(name));
        if before.map(|entry| &entry.reaches) == after.map(|entry| &entry.reaches) {
            continue;
        }
        for (mark, entry) in [('-', before), ('+', after)] {
            if let Some(entry) = entry {
                let reaches = entry.reaches.iter().cloned().collect::<Vec<_>>().join(" ");
                writeln!(changes, "  {mark} {name} in {reaches}").expect("a string takes everything");
            }
        }
    }
    changes
}

fn unacceptable(entries: &Entries) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, entry) in entries {
        if FORBIDDEN.iter().any(|forbidden| is_or_extends(name, forbidden)) {
            problems.push(format!("  `{name}` does not belong in a pure crate, with no reason"));
        } else if SUSPECT.contains(&name.as_str()) && entry.reason.is_empty() {
            problems.push(format!(
                "  `{name}` can hide a clock or a seed: write behind `#` why it may stand there"
            ));
        }
    }
    problems
}

/// No pure crate asks for a forbidden one, not even where nothing resolves it yet: optional, or elsewhere.
pub(crate) fn forbidden_in_manifests(manifests: &[Manifest]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests.iter().filter(|manifest| PURE_CRATES.contains(&manifest.name.as_str())) {
        for name in &manifest.dependencies {
            if FORBIDDEN.iter().any(|forbidden| is_or_extends(name, forbidden)) {
                let message = format!("`{}` is pure and must not depend on `{name}`", manifest.name);
                findings.push(Finding::new(&manifest.path, 0, message));
            }
        }
    }
    findings
}

/// `tokio` forbids `tokio-util` too, `rand` forbids `rand_core`, and neither forbids `random`.
fn is_or_extends(name: &str, forbidden: &str) -> bool {
    let Some(rest) = name.strip_prefix(forbidden) else { return false };
    rest.is_empty() || forbidden.ends_with('-') || rest.starts_with(['-', '_'])
}

#[cfg(test)]
mod tests {
    use super::{difference, forbidden_in_manifests, names, parse, print, unacceptable};
    use crate::files::HouseFile;
    use crate::manifests;

    #[test]
    fn a_list_survives_being_written() {
        let entries = parse("# heading\nbytes control core\nfoldhash core # seeded by a constant\n");
        assert_eq!(entries.len(), 2);
        assert_eq!(parse(&print(&entries)), entries);
    }

    #[test]
    fn names_come_from_the_tree_without_our_own() {
        let tree = "gatelet-core v0.1.0 (somewhere)\nbytes v1.12.0\nbytes v1.12.0 (*)\n\nhttp v1.5.0\n";
        assert_eq!(names(tree).into_iter().collect::<Vec<_>>(), ["bytes", "http"]);
    }

    #[test]
    fn a_crate_that_came_went_or_spread_is_shown() {
        let reviewed = parse("bytes core\nhttp core\nitoa core\n");
        let resolved = parse("bytes core\nhttp control core\nryu core\n");
        let expected = "  - http in core\n  + http in control core\n  - itoa in core\n  + ryu in core\n";
        assert_eq!(difference(&reviewed, &resolved), expected);
        assert_eq!(difference(&reviewed, &reviewed), "");
    }

    #[test]
    fn the_forbidden_and_the_unexplained_are_found() {
        assert_eq!(unacceptable(&parse("tokio core # a good reason\n")).len(), 1);
        assert_eq!(unacceptable(&parse("tokio-util core\naws-sdk-sqs core\nrand_core core\n")).len(), 3);
        assert_eq!(unacceptable(&parse("foldhash core\n")).len(), 1);
        assert_eq!(
            unacceptable(&parse("foldhash core # seeded by a constant\nrandom-words core\nbytes core\n"))
                .len(),
            0
        );
    }

    #[test]
    fn a_pure_crate_that_asks_for_a_forbidden_one_is_found() {
        let check = |name: &str, dependency: &str| {
            let text = format!(
                "[package]\nname = '{name}'\n[dependencies]\n{dependency} = {{ version = '1', optional = true }}\n"
            );
            forbidden_in_manifests(&manifests::read(&[HouseFile::new("Cargo.toml", text)])).len()
        };
        assert_eq!(check("gatelet-core", "tracing-core"), 1);
        assert_eq!(check("gatelet-core", "bytes"), 0);
        assert_eq!(check("gatelet-aws", "tokio"), 0);
    }
}
