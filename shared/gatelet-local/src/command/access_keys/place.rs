//! Where access keys are kept: in a table over the network, or in the state of this machine.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use gatelet_aws::access::CredentialTable;
use gatelet_aws::dynamodb::{CREDENTIALS_TABLE, TableDefinition};
use gatelet_aws::environment::{Environment, parse_endpoint};
use gatelet_aws::process::SystemClock;
use gatelet_control::access_keys::AccessKeyId;
use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;
use gatelet_model::{AccountId, Region};
use http::Uri;

use crate::command::table::{Reached, Wanted, deadline, endpoint, environment, usual};
use crate::command::{ACCOUNT, Failure, REGION, parsed};
use crate::store::{DEFAULT_DIRECTORY, StateOption, Store};

/// Which store.
#[derive(Debug, Args)]
pub(super) struct PlaceArguments {
    /// The DynamoDB table of credentials; GATELET_CREDENTIALS_TABLE says the same
    #[arg(long, global = true, value_name = "NAME")]
    table: Option<String>,

    /// Another DynamoDB than AWS's own; AWS_ENDPOINT_URL_DYNAMODB says the same
    #[arg(long, global = true, value_name = "URL", value_parser = parse_endpoint)]
    dynamodb_endpoint: Option<Uri>,

    /// The state directory of `gatelet dev`, which must not be running [default where no table is named: .gatelet]
    #[arg(long, global = true, value_name = "DIR", conflicts_with_all = ["table", "dynamodb_endpoint"])]
    state: Option<PathBuf>,

    /// The region of the table [default: AWS_REGION]
    #[arg(long, global = true, value_name = "NAME", value_parser = parsed(Region::parse))]
    region: Option<Region>,

    /// The account that users belong to [default: the table's own]
    #[arg(long, global = true, value_name = "ID", value_parser = parsed(AccountId::parse))]
    account: Option<AccountId>,

    /// Say it as JSON
    #[arg(long, global = true)]
    json: bool,
}

/// A store that is there and can be used.
pub(super) struct Place {
    pub(super) credentials: CredentialTable,
    pub(super) account: AccountId,
    pub(super) region: Region,
    /// Whether scripts listen.
    pub(super) json: bool,
    /// Where it is, for people.
    pub(super) shown: String,
    clock: SystemClock,
}

/// What a command wants of the store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Something that should be there.
    Existing,
    /// A place for something new.
    New,
    /// The same for secrets.
    NewSecret,
    /// Secrets that should be there.
    ExistingSecrets,
}

enum Choice {
    Table(String),
    Directory(PathBuf),
}

impl PlaceArguments {
    /// A store to look into.
    pub(super) async fn open(&self) -> Result<Place, Failure> {
        self.opened(Need::Existing).await
    }

    /// A store to put something into; on one's own machine it is made where it is missing.
    pub(super) async fn open_or_make(&self) -> Result<Place, Failure> {
        self.opened(Need::New).await
    }

    /// The same for secrets, with a key to encrypt them.
    pub(super) async fn open_for_secrets(&self) -> Result<Place, Failure> {
        self.opened(Need::NewSecret).await
    }

    /// A store with secrets to look into, with the keys that they are encrypted with.
    pub(super) async fn open_secrets(&self) -> Result<Place, Failure> {
        self.opened(Need::ExistingSecrets).await
    }

    async fn opened(&self, need: Need) -> Result<Place, Failure> {
        let environment = environment()?;
        match self.choice(&environment) {
            Choice::Table(name) => self.table(&environment, &name, need).await,
            Choice::Directory(path) => self.directory(&environment, path, need).await,
        }
    }

    /// What `gatelet dev` would choose where nothing is said: a DynamoDB that the environment names, else the usual directory.
    fn choice(&self, environment: &Environment) -> Choice {
        if let Some(path) = &self.state {
            return Choice::Directory(path.clone());
        }
        let table = self.table.clone().or_else(|| environment.access().credentials_table.clone());
        let is_elsewhere = self.dynamodb_endpoint.is_some() || endpoint(environment).is_some();
        match table {
            Some(table) => Choice::Table(table),
            None if is_elsewhere => Choice::Table(CREDENTIALS_TABLE.to_owned()),
            None => Choice::Directory(DEFAULT_DIRECTORY.into()),
        }
    }

    async fn table(&self, environment: &Environment, name: &str, need: Need) -> Result<Place, Failure> {
        let keys = environment.access().credential_keys.clone();
        if matches!(need, Need::NewSecret | Need::ExistingSecrets) && keys.is_none() {
            return Err(Failure::of_command(
                &"there is no key to encrypt secrets with: set GATELET_CREDENTIALS_KEY to the router's",
            ));
        }
        let wanted = Wanted {
            table: TableDefinition::credentials(name),
            endpoint: self.dynamodb_endpoint.as_ref(),
            region: self.region.as_ref(),
            actions: "DescribeTable, GetItem, Scan, PutItem, UpdateItem and DeleteItem",
        };
        let Reached { client, account, region, shown, clock } = wanted.reach(environment).await?;
        let credentials = CredentialTable::new(client, name, keys, Arc::new(clock));
        self.place(credentials, account, region, shown, clock)
    }

    async fn directory(
        &self,
        environment: &Environment,
        path: PathBuf,
        need: Need,
    ) -> Result<Place, Failure> {
        let of_command = |error: &dyn std::fmt::Display| Failure::of_command(error);
        let shown = format!("`{}`", path.display());
        if matches!(need, Need::Existing | Need::ExistingSecrets) && !path.is_dir() {
            return Err(of_command(&format!(
                "there is no state in {shown}: name the table with `--table`, or the state directory with `--state`"
            )));
        }
        let state = StateOption::Directory(path);
        let file = state.credential_key();
        let store = Store::open(state).await.map_err(|error| of_command(&error))?;
        // Its own key alone counts here; GATELET_CREDENTIALS_KEY is the router's, for tables.
        let keys = match (need, file) {
            (Need::NewSecret, Some(file)) => file.read_or_make().map(Some),
            (Need::ExistingSecrets, Some(file)) => file.read(),
            _ => Ok(None),
        };
        let keys = keys.map_err(|error| of_command(&error))?;
        if need == Need::ExistingSecrets && keys.is_none() {
            return Err(of_command(&format!("there is no `credentials.key` in {shown}, and so no secret")));
        }
        let region = match self.region.clone() {
            Some(region) => region,
            None => usual(environment.region().unwrap_or(REGION), Region::parse)?,
        };
        let clock = SystemClock::new();
        let credentials = store.credentials(region.clone(), keys, Arc::new(clock)).await;
        let credentials = credentials.map_err(|error| of_command(&error))?;
        self.place(credentials, None, region, shown, clock)
    }

    fn place(
        &self,
        credentials: CredentialTable,
        account: Option<AccountId>,
        region: Region,
        shown: String,
        clock: SystemClock,
    ) -> Result<Place, Failure> {
        let account = match self.account.clone().or(account) {
            Some(account) => account,
            None => usual(ACCOUNT, AccountId::parse)?,
        };
        Ok(Place { credentials, account, region, json: self.json, shown, clock })
    }
}

impl Place {
    /// The time of day.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// When a step that begins now must have ended.
    pub(super) fn deadline(&self) -> Timestamp {
        deadline(&self.clock)
    }

    /// There is no such access key.
    pub(super) fn unknown(&self, id: &AccessKeyId) -> Failure {
        Failure::of_command(&format!("there is no access key `{id}` in {}", self.shown))
    }
}
