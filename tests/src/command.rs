//! The `gatelet` command as a user starts it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The command.
#[must_use]
pub fn gatelet() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built("gatelet-local", "gatelet"))
}

/// The router's function.
#[must_use]
pub fn router() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built("router", "router"))
}

/// A program, built first: `cargo test` builds the binaries of other packages only by chance.
fn built(package: &str, name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(Path::parent).unwrap();
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--locked", "--package", package, "--bin", name]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    build.arg("--target-dir").arg(profile.parent().unwrap());
    assert!(build.current_dir(workspace()).status().unwrap().success(), "`{name}` does not build");
    profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The root of the repository.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A command in a directory, in an environment without settings of whoever runs the tests.
#[must_use]
pub fn command(directory: &Path) -> Command {
    let mut command = Command::new(gatelet());
    command.current_dir(directory).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("AWS_") || text.starts_with("GATELET_") || text.ends_with("COLOR") {
            command.env_remove(&name);
        }
    }
    command
}
