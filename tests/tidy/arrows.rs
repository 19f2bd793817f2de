//! Which of our crates may use which, and which part of the core the control plane may use.

use std::collections::BTreeSet;

use crate::files::{Finding, HouseFile};
use crate::manifests::Manifest;
use crate::paths;
use crate::source::code_only;

/// A crate and what it may depend on among ours.
struct Arrow {
    from: &'static str,
    to: &'static [&'static str],
    /// What its tests may use beside that.
    in_tests: &'static [&'static str],
}

/// The arrows of ARCHITECTURE.md.
const ARROWS: [Arrow; 7] = [
    Arrow { from: "gatelet-model", to: &[], in_tests: &[] },
    Arrow { from: "gatelet-languages", to: &[], in_tests: &[] },
    Arrow { from: "gatelet-core", to: &["gatelet-model", "gatelet-languages"], in_tests: &["gatelet-world"] },
    Arrow {
        from: "gatelet-control",
        to: &["gatelet-model", "gatelet-languages", "gatelet-core"],
        in_tests: &["gatelet-world"],
    },
    // The core's types are made of the model's.
    Arrow { from: "gatelet-world", to: &["gatelet-core", "gatelet-model"], in_tests: &[] },
    Arrow {
        from: "gatelet-aws",
        to: &["gatelet-core", "gatelet-control", "gatelet-model"],
        in_tests: &["gatelet-world"],
    },
    Arrow {
        from: "gatelet-local",
        to: &["gatelet-aws", "gatelet-core", "gatelet-control", "gatelet-languages", "gatelet-model"],
        in_tests: &["gatelet-world"],
    },
];

/// The functions: `gatelet-aws` and either the data plane or the control plane, and what their parts are made of.
const FUNCTION: Arrow = Arrow {
    from: "functions",
    to: &["gatelet-aws", "gatelet-core", "gatelet-control", "gatelet-languages", "gatelet-model"],
    in_tests: &["gatelet-world"],
};

/// Crates at the end of every arrow: nothing may depend on them, they may depend on anything.
const ENDS: [&str; 3] = ["gatelet-tests", "gatelet-benches", "gatelet-fuzz"];

/// The team's commands are built before anything else.
const XTASK: Arrow = Arrow { from: "xtask", to: &[], in_tests: &[] };

/// Functions of examples are a user's own: they know nothing of the gateway.
const EXAMPLE: Arrow = Arrow { from: "examples", to: &[], in_tests: &[] };

/// What a bench holds the router against knows nothing of the gateway.
const HELLO: Arrow = Arrow { from: "hello", to: &[], in_tests: &[] };

/// What TestInvoke and deployment need of the core; the rest is the data plane's own.
const CORE_FOR_CONTROL: [&str; 3] = ["snapshot", "pipeline", "ports"];

/// Every dependency between our crates runs along an arrow.
pub(crate) fn between_crates(manifests: &[Manifest]) -> Vec<Finding> {
    let ours: BTreeSet<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let mut findings = Vec::new();
    for manifest in manifests.iter().filter(|manifest| !ENDS.contains(&manifest.name.as_str())) {
        let Some(arrow) = arrow_of(manifest) else {
            let message =
                format!("`{}` has no arrow: decide in tests/tidy/arrows.rs what it may use", manifest.name);
            findings.push(Finding::new(&manifest.path, 0, message));
            continue;
        };
        let stray = |names: &BTreeSet<String>, more: &[&str]| -> Vec<String> {
            let allowed = |name: &str| arrow.to.contains(&name) || more.contains(&name);
            names.iter().filter(|name| ours.contains(name.as_str()) && !allowed(name)).cloned().collect()
        };
        for name in stray(&manifest.dependencies, &[]) {
            let message =
                format!("`{}` must not depend on `{name}`; it may use {:?}", manifest.name, arrow.to);
            findings.push(Finding::new(&manifest.path, 0, message));
        }
        for name in stray(&manifest.dev_dependencies, arrow.in_tests) {
            let message =
                format!("the tests of `{}` must not use `{name}`: test it in tests/", manifest.name);
            findings.push(Finding::new(&manifest.path, 0, message));
        }
        if arrow.from == FUNCTION.from
            && ["gatelet-core", "gatelet-control"].iter().all(|name| manifest.dependencies.contains(*name))
        {
            let message = format!("`{}` uses core and control: a function serves one plane", manifest.name);
            findings.push(Finding::new(&manifest.path, 0, message));
        }
    }
    findings
}

fn arrow_of(manifest: &Manifest) -> Option<&'static Arrow> {
    if manifest.path.starts_with("functions/") {
        return Some(&FUNCTION);
    }
    if manifest.path.starts_with("examples/") {
        return Some(&EXAMPLE);
    }
    ARROWS.iter().chain([&XTASK, &HELLO]).find(|arrow| arrow.from == manifest.name)
}

/// The control plane names only its part of the core.
pub(crate) fn from_control_into_core(files: &[HouseFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.path.starts_with("shared/gatelet-control/"))
    {
        for named in paths::named(&code_only(&file.text)) {
            let mut segments = named.path.split("::");
            if segments.next() != Some("gatelet_core") {
                continue;
            }
            if !segments.next().is_some_and(|module| CORE_FOR_CONTROL.contains(&module)) {
                let message = format!(
                    "`{}`: of the core, the control plane may name {CORE_FOR_CONTROL:?} alone",
                    named.path
                );
                findings.push(Finding::new(&file.path, named.line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, between_crates, from_control_into_core};
    use crate::manifests;

    fn findings(name: &str, folder: &str, section: &str, dependency: &str) -> usize {
        let this = format!("[package]\nname = '{name}'\n[{section}]\n{dependency}.workspace = true\n");
        let mut files = vec![HouseFile::new(format!("{folder}/{name}/Cargo.toml"), this)];
        for other in ["gatelet-core", "gatelet-control", "gatelet-aws", "gatelet-world"] {
            if other != name {
                let text = format!("[package]\nname = '{other}'\n");
                files.push(HouseFile::new(format!("shared/{other}/Cargo.toml"), text));
            }
        }
        between_crates(&manifests::read(&files)).len()
    }

    #[test]
    fn a_dependency_against_the_arrows_is_found() {
        assert_eq!(findings("gatelet-model", "shared", "dependencies", "gatelet-core"), 1);
        assert_eq!(findings("gatelet-core", "shared", "dependencies", "gatelet-world"), 1);
        assert_eq!(findings("gatelet-core", "shared", "dependencies", "gatelet-control"), 1);
        assert_eq!(findings("gatelet-control", "shared", "build-dependencies", "gatelet-aws"), 1);
        assert_eq!(findings("gatelet-model", "shared", "dev-dependencies", "gatelet-world"), 1);
        assert_eq!(findings("xtask", ".", "dependencies", "gatelet-core"), 1);
        assert_eq!(findings("gatelet-newcomer", "shared", "dependencies", "serde"), 1);
    }

    #[test]
    fn a_dependency_along_the_arrows_is_not() {
        assert_eq!(findings("gatelet-control", "shared", "dependencies", "gatelet-core"), 0);
        assert_eq!(findings("gatelet-core", "shared", "dev-dependencies", "gatelet-world"), 0);
        assert_eq!(findings("gatelet-core", "shared", "dependencies", "serde"), 0);
        assert_eq!(findings("gatelet-tests", ".", "dependencies", "gatelet-aws"), 0);
        assert_eq!(findings("router", "functions", "dependencies", "gatelet-aws"), 0);
    }

    #[test]
    fn a_function_serves_one_plane() {
        let both = "gatelet-control.workspace = true\ngatelet-core";
        assert_eq!(findings("router", "functions", "dependencies", both), 1);
    }

    #[test]
    fn control_names_its_part_of_the_core_alone() {
        let check = |text: &str| {
            from_control_into_core(&[HouseFile::new("shared/gatelet-control/src/lib.rs", text)]).len()
        };
        assert_eq!(check("use gatelet_core::{snapshot::Snapshot, ports};"), 0);
        assert_eq!(check("// gatelet_core::stages\nlet x = gatelet_core::pipeline::rest;"), 0);
        assert_eq!(check("use gatelet_core::{snapshot, stages};"), 1);
        assert_eq!(check("use gatelet_core as core;"), 1);
        assert_eq!(check("use gatelet_core::*;"), 1);
        assert_eq!(check("fn f(it: gatelet_core::record::Record) {}"), 1);
    }
}
