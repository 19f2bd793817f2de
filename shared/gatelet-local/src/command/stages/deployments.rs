//! `gatelet deployments`.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use clap::Args;
use gatelet_aws::dynamodb::DefinitionTable;
use gatelet_control::deploy::{Action, AuditEntry, DefinitionStore};
use gatelet_core::Timestamp;
use gatelet_core::ports::PortError;
use gatelet_model::{ApiId, StageName, StagePointer};
use serde_json::{Value, json};

use crate::command::table::{Table, TableArguments, progress};
use crate::command::{Failure, parsed, width};
use crate::definition::listing;
use crate::requests::printable;

/// Names of users are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;
/// What stands for nothing.
const NONE: &str = "-";

#[derive(Debug, Args)]
pub(in crate::command) struct Arguments {
    #[command(flatten)]
    table: TableArguments,

    /// Only this API
    #[arg(long, value_name = "ID", value_parser = parsed(ApiId::parse))]
    api: Option<ApiId>,

    /// Only stages of this name
    #[arg(long, value_name = "NAME", value_parser = parsed(StageName::parse))]
    stage: Option<StageName>,

    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

/// A stage, and every move of its pointer, the latest first.
struct History {
    api_id: ApiId,
    /// The API's name and kind; none where its deployment cannot be read.
    api: Option<(String, &'static str)>,
    pointer: StagePointer,
    moves: Vec<AuditEntry>,
}

pub(in crate::command) async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let table = arguments.table.open().await?;
    let of_port = |error: PortError| Failure::of_command(&error);
    progress("reading what is deployed");
    let (definitions, api_ids) = match &arguments.api {
        Some(api_id) => (table.of_api(api_id).await?, vec![api_id.clone()]),
        None => {
            let api_ids = table.definitions.apis(table.deadline()).await.map_err(of_port)?;
            (table.definitions.clone(), api_ids)
        }
    };
    let mut histories = Vec::new();
    for api_id in api_ids {
        let stage = arguments.stage.as_ref();
        histories.extend(histories_of(&definitions, &table, api_id, stage).await.map_err(of_port)?);
    }
    if let (Some(api_id), Some(stage), []) = (&arguments.api, &arguments.stage, histories.as_slice()) {
        return Err(Failure::of_command(&format!("the API `{api_id}` has no stage `{stage}`")));
    }
    Ok(if arguments.json { as_json(&histories) } else { as_text(&histories, &table) })
}

async fn histories_of(
    definitions: &DefinitionTable,
    table: &Table,
    api_id: ApiId,
    stage: Option<&StageName>,
) -> Result<Vec<History>, PortError> {
    let pointers = definitions.stage_pointers(&api_id, table.deadline()).await?;
    let trail = definitions.audit_trail(&api_id, table.deadline()).await?;
    let mut histories = Vec::new();
    for pointer in pointers {
        let name = pointer.stage.name();
        if stage.is_some_and(|stage| stage != name) {
            continue;
        }
        let stored = definitions.deployment(&api_id, &pointer.deployment_id, table.deadline()).await;
        let api = match stored {
            Ok(stored) => stored.and_then(|stored| stored.open().ok()).map(|deployment| {
                let api = deployment.api;
                (printable(api.name(), NAME_CHARACTERS_MAX).into_owned(), api.kind())
            }),
            // The list is wanted the more when something is broken.
            Err(PortError::Unreadable { .. }) => None,
            Err(error) => return Err(error),
        };
        let moves = trail.iter().rev().filter(|entry| entry.stage == *name).cloned().collect();
        histories.push(History { api_id: api_id.clone(), api, pointer, moves });
    }
    Ok(histories)
}

impl History {
    /// The position of the move that led to what the stage shows now.
    fn current(&self) -> Option<usize> {
        self.moves.iter().position(|entry| {
            entry.action != Action::Removed
                && entry.version == self.pointer.version
                && entry.deployment_id == self.pointer.deployment_id
        })
    }
}

fn as_text(histories: &[History], table: &Table) -> String {
    if histories.is_empty() {
        let scope = table.definitions.scope();
        return format!(
            "nothing is deployed to {} for account {} in {}; `--account` and `--region` look elsewhere\n",
            table.shown, scope.account, scope.region
        );
    }
    let mut text = String::new();
    for history in histories {
        let (name, kind) =
            history.api.as_ref().map_or((NONE, "cannot be read"), |(name, kind)| (name, *kind));
        let stage = history.pointer.stage.name();
        text.push_str(&format!("{name}  {kind}  {}  {stage}\n", history.api_id));
        let current = history.current();
        let rows: Vec<[String; 5]> = history
            .moves
            .iter()
            .enumerate()
            .map(|(position, entry)| {
                let mark = if Some(position) == current { "  (current)" } else { "" };
                [
                    entry.version.to_string(),
                    moment(entry.at),
                    word(entry.action).to_owned(),
                    format!("{}{mark}", entry.deployment_id),
                    entry.description.clone().unwrap_or_else(|| NONE.to_owned()),
                ]
            })
            .collect();
        text.push_str(&listing(["Version", "When (UTC)", "What", "Deployment", "Why"], &rows, width()));
    }
    text
}

fn as_json(histories: &[History]) -> String {
    let stages: Vec<Value> = histories
        .iter()
        .map(|history| {
            let current = history.current();
            let moves = history.moves.iter().enumerate().map(|(position, entry)| {
                json!({
                    "version": entry.version,
                    "at": moment(entry.at),
                    "action": word(entry.action),
                    "deploymentId": entry.deployment_id,
                    "description": entry.description,
                    "current": Some(position) == current,
                })
            });
            json!({
                "api": {
                    "id": history.api_id,
                    "name": history.api.as_ref().map(|(name, _)| name),
                    "kind": history.api.as_ref().map(|(_, kind)| kind),
                },
                "stage": history.pointer.stage.name(),
                "deploymentId": history.pointer.deployment_id,
                "version": history.pointer.version,
                "moves": moves.collect::<Vec<_>>(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "stages": stages }))
}

const fn word(action: Action) -> &'static str {
    match action {
        Action::Deployed => "deployed",
        Action::RolledBack => "rolled back",
        Action::Removed => "removed",
    }
}

/// A moment to the second, such as `2026-01-31T12:00:00Z`.
pub(in crate::command) fn moment(at: Timestamp) -> String {
    let seconds = i64::try_from(at.milliseconds() / 1_000).unwrap_or_default();
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_else(|_| NONE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        assert_eq!(moment(Timestamp::from_milliseconds(0)), "1970-01-01T00:00:00Z");
        assert_eq!(moment(Timestamp::from_milliseconds(1_709_210_096_789)), "2024-02-29T12:34:56Z");
        assert_eq!(moment(Timestamp::from_milliseconds(u64::MAX)), NONE);
    }
}
