//! The tools that `cargo xtask test` installs, and an environment for them without anybody's settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use gatelet_tests::command::workspace;

/// What cargo says to a test about its own package, and what would send a build elsewhere.
const OF_CARGO: [&str; 6] =
    ["CARGO_MANIFEST", "CARGO_PKG_", "CARGO_BUILD_", "CARGO_CFG_", "CARGO_PROFILE_", "CARGO_LAMBDA_"];
/// Whose settings count for nothing in a test.
const OF_SOMEBODY: [&str; 5] = ["AWS_", "GATELET_", "SAM_", "MOTO_", "CKV_"];
/// Far in the future, in seconds since 1970: the SAM CLI asks nobody for a newer version until then.
const LAST_VERSION_CHECK: &str = r#"{"lastVersionCheck": 4102444800.0, "telemetryEnabled": false}"#;

/// The folder with `sam`, `cargo-lambda`, `cfn-lint`, `moto_server`, and the `python` they run on. Without it a test says that
/// it is skipped, and passes.
pub(crate) fn lambda_tools() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| named("GATELET_TEST_LAMBDA_TOOLS")).as_deref()
}

/// What judges templates.
pub(crate) fn checkov() -> Option<PathBuf> {
    named("GATELET_TEST_CHECKOV")
}

fn named(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        eprintln!("skipped: {variable} is not set (`cargo xtask test` sets it)");
    }
    path
}

/// One of the tools, in the root of the repository.
pub(crate) fn tool(tools: &Path, name: &str) -> Command {
    let mut command = Command::new(tools.join(name));
    prepare(&mut command, tools);
    command
}

/// Gives a command the tools before all others, and nothing of whoever runs the tests.
pub(crate) fn prepare(command: &mut Command, tools: &Path) {
    command.current_dir(workspace()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_foreign = OF_CARGO.iter().chain(&OF_SOMEBODY).any(|prefix| text.starts_with(prefix));
        // A switch of the build, from .cargo/config.toml.
        if is_foreign && !text.starts_with("AWS_LC_") {
            command.env_remove(&name);
        }
    }
    // Cargo's own, for its tests: the tools are no Rust programs.
    command.env_remove("LD_LIBRARY_PATH");
    // cargo-lambda finds zig by the first `python3` on the path.
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([tools.to_owned()].into_iter().chain(std::env::split_paths(&others)));
    command.env("PATH", path.unwrap());
    let home = folder().join("sam");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("metadata.json"), LAST_VERSION_CHECK).unwrap();
    command.env("__SAM_CLI_APP_DIR", home).env("SAM_CLI_TELEMETRY", "0").env("NO_COLOR", "1");
    command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
}

/// Runs a command to its end and gives what it printed.
///
/// # Panics
/// Where it fails, with all that it said.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", shown(command)));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    let status = output.status;
    assert!(status.success(), "{} ended with {status}:\n{said}\n{complained}", shown(command));
    said
}

fn shown(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Where these tests keep what they make: under the target directory, the same in every run.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle")
}

/// The templates of the repository: the application and what is nested in it.
pub(crate) fn templates() -> Vec<PathBuf> {
    let mut templates: Vec<PathBuf> = std::fs::read_dir(workspace().join("infra"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    assert!(!templates.is_empty());
    templates.push(workspace().join("template.yaml"));
    templates.sort();
    templates
}
