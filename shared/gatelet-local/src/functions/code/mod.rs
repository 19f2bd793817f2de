//! What is run for a function, and when it has changed.

mod build;
mod changes;
mod interpreter;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::sync::{OnceCell, watch};

use super::bootstraps::Bootstraps;
use super::instance::{AddressForm, Launch};
use super::invocation::Failure;
use super::settings::{FunctionSettings, Runtime};
pub(super) use build::{Build, Builder, Package};
pub(super) use changes::{Watched, stamp};

/// What is run for a function.
#[derive(Debug)]
pub(super) enum Code {
    /// An executable.
    Executable(PathBuf),
    /// A handler that one of our bootstraps runs.
    Handler {
        /// The interpreter as it was named.
        program: PathBuf,
        /// How the interpreter tells where it really is.
        question: [&'static str; 2],
        /// Our bootstrap.
        bootstrap: PathBuf,
        /// The interpreter as it was found.
        found: OnceCell<PathBuf>,
    },
    /// A program that is built first.
    Built(watch::Receiver<Build>),
}

/// A program that can be started now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The program and its arguments.
    pub(super) launch: Launch,
    /// How it takes the address of its Runtime API.
    pub(super) address_form: AddressForm,
}

impl Code {
    /// What is run for these settings. `build` is what the builder of a Rust package reports.
    pub(super) fn of(
        settings: &FunctionSettings,
        bootstraps: &Bootstraps,
        build: watch::Receiver<Build>,
    ) -> Self {
        let handler = |program: &Path, question, bootstrap| Self::Handler {
            program: program.to_owned(),
            question,
            bootstrap,
            found: OnceCell::new(),
        };
        match &settings.runtime {
            Runtime::Provided { bootstrap } => Self::Executable(bootstrap.clone()),
            Runtime::Rust { .. } => Self::Built(build),
            Runtime::Python { program } => handler(program, interpreter::PYTHON, bootstraps.python()),
            Runtime::Node { program } => handler(program, interpreter::NODE, bootstraps.node()),
        }
    }

    /// What is to be started now. A build under way is waited for.
    ///
    /// # Errors
    /// What the caller hears where nothing can be started.
    pub(super) async fn entry(&self, directory: &Path) -> Result<Entry, Failure> {
        let failed = |message: &str| Err(Failure::of_type("Runtime.InvalidEntrypoint", message));
        if !directory.is_dir() {
            return failed(&format!("the code's directory `{}` is not there", directory.display()));
        }
        match self {
            Self::Executable(path) => match std::path::absolute(path) {
                Ok(program) if program.is_file() => Ok(Entry::alone(program, AddressForm::Plain)),
                _ => failed(&format!(
                    "`{}` is not there: build it first, or name a package with a `Cargo.toml`",
                    path.display()
                )),
            },
            Self::Handler { program, question, bootstrap, found } => {
                let interpreter =
                    found.get_or_try_init(|| interpreter::find(program, *question, directory)).await;
                match interpreter {
                    Ok(program) => {
                        let arguments: Vec<OsString> = vec![bootstrap.into()];
                        let launch = Launch { program: program.clone(), arguments };
                        Ok(Entry { launch, address_form: AddressForm::WithPath })
                    }
                    Err(why) => failed(&why),
                }
            }
            Self::Built(build) => {
                let mut build = build.clone();
                let built = build.wait_for(|build| !matches!(build, Build::Underway)).await;
                match built.as_deref() {
                    Ok(Build::Ready(entry)) => Ok(entry.clone()),
                    Ok(Build::Failed(why)) => failed(why),
                    Ok(Build::Underway) | Err(_) => failed("it is not built any more"),
                }
            }
        }
    }
}

impl Entry {
    /// A program without arguments.
    fn alone(program: PathBuf, address_form: AddressForm) -> Self {
        Self { launch: Launch { program, arguments: Vec::new() }, address_form }
    }
}
