//! The functions behind the APIs: where the code of each is, and the host that runs them.

mod code;
mod mapping;
mod missing;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use gatelet_control::import::FunctionDefinition;
use gatelet_model::{AccountId, Problem, Problems, Region};

use crate::functions::{FunctionSettings, Host, HostError, HostLimits, Say};
use crate::requests::Console;
use code::Inline;
pub use mapping::FunctionMapping;
pub use missing::missing_code;

/// Who runs functions.
pub(super) struct Functions {
    /// None where they are called elsewhere.
    host: Option<Host>,
    mappings: Vec<FunctionMapping>,
    account: AccountId,
    region: Region,
    inline: Inline,
    by_file: BTreeMap<usize, OfFile>,
}

/// The functions of one definition.
#[derive(Default)]
struct OfFile {
    settings: Vec<FunctionSettings>,
    /// Why others are not run, by ARN.
    refused: BTreeMap<String, String>,
    /// Which mappings give the code of functions here.
    mapped: BTreeSet<String>,
    warnings: Problems,
}

/// Why functions cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum FunctionsError {
    /// There is no host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Nothing can be kept for a while.
    #[error("no temporary directory can be made: {0}")]
    NoDirectory(io::Error),
}

impl Functions {
    /// Begins to run functions, or does not where they are called elsewhere.
    ///
    /// # Errors
    /// A [`FunctionsError`].
    pub(super) async fn start(
        mappings: &[FunctionMapping],
        is_elsewhere: bool,
        account: &AccountId,
        region: &Region,
        console: &Console,
    ) -> Result<Self, FunctionsError> {
        let console = console.clone();
        let say = Say::new(move |line| console.say_output(line));
        let host = if is_elsewhere {
            None
        } else {
            Some(Host::start(Vec::new(), HostLimits::default(), say).await?)
        };
        let inline = Inline::new().map_err(FunctionsError::NoDirectory)?;
        Ok(Self {
            host,
            mappings: mappings.to_vec(),
            account: account.clone(),
            region: region.clone(),
            inline,
            by_file: BTreeMap::new(),
        })
    }

    /// Where they are called.
    pub(super) fn endpoint(&self) -> Option<String> {
        self.host.as_ref().map(Host::endpoint)
    }

    /// Takes the functions that a definition has now. `directory` is the definition's.
    pub(super) fn set(&mut self, file: usize, functions: &[FunctionDefinition], directory: &Path) {
        let mut of_file = OfFile::default();
        for function in functions {
            let mapping = self.mappings.iter().find(|mapping| mapping.means(function));
            of_file.mapped.extend(mapping.map(|mapping| mapping.name.clone()));
            match code::settings(function, mapping, directory, &self.inline) {
                Ok(settings) => {
                    let FunctionSettings { directory, runtime, handler, .. } = &settings;
                    let missing = missing::missing_in(function, directory, Some(runtime), Some(handler));
                    of_file.warnings.extend(missing);
                    of_file.settings.push(settings);
                }
                Err(why) => {
                    of_file.refused.insert(function.arn.clone(), why);
                }
            }
        }
        self.by_file.insert(file, of_file);
        if let Some(host) = &self.host {
            host.update(self.all().into_values().collect());
        }
    }

    /// Stops them.
    pub(super) async fn stop(self) {
        if let Some(host) = self.host {
            host.stop().await;
        }
    }

    /// All that are run here, by ARN.
    pub(super) fn all(&self) -> BTreeMap<String, FunctionSettings> {
        if self.host.is_none() {
            return BTreeMap::new();
        }
        let of_files = self.by_file.values().flat_map(|of_file| of_file.settings.iter().cloned());
        let mut all: BTreeMap<String, FunctionSettings> =
            of_files.map(|settings| (settings.arn.clone(), settings)).collect();
        for settings in self.own_mappings().filter_map(Result::ok) {
            if all.values().all(|known| known.name != settings.name) {
                all.insert(settings.arn.clone(), settings);
            }
        }
        all
    }

    /// What is to be said of functions that routes call and nobody runs, and of code that is not there.
    pub(super) fn warnings(&self, invoked: &BTreeSet<String>) -> Problems {
        if self.host.is_none() {
            return Problems::new();
        }
        let all = self.all();
        let is_run = |called: &str| {
            let name = function_name(called);
            all.values().any(|settings| settings.arn == called || settings.name == name)
        };
        let refused = |called: &str| {
            let mut refused = self.by_file.values().flat_map(|of_file| &of_file.refused);
            refused.find(|(arn, _)| called.starts_with(arn.as_str())).map(|(_, why)| why.as_str())
        };
        let missing = invoked.iter().filter(|called| !is_run(called)).map(|called| {
            let why = refused(called).unwrap_or("no template defines it");
            Problem::warning(format!(
                "the function `{called}` is not run here: {why}; calls to it answer 500"
            ))
            .help(format!(
                "give its code with `--function {}=DIR`, or call it elsewhere with `--lambda-endpoint URL`",
                function_name(called)
            ))
        });
        let not_there = self.by_file.values().flat_map(|of_file| of_file.warnings.iter().cloned());
        let no_functions = self.own_mappings().filter_map(Result::err);
        no_functions.chain(missing).chain(not_there).collect()
    }

    /// The functions that no template defines.
    fn own_mappings(&self) -> impl Iterator<Item = Result<FunctionSettings, Problem>> {
        let is_of_a_template =
            |mapping: &FunctionMapping| self.by_file.values().any(|file| file.mapped.contains(&mapping.name));
        self.mappings.iter().filter(move |mapping| !is_of_a_template(mapping)).map(|mapping| {
            code::mapped(mapping, &self.account, &self.region).map_err(|why| {
                Problem::warning(format!("`--function {}` gives no function: {why}", mapping.name))
                    .help("calls to it answer 500")
            })
        })
    }
}

/// The name in what a function is called by: an ARN, a partial ARN or the name, whatever its qualifier.
fn function_name(called: &str) -> &str {
    let name = called.rsplit_once("function:").map_or(called, |(_, name)| name);
    name.split(':').next().unwrap_or_default()
}
