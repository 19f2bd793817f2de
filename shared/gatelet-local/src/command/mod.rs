//! The command line: what was typed becomes what is meant, and what came of it an exit code.

mod access_keys;
mod check;
mod definitions;
mod deploy;
mod dev;
mod pack;
mod render;
mod running;
mod stages;
mod table;
mod usage_plans;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use gatelet_control::import::ApiKind;
use gatelet_model::{AccountId, Problem, Region};
use tracing_subscriber::EnvFilter;

use crate::definition::Decisions;
use crate::requests::printable;

/// Something is wrong with the definitions.
const DEFINITIONS_AT_FAULT: u8 = 1;
/// Something is wrong with the command or the machine; clap's own code for the former.
const COMMAND_AT_FAULT: u8 = 2;

/// How wide tables are where standard output is no terminal.
const WIDTH_ELSEWHERE: u16 = 120;
/// Longest line of an error that is shown.
const LINE_CHARACTERS_MAX: usize = 2_000;
/// The account that is served as where nothing else is said.
const ACCOUNT: &str = "123456789012";
/// The region that is served as where nothing else is said.
const REGION: &str = "us-east-1";

/// Amazon API Gateway's job, done on your own machine.
#[derive(Debug, Parser)]
#[command(
    name = "gatelet",
    version,
    max_term_width = 110,
    propagate_version = true,
    subcommand_required = true
)]
#[command(after_help = "Try it: gatelet dev examples/petstore")]
struct Command {
    #[command(subcommand)]
    action: Action,

    /// Tell on standard error what goes on inside; -vv tells more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Diagnostics by module, such as `gatelet_local=debug`
    #[arg(
        long,
        global = true,
        env = "GATELET_LOG",
        value_name = "FILTER",
        hide_env_values = true,
        hide = true
    )]
    diagnostics: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Serve definitions, and reload them as they are edited
    Dev(Box<dev::Arguments>),
    /// Show every problem of definitions
    Check(check::Arguments),
    /// Tell step by step whether a running gateway would let a request in
    Authorize(running::authorize::Arguments),
    /// Make one request, and tell what became of it at each step
    Invoke(Box<running::invoke::Arguments>),
    /// Render a mapping template with a message
    Render(render::Arguments),
    /// Write definitions into one file, which a function reads instead of a table
    Pack(pack::Arguments),
    /// Deploy definitions to a table in AWS
    Deploy(deploy::Arguments),
    /// List what a table's stages show, and showed before
    Deployments(stages::deployments::Arguments),
    /// Let a stage show an earlier deployment
    Rollback(stages::rollback::Arguments),
    /// Say which APIs answer at a custom domain
    Domain(stages::domain::Arguments),
    /// Issue access keys, and attach policies to users and roles that AWS knows
    AccessKeys(access_keys::Arguments),
    /// Make API keys, and put them into usage plans
    Keys(usage_plans::keys::Arguments),
    /// Make usage plans: which stages their keys open, and how often
    Plans(Box<usage_plans::plans::Arguments>),
    /// Show what the keys of a plan used, and what is left
    Usage(usage_plans::usage::Arguments),
}

/// How the files are read.
#[derive(Debug, Args)]
struct ReadingArguments {
    /// Take every OpenAPI definition for a REST API
    #[arg(long, conflicts_with = "http")]
    rest: bool,

    /// Take every OpenAPI definition for an HTTP API
    #[arg(long)]
    http: bool,

    /// The value of a template's parameter; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

/// What is decided beside the files.
#[derive(Debug, Args)]
struct DecisionArguments {
    #[command(flatten)]
    reading: ReadingArguments,

    /// The account to serve as
    #[arg(long, value_name = "ID", default_value = ACCOUNT, value_parser = parsed(AccountId::parse))]
    account: AccountId,

    /// The region to serve as
    #[arg(long, env = "AWS_REGION", value_name = "NAME", default_value = REGION, value_parser = parsed(Region::parse))]
    region: Region,
}

impl DecisionArguments {
    fn decisions(&self) -> Decisions {
        self.reading.decisions(self.account.clone(), self.region.clone())
    }
}

impl ReadingArguments {
    fn decisions(&self, account: AccountId, region: Region) -> Decisions {
        let kind = match (self.rest, self.http) {
            (true, _) => Some(ApiKind::Rest),
            (false, true) => Some(ApiKind::Http),
            (false, false) => None,
        };
        let parameters = self.parameters.iter().cloned().collect();
        Decisions { kind, account, region, parameters }
    }
}

/// A name and a value.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("write its name and its value, as in `Stage=dev`")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A constructor of the vocabulary as a parser of arguments.
fn parsed<T>(
    parse: impl Fn(&str) -> Result<T, Problem> + Clone,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        parse(text).map_err(|problem| match problem.help {
            Some(help) => format!("{}; {help}", problem.message),
            None => problem.message,
        })
    }
}

/// Runs the command that this process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let command = Command::parse();
    start_diagnostics(command.verbose, command.diagnostics.as_deref());
    match command.action {
        Action::Dev(arguments) => dev::run(&arguments),
        Action::Check(arguments) => check::run(&arguments),
        Action::Authorize(arguments) => running::authorize::run(&arguments),
        Action::Invoke(arguments) => running::invoke::run(&arguments),
        Action::Render(arguments) => render::run(&arguments),
        Action::Pack(arguments) => ended(pack::run(&arguments)),
        Action::Deploy(arguments) => waited(deploy::run(&arguments)),
        Action::Deployments(arguments) => waited(stages::deployments::run(&arguments)),
        Action::Rollback(arguments) => waited(stages::rollback::run(&arguments)),
        Action::Domain(arguments) => waited(stages::domain::run(&arguments)),
        Action::AccessKeys(arguments) => waited(access_keys::run(&arguments)),
        Action::Keys(arguments) => waited(usage_plans::keys::run(&arguments)),
        Action::Plans(arguments) => waited(usage_plans::plans::run(&arguments)),
        Action::Usage(arguments) => waited(usage_plans::usage::run(&arguments)),
    }
}

/// Why a command came to nothing.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The command, the machine or the world is at fault.
    fn of_command(error: &dyn std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: COMMAND_AT_FAULT }
    }
}

/// Says what a command came to: its text on standard output, or why there is none.
fn ended(outcome: Result<String, Failure>) -> ExitCode {
    match outcome {
        Ok(text) => {
            // A reader that has read enough is no error.
            let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => failed(&failure.message, failure.code),
    }
}

/// The same for a command that waits for the network.
fn waited(outcome: impl Future<Output = Result<String, Failure>>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => ended(runtime.block_on(outcome)),
        Err(error) => failed(&error, COMMAND_AT_FAULT),
    }
}

/// How wide tables are.
fn width() -> u16 {
    terminal_size::terminal_size().map_or(WIDTH_ELSEWHERE, |(width, _)| width.0)
}

/// Diagnostics are for us and for the curious; what users need to know is said without them.
fn start_diagnostics(verbose: u8, filter: Option<&str>) {
    let level = match verbose {
        0 => "error",
        1 => "gatelet_local=debug,gatelet_aws=debug,warn",
        _ => "gatelet_local=trace,gatelet_aws=trace,debug",
    };
    let filter = EnvFilter::try_new(filter.unwrap_or(level)).unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
}

/// Says on standard error why the command failed.
fn failed(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    use std::io::Write;
    let style = anstyle::AnsiColor::Red.on_default().bold();
    // A message may repeat what a file holds.
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(|line| printable(line, LINE_CHARACTERS_MAX)).collect();
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {}", lines.join("\n"));
    ExitCode::from(code)
}

/// Whether standard output shows colours: it is a terminal, and neither `NO_COLOR` nor `TERM` says otherwise.
fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Command::command().debug_assert();
    }
}
