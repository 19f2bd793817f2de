//! `gatelet deploy`.

use clap::Args;
use gatelet_control::deploy::{Deployed, Occupant, deploy, occupant};
use gatelet_control::usage::{Applied, Surplus};
use gatelet_model::{Api, DomainName, PartId, Stage, UsagePlan};
use serde_json::{Value, json};

use super::definitions::{DefinedUsage, DefinitionArguments, Imported, Ready};
use super::table::{Table, TableArguments, progress};
use super::{DEFINITIONS_AT_FAULT, Failure, ReadingArguments};
use crate::operations::UsagePlace;
use crate::requests::printable;

/// Names of users are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;

#[derive(Debug, Args)]
#[command(after_help = "\
Credentials and region come from the environment: eval \"$(aws configure export-credentials --format env)\"

The id of an API follows from its file's path below the current directory: deploy it from the same one. What another
project's file of the same path has deployed is not touched without `--replace`.

A deployment is stored whole before its stage shows it; a router notices within seconds. What was shown before stays
stored: `gatelet rollback` goes back to it.

API keys and usage plans that a template has no more stay, and are listed; `--prune` deletes them. A key that was
disabled stays so, whatever the template says: `gatelet keys enable` lets it be used again.")]
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

    /// The DynamoDB table of credentials, for API keys and usage plans of templates
    #[arg(long, env = "GATELET_CREDENTIALS_TABLE", value_name = "NAME")]
    credentials_table: Option<String>,

    /// Go on without the API keys and usage plans of templates
    #[arg(long)]
    without_usage_plans: bool,

    /// Delete the API keys and usage plans that a template has no more; the values of such keys are lost
    #[arg(long)]
    prune: bool,

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
    let Imported { apis, domains, usage, unnamed_functions } =
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
    let place = place_of_usage(arguments, &table, &usage).await?;
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
    let mut stored = Vec::new();
    if let Some(place) = place {
        for of_file in usage {
            let surplus = if arguments.prune { Surplus::Deleted } else { Surplus::Kept };
            stored.push(store(&place, of_file, surplus).await?);
        }
    }
    Ok(if arguments.json {
        as_json(&done, &domains, &stored)
    } else {
        as_text(&done, &domains, &stored, &table.shown)
    })
}

/// Where keys and plans are kept; none where there are none to keep.
async fn place_of_usage(
    arguments: &Arguments,
    table: &Table,
    usage: &[DefinedUsage],
) -> Result<Option<UsagePlace>, Failure> {
    let is_needed = usage.iter().any(|of_file| !of_file.is_empty());
    match &arguments.credentials_table {
        _ if arguments.without_usage_plans => Ok(None),
        // What a template had and has no more is told, too.
        Some(name) => arguments.table.usage(name, table.definitions.clone()).await.map(Some),
        None if is_needed => Err(refused(
            "nothing is deployed: the definitions have API keys or usage plans, and no table of credentials is named; say \
             `--credentials-table NAME`, or go on without them with `--without-usage-plans`",
        )),
        None => Ok(None),
    }
}

/// The keys and plans of a file, and what became of them.
struct Stored {
    usage: DefinedUsage,
    applied: Applied,
}

async fn store(place: &UsagePlace, usage: DefinedUsage, surplus: Surplus) -> Result<Stored, Failure> {
    let DefinedUsage { owner, keys, plans } = &usage;
    let file = owner.file();
    progress(&format!("storing the API keys and usage plans of `{file}`"));
    let applied = place.apply(owner, keys, plans, surplus).await.map_err(|error| {
        Failure::of_command(&format!(
            "the APIs are deployed, and the API keys and usage plans of `{file}` are not as it has them: {error}"
        ))
    })?;
    Ok(Stored { usage, applied })
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

fn as_text(
    done: &[(Api, Stage, Deployed)],
    domains: &[DomainName],
    stored: &[Stored],
    place: &str,
) -> String {
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
        let mappings = domain.mappings.iter().map(super::stages::domain::mapping_text);
        text.push_str(&format!("{}  {}\n", domain.name.as_str(), mappings.collect::<Vec<_>>().join(", ")));
    }
    for Stored { usage, applied } in stored {
        let word = |is_changed: bool| if is_changed { "stored" } else { "unchanged" };
        for plan in &usage.plans {
            let name = printable(&plan.name, NAME_CHARACTERS_MAX);
            let word = word(applied.changed_plans.contains(&plan.id));
            text.push_str(&format!("usage plan {name}  {}  {word}\n", plan.id));
        }
        for key in &applied.keys {
            let name = printable(&key.logical_id, NAME_CHARACTERS_MAX);
            text.push_str(&format!("API key {name}  {}  {}\n", key.id, word(key.is_changed)));
            if key.stays_disabled {
                text.push_str(&format!(
                    "  stays disabled: `gatelet keys enable {}` lets it be used\n",
                    key.id
                ));
            }
        }
        for id in &applied.surplus {
            text.push_str(&format!(
                "{id}  stays, though `{}` does not have it any more; `--prune` deletes it\n",
                usage.owner.file()
            ));
        }
        for id in &applied.removed {
            text.push_str(&format!("{id}  removed: `{}` does not have it any more\n", usage.owner.file()));
        }
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

fn as_json(done: &[(Api, Stage, Deployed)], domains: &[DomainName], stored: &[Stored]) -> String {
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
    let plan = |applied: &Applied, plan: &UsagePlan| json!({ "id": plan.id, "name": plan.name, "changed": applied.changed_plans.contains(&plan.id) });
    let plans: Vec<Value> = stored
        .iter()
        .flat_map(|one| one.usage.plans.iter().map(|of_file| plan(&one.applied, of_file)))
        .collect();
    let keys: Vec<Value> = stored
        .iter()
        .flat_map(|one| &one.applied.keys)
        .map(|key| json!({ "id": key.id, "logicalId": key.logical_id, "changed": key.is_changed, "staysDisabled": key.stays_disabled }))
        .collect();
    let removed: Vec<&PartId> = stored.iter().flat_map(|one| &one.applied.removed).collect();
    let surplus: Vec<&PartId> = stored.iter().flat_map(|one| &one.applied.surplus).collect();
    let usage = json!({ "plans": plans, "apiKeys": keys, "removed": removed, "surplus": surplus });
    format!("{:#}\n", json!({ "stages": stages, "domains": domains, "usage": usage }))
}
