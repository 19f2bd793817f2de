//! How this program calls others, and the pinned tools it installs under the target directory.
//!
//! A tool's version is part of its folder's name, so that a new pin is a new folder and an old one stays
//! usable for an older checkout. An install that broke off leaves no mark and is repeated.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::steps::Outcome;

const CARGO_DENY_VERSION: &str = "0.20.2";

/// The folder of the root manifest.
pub(crate) fn workspace() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), Path::to_owned)
}

/// `cargo` with these arguments, in the workspace, by the same toolchain that runs this program.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace());
    command
}

/// Runs a command with its output on this terminal; it gets nothing to read.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", shown(command))),
        Err(error) => Err(cannot_start(command, &error)),
    }
}

/// Runs a command and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` ended with {}: {}", shown(command), output.status, said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where pinned tools live: `tools` under the target directory.
pub(crate) fn tools_directory() -> Result<PathBuf, String> {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => std::path::absolute(directory).map_err(|error| error.to_string())?,
        None => {
            let metadata = output(&mut cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
            target_directory(&metadata).ok_or("`cargo metadata` names no target directory")?
        }
    };
    let tools = target.join("tools");
    fs::create_dir_all(&tools).map_err(|error| format!("cannot create `{}`: {error}", tools.display()))?;
    Ok(tools)
}

/// cargo-deny at its pinned version, installed first if it is not there.
pub(crate) fn cargo_deny(tools: &Path) -> Result<PathBuf, String> {
    let root = tools.join(format!("cargo-deny-{CARGO_DENY_VERSION}"));
    let program = root.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    let _lock = lock(tools)?;
    if program.is_file() {
        return Ok(program);
    }
    println!("installing cargo-deny {CARGO_DENY_VERSION}: this takes some minutes, once");
    let build = tools.join("cargo-deny-build");
    let mut install = cargo(["install", "--locked", "--version", CARGO_DENY_VERSION, "cargo-deny"]);
    // It runs for a second and is built for minutes: optimise the building.
    install.args(["--config", "profile.release.opt-level=1", "--config", "profile.release.lto=false"]);
    install.args(["--config", "profile.release.codegen-units=16", "--root"]).arg(&root);
    run(install.arg("--target-dir").arg(&build))?;
    remove(&build)?;
    Ok(program)
}

/// A file of pinned Python packages beside this package's manifest, and what their environment takes on the disk.
pub(crate) struct Requirements {
    file: &'static str,
    megabytes: u32,
}

/// A foreign HTTP client.
pub(crate) const PYTHON_CLIENT: Requirements = Requirements { file: "requirements.txt", megabytes: 30 };
/// The SAM CLI with its emulator of Lambda, cargo-lambda, cfn-lint and moto.
pub(crate) const LAMBDA_TOOLS: Requirements =
    Requirements { file: "requirements-lambda.txt", megabytes: 850 };
/// What judges templates.
pub(crate) const CHECKOV: Requirements = Requirements { file: "requirements-checkov.txt", megabytes: 290 };

/// The folder of programs, `python` among them, of an environment of its own with the packages that are pinned.
pub(crate) fn python(tools: &Path, requirements: &Requirements) -> Result<PathBuf, String> {
    let Requirements { file, megabytes } = requirements;
    let path = workspace().join("xtask").join(file);
    let pins =
        fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let system =
        output(Command::new("python3").args(["-c", "import sys; print(sys.executable, sys.version)"]))?;
    let mut hasher = DefaultHasher::new();
    (pins, system).hash(&mut hasher);
    let environment = tools.join(format!("python-{:016x}", hasher.finish()));
    let programs = environment.join("bin");
    let ready = environment.join("ready");
    let _lock = lock(tools)?;
    if !ready.is_file() {
        println!("installing the Python packages of xtask/{file}, once: about {megabytes} MB on the disk");
        remove(&environment)?;
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment)).map_err(|_| {
            "`python3 -m venv` failed (see above; on Debian it is in the package python3-venv)".to_owned()
        })?;
        let mut install = Command::new(programs.join("python"));
        install.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "2"]);
        run(install.args(["--quiet", "--requirement"]).arg(&path)).map_err(|_| {
            format!("pip could not install the packages of xtask/{file} (see above; is the network there?)")
        })?;
        fs::write(&ready, "").map_err(|error| format!("cannot write `{}`: {error}", ready.display()))?;
    }
    Ok(programs)
}

/// The Node on the path, if it is new enough.
pub(crate) fn node(major_min: u32) -> Result<PathBuf, String> {
    let said = output(Command::new("node").args(["-p", "process.versions.node + ' ' + process.execPath"]))?;
    let (version, path) = said.split_once(' ').ok_or_else(|| format!("`node` answered `{said}`"))?;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < major_min) {
        return Err(format!("version {version} is too old, at least {major_min} is needed"));
    }
    Ok(path.into())
}

/// Two runs at once must not install into the same folder. The lock ends with the returned file.
pub(crate) fn lock(tools: &Path) -> Result<File, String> {
    let path = tools.join("lock");
    let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
    lock.map_err(|error| format!("cannot lock `{}`: {error}", path.display()))
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("cannot remove `{}`: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The value of `target_directory` in cargo's JSON, without a JSON parser to build.
fn target_directory(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once("\"target_directory\":\"")?;
    let mut path = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(path.into()),
            '\\' => path.push(characters.next()?),
            character => path.push(character),
        }
    }
}

fn shown(command: &Command) -> String {
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(program, |line, argument| format!("{line} {}", argument.to_string_lossy()))
}

fn cannot_start(command: &Command, error: &io::Error) -> String {
    let program = command.get_program().to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => format!("`{program}` is not on the PATH"),
        _ => format!("cannot start `{program}`: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Path, output, target_directory};

    #[test]
    fn the_target_directory_is_read_from_cargo_metadata() {
        let metadata = r#"{"packages":[],"target_directory":"C:\\cache \"x\"\\target","version":1}"#;
        assert_eq!(target_directory(metadata).as_deref(), Some(Path::new("C:\\cache \"x\"\\target")));
        assert_eq!(target_directory("{}"), None);
        assert_eq!(target_directory(r#"{"target_directory":"cut off"#), None);
    }

    #[test]
    fn a_missing_program_is_named() {
        let problem = output(&mut Command::new("gatelet-no-such-program")).err();
        assert_eq!(problem.as_deref(), Some("`gatelet-no-such-program` is not on the PATH"));
    }
}
