//! Where operations are done: by a running gateway, on tables over the network, or on the state of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use gatelet_aws::access::{CredentialTable, UsageTables};
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::{
    COUNTERS_TABLE, CREDENTIALS_TABLE, DEFINITIONS_TABLE, DefinitionTable, Scope, TableDefinition,
};
use gatelet_aws::environment::{Environment, parse_endpoint};
use gatelet_aws::process::SystemClock;
use gatelet_control::usage::{Answer, Failure as NotDone, Operation};
use gatelet_model::{AccountId, Region};
use http::{HeaderValue, Uri};
use serde::Deserialize;

use crate::command::running::{Asked, CONTROL, token};
use crate::command::table::{CREDENTIALS_ACTIONS, Reached, Wanted, environment, usual};
use crate::command::{ACCOUNT, Failure, REGION, parsed};
use crate::operations::UsagePlace;
use crate::store::{StateOption, Store};

/// How long a running gateway may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// The same for a file of keys, which may have ten thousand rows.
const IMPORT_PATIENCE: Duration = Duration::from_hours(2);
/// The largest answer that is read: a page of keys with all that they can hold.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Where a running gateway is where the command line does not say.
const CONTROL_VARIABLE: &str = "GATELET_CONTROL";
/// How else it could be done.
const OTHERWISE: &str = "start one with `gatelet dev`, say where it listens with `--control`, or work on what is stored with \
                         `--state DIR` or `--table NAME`";

/// Which place.
#[derive(Debug, Args)]
pub(super) struct PlaceArguments {
    /// Where the control plane of a running `gatelet dev` listens; GATELET_CONTROL says the same [default: http://127.0.0.1:8081]
    #[arg(long, global = true, value_name = "URL", conflicts_with_all = ["table", "dynamodb_endpoint", "state"])]
    control: Option<Uri>,

    /// The file with the token of that `gatelet dev`; GATELET_CONTROL_TOKEN says the same [default: .gatelet/control.token]
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["table", "dynamodb_endpoint", "state"])]
    control_token: Option<PathBuf>,

    /// Work on this state directory of a `gatelet dev` that is not running
    #[arg(long, global = true, value_name = "DIR", conflicts_with_all = ["table", "dynamodb_endpoint"])]
    state: Option<PathBuf>,

    /// Work on this DynamoDB table of credentials; GATELET_CREDENTIALS_TABLE says the same
    #[arg(long, global = true, value_name = "NAME")]
    table: Option<String>,

    /// The table of counters beside it; GATELET_COUNTERS_TABLE says the same [default: gatelet-counters]
    #[arg(long, global = true, value_name = "NAME")]
    counters_table: Option<String>,

    /// The table of definitions beside it; GATELET_DEFINITIONS_TABLE says the same [default: gatelet-definitions]
    #[arg(long, global = true, value_name = "NAME")]
    definitions_table: Option<String>,

    /// Another DynamoDB than AWS's own; AWS_ENDPOINT_URL_DYNAMODB says the same
    #[arg(long, global = true, value_name = "URL", value_parser = parse_endpoint)]
    dynamodb_endpoint: Option<Uri>,

    /// The region of the tables [default: AWS_REGION]
    #[arg(long, global = true, value_name = "NAME", value_parser = parsed(Region::parse))]
    region: Option<Region>,

    /// The account that APIs belong to [default: the table's own]
    #[arg(long, global = true, value_name = "ID", value_parser = parsed(AccountId::parse))]
    account: Option<AccountId>,

    /// Say it as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// Where operations are done.
pub(super) enum Place {
    /// By the gateway that listens there, with its token.
    Gateway(Uri, Option<HeaderValue>),
    /// Here.
    Here(Box<UsagePlace>),
}

/// What a command wants to do first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Something with what should be there.
    Existing,
    /// Something new; on one's own machine the place for it is made.
    New,
}

impl PlaceArguments {
    /// The place that is meant.
    pub(super) async fn open(&self, need: Need) -> Result<Place, Failure> {
        if let Some(control) = &self.control {
            return Ok(Place::Gateway(control.clone(), token(self.control_token.as_deref())?));
        }
        if let Some(state) = &self.state {
            return Ok(Place::Here(Box::new(self.directory(state, need).await?)));
        }
        let environment = environment()?;
        let control = control_of_environment()?;
        let named = self.table.as_ref().or(environment.access().credentials_table.as_ref());
        let is_table_meant = self.table.is_some() || self.dynamodb_endpoint.is_some();
        if is_table_meant || (control.is_none() && named.is_some()) {
            let name = named.map_or(CREDENTIALS_TABLE, String::as_str);
            return Ok(Place::Here(Box::new(self.tables(&environment, name).await?)));
        }
        let usual = || CONTROL.parse().map_err(|error: http::uri::InvalidUri| Failure::of_command(&error));
        Ok(Place::Gateway(control.map_or_else(usual, Ok)?, token(self.control_token.as_deref())?))
    }

    async fn tables(&self, environment: &Environment, name: &str) -> Result<UsagePlace, Failure> {
        let wanted = Wanted {
            table: TableDefinition::credentials(name),
            endpoint: self.dynamodb_endpoint.as_ref(),
            region: self.region.as_ref(),
            actions: CREDENTIALS_ACTIONS,
        };
        let Reached { client, account, region, clock, .. } = wanted.reach(environment).await?;
        let keys = environment.access().credential_keys.clone();
        let named = |given: &Option<String>, otherwise: Option<String>, usual: &str| {
            given.clone().or(otherwise).unwrap_or_else(|| usual.to_owned())
        };
        let counters = named(&self.counters_table, environment.counters().table.clone(), COUNTERS_TABLE);
        let definitions = environment.router().definitions_table.clone();
        let definitions = named(&self.definitions_table, definitions, DEFINITIONS_TABLE);
        let scope = Scope { account: self.account(account)?, region };
        let shared = Arc::new(clock);
        let tables = UsageTables::new(
            CredentialTable::new(client.clone(), name, keys, shared.clone()),
            CounterTable::new(client.clone(), &counters, shared.clone()),
        );
        Ok(UsagePlace::new(tables, DefinitionTable::new(client, &definitions, scope, shared), clock))
    }

    async fn directory(&self, path: &Path, need: Need) -> Result<UsagePlace, Failure> {
        if need == Need::Existing && !path.is_dir() {
            return Err(Failure::of_command(&format!(
                "there is no state in `{}`: name the state directory of a `gatelet dev`",
                path.display()
            )));
        }
        let state = StateOption::Directory(path.to_owned());
        let file = state.credential_key();
        let store = Store::open(state).await.map_err(|error| Failure::of_command(&error))?;
        // Its own key alone counts here; GATELET_CREDENTIALS_KEY is the router's, for tables.
        let keys = match (need, file) {
            (Need::New, Some(file)) => file.read_or_make().map(Some),
            (Need::Existing, Some(file)) => file.read(),
            (_, None) => Ok(None),
        };
        let keys = keys.map_err(|error| Failure::of_command(&error))?;
        let region = match self.region.clone() {
            Some(region) => region,
            None => usual(environment()?.region().unwrap_or(REGION), Region::parse)?,
        };
        let clock = SystemClock::new();
        let shared = Arc::new(clock);
        let scope = Scope { account: self.account(None)?, region: region.clone() };
        let opening = async {
            let definitions = store.definitions(scope, shared.clone()).await?;
            let credentials = store.credentials(region.clone(), keys, shared.clone()).await?;
            let counters = store.counters(region, shared).await?;
            Ok((definitions, UsageTables::new(credentials, counters)))
        };
        let opened: Result<_, gatelet_core::ports::PortError> = opening.await;
        let (definitions, tables) = opened.map_err(|error| Failure::of_command(&error))?;
        Ok(UsagePlace::new(tables, definitions.table().clone(), clock))
    }

    fn account(&self, of_table: Option<AccountId>) -> Result<AccountId, Failure> {
        match self.account.clone().or(of_table) {
            Some(account) => Ok(account),
            None => usual(ACCOUNT, AccountId::parse),
        }
    }
}

/// The gateway that the environment names.
fn control_of_environment() -> Result<Option<Uri>, Failure> {
    match std::env::var(CONTROL_VARIABLE) {
        Ok(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Failure::of_command(&format!("{CONTROL_VARIABLE} is no URL; write `{CONTROL}`"))),
        Err(_) => Ok(None),
    }
}

/// What the control door says of an operation that it took and that was not done.
#[derive(Deserialize)]
struct Refused {
    failure: NotDone,
}

impl Place {
    /// Does an operation.
    pub(super) async fn perform(&self, operation: Operation) -> Result<Answer, Failure> {
        let outcome = match self {
            Self::Here(place) => place.perform(operation).await,
            Self::Gateway(control, token) => ask(control, token.clone(), &operation).await?,
        };
        outcome.map_err(|failure| match failure {
            NotDone::NotFound(message)
            | NotDone::Conflict(message)
            | NotDone::LimitExceeded(message)
            | NotDone::Unavailable(message) => Failure::of_command(&message),
            NotDone::BadRequest(problems) => {
                // That it is an error is said in front of all of them.
                let lines = problems.iter().map(|line| line.strip_prefix("error: ").unwrap_or(line));
                Failure::of_command(&lines.collect::<Vec<_>>().join("\n"))
            }
        })
    }
}

async fn ask(
    control: &Uri,
    token: Option<HeaderValue>,
    operation: &Operation,
) -> Result<Result<Answer, NotDone>, Failure> {
    let patience = match operation {
        Operation::ImportKeys { .. } => IMPORT_PATIENCE,
        _ => PATIENCE,
    };
    let asked = Asked {
        control,
        path: "/_gatelet/operations",
        question: operation,
        token,
        patience,
        bytes_max: ANSWER_BYTES_MAX,
    };
    let reply = asked.answered(OTHERWISE).await?;
    if reply.status.is_success() {
        return serde_json::from_slice(&reply.body).map(Ok).map_err(|error| unexpected(&error));
    }
    match serde_json::from_slice(&reply.body) {
        Ok(Refused { failure }) => Ok(Err(failure)),
        Err(_) => Err(reply.refusal()),
    }
}

/// Something else was answered than was asked for.
pub(super) fn unexpected(why: &dyn std::fmt::Display) -> Failure {
    Failure::of_command(&format!("the gateway's answer is not understood: {why}; is it of this version?"))
}
