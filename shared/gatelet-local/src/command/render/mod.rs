//! `gatelet render`: one mapping template with one message, or one of each on every line of standard input.

mod lines;
mod scope;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use gatelet_control::document::{Source, Span};
use gatelet_languages::LanguageError;
use gatelet_languages::vtl::{Overrides, Template};
use gatelet_model::{Problem, Problems};

use super::{COMMAND_AT_FAULT, DEFINITIONS_AT_FAULT, Failure, ended, failed};
use crate::definition::{Rendering, reason};
use scope::{ContextObject, Message, Texts};

/// How standard input is named.
const STANDARD_INPUT: &str = "-";
/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_help = "\
With --jsonl each line of standard input is a JSON object
  {\"template\", \"body\", \"params\": {\"path\", \"querystring\", \"header\"}, \"context\", \"stageVariables\"}
of which all but the template may be left out, and is answered with {\"out\"} or {\"error\"} on a line of its own.")]
pub(super) struct Arguments {
    /// The template's file; `-` is standard input
    #[arg(value_name = "TEMPLATE", required_unless_present = "jsonl", conflicts_with = "jsonl")]
    template: Option<PathBuf>,

    /// The message's body; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    body: Option<PathBuf>,

    /// `$context`: a JSON object
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    context: Option<PathBuf>,

    /// The parameters: a JSON object with `path`, `querystring` and `header`
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    params: Option<PathBuf>,

    /// The stage variables: a JSON object
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    stage_variables: Option<PathBuf>,

    /// Render a template with a message for each line of standard input
    #[arg(long)]
    jsonl: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Some(template) = &arguments.template else {
        let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
        return match lines::render(input, output) {
            // A reader that has read enough is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed(&error, COMMAND_AT_FAULT),
            _ => ExitCode::SUCCESS,
        };
    };
    match render(template, arguments) {
        Ok(text) => ended(Ok(text)),
        Err(Fault::Command(failure)) => failed(&failure.message, failure.code),
        Err(Fault::Template(problem)) => {
            let rendering = Rendering { colour: super::colour() };
            let _ = std::io::stderr().write_all(rendering.all(&Problems::from(*problem)).as_bytes());
            ExitCode::from(DEFINITIONS_AT_FAULT)
        }
    }
}

/// Why nothing is rendered.
enum Fault {
    /// The command or a file is not as it should be.
    Command(Failure),
    /// The template is not, or not with this message.
    Template(Box<Problem>),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Command(failure)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Template(Box::new(problem))
    }
}

fn render(path: &Path, arguments: &Arguments) -> Result<String, Fault> {
    let files = [Some(path), arguments.body.as_deref()];
    if files.into_iter().flatten().filter(|file| is_standard_input(file)).count() > 1 {
        return Err(Failure::of_command(&"only one of template and body can be standard input").into());
    }
    let name = if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() };
    let source = Source::from_bytes(name.as_str(), &read(path)?)?;
    let body = arguments.body.as_deref().map(read_text).transpose()?.unwrap_or_default();
    let message = Message {
        body,
        params: json(arguments.params.as_deref())?.unwrap_or_default(),
        context: json::<ContextObject>(arguments.context.as_deref())?.unwrap_or_default().0,
        stage_variables: json::<Texts>(arguments.stage_variables.as_deref())?.unwrap_or_default(),
    };
    let placed = |error: LanguageError| {
        Problem::error(error.message).at(source.place(Span::new(error.offset, error.offset)))
    };
    let template = Template::parse(source.text()).map_err(placed)?;
    let rendered = template.render(&message, Overrides::default()).map_err(placed)?;
    // Beside the text, so that this stays what a backend would get.
    let told: String = overridden(&rendered.overrides).into_iter().map(|line| line + "\n").collect();
    let _ = std::io::stderr().write_all(told.as_bytes());
    Ok(rendered.text)
}

/// What a template overrides, a line each.
fn overridden(overrides: &Overrides) -> Vec<String> {
    let (request, response) = (&overrides.request, &overrides.response);
    let named = [
        ("requestOverride.path", &request.path),
        ("requestOverride.querystring", &request.query_string),
        ("requestOverride.header", &request.header),
        ("responseOverride.header", &response.header),
    ];
    let named = named.into_iter().flat_map(|(what, pairs)| {
        pairs.iter().map(move |(name, value)| format!("$context.{what}.{name} = `{value}`"))
    });
    let status =
        response.status.iter().map(|status| format!("$context.responseOverride.status = `{status}`"));
    named.chain(status).collect()
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_standard_input(path) {
        std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    let shown = path.display();
    read.map_err(|error| Failure::of_command(&format!("`{shown}` cannot be read: {}", reason(&error))))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Failure::of_command(&format!("`{shown}` is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// A body as API Gateway hands one to a template: text.
fn read_text(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| {
        Failure::of_command(&format!("`{}` is not UTF-8, which a body is to a template", path.display()))
    })
}

fn json<T: serde::de::DeserializeOwned>(path: Option<&Path>) -> Result<Option<T>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let wrong = |error: serde_json::Error| {
        Failure::of_command(&format!("`{}` is not as it should be: {error}", path.display()))
    };
    serde_json::from_slice(&read(path)?).map(Some).map_err(wrong)
}
