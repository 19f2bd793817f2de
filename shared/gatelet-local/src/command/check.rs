//! `gatelet check`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gatelet_control::import::Imported;
use gatelet_model::{Problem, Severity};
use serde_json::{Value, json};

use super::{COMMAND_AT_FAULT, DEFINITIONS_AT_FAULT, DecisionArguments, colour, failed};
use crate::definition::{Rendering, counted, import_file, routes};
use crate::dev::Projects;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Definition files, or directories with a template.*, openapi.* or swagger.*
    #[arg(value_name = "FILE|DIR", required = true)]
    given: Vec<PathBuf>,

    #[command(flatten)]
    decisions: DecisionArguments,

    /// How problems are shown
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the line of the file and a mark below what is meant.
    Text,
    /// For machines: one JSON document.
    Json,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let projects = match Projects::find(&arguments.given) {
        Ok(projects) => projects,
        Err(error) => return failed(&error, COMMAND_AT_FAULT),
    };
    let decisions = arguments.decisions.decisions();
    let checked: Vec<(String, Imported)> = projects
        .files
        .into_iter()
        .map(|file| {
            let imported = import_file(&file.path, &file.name, &decisions);
            (file.name, imported)
        })
        .collect();
    let text = match arguments.format {
        Format::Text => as_text(&checked),
        Format::Json => as_json(&checked),
    };
    // A reader that has read enough is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if checked.iter().any(|(_, imported)| imported.problems.has_errors()) {
        ExitCode::from(DEFINITIONS_AT_FAULT)
    } else {
        ExitCode::SUCCESS
    }
}

fn as_text(checked: &[(String, Imported)]) -> String {
    let rendering = Rendering { colour: colour() };
    let mut text = String::new();
    for (file, imported) in checked {
        text.push_str(&rendering.all(&imported.problems));
        text.push_str(&format!("{file}: {}\n", outcome(imported)));
    }
    let all = || checked.iter().flat_map(|(_, imported)| &imported.problems);
    if checked.len() > 1 {
        text.push_str(&format!("{}: {}\n", counted(checked.len(), "definition"), totals(all())));
    }
    text
}

fn outcome(imported: &Imported) -> String {
    let totals = totals(imported.problems.iter());
    match &imported.api {
        Some(api) => {
            let routes = counted(routes(api).len(), "route");
            format!("{} `{}`, {routes}, {totals}", api.kind(), api.name())
        }
        None => format!("{totals}; it cannot be served"),
    }
}

fn totals<'a>(problems: impl Iterator<Item = &'a Problem>) -> String {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.partition(|problem| problem.severity == Severity::Error);
    match (errors.len(), warnings.len()) {
        (0, 0) => "no problems".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn as_json(checked: &[(String, Imported)]) -> String {
    let definitions: Vec<Value> = checked
        .iter()
        .map(|(file, imported)| {
            json!({
                "file": file,
                "kind": imported.api.as_ref().map(gatelet_model::Api::kind),
                "name": imported.api.as_ref().map(gatelet_model::Api::name),
                "decided": imported.decided,
                "routes": imported.api.as_ref().map(routes),
                "problems": imported.problems.iter().map(problem_as_json).collect::<Vec<_>>(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "definitions": definitions }))
}

fn problem_as_json(problem: &Problem) -> Value {
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": problem.message,
        "help": problem.help,
        "about": problem.about,
        "file": problem.place.as_ref().map(|place| &*place.file),
        "line": problem.place.as_ref().map(|place| place.line),
        "column": problem.place.as_ref().map(|place| place.column),
        "length": problem.place.as_ref().map(|place| place.length),
    })
}
