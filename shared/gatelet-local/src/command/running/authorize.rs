//! `gatelet authorize`.

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http::Uri;

use super::ask::{Asked, CONTROL};
use crate::command::{COMMAND_AT_FAULT, Failure, ended, failed};
use crate::doors::{Explanation, Question};
use crate::requests::printable;

/// The caller would be refused.
const REFUSED: u8 = 1;
/// How long a running gateway may take: as long as an authorizer may, and a little.
const PATIENCE: Duration = Duration::from_secs(35);
/// The largest explanation that is read.
const EXPLANATION_BYTES_MAX: usize = 1024 * 1024;
/// Longest line that is shown.
const LINE_CHARACTERS_MAX: usize = 1_000;

#[derive(Debug, Args)]
pub(in crate::command) struct Arguments {
    /// The API: its id or its name
    #[arg(value_name = "API")]
    api: String,

    /// The method, such as GET
    #[arg(value_name = "METHOD")]
    method: String,

    /// Path and query as a client writes them, with the stage: `/dev/pets?limit=3`
    #[arg(value_name = "PATH")]
    path: String,

    /// A header; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// The body, which a signature covers
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    data: String,

    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,

    /// Where the gateway's control plane listens
    #[arg(long, env = "GATELET_CONTROL", value_name = "URL", default_value = CONTROL)]
    control: Uri,

    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write its name and its value, as in `Accept: */*`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(in crate::command) fn run(arguments: &Arguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error, COMMAND_AT_FAULT),
    };
    match runtime.block_on(ask(arguments)) {
        Err(failure) => failed(&failure.message, failure.code),
        Ok((explanation, text)) => match ended(Ok(text)) {
            ExitCode::SUCCESS if !explanation.allowed => ExitCode::from(REFUSED),
            code => code,
        },
    }
}

async fn ask(arguments: &Arguments) -> Result<(Explanation, String), Failure> {
    let question = Question {
        api: arguments.api.clone(),
        method: arguments.method.to_ascii_uppercase(),
        path: arguments.path.clone(),
        headers: arguments.headers.clone(),
        body: arguments.data.clone(),
        from: arguments.from,
    };
    let asked = Asked {
        control: &arguments.control,
        path: "/_gatelet/authorize",
        question: &question,
        token: None,
        patience: PATIENCE,
        bytes_max: EXPLANATION_BYTES_MAX,
    };
    let otherwise = "start one with `gatelet dev`, or say where it listens with `--control`";
    let reply = asked.answered(otherwise).await?;
    if !reply.status.is_success() {
        return Err(reply.refusal());
    }
    let explanation: Explanation =
        serde_json::from_slice(&reply.body).map_err(|error| Failure::of_command(&error))?;
    let text = match arguments.json {
        true => {
            serde_json::to_string_pretty(&explanation).map_err(|error| Failure::of_command(&error))? + "\n"
        }
        false => shown(&explanation),
    };
    Ok((explanation, text))
}

fn shown(explanation: &Explanation) -> String {
    let mut text = String::new();
    let line = |text: &str| printable(text, LINE_CHARACTERS_MAX).into_owned();
    if let Some(route) = &explanation.route {
        text.push_str(&format!("route `{}`\n", line(route)));
    }
    for (number, step) in (1..).zip(&explanation.steps) {
        text.push_str(&format!("{number:>3}. {}\n", line(step)));
    }
    match (explanation.status, &explanation.body) {
        (Some(status), body) => {
            let body = body.as_deref().unwrap_or_default();
            text.push_str(&format!("refused: {status} {}\n", line(body)));
        }
        (None, _) => text.push_str("allowed\n"),
    }
    if let Some(cause) = &explanation.cause {
        text.push_str(&format!("because {}\n", line(cause)));
    }
    text
}
