//! The `gatelet` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    gatelet_local::command::main()
}
