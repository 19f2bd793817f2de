//! `gatelet dev`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use gatelet_aws::access::{KeySetUrl, parse_key_set_url};
use gatelet_aws::environment::parse_endpoint;
use gatelet_model::StageName;
use http::Uri;

use super::{COMMAND_AT_FAULT, DEFINITIONS_AT_FAULT, DecisionArguments, colour, failed, parsed, width};
use crate::dev::{self, DevError, FunctionMapping, HttpsOptions, LinkMapping, Look, Options, StateChoice};
use crate::requests::{Console, LogFormat};
use crate::store::StateOption;

/// What requests that were cut off may still take to be recorded.
const END_PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(after_help = "\
Each API answers at the URL that is shown, and at http://{api-id}.execute-api.localhost:8080/{stage}/.
The only API that is given answers at http://127.0.0.1:8080/{stage}/ too; the stage `$default` has no prefix.

The functions of SAM and CloudFormation templates are run here, and started anew when their code is edited.

A directory may hold a `dev.toml`, which names its definitions, stage variables and backends to start:
  definitions = [\"openapi.yaml\"]
  [backends.pets]                      # ${stageVariables.pets} is its address
  command = [\"python3\", \"backend.py\"]  # listens on 127.0.0.1 at the port in $PORT
  [vpc_links]
  abc123 = \"127.0.0.1:3000\"           # where the VPC link leads")]
pub(super) struct Arguments {
    /// Definition files, or directories with a template.*, openapi.* or swagger.*;
    /// without any, what earlier runs have deployed is served
    #[arg(value_name = "FILE|DIR")]
    given: Vec<PathBuf>,

    /// The stage to deploy to [default: dev, for an HTTP API $default]
    #[arg(long, value_name = "NAME", value_parser = parsed(StageName::parse))]
    stage: Option<StageName>,

    #[command(flatten)]
    decisions: DecisionArguments,

    /// Where requests are answered; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,

    /// Where the control plane answers; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081", value_parser = address)]
    control_listen: SocketAddr,

    /// Where requests are answered over HTTPS, too; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    https_listen: Option<SocketAddr>,

    /// The server's certificate with its chain (PEM) [default: one that is made, which nobody trusts]
    #[arg(long, value_name = "FILE", requires = "https_listen", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,

    /// Mutual TLS: ask clients for certificates, and trust these authorities (PEM)
    #[arg(long, value_name = "FILE", requires = "https_listen")]
    tls_truststore: Option<PathBuf>,

    /// What those authorities have revoked (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_truststore")]
    tls_revocation_list: Option<PathBuf>,

    /// Answer for this host too, beside loopback and the APIs' own names
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,

    /// Where definitions are kept: a directory, or `memory` [default: .gatelet]
    #[arg(long, value_name = "DIR|memory", value_parser = |text: &str| Ok::<_, String>(StateOption::parse(text)))]
    state: Option<StateOption>,

    /// Keep definitions in this DynamoDB instead of the embedded one
    #[arg(long, value_name = "URL", conflicts_with = "state")]
    dynamodb_endpoint: Option<String>,

    /// The code of a function that no template gives, by its name or ARN; may be given several times
    #[arg(long = "function", value_name = "NAME=DIR[:HANDLER]", value_parser = FunctionMapping::parse)]
    functions: Vec<FunctionMapping>,

    /// Call functions here instead of running them, such as https://lambda.us-east-1.amazonaws.com
    #[arg(long, value_name = "URL", conflicts_with = "functions", value_parser = parse_endpoint)]
    lambda_endpoint: Option<Uri>,

    /// Where the key set of an issuer of tokens is, if not where it says itself; may be given several times
    #[arg(long = "issuer", value_name = "ISSUER=KEYSET_URL", value_parser = parse_key_set_url)]
    issuers: Vec<KeySetUrl>,

    /// Where a VPC link leads, by its id or the ARN at its end, or an id alone for the hosts in its URIs; may be given several times
    #[arg(long = "vpc-link", value_name = "ID[=HOST[:PORT]]", value_parser = LinkMapping::parse)]
    vpc_links: Vec<LinkMapping>,

    /// How requests are logged
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log: LogFormat,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let colour = colour();
    let (console, writer) = match Console::start(arguments.log, colour) {
        Ok(started) => started,
        Err(error) => return failed(&error, COMMAND_AT_FAULT),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error, COMMAND_AT_FAULT),
    };
    let outcome = runtime.block_on(dev::run(arguments.options(colour), &console));
    // Whatever still runs is dropped, which seals every open record; then the last lines are written.
    runtime.shutdown_timeout(END_PATIENCE);
    drop(console);
    writer.finish();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, exit_code(&error)),
    }
}

/// An address and a port; a port alone is on this machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    let text = text.replace("localhost:", "127.0.0.1:");
    text.parse()
        .map_err(|_| "write an address and a port, such as 127.0.0.1:8080, or a port alone".to_owned())
}

const fn exit_code(error: &DevError) -> u8 {
    if error.is_about_definitions() { DEFINITIONS_AT_FAULT } else { COMMAND_AT_FAULT }
}

impl Arguments {
    fn options(&self, colour: bool) -> Options {
        let state = match (&self.state, &self.dynamodb_endpoint) {
            (_, Some(url)) => StateChoice::Endpoint(url.clone()),
            (Some(state), None) => StateChoice::Embedded(state.clone()),
            (None, None) => StateChoice::Usual,
        };
        Options {
            given: self.given.clone(),
            decisions: self.decisions.decisions(),
            stage: self.stage.clone(),
            state,
            lambda_endpoint: self.lambda_endpoint.clone(),
            functions: self.functions.clone(),
            issuers: self.issuers.clone(),
            vpc_links: self.vpc_links.clone(),
            listen: self.listen,
            control_listen: self.control_listen,
            https: self.https_listen.map(|listen| HttpsOptions {
                listen,
                certificate: self.tls_certificate.clone().zip(self.tls_key.clone()),
                truststore: self.tls_truststore.clone(),
                revocation_list: self.tls_revocation_list.clone(),
            }),
            allowed_hosts: self.allow_host.clone(),
            look: Look { colour, width: width() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        for (text, meant) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("8080", "127.0.0.1:8080"),
            (":0", "127.0.0.1:0"),
            ("localhost:1", "127.0.0.1:1"),
            ("[::]:80", "[::]:80"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()), Ok(meant.to_owned()));
        }
        for text in ["", "a:1", "127.0.0.1", "65536", "::1"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
