//! Functions in Rust are built with cargo, as they stand.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::Entry;
use crate::functions::host::Say;
use crate::functions::instance::{AddressForm, Keeper, Launch, lines, pass_on};

/// How far a build is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::functions) enum Build {
    /// It is under way, or was never begun.
    Underway,
    /// The program.
    Ready(Entry),
    /// It failed, and there is no earlier program.
    Failed(String),
}

/// Builds a package at once, and again after each edit. Dropped, it stops.
#[derive(Debug)]
pub(in crate::functions) struct Builder {
    edited: Arc<Notify>,
    building: JoinHandle<()>,
}

/// What is built.
#[derive(Debug)]
pub(in crate::functions) struct Package {
    /// The function's name.
    pub(in crate::functions) label: String,
    /// The package's directory.
    pub(in crate::functions) directory: PathBuf,
    /// Which of its programs.
    pub(in crate::functions) binary: Option<String>,
    /// Who hears of it.
    pub(in crate::functions) say: Say,
    /// Ends cargo with the host.
    pub(in crate::functions) keeper: Keeper,
}

/// The crate by which Rust functions speak the Runtime API. It takes the API's address with a path before.
const RUNTIME_CLIENT: &str = "lambda_runtime_api_client";

/// One line of cargo's messages, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

/// What was built, as far as it matters here.
#[derive(Debug, Default)]
struct Built {
    programs: Vec<PathBuf>,
    has_runtime_client: bool,
}

impl Builder {
    /// Begins to build. `renewed` is called when another program than before is ready.
    pub(in crate::functions) fn start(
        package: Package,
        build: watch::Sender<Build>,
        renewed: impl Fn() + Send + 'static,
    ) -> Self {
        let edited = Arc::new(Notify::new());
        let again = Arc::clone(&edited);
        let building = tokio::spawn(async move {
            let mut earlier = None;
            loop {
                build.send_replace(Build::Underway);
                let next = match package.build().await {
                    Ok(program) => {
                        package.say.line(&package.label, "built");
                        earlier = Some(program.clone());
                        Build::Ready(program)
                    }
                    Err(why) => {
                        let goes_on = if earlier.is_some() { "; the earlier program goes on" } else { "" };
                        package.say.line(&package.label, &format!("{why}{goes_on}"));
                        earlier.clone().map_or_else(|| Build::Failed(why), Build::Ready)
                    }
                };
                build.send_replace(next);
                renewed();
                again.notified().await;
            }
        });
        Self { edited, building }
    }

    /// The package was edited.
    pub(in crate::functions) fn build_again(&self) {
        self.edited.notify_one();
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        self.building.abort();
    }
}

impl Package {
    /// Builds the package and finds its program.
    async fn build(&self) -> Result<Entry, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut arguments: Vec<OsString> =
            ["build", "--message-format=json-render-diagnostics"].map(Into::into).into();
        if let Some(binary) = &self.binary {
            arguments.extend(["--bin".into(), binary.into()]);
        }
        let launch = Launch { program: cargo.into(), arguments };
        let mut command = launch.command();
        let mut child = command
            .current_dir(&self.directory)
            .spawn()
            .map_err(|error| format!("cargo cannot be started in `{}`: {error}", self.directory.display()))?;
        pass_on(child.stderr.take(), &self.label, &self.say);
        let mut built = Built::default();
        let output = child.stdout.take();
        let mut process = self.keeper.watch_over(child);
        if let Some(output) = output {
            let read = lines(output, |line| built.note(line)).await;
            read.map_err(|error| format!("cargo cannot be heard: {error}"))?;
        }
        let how = process.ended().await;
        if how.contains("error") {
            return Err("the build failed".to_owned());
        }
        built.entry(&self.directory)
    }
}

impl Built {
    /// Takes in a line of cargo's.
    fn note(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Message>(line) else { return };
        if message.reason == "compiler-artifact" {
            self.has_runtime_client |= message.target.is_some_and(|target| target.name == RUNTIME_CLIENT);
            self.programs.extend(message.executable);
        }
    }

    fn entry(&self, package: &Path) -> Result<Entry, String> {
        let form = if self.has_runtime_client { AddressForm::Url } else { AddressForm::Plain };
        Ok(Entry::alone(choose(&self.programs, package)?, form))
    }
}

/// The only program, or the one that is called as Lambda calls it.
fn choose(programs: &[PathBuf], package: &Path) -> Result<PathBuf, String> {
    let is_bootstrap = |path: &&PathBuf| path.file_stem().is_some_and(|name| name == "bootstrap");
    match programs {
        [program] => Ok(program.clone()),
        [] => Err(format!("the package in `{}` has no program", package.display())),
        several => several.iter().find(is_bootstrap).cloned().ok_or_else(|| {
            let names = several.iter().filter_map(|path| path.file_stem());
            let names: Vec<String> = names.map(|name| format!("`{}`", name.to_string_lossy())).collect();
            format!(
                "the package in `{}` has several programs ({}): name one in the function's build properties",
                package.display(),
                names.join(", ")
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn programs_are_found_in_what_cargo_says() {
        let mut built = Built::default();
        let package = Path::new("functions/f");
        for line in [r#"{"reason":"build-finished","success":true}"#, "junk"] {
            built.note(line);
        }
        assert!(built.entry(package).is_err());
        let artifact = r#"{"reason":"compiler-artifact","executable":"/t/debug/hello","x":1}"#;
        built.note(artifact);
        let program = || PathBuf::from("/t/debug/hello");
        assert_eq!(built.entry(package), Ok(Entry::alone(program(), AddressForm::Plain)));
        let client = r#"{"reason":"compiler-artifact","target":{"name":"lambda_runtime_api_client"},"executable":null}"#;
        built.note(client);
        assert_eq!(built.entry(package), Ok(Entry::alone(program(), AddressForm::Url)));
    }

    #[test]
    fn one_program_is_chosen_or_named() {
        let of = |names: &[&str]| {
            choose(&names.iter().map(PathBuf::from).collect::<Vec<_>>(), Path::new("functions/f"))
        };
        assert_eq!(of(&["/t/a"]).unwrap(), PathBuf::from("/t/a"));
        assert_eq!(of(&["/t/a", "/t/bootstrap"]).unwrap(), PathBuf::from("/t/bootstrap"));
        assert!(of(&["/t/a", "/t/b"]).unwrap_err().contains("`a`, `b`"));
        assert!(of(&[]).unwrap_err().contains("no program"));
    }
}
