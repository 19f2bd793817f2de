//! `gatelet deploy`.

use clap::Args;
use gatelet_control::deploy::{Deployed, Occupant, deploy, occupant};
use gatelet_model::{Api, DomainName, Stage};
use serde_json::{Value, json};

use super::definitions::{DefinitionArguments, Imported, Ready};
use super::table::{Table, TableArguments, progress};
use super::{DEFINITIONS_AT_FAULT, Failure, ReadingArguments};
use crate::requests::printable;

/// Names of users are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;

#[derive(Debug, Args)]
#[command(after_help = "\
Credentials and region come from the environment: eval \"$(aws configure export-credentials --format env)\"

The id of an API follows from its file's path below the current directory: deploy it from the same one. What another
project's file of the same path has deployed is not touched without `--replace`.

A deployment is stored whole before its stage shows it; a router notices within seconds. What was shown before stays
stored: `gatelet rollback` goes back to it.")]
pub(super) struct Arguments {
    #[command(flatten)]
    definitions: DefinitionArguments,

    #[command(flatten)]
    table: TableArguments,

    #[command(flatten)]
    reading: ReadingArguments,

    /// Why, for whoever reads the list of deployments
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Go on where a stage shows an API of another name or kind under the same id
    #[arg(long)]
    replace: bool,

    /// Go on where an API invokes a function of its template that has no `FunctionName`
    #[arg(long)]
    allow_unnamed_functions: bool,

    /// Say what was done as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let table = arguments.table.open().await?;
    let scope = table.definitions.scope().clone();
    let Imported { apis, domains, unnamed_functions } =
        arguments.definitions.import(&arguments.reading.decisions(scope.account, scope.region))?;
    if !unnamed_functions.is_empty() && !arguments.allow_unnamed_functions {
        return Err(refused(&format!(
            "nothing is deployed: the names of {} are not known; give each a `FunctionName`, or go on with \
             `--allow-unnamed-functions`",
            unnamed_functions.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        )));
    }
    if !arguments.replace {
        occupied_by_none_other(&table, &apis).await?;
    }
    let mut done = Vec::new();
    for ready in apis {
        for stage in ready.stages {
            let api = &ready.api;
            progress(&format!(
                "deploying `{}` to `{}`",
                printable(api.name(), NAME_CHARACTERS_MAX),
                stage.name()
            ));
            let description = arguments.description.clone();
            let deployed =
                deploy(&table.definitions, api.clone(), stage.clone(), description, table.deadline())
                    .await
                    .map_err(|error| failed_after(&done, &ready.file, &stage, &error))?;
            done.push((api.clone(), stage, deployed));
        }
    }
    for domain in &domains {
        put(&table, domain).await?;
    }
    Ok(if arguments.json { as_json(&done, &domains) } else { as_text(&done, &domains, &table.shown) })
}

/// Whatever a stage shows is an earlier deployment of the same API, as far as its name and kind tell.
async fn occupied_by_none_other(table: &Table, apis: &[Ready]) -> Result<(), Failure> {
    for Ready { file, api, stages } in apis {
        for stage in stages {
            let found = occupant(&table.definitions, api, stage.name(), table.deadline()).await;
            if let Some(Occupant { name, kind }) = found.map_err(|error| Failure::of_command(&error))? {
                return Err(refused(&format!(
                    "nothing is deployed: the stage `{}` of the API id `{}` shows the {kind} `{}`, and `{file}` defines the {} \
                     `{}`; ids follow from the paths of files, so another project's file may have this one: deploy from another \
                     directory, or put the API in the other's place with `--replace`",
                    stage.name(),
                    api.id(),
                    printable(&name, NAME_CHARACTERS_MAX),
                    api.kind(),
                    printable(api.name(), NAME_CHARACTERS_MAX),
                )));
            }
        }
    }
    Ok(())
}

fn refused(message: &str) -> Failure {
    Failure { message: message.to_owned(), code: DEFINITIONS_AT_FAULT }
}

async fn put(table: &Table, domain: &DomainName) -> Result<(), Failure> {
    progress(&format!("mapping the custom domain {}", domain.name.as_str()));
    table.definitions.put_domain(domain, table.deadline()).await.map_err(|error| Failure::of_command(&error))
}

/// Where a later stage fails, the earlier ones are deployed all the same.
fn failed_after(
    done: &[(Api, Stage, Deployed)],
    file: &str,
    stage: &Stage,
    error: &dyn std::fmt::Display,
) -> Failure {
    let mut message = format!("`{file}` cannot be deployed to `{}`: {error}", stage.name());
    if !done.is_empty() {
        let names: Vec<String> = done
            .iter()
            .map(|(api, stage, _)| {
                format!("`{}` to `{}`", printable(api.name(), NAME_CHARACTERS_MAX), stage.name())
            })
            .collect();
        message.push_str(&format!("; deployed were {}", names.join(", ")));
    }
    Failure::of_command(&message)
}

fn as_text(done: &[(Api, Stage, Deployed)], domains: &[DomainName], place: &str) -> String {
    let mut text = String::new();
    let mut before = None;
    for (api, stage, deployed) in done {
        if before != Some(api.id()) {
            let name = printable(api.name(), NAME_CHARACTERS_MAX);
            text.push_str(&format!("{name}  {}  {}\n", api.kind(), api.id()));
        }
        before = Some(api.id());
        text.push_str(&format!("  {}  {}\n", stage.name(), outcome(deployed)));
    }
    for domain in domains {
        let mappings = domain.mappings.iter().map(super::domain::mapping_text);
        text.push_str(&format!("{}  {}\n", domain.name.as_str(), mappings.collect::<Vec<_>>().join(", ")));
    }
    text.push_str(&format!("deployed to {place}\n"));
    text
}

fn outcome(deployed: &Deployed) -> String {
    let id = &deployed.deployment_id;
    match &deployed.before {
        None => format!("{id}  new"),
        Some(_) if !deployed.changed => format!("{id}  unchanged"),
        Some(before) if before == id => format!("{id}  new settings"),
        Some(before) => format!("{before} → {id}"),
    }
}

fn as_json(done: &[(Api, Stage, Deployed)], domains: &[DomainName]) -> String {
    let stage = |(api, stage, deployed): &(Api, Stage, Deployed)| -> Value {
        json!({
            "api": { "id": api.id(), "name": api.name(), "kind": api.kind() },
            "stage": stage.name(),
            "deploymentId": deployed.deployment_id,
            "before": deployed.before,
            "changed": deployed.changed,
            "version": deployed.version,
        })
    };
    let domains: Vec<&str> = domains.iter().map(|domain| domain.name.as_str()).collect();
    let stages: Vec<Value> = done.iter().map(stage).collect();
    format!("{:#}\n", json!({ "stages": stages, "domains": domains }))
}
