//! `gatelet invoke`.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use gatelet_aws::environment::parse_endpoint;
use gatelet_model::limits::TIMEOUT_MILLISECONDS_MAX;
use http::Uri;

use super::ask::{Asked, CONTROL, token};
use super::authorize::header;
use crate::command::{
    COMMAND_AT_FAULT, DEFINITIONS_AT_FAULT, DecisionArguments, Failure, ended, failed, width,
};
use crate::definition::reason;
use crate::dev::{self, FunctionMapping, LinkMapping, Look, Options, Said, StateChoice};
use crate::doors::{Invocation, Invoked, Question};
use crate::requests::{Console, printable};
use crate::store::StateOption;

/// How long a running gateway may take: as long as the longest integration, and a little.
const PATIENCE: Duration = Duration::from_millis(TIMEOUT_MILLISECONDS_MAX as u64 + 10_000);
/// The largest report that is read: the largest answer in base64, and the log.
const REPORT_BYTES_MAX: usize = 96 << 20;
/// The largest body that is sent: AWS's own limit is 10 MB.
const BODY_BYTES_MAX: u64 = 10 << 20;
/// From which status on the server is at fault.
const SERVER_AT_FAULT: u16 = 500;
/// Longest line of the log that is shown.
const LINE_CHARACTERS_MAX: usize = 4_000;

#[derive(Debug, Args)]
#[command(after_help = "\
The path is what a client writes, with the stage: `gatelet invoke template.yaml GET '/dev/pets?limit=3'`; with --stage it is the one below it.
A definition is served as long as the request takes, with its functions and the programs in its dev.toml.")]
pub(in crate::command) struct Arguments {
    /// A definition file or directory, or an API of a running `gatelet dev`: its id or its name
    #[arg(value_name = "API")]
    api: String,

    /// The method, such as GET
    #[arg(value_name = "METHOD")]
    method: String,

    /// Path and query as a client writes them
    #[arg(value_name = "PATH")]
    path: String,

    /// A header; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// The body's file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    body: Option<PathBuf>,

    /// The body
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    data: String,

    /// The stage; the path is the one below it
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,

    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,

    /// Tell what became of it at each step, as AWS's execution log does
    #[arg(long)]
    trace: bool,

    /// Say it as JSON, the body in base64
    #[arg(long)]
    json: bool,

    /// Which of a definition's APIs, by its id or its name
    #[arg(long = "api", value_name = "NAME")]
    named: Option<String>,

    #[command(flatten)]
    decisions: DecisionArguments,

    /// The code of a function that no template gives, by its name or ARN; may be given several times
    #[arg(long = "function", value_name = "NAME=DIR[:HANDLER]", value_parser = FunctionMapping::parse)]
    functions: Vec<FunctionMapping>,

    /// Call a definition's functions here instead of running them
    #[arg(long, value_name = "URL", conflicts_with = "functions", value_parser = parse_endpoint)]
    lambda_endpoint: Option<Uri>,

    /// Where a VPC link leads, by its id or the ARN at its end, or an id alone for the hosts in its URIs; may be given several times
    #[arg(long = "vpc-link", value_name = "ID[=HOST[:PORT]]", value_parser = LinkMapping::parse)]
    vpc_links: Vec<LinkMapping>,

    /// Where the control plane of the running gateway listens
    #[arg(long, env = "GATELET_CONTROL", value_name = "URL", default_value = CONTROL)]
    control: Uri,

    /// The file with the token of that gateway; GATELET_CONTROL_TOKEN says the same [default: .gatelet/control.token]
    #[arg(long, value_name = "FILE")]
    control_token: Option<PathBuf>,
}

pub(in crate::command) fn run(arguments: &Arguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error, COMMAND_AT_FAULT),
    };
    let outcome = runtime.block_on(async {
        let invocation = arguments.invocation()?;
        match Path::new(&arguments.api).exists() {
            true => arguments.serve(invocation).await,
            false => arguments.ask(&invocation).await,
        }
    });
    let shown = outcome.and_then(|invoked| Ok((arguments.shown(&invoked)?, invoked.broken_off)));
    match shown {
        Ok((text, None)) => ended(Ok(text)),
        Ok((text, Some(why))) => {
            let _ = ended(Ok(text));
            failed(&format!("the answer's body is not there: {why}"), COMMAND_AT_FAULT)
        }
        Err(failure) => failed(&failure.message, failure.code),
    }
}

impl Arguments {
    fn invocation(&self) -> Result<Invocation, Failure> {
        let body = match &self.body {
            Some(path) => read(path)?,
            None => self.data.clone().into_bytes(),
        };
        let question = Question {
            api: self.api.clone(),
            method: self.method.to_ascii_uppercase(),
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: String::new(),
            from: self.from,
        };
        Ok(Invocation { question, stage: self.stage.clone(), body: STANDARD.encode(body), trace: self.trace })
    }

    /// Serves a definition as long as the request takes.
    async fn serve(&self, mut invocation: Invocation) -> Result<Invoked, Failure> {
        invocation.question.api = self.named.clone().unwrap_or_default();
        let somewhere = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
        let options = Options {
            given: vec![PathBuf::from(&self.api)],
            decisions: self.decisions.decisions(),
            stage: None,
            state: StateChoice::Embedded(StateOption::Memory),
            lambda_endpoint: self.lambda_endpoint.clone(),
            functions: self.functions.clone(),
            issuers: Vec::new(),
            vpc_links: self.vpc_links.clone(),
            listen: somewhere,
            control_listen: somewhere,
            https: None,
            allowed_hosts: Vec::new(),
            look: Look { colour: false, width: width() },
        };
        let (messages, said) = (Said::default(), Said::default());
        let (console, writer) = Console::start_aside(Box::new(messages.clone()), Box::new(said.clone()))
            .map_err(|error| Failure::of_command(&error))?;
        let invoked = dev::invoke(&options, &invocation, &console).await;
        console.flush();
        // Its thread ends with whoever holds the console last.
        drop(writer);
        // Only what helps to understand a failure is worth reading.
        let told = match &invoked {
            Ok(Ok((invoked, problems))) if invoked.status >= SERVER_AT_FAULT => {
                format!("{problems}{}", said.text())
            }
            Ok(_) => String::new(),
            Err(_) => messages.text() + &said.text(),
        };
        let _ = std::io::stderr().write_all(told.as_bytes());
        match invoked {
            Ok(invoked) => invoked.map(|(invoked, _)| invoked).map_err(|why| Failure::of_command(&why)),
            Err(error) => {
                let code = if error.is_about_definitions() { DEFINITIONS_AT_FAULT } else { COMMAND_AT_FAULT };
                Err(Failure { message: error.to_string(), code })
            }
        }
    }

    /// The options that are of no use to a gateway that runs already.
    fn for_definitions_alone(&self) -> Vec<&'static str> {
        let decisions = &self.decisions.reading;
        let given = [
            ("--api", self.named.is_some()),
            ("--function", !self.functions.is_empty()),
            ("--lambda-endpoint", self.lambda_endpoint.is_some()),
            ("--vpc-link", !self.vpc_links.is_empty()),
            ("--parameter", !decisions.parameters.is_empty()),
            ("--rest", decisions.rest),
            ("--http", decisions.http),
        ];
        given.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
    }

    /// Asks a running gateway.
    async fn ask(&self, invocation: &Invocation) -> Result<Invoked, Failure> {
        let useless = self.for_definitions_alone();
        if !useless.is_empty() {
            return Err(Failure::of_command(&format!(
                "`{api}` is no file here, so that a running gateway would be asked, for which {options} cannot decide anything: name a \
                 definition, or leave that out",
                api = self.api,
                options = useless.join(", ")
            )));
        }
        let asked = Asked {
            control: &self.control,
            path: "/_gatelet/invoke",
            question: invocation,
            token: token(self.control_token.as_deref())?,
            patience: PATIENCE,
            bytes_max: REPORT_BYTES_MAX,
        };
        let otherwise =
            "start one with `gatelet dev`, say where it listens with `--control`, or name a definition file";
        let reply = asked.answered(otherwise).await?;
        if !reply.status.is_success() {
            return Err(reply.refusal());
        }
        serde_json::from_slice(&reply.body).map_err(|error| Failure::of_command(&error))
    }

    fn shown(&self, invoked: &Invoked) -> Result<String, Failure> {
        if self.json {
            let text = serde_json::to_string_pretty(invoked);
            return text.map(|text| text + "\n").map_err(|error| Failure::of_command(&error));
        }
        let mut text = String::new();
        let line = |text: &str| printable(text, LINE_CHARACTERS_MAX).into_owned();
        for step in &invoked.access {
            text.push_str(&format!("access: {}\n", line(step)));
        }
        for entry in &invoked.log {
            text.push_str(&format!("{}\n", line(entry)));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("HTTP {}, {} ms", invoked.status, invoked.latency_milliseconds));
        if let Some(milliseconds) = invoked.integration_latency_milliseconds {
            text.push_str(&format!(" ({milliseconds} ms in the integration)"));
        }
        if let Some(route) = &invoked.route {
            text.push_str(&format!(", route `{}`", line(route)));
        }
        text.push('\n');
        if let Some(cause) = &invoked.cause {
            text.push_str(&format!("because {}\n", line(cause)));
        }
        if let Some(help) = &invoked.help {
            text.push_str(&format!("help: {}\n", line(help)));
        }
        for (name, value) in &invoked.headers {
            text.push_str(&format!("{}: {}\n", line(name), line(value)));
        }
        text.push('\n');
        let body = STANDARD.decode(&invoked.body).map_err(|error| Failure::of_command(&error))?;
        match String::from_utf8(body) {
            Ok(body) => {
                text.push_str(&body);
                if !body.is_empty() && !body.ends_with('\n') {
                    text.push('\n');
                }
            }
            Err(error) => {
                let bytes = error.as_bytes().len();
                text.push_str(&format!("[{bytes} bytes that are no text; `--json` has them]\n"));
            }
        }
        Ok(text)
    }
}

/// A body from a file, or from standard input.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().lock().take(BODY_BYTES_MAX + 1).read_to_end(&mut body),
        false => {
            std::fs::File::open(path).and_then(|file| file.take(BODY_BYTES_MAX + 1).read_to_end(&mut body))
        }
    };
    let shown = path.display();
    read.map_err(|error| Failure::of_command(&format!("`{shown}` cannot be read: {}", reason(&error))))?;
    match body.len() as u64 > BODY_BYTES_MAX {
        true => Err(Failure::of_command(&format!("`{shown}` is larger than {BODY_BYTES_MAX} bytes"))),
        false => Ok(body),
    }
}
