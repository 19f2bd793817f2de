//! `cargo xtask test`: the pinned tools that tests need, then every test with plain `cargo test`.
//!
//! A test that needs a foreign program finds it in an environment variable:
//!
//! | variable | what it names |
//! |---|---|
//! | `GATELET_TEST_PYTHON` | a Python with the packages of `xtask/requirements.txt` |
//! | `GATELET_TEST_NODE` | a Node of at least the version below |
//! | `GATELET_TEST_LAMBDA_TOOLS` | a folder of programs, those of `xtask/requirements-lambda.txt`: `sam`, `cargo-lambda`, `cfn-lint`, `moto_server`, and a `python` for them |
//! | `GATELET_TEST_CHECKOV` | the program of `xtask/requirements-checkov.txt` |
//! | `GATELET_TEST_VELOCITY` | a folder with the Java archives of Velocity 1.7 and Jayway JSONPath, where `java` and `apt-get` are there |
//!
//! What could not be had stands in `GATELET_TEST_SKIP` (`node,python`): such a test says that it is skipped and
//! passes. Whatever names one of the variables under `tests/` is listed as skipped by name, so a test reads the
//! variable itself. Once the tools are there, tests stay on the loopback interface.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::steps::Steps;
use crate::tools;
use crate::velocity;

/// The first Node release line with `fetch` built in.
const NODE_MAJOR_MIN: u32 = 18;

/// A foreign program, or a folder of them, that some tests are written for.
struct Tool {
    name: &'static str,
    variable: &'static str,
    path: Result<PathBuf, String>,
}

/// Installs the tools, then runs the tests whose names contain one of `filters`, or all of them.
pub(crate) fn run(filters: &[String], passed_on: &[String]) -> ExitCode {
    let mut steps = Steps::default();
    let mut found = Vec::new();
    steps.run("tools", || {
        found = tools_for_tests()?;
        Ok(())
    });
    let mut skipped = Vec::new();
    for tool in &found {
        if let Err(problem) = &tool.path {
            let files = files_that_mention(&tools::workspace().join("tests"), tool.variable);
            let tests = if files.is_empty() { "none".to_owned() } else { files.join(", ") };
            steps.note(format!("no {}: {problem}; tests skipped for want of it: {tests}", tool.name));
            skipped.push(tool.name);
        }
    }
    if let Some(why) = arm64_is_missing() {
        steps.note(format!("{why}; the arm64 build of tests/bundle/build.rs is skipped"));
    }
    steps.run("tests", || {
        let mut tests = tools::cargo(["test", "--workspace", "--locked", "--"]);
        for tool in &found {
            match &tool.path {
                Ok(path) => tests.env(tool.variable, path),
                Err(_) => tests.env_remove(tool.variable),
            };
        }
        tests.env("GATELET_TEST_SKIP", skipped.join(","));
        tools::run(tests.args(filters).args(passed_on))
    });
    steps.finish()
}

/// Why functions cannot be built for arm64 here, if they cannot.
fn arm64_is_missing() -> Option<String> {
    let target = "aarch64-unknown-linux-gnu";
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]).current_dir(tools::workspace());
    let library = tools::output(&mut rustc).unwrap_or_default();
    let is_there = !library.is_empty() && Path::new(&library).is_dir();
    (!is_there).then(|| format!("no standard library for {target} (`rustup target add {target}`)"))
}

fn tools_for_tests() -> Result<Vec<Tool>, String> {
    let folder = tools::tools_directory()?;
    let python = |requirements| tools::python(&folder, requirements);
    let program = |name: &'static str| move |programs: PathBuf| programs.join(name);
    let found = vec![
        Tool {
            name: "python",
            variable: "GATELET_TEST_PYTHON",
            path: python(&tools::PYTHON_CLIENT).map(program("python")),
        },
        Tool { name: "node", variable: "GATELET_TEST_NODE", path: tools::node(NODE_MAJOR_MIN) },
        Tool {
            name: "lambda-tools",
            variable: "GATELET_TEST_LAMBDA_TOOLS",
            path: python(&tools::LAMBDA_TOOLS),
        },
        Tool {
            name: "checkov",
            variable: "GATELET_TEST_CHECKOV",
            path: python(&tools::CHECKOV).map(program("checkov")),
        },
        Tool { name: "velocity", variable: "GATELET_TEST_VELOCITY", path: velocity::archives(&folder) },
    ];
    for tool in &found {
        if let Ok(path) = &tool.path {
            println!("{}: {}", tool.name, path.display());
        }
    }
    Ok(found)
}

/// The Rust files under `folder` that read `variable`, as names a person can find.
fn files_that_mention(folder: &Path, variable: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && fs::read_to_string(&path).is_ok_and(|text| text.contains(variable))
            {
                let shown = path.strip_prefix(tools::workspace()).unwrap_or(&path);
                found.push(shown.display().to_string());
            }
        }
    }
    found.sort();
    found
}
