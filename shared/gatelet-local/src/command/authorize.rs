//! `gatelet authorize`.

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use gatelet_aws::backends::{AddressPolicy, BackendSettings, HttpBackends};
use gatelet_core::payload::Body;
use gatelet_core::ports::{BackendCall, Backends};
use gatelet_model::TlsConfig;
use http::Uri;

use super::{COMMAND_AT_FAULT, Failure, ended, failed};
use crate::doors::{Explanation, Question};
use crate::requests::printable;

/// The caller would be refused.
const REFUSED: u8 = 1;
/// Where a gateway's control plane listens where nothing else is said.
const CONTROL: &str = "http://127.0.0.1:8081";
/// How long a running gateway may take: as long as an authorizer may, and a little.
const PATIENCE: Duration = Duration::from_secs(35);
/// The largest explanation that is read.
const EXPLANATION_BYTES_MAX: usize = 1024 * 1024;
/// Longest line that is shown.
const LINE_CHARACTERS_MAX: usize = 1_000;

#[derive(Debug, Args)]
pub(super) struct Arguments {
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

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write its name and its value, as in `Accept: */*`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
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
    let of_command = |error: &dyn std::fmt::Display| Failure::of_command(error);
    let control = arguments.control.to_string();
    let uri = format!("{}/_gatelet/authorize", control.trim_end_matches('/'));
    let body = serde_json::to_vec(&question).map_err(|error| of_command(&error))?;
    let request = http::Request::post(uri)
        .header("content-type", "application/json")
        .body(Body::from(bytes::Bytes::from(body)))
        .map_err(|error| of_command(&error))?;
    let backends = HttpBackends::new(BackendSettings::new(AddressPolicy::local()));
    let backends = backends.map_err(|error| of_command(&error))?;
    let call = BackendCall { request, timeout: PATIENCE, tls: TlsConfig::default() };
    let response = backends.call(call).await.map_err(|error| {
        of_command(&format!(
            "no gateway answers at `{control}`: {error}; start one with `gatelet dev`, or say where it \
                             listens with `--control`"
        ))
    })?;
    let is_ok = response.status().is_success();
    let body = response.into_body().collect_up_to(EXPLANATION_BYTES_MAX).await;
    let body = body.map_err(|error| of_command(&error))?;
    if !is_ok {
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let why = answer.get("message").and_then(serde_json::Value::as_str).unwrap_or("it does not say why");
        return Err(of_command(&format!("the gateway at `{control}` refuses the question: {why}")));
    }
    let explanation: Explanation = serde_json::from_slice(&body).map_err(|error| of_command(&error))?;
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&explanation).map_err(|error| of_command(&error))? + "\n",
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
