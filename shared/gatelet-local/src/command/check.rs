//! `gatelet check`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gatelet_aws::environment::Environment;
use gatelet_model::{Problem, Severity};
use serde_json::{Value, json};

use super::{COMMAND_AT_FAULT, DEFINITIONS_AT_FAULT, DecisionArguments, colour, failed};
use crate::definition::{
    Decisions, Defined, Definition, Rendering, counted, import_file, read, routes, unknown_parameters,
    unled_links,
};
use crate::dev::{Projects, SETTINGS_FILE_NAME, missing_code, vpc_links};

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
    // Other variables are not asked for, and may be as they are.
    let (environment, _) = Environment::of_process_with_problems();
    let links = vpc_links(environment.vpc_links().clone(), &projects.projects, &[]);
    let checked: Vec<(String, Definition)> = projects
        .files
        .into_iter()
        .map(|file| {
            let mut definition = import_file(&file.path, &file.name, &decisions);
            let directory = file.path.parent().unwrap_or(Path::new(""));
            let missing =
                definition.functions.iter().filter_map(|function| missing_code(function, directory));
            definition.problems.extend(missing);
            let source = read(&file.path, &file.name).ok();
            definition.problems.extend(unled_links(&definition, &links, source.as_ref(), SETTINGS_FILE_NAME));
            (file.name, definition)
        })
        .collect();
    let text = match arguments.format {
        Format::Text => as_text(&checked, &decisions),
        Format::Json => as_json(&checked),
    };
    // A reader that has read enough is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if checked.iter().any(|(_, definition)| definition.problems.has_errors()) {
        ExitCode::from(DEFINITIONS_AT_FAULT)
    } else {
        ExitCode::SUCCESS
    }
}

fn as_text(checked: &[(String, Definition)], decisions: &Decisions) -> String {
    let rendering = Rendering { colour: colour() };
    let definitions = checked.iter().map(|(_, definition)| definition);
    let mut text = rendering.all(&unknown_parameters(definitions, decisions));
    for (file, definition) in checked {
        text.push_str(&rendering.all(&definition.problems));
        text.push_str(&format!("{file}: {}\n", outcome(definition)));
    }
    let all = || checked.iter().flat_map(|(_, definition)| &definition.problems);
    if checked.len() > 1 {
        text.push_str(&format!("{}: {}\n", counted(checked.len(), "definition"), totals(all())));
    }
    text
}

fn outcome(definition: &Definition) -> String {
    let totals = totals(definition.problems.iter());
    if !definition.can_be_served() {
        return format!("{totals}; it cannot be served");
    }
    let mut parts: Vec<String> = definition
        .apis
        .iter()
        .map(|Defined { api, .. }| {
            format!("{} `{}`, {}", api.kind(), api.name(), counted(routes(api).len(), "route"))
        })
        .collect();
    if !definition.functions.is_empty() {
        parts.push(counted(definition.functions.len(), "function"));
    }
    parts.push(totals);
    parts.join(", ")
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

fn as_json(checked: &[(String, Definition)]) -> String {
    let definitions: Vec<Value> = checked
        .iter()
        .map(|(file, definition)| {
            let names = definition.functions.iter().map(|function| &function.name);
            json!({
                "file": file,
                "apis": definition.apis.iter().map(api_as_json).collect::<Vec<_>>(),
                "functions": names.collect::<Vec<_>>(),
                "problems": definition.problems.iter().map(problem_as_json).collect::<Vec<_>>(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "definitions": definitions }))
}

fn api_as_json(Defined { api, decided, .. }: &Defined) -> Value {
    json!({ "kind": api.kind(), "name": api.name(), "decided": decided, "routes": routes(api) })
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
