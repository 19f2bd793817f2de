//! The tables in AWS that commands work on.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use gatelet_aws::access::{CredentialTable, UsageTables};
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::{
    Client, ClientSettings, DefinitionTable, Scope, SharedHttpClient, TableDefinition, TableError, client,
    existing, over_the_network,
};
use gatelet_aws::environment::{Environment, parse_endpoint};
use gatelet_aws::process::SystemClock;
use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;
use gatelet_model::{AccountId, ApiId, Problem, Region};
use http::Uri;

use super::{ACCOUNT, Failure, REGION, parsed};
use crate::operations::UsagePlace;

/// AWS's name of the service, as its endpoint variables have it.
const SERVICE: &str = "DynamoDB";
/// How long one step may take: a deployment, a list, a move.
const PATIENCE: Duration = Duration::from_secs(30);
/// What commands do with a table of credentials where API keys and usage plans are, in DynamoDB's words.
pub(super) const CREDENTIALS_ACTIONS: &str =
    "DescribeTable, GetItem, BatchGetItem, Query, PutItem, UpdateItem, DeleteItem and ConditionCheckItem";
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

/// A table over the network, and what is known of where it is.
pub(super) struct Reached {
    pub(super) client: Client,
    /// The account of the table, where its ARN says so.
    pub(super) account: Option<AccountId>,
    pub(super) region: Region,
    /// The table and where it is, for people.
    pub(super) shown: String,
    pub(super) clock: SystemClock,
}

/// Where a table is looked for.
pub(super) struct Wanted<'a> {
    pub(super) table: TableDefinition,
    /// Another DynamoDB than the environment says.
    pub(super) endpoint: Option<&'a Uri>,
    /// Another region than the environment says.
    pub(super) region: Option<&'a Region>,
    /// What commands do with it, in DynamoDB's words.
    pub(super) actions: &'static str,
}

/// The environment of this process.
pub(super) fn environment() -> Result<Environment, Failure> {
    Environment::of_process().map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::of_command(&lines.join("\n"))
    })
}

/// The DynamoDB that the environment names in place of AWS's own.
pub(super) fn endpoint(environment: &Environment) -> Option<&Uri> {
    environment.endpoint(SERVICE)
}

/// When a step that begins now must have ended.
pub(super) fn deadline(clock: &SystemClock) -> Timestamp {
    clock.now().after(PATIENCE)
}

impl Wanted<'_> {
    /// Looks at the table.
    pub(super) async fn reach(self, environment: &Environment) -> Result<Reached, Failure> {
        let endpoint = self.endpoint.or_else(|| endpoint(environment));
        let region = self.region(environment, endpoint.is_some())?;
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
        let shown = format!("the table `{}` {place}", self.table.name);
        progress(&format!("looking at {shown}"));
        let clock = SystemClock::new();
        let found = existing(&client, &self.table, &clock, deadline(&clock)).await;
        let account = found.map_err(|error| Failure::of_command(&explained(&error, &place, self.actions)))?;
        Ok(Reached { client, account, region, shown, clock })
    }

    fn region(&self, environment: &Environment, is_elsewhere: bool) -> Result<Region, Failure> {
        match (self.region, environment.region()) {
            (Some(region), _) => Ok(region.clone()),
            (None, Some(region)) => usual(region, Region::parse),
            (None, None) if is_elsewhere => usual(REGION, Region::parse),
            (None, None) => {
                Err(Failure::of_command(&"no region is given: say `--region NAME`, or set AWS_REGION"))
            }
        }
    }
}

/// A value that the command line did not give.
pub(super) fn usual<T>(text: &str, parse: impl Fn(&str) -> Result<T, Problem> + Clone) -> Result<T, Failure> {
    parsed(parse)(text).map_err(|error| Failure::of_command(&error))
}

impl TableArguments {
    /// Looks at the table.
    pub(super) async fn open(&self) -> Result<Table, Failure> {
        let wanted = Wanted {
            table: TableDefinition::definitions(&self.table),
            endpoint: self.dynamodb_endpoint.as_ref(),
            region: self.region.as_ref(),
            actions: "DescribeTable, GetItem, Query, PutItem, UpdateItem and DeleteItem",
        };
        let Reached { client, account, region, shown, clock } = wanted.reach(&environment()?).await?;
        let account = match self.account.clone().or(account) {
            Some(account) => account,
            None => usual(ACCOUNT, AccountId::parse)?,
        };
        let scope = Scope { account, region };
        let definitions = DefinitionTable::new(client, &self.table, scope, std::sync::Arc::new(clock));
        Ok(Table { definitions, shown, clock })
    }
}

impl TableArguments {
    /// The table of credentials beside it, for the keys and plans of definitions.
    pub(super) async fn usage(
        &self,
        credentials_table: &str,
        definitions: DefinitionTable,
    ) -> Result<UsagePlace, Failure> {
        let environment = environment()?;
        let wanted = Wanted {
            table: TableDefinition::credentials(credentials_table),
            endpoint: self.dynamodb_endpoint.as_ref(),
            region: self.region.as_ref(),
            actions: CREDENTIALS_ACTIONS,
        };
        let Reached { client, clock, .. } = wanted.reach(&environment).await?;
        let keys = environment.access().credential_keys.clone();
        let credentials = CredentialTable::new(client, credentials_table, keys, std::sync::Arc::new(clock));
        // Nothing is counted here.
        let tables = UsageTables::new(credentials, CounterTable::default());
        Ok(UsagePlace::new(tables, definitions, clock))
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
        deadline(&self.clock)
    }
}

/// Why a table cannot be used, and what to do.
fn explained(error: &TableError, place: &str, actions: &str) -> String {
    match error {
        TableError::Missing(_) => format!(
            "{error} {place}; `sam deploy` with Gatelet's template.yaml creates it and tells its name, `--table` takes it"
        ),
        TableError::Credentials(_) => format!("{error}; for others {EXPORT}"),
        TableError::Denied(_) => format!("{error}; commands need dynamodb:{actions} on it"),
        TableError::NotReady { .. } | TableError::Foreign { .. } | TableError::Port(_) => error.to_string(),
    }
}

/// Says what is waited for, to whoever looks on.
pub(super) fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        let style = anstyle::Style::new().dimmed();
        let _ = writeln!(anstream::stderr(), "{style}{text} ...{style:#}");
    }
}
