//! The `gatelet` command.
fn main() {}
