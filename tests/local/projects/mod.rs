//! Whole projects, served by one command: the examples, templates that others wrote, and functions in every mood.

mod backends;
mod functions;
mod petstore;
mod reloads;
mod templates;
mod todo;

use std::process::Command;

/// Whether functions and backends in Python can run here.
fn has_python() -> bool {
    has("python3")
}

/// Whether functions in JavaScript can run here.
fn has_node() -> bool {
    has("node")
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: {program} is not on the PATH");
    }
    found
}
