//! What others think of the templates. What they are told to overlook stands in the templates, each with its reason.

use std::process::Command;

use crate::machine::tools::{checkov, folder, lambda_tools, prepare, succeed, templates, tool};

#[test]
fn sam_validates_the_template() {
    let Some(tools) = lambda_tools() else { return };
    succeed(tool(tools, "sam").args(["validate", "--lint"]));
}

#[test]
fn cfn_lint_finds_nothing() {
    let Some(tools) = lambda_tools() else { return };
    succeed(tool(tools, "cfn-lint").arg("--").args(templates()));
}

#[test]
fn checkov_finds_nothing_that_is_not_explained() {
    let Some(checkov) = checkov() else { return };
    let mut command = Command::new(&checkov);
    prepare(&mut command, checkov.parent().unwrap());
    std::fs::create_dir_all(folder()).unwrap();
    // It leaves files where it runs.
    command.current_dir(folder());
    command.args(["--quiet", "--compact", "--skip-download", "--framework", "cloudformation"]);
    for template in templates() {
        command.arg("--file").arg(template);
    }
    let said = succeed(&mut command);
    let passed = said.split_once("Passed checks: ").and_then(|(_, rest)| rest.split_once(','));
    let passed = passed.and_then(|(number, _)| number.parse::<u32>().ok());
    assert!(passed.is_some_and(|passed| passed > 0), "nothing was looked at: {said}");
}
