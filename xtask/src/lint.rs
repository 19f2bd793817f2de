//! `cargo xtask lint`: everything that can be said about the code without running the gateway.

use std::process::{Command, ExitCode};

use crate::steps::{Outcome, Steps};
use crate::tools;

/// Runs every check, also after a failed one, and ends with a table.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    steps.run("components", components);
    steps.run("fmt", || tools::run(&mut tools::cargo(["fmt", "--all", "--check"])));
    steps.run("clippy", || {
        let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        tools::run(&mut tools::cargo(clippy))
    });
    steps.run("deny", deny);
    // `--workspace` gives dependencies the features they have in `cargo xtask test`: with `-p` alone they
    // would be built twice.
    steps
        .run("tidy", || tools::run(&mut tools::cargo(["test", "--workspace", "--locked", "--test", "tidy"])));
    steps.finish()
}

/// rustfmt and clippy come with the toolchain file; where something left them out, `rustup` can add them.
fn components() -> Outcome {
    let missing = |name: &str| tools::output(&mut tools::cargo([name, "--version"])).is_err();
    if !missing("fmt") && !missing("clippy") {
        println!("rustfmt and clippy are there");
        return Ok(());
    }
    println!("rustfmt or clippy is missing: adding them with `rustup component add rustfmt clippy`");
    tools::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
        .map_err(|problem| format!("{problem}; install the components that rust-toolchain.toml names"))
}

/// Licences, banned crates and sources. Advisories are left out, and said to be.
fn deny() -> Outcome {
    println!(
        "bans, licenses and sources; not advisories: their database cannot be reached without the network"
    );
    let program = tools::cargo_deny(&tools::tools_directory()?)?;
    let mut command = Command::new(program);
    command.args(["--locked", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    tools::run(&mut command)
}
