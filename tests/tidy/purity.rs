//! The pure crates: no clock, no environment, no machine, no chance, no hidden order.
//!
//! Each has a `clippy.toml` that sees through every alias; what stands here reads the sources as they are
//! written, for whoever builds without clippy.

use crate::files::{Finding, HouseFile};
use crate::paths;
use crate::source::code_only;

/// The crates that must not know where and when they run.
pub(crate) const PURE_CRATES: [&str; 4] =
    ["gatelet-model", "gatelet-languages", "gatelet-core", "gatelet-control"];

/// A world in memory has a clock of its own.
const WORLD: &str = "gatelet-world";

/// What a path must not begin with, and what to do instead.
const BANNED: [(&str, &str); 24] = [
    ("std::time::Instant", "the present time is passed in, or comes from the Clock port"),
    ("std::time::SystemTime", "the present time is passed in, or comes from the Clock port"),
    ("std::time::UNIX_EPOCH", "the present time is passed in, or comes from the Clock port"),
    ("std::time::*", "name what is used, so that it can be seen"),
    ("std::env", "the environment is read in one place: gatelet-aws/src/environment/"),
    ("std::fs", "files are read and written by gatelet-aws and gatelet-local"),
    ("std::net::TcpListener", "sockets belong to gatelet-aws and gatelet-local"),
    ("std::net::TcpStream", "sockets belong to gatelet-aws and gatelet-local"),
    ("std::net::UdpSocket", "sockets belong to gatelet-aws and gatelet-local"),
    ("std::net::ToSocketAddrs", "names are resolved by gatelet-aws, which pins what it judged"),
    ("std::net::*", "name what is used, so that it can be seen"),
    ("std::os", "what differs between systems belongs to gatelet-aws and gatelet-local"),
    ("std::process", "processes are started and ended by the command and the functions"),
    ("std::thread", "a pure crate does its work where it is called"),
    ("std::collections::HashMap", "its order differs from run to run: use BTreeMap or indexmap"),
    ("std::collections::HashSet", "its order differs from run to run: use BTreeSet or indexmap"),
    ("std::collections::hash_map", "its order differs from run to run: use BTreeMap or indexmap"),
    ("std::collections::hash_set", "its order differs from run to run: use BTreeSet or indexmap"),
    ("std::collections::*", "name what is used, so that it can be seen"),
    ("std::hash::RandomState", "it seeds itself by chance: use a fixed state"),
    ("getrandom", "chance is passed in from the edge"),
    ("rand", "chance is passed in from the edge"),
    ("tokio", "a pure crate has no runtime: timers and tasks live in adapters"),
    ("tracing", "what happened goes into the Record; the edge logs it"),
];

/// Modules that hold something banned: imported whole, their use could not be seen.
const IMPORTED_WHOLE: [&str; 4] = ["std::time", "std::net", "std::collections", "std::hash"];

/// No pure crate names what its `clippy.toml` bans. Tests are left to clippy, where an exception has a reason.
pub(crate) fn sources(files: &[HouseFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !is_test(&file.path)) {
        if !crate_of(&file.path).is_some_and(|name| PURE_CRATES.contains(&name) || name == WORLD) {
            continue;
        }
        let code = code_only(&file.text);
        for named in paths::named(without_tests(&code)) {
            if let Some(instead) = banned(&named.path) {
                findings.push(Finding::new(&file.path, named.line, format!("`{}`: {instead}", named.path)));
            }
        }
    }
    findings
}

/// The name of the crate whose sources a path belongs to.
fn crate_of(path: &str) -> Option<&str> {
    let (name, rest) = path.strip_prefix("shared/")?.split_once('/')?;
    rest.starts_with("src/").then_some(name)
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn banned(path: &str) -> Option<&'static str> {
    if IMPORTED_WHOLE.contains(&path) {
        return Some("import the item instead of its module, so that what is used can be seen");
    }
    let inside =
        |outer: &str| path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    BANNED.iter().find(|(outer, _)| inside(outer)).map(|(_, instead)| *instead)
}

/// Everything before a module of tests that is written out, which stands last in its file.
fn without_tests(code: &str) -> &str {
    let Some((start, attribute)) = code.match_indices("#[cfg(test)]").last() else { return code };
    let after = code.get(start + attribute.len()..).unwrap_or_default();
    let item = after.split_inclusive(['{', ';']).next().unwrap_or_default();
    if item.contains("mod ") && item.ends_with('{') { code.get(..start).unwrap_or(code) } else { code }
}

/// The same bans in each crate: a rule that holds in three of four is a hole.
pub(crate) fn clippy_rules(files: &[HouseFile]) -> Vec<Finding> {
    let path_of = |name: &str| format!("shared/{name}/clippy.toml");
    let text_of = |name: &str| files.iter().find(|file| file.path == path_of(name)).map(|file| &file.text);
    let [first, others @ ..] = PURE_CRATES;
    let Some(expected) = text_of(first) else {
        return vec![Finding::new(
            &path_of(first),
            0,
            "is missing: it bans the clock, the machine and chance",
        )];
    };
    let others = others.iter().chain([&WORLD]).filter(|name| text_of(name) != Some(expected));
    others
        .map(|name| Finding::new(&path_of(name), 0, format!("differs from `{}`: copy it", path_of(first))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{HouseFile, PURE_CRATES, WORLD, clippy_rules, sources};

    fn check(text: &str) -> Vec<String> {
        let files = [HouseFile::new("shared/gatelet-core/src/stages/mod.rs", text)];
        sources(&files).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn impure_code_is_found() {
        for impure in [
            "use std::time::{Duration, Instant};",
            "use std::time::SystemTime as Now;",
            "use std::time;",
            "let x = std::env::var(name);",
            "use std::{collections::{BTreeMap, HashMap}, fmt};",
            "use std::collections::*;",
            "fn f(path: &Path) { std::fs::read(path); }",
            "use std::fs;",
            "tokio::spawn(f)",
            "tracing::info!(x)",
            "use std::{env};\n#[cfg(test)]\nmod tests;\n",
            "use std::env;\n#[cfg(test)]\nfn f() { mod g {} }\n",
        ] {
            assert_eq!(check(impure).len(), 1, "{impure}: {:?}", check(impure));
        }
    }

    #[test]
    fn pure_code_and_tests_are_not() {
        for pure in [
            "use std::time::Duration;",
            "use std::collections::{BTreeMap, VecDeque};",
            "use hashbrown::HashMap;",
            "/// Unlike std::env::var\nlet x = \"std::env\";",
            "use std::net::IpAddr;",
            "let brand = rand_of(x);",
            "fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::collections::HashMap;\n}\n",
        ] {
            assert_eq!(check(pure), Vec::<String>::new(), "{pure}");
        }
        assert!(sources(&[HouseFile::new("shared/gatelet-aws/src/lib.rs", "use std::fs;")]).is_empty());
        assert!(
            sources(&[HouseFile::new("shared/gatelet-core/src/route/tests.rs", "use std::fs;")]).is_empty()
        );
        assert!(
            sources(&[HouseFile::new("shared/gatelet-core/src/tests/speed.rs", "use std::fs;")]).is_empty()
        );
        assert!(!sources(&[HouseFile::new("shared/gatelet-world/src/lib.rs", "use std::fs;")]).is_empty());
    }

    #[test]
    fn clippy_rules_that_drift_apart_are_found() {
        let file = |name: &str, text: &str| HouseFile::new(format!("shared/{name}/clippy.toml"), text);
        let mut files: Vec<_> = PURE_CRATES.iter().chain([&WORLD]).map(|name| file(name, "rules")).collect();
        assert_eq!(clippy_rules(&files), []);
        files.pop();
        assert_eq!(clippy_rules(&files).len(), 1);
        files.push(file(WORLD, "fewer rules"));
        assert_eq!(clippy_rules(&files).len(), 1);
        assert_eq!(clippy_rules(&[]).len(), 1);
    }
}
