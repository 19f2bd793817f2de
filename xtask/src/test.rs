//! `cargo xtask test`: the pinned tools that tests need, then every test with plain `cargo test`.
//!
//! A test that needs a foreign client finds its program in an environment variable: `GATELET_TEST_PYTHON` is
//! a Python with the packages of `xtask/requirements.txt`, `GATELET_TEST_NODE` is a Node of at least the
//! version below. What could not be had stands in `GATELET_TEST_SKIP` (`node,python`): such a test says that
//! it is skipped and passes. Whatever names one of the first two under `tests/` is listed as skipped by name,
//! so a test reads the variable itself. Once the tools are there, tests stay on the loopback interface.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::steps::Steps;
use crate::tools;

/// The first Node release line with `fetch` built in.
const NODE_MAJOR_MIN: u32 = 18;

/// A foreign program that some tests are written for.
struct Client {
    name: &'static str,
    variable: &'static str,
    path: Result<String, String>,
}

/// Installs the tools, then runs the tests whose names contain one of `filters`, or all of them.
pub(crate) fn run(filters: &[String], passed_on: &[String]) -> ExitCode {
    let mut steps = Steps::default();
    let mut clients = Vec::new();
    steps.run("tools", || {
        clients = clients_for_tests()?;
        Ok(())
    });
    let mut skipped = Vec::new();
    for client in &clients {
        if let Err(problem) = &client.path {
            let files = files_that_mention(&tools::workspace().join("tests"), client.variable);
            let tests = if files.is_empty() { "none".to_owned() } else { files.join(", ") };
            steps.note(format!("no {}: {problem}; tests skipped for want of it: {tests}", client.name));
            skipped.push(client.name);
        }
    }
    steps.run("tests", || {
        let mut tests = tools::cargo(["test", "--workspace", "--locked", "--"]);
        for client in &clients {
            match &client.path {
                Ok(path) => tests.env(client.variable, path),
                Err(_) => tests.env_remove(client.variable),
            };
        }
        tests.env("GATELET_TEST_SKIP", skipped.join(","));
        tools::run(tests.args(filters).args(passed_on))
    });
    steps.finish()
}

fn clients_for_tests() -> Result<Vec<Client>, String> {
    let requirements = tools::workspace().join("xtask/requirements.txt");
    let python = tools::python(&tools::tools_directory()?, &requirements);
    let clients = vec![
        Client { name: "python", variable: "GATELET_TEST_PYTHON", path: python },
        Client { name: "node", variable: "GATELET_TEST_NODE", path: tools::node(NODE_MAJOR_MIN) },
    ];
    for client in &clients {
        if let Ok(path) = &client.path {
            println!("{}: {path}", client.name);
        }
    }
    Ok(clients)
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
