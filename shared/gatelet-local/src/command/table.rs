//! The table in AWS that commands work on.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use gatelet_aws::clock::SystemClock;
use gatelet_aws::dynamodb::{
    ClientSettings, DefinitionTable, Scope, SharedHttpClient, TableError, client, existing, over_the_network,
};
use gatelet_aws::environment::{Environment, parse_endpoint};
use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;
use gatelet_model::{AccountId, ApiId, Region};
use http::Uri;

use super::{ACCOUNT, Failure, REGION, parsed};

/// AWS's name of the service, as its endpoint variables have it.
const SERVICE: &str = "DynamoDB";
/// How long one step may take: a deployment, a list, a move.
const PATIENCE: Duration = Duration::from_secs(30);
/// How credentials come into the environment.
const EXPORT: &str = "run `eval \"$(aws configure export-credentials --format env)\"`";

/// Which table.
#[derive(Debug, Args)]
pub(super) struct TableArguments {
    /// The DynamoDB table of definitions; Gatelet's template.yaml creates it
    #[arg(long, env = "GATELET_DEFINITIONS_TABLE", value_name = "NAME")]
    table: String,

    /// Another DynamoDB than AWS's own; AWS_ENDPOINT_URL_DYNAMODB says the same
    #[arg(long, value_name = "URL", value_parser = parse_endpoint)]
    dynamodb_endpoint: Option<Uri>,

    /// The region of the table and of APIs in it [default: AWS_REGION]
    #[arg(long, value_name = "NAME", value_parser = parsed(Region::parse))]
    region: Option<Region>,

    /// The account that APIs belong to [default: the table's own]
    #[arg(long, value_name = "ID", value_parser = parsed(AccountId::parse))]
    account: Option<AccountId>,
}

/// A table that is there and can be used.
pub(super) struct Table {
    /// The table, for the account and region that were meant.
    pub(super) definitions: DefinitionTable,
    /// Its name and where it is, for people.
    pub(super) shown: String,
    clock: SystemClock,
}

impl TableArguments {
    /// Looks at the table.
    pub(super) async fn open(&self) -> Result<Table, Failure> {
        let environment = Environment::of_process().map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failure::of_command(&lines.join("\n"))
        })?;
        let endpoint = self.dynamodb_endpoint.clone().or_else(|| environment.endpoint(SERVICE).cloned());
        let region = self.region(&environment, endpoint.is_some())?;
        let credentials = environment.credentials().cloned();
        if endpoint.is_none() && credentials.is_none() {
            return Err(Failure::of_command(&format!(
                "there are no AWS credentials in the environment: {EXPORT}"
            )));
        }
        let (place, endpoint_url) = match &endpoint {
            Some(endpoint) => (format!("at {endpoint}"), Some(endpoint.to_string())),
            None => (format!("in {region}"), None),
        };
        let https = over_the_network().map_err(|error| Failure::of_command(&error))?;
        let client = client(ClientSettings {
            region: region.clone(),
            credentials,
            endpoint_url,
            http_client: SharedHttpClient::new(https),
        });
        progress(&format!("looking at the table `{}` {place}", self.table));
        let clock = SystemClock::new();
        let found = existing(&client, &self.table, &clock, clock.now().after(PATIENCE)).await;
        let of_table = found.map_err(|error| Failure::of_command(&explained(&error, &place)))?;
        let account = match self.account.clone().or(of_table) {
            Some(account) => account,
            None => parsed(AccountId::parse)(ACCOUNT).map_err(|error| Failure::of_command(&error))?,
        };
        let scope = Scope { account, region };
        let definitions = DefinitionTable::new(client, &self.table, scope, std::sync::Arc::new(clock));
        Ok(Table { definitions, shown: format!("the table `{}` {place}", self.table), clock })
    }

    fn region(&self, environment: &Environment, is_elsewhere: bool) -> Result<Region, Failure> {
        let parse = |text: &str| parsed(Region::parse)(text).map_err(|error| Failure::of_command(&error));
        match (&self.region, environment.region()) {
            (Some(region), _) => Ok(region.clone()),
            (None, Some(region)) => parse(region),
            (None, None) if is_elsewhere => parse(REGION),
            (None, None) => {
                Err(Failure::of_command(&"no region is given: say `--region NAME`, or set AWS_REGION"))
            }
        }
    }
}

impl Table {
    /// The same table for the account and region that an API belongs to.
    pub(super) async fn of_api(&self, api_id: &ApiId) -> Result<DefinitionTable, Failure> {
        let home = self.definitions.read_home(api_id, self.deadline()).await;
        match home.map_err(|error| Failure::of_command(&error))? {
            Some(home) => Ok(self.definitions.of(home)),
            None => Err(Failure::of_command(&format!(
                "there is no API `{api_id}` in {}; `gatelet deployments` lists what is deployed",
                self.shown
            ))),
        }
    }

    /// When a step that begins now must have ended.
    pub(super) fn deadline(&self) -> Timestamp {
        self.clock.now().after(PATIENCE)
    }
}

/// Why a table cannot be used, and what to do.
fn explained(error: &TableError, place: &str) -> String {
    match error {
        TableError::Missing(_) => format!(
            "{error} {place}; `sam deploy` with Gatelet's template.yaml creates it and tells its name, `--table` takes it"
        ),
        TableError::Credentials(_) => format!("{error}; for others {EXPORT}"),
        TableError::Denied(_) => format!(
            "{error}; commands need dynamodb:DescribeTable, GetItem, Query, PutItem, UpdateItem and DeleteItem on it"
        ),
        TableError::NotReady { .. } | TableError::Foreign(_) | TableError::Port(_) => error.to_string(),
    }
}

/// Says what is waited for, to whoever looks on.
pub(super) fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        let style = anstyle::Style::new().dimmed();
        let _ = writeln!(anstream::stderr(), "{style}{text} ...{style:#}");
    }
}
