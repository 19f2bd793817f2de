//! What is run, and within which limits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A function that is run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSettings {
    /// Its name, by which it is called and what it says is labelled.
    pub name: String,
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// What runs it.
    pub runtime: Runtime,
    /// AWS's name of the runtime, such as `python3.13`, which the function finds in `AWS_EXECUTION_ENV`.
    pub runtime_identifier: String,
    /// Its code. It runs in this directory, and is started anew when a file below it changes.
    pub directory: PathBuf,
    /// Its handler, such as `app.lambda_handler` or `src/index.handler`.
    pub handler: String,
    /// Its own environment variables.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// What it finds in `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MB. Nothing is limited.
    pub memory_megabytes: u32,
}

/// What runs a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// An executable that speaks the Runtime API itself (`provided.*`).
    Provided {
        /// The executable, usually `bootstrap` in the code's directory.
        bootstrap: PathBuf,
    },
    /// A Rust package that is built with cargo; its program speaks the Runtime API itself.
    Rust {
        /// The package's directory.
        package: PathBuf,
        /// Which of its programs, where it has several.
        binary: Option<String>,
    },
    /// A handler in Python.
    Python {
        /// The interpreter: a name on the PATH, or a path.
        program: PathBuf,
    },
    /// A handler in JavaScript.
    Node {
        /// The interpreter: a name on the PATH, or a path.
        program: PathBuf,
    },
}

impl Runtime {
    /// What runs a function of one of [AWS's runtimes](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html),
    /// such as `python3.13`; nothing where it cannot be run here. `python3` and `node` are what the PATH has. Code
    /// for `provided.*` is a Rust package where it has a `Cargo.toml` and no `bootstrap`.
    #[must_use]
    pub fn of(identifier: &str, directory: &Path) -> Option<Self> {
        if identifier.starts_with("python3") {
            return Some(Self::Python { program: "python3".into() });
        }
        if identifier.starts_with("nodejs") {
            return Some(Self::Node { program: "node".into() });
        }
        if !identifier.starts_with("provided") {
            return None;
        }
        let bootstrap = directory.join("bootstrap");
        if !bootstrap.exists() && directory.join("Cargo.toml").is_file() {
            return Some(Self::Rust { package: directory.to_owned(), binary: None });
        }
        Some(Self::Provided { bootstrap })
    }
}

/// How many processes one function may have, and so how many of its invocations run at a time.
const INSTANCES_MAX: usize = 10;

/// How many invocations of one function may wait for a process. Further ones are refused with 429.
const WAITING_MAX: usize = 1_000;

/// How long a process may take until it asks for its first event. Lambda gives 10 seconds, and more in a second try.
const INIT_SECONDS_MAX: u64 = 30;

/// How long a process without work is kept.
const IDLE_SECONDS_MAX: u64 = 300;

/// How often code is looked at for edits.
const LOOK_MILLISECONDS: u64 = 200;

/// How long a failed event invocation rests before each further try.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// The limits of a host. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct HostLimits {
    /// How many processes one function may have.
    pub instances: usize,
    /// How many invocations of one function may wait for a process.
    pub waiting: usize,
    /// How long a process may take until it asks for its first event.
    pub init: Duration,
    /// How long a process without work is kept.
    pub idle: Duration,
    /// How often code is looked at for edits.
    pub look: Duration,
    /// How long a failed event invocation rests before each further try.
    pub retry_pauses: [Duration; 2],
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            instances: INSTANCES_MAX,
            waiting: WAITING_MAX,
            init: Duration::from_secs(INIT_SECONDS_MAX),
            idle: Duration::from_secs(IDLE_SECONDS_MAX),
            look: Duration::from_millis(LOOK_MILLISECONDS),
            retry_pauses: RETRY_PAUSES,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn runtimes_are_found_by_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let of = |identifier: &str| Runtime::of(identifier, directory.path());
        assert_eq!(of("python3.13"), Some(Runtime::Python { program: "python3".into() }));
        assert_eq!(of("nodejs22.x"), Some(Runtime::Node { program: "node".into() }));
        assert_eq!(of("java21"), None);
        let bootstrap = directory.path().join("bootstrap");
        assert_eq!(of("provided.al2023"), Some(Runtime::Provided { bootstrap: bootstrap.clone() }));
        std::fs::write(directory.path().join("Cargo.toml"), "").unwrap();
        let package = directory.path().to_owned();
        assert_eq!(of("provided.al2023"), Some(Runtime::Rust { package, binary: None }));
        std::fs::write(&bootstrap, "").unwrap();
        assert_eq!(of("provided.al2023"), Some(Runtime::Provided { bootstrap }));
    }
}
