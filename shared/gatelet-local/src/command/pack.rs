//! `gatelet pack`.

use std::path::{Path, PathBuf};

use clap::Args;
use gatelet_aws::definitions::{PACK_FILE, PackedApi, PackedDefinitions, pack};
use gatelet_control::identity;
use gatelet_model::Api;

use super::definitions::{DefinitionArguments, Imported, Ready};
use super::{ACCOUNT, DEFINITIONS_AT_FAULT, DecisionArguments, Failure, width};
use crate::definition::{listing, reason, routes};
use crate::requests::printable;

/// Names of users are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;

#[derive(Debug, Args)]
#[command(after_help = "\
A function that finds the file beside its binary, and is given no table, serves what is in it. API keys and usage plans
are not in it: they are in tables, where `gatelet deploy` and `gatelet keys` and `plans` put them.")]
pub(super) struct Arguments {
    #[command(flatten)]
    definitions: DefinitionArguments,

    /// The directory that the file goes into; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    into: PathBuf,

    #[command(flatten)]
    decisions: DecisionArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<String, Failure> {
    let decisions = arguments.decisions.decisions();
    let Imported { apis, domains, usage, .. } = arguments.definitions.import(&decisions)?;
    let at_fault = |error: &dyn std::fmt::Display| Failure {
        message: format!("the definitions cannot be packed: {error}"),
        code: DEFINITIONS_AT_FAULT,
    };
    let packed: Vec<PackedApi> = apis
        .iter()
        .map(|ready| PackedApi {
            account: decisions.account.clone(),
            region: decisions.region.clone(),
            api: ready.api.clone(),
            stages: ready.stages.clone(),
            description: Some(format!("gatelet pack {}", ready.file)),
        })
        .collect();
    let file = pack(&packed, &domains).map_err(|error| at_fault(&error))?;
    // What a function would find is found here first.
    let read = PackedDefinitions::read(&file).map_err(|error| at_fault(&error))?;
    read.compile_all().map_err(|error| at_fault(&error))?;

    let path = arguments.into.join(PACK_FILE);
    write(&path, &file).map_err(|error| {
        Failure::of_command(&format!("`{}` cannot be written: {}", path.display(), reason(&error)))
    })?;
    let mut rows = Vec::new();
    let mut names_documentation_account = false;
    for Ready { api, stages, .. } in &apis {
        let stored = identity::stored_form(api).map_err(|error| at_fault(&error))?;
        names_documentation_account |=
            decisions.account.as_str() == ACCOUNT && contains(&stored, ACCOUNT.as_bytes());
        rows.extend(stages.iter().map(|stage| row(api, stage.name().as_str(), stored.len())));
    }
    let mut text = listing(["API", "Kind", "Id", "Stage", "Routes", "Bytes"], &rows, width());
    for domain in &domains {
        text.push_str(&format!("  with the custom domain {}\n", domain.name.as_str()));
    }
    text.push_str(&format!(
        "wrote {}, {} bytes, for account {} in {}\n",
        path.display(),
        file.len(),
        decisions.account,
        decisions.region
    ));
    if usage.iter().any(|of_file| !of_file.is_empty()) {
        text.push_str(
            "the API keys and usage plans of the definitions are not in it: a function reads them from its table of credentials; \
             `gatelet deploy`, or `gatelet plans` and `keys` with `--table`, put them there\n",
        );
    }
    if names_documentation_account {
        text.push_str(
            "the definitions name that account, which is nobody's: say whose functions are called with `--account ID`\n",
        );
    }
    Ok(text)
}

fn row(api: &Api, stage: &str, bytes: usize) -> [String; 6] {
    [
        printable(api.name(), NAME_CHARACTERS_MAX).into_owned(),
        api.kind().to_owned(),
        api.id().to_string(),
        stage.to_owned(),
        routes(api).len().to_string(),
        bytes.to_string(),
    ]
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Writes the file in one step: whoever reads it meanwhile finds the one before, or the new one whole.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}
