//! `cargo xtask bench`: what the program exists for, measured.

use std::process::ExitCode;

use crate::steps::Steps;
use crate::tools;

/// Runs the benches whose names contain one of `names`, or all of them.
pub(crate) fn run(names: &[String]) -> ExitCode {
    let mut steps = Steps::default();
    steps.run("benches", || {
        let mut bench = tools::cargo(["bench", "-p", "gatelet-benches", "--locked", "--"]);
        tools::run(bench.args(names))
    });
    steps.finish()
}
