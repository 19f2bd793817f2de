//! What is read from DynamoDB, through one client, which is made for its first call.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use gatelet_aws::access::{CredentialKeys, CredentialTable, DecisionTable};
use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::{self, Client, ClientTarget, DefinitionTable, Scope, SharedHttpClient};
use gatelet_aws::environment::Environment;
use gatelet_aws::https::Https;
use gatelet_aws::process::SystemClock;
use gatelet_core::ports::{
    AccessKey, ApiKeyEntry, Counters, Credentials, Decisions, Definitions, Key, PortError, QuotaTake,
    QuotaTaken, Timestamp, TokenTake, TokensTaken, UnusedQuota, UsageReport,
};
use gatelet_core::snapshot::Published;
use gatelet_model::{AccountId, ApiId, DomainName, PartId, UsagePlan};

/// What a table is read as: reads reach every account's definitions, and the router writes none.
const NO_ACCOUNT: &str = "000000000000";

/// The SDK's calls are deeply nested: boxed here, they do not make every request's future as large as they are.
type Calling<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// The client of all tables.
pub(super) struct LazyClient {
    target: ClientTarget,
    made: OnceLock<Result<(Client, Https), String>>,
}

impl LazyClient {
    /// For `table`, which is the first that asks.
    ///
    /// # Errors
    /// Why no call could be made.
    pub(super) fn new(environment: &Environment, table: &str) -> Result<Self, String> {
        Ok(Self { target: ClientTarget::of(environment, table)?, made: OnceLock::new() })
    }

    fn client(&self, what: &'static str) -> Result<Client, PortError> {
        let made = self.made.get_or_init(|| {
            let https = dynamodb::over_the_network().map_err(|error| error.to_string())?;
            Ok((self.target.client(SharedHttpClient::new(https.clone())), https))
        });
        match made {
            Ok((client, _)) => Ok(client.clone()),
            Err(why) => Err(PortError::Unavailable { what, why: why.clone() }),
        }
    }

    pub(super) fn forget_connections(&self) {
        if let Some(Ok((_, https))) = self.made.get() {
            https.forget_connections();
        }
    }
}

/// The table of definitions.
pub struct LazyTable {
    client: Arc<LazyClient>,
    name: String,
    scope: Scope,
    made: OnceLock<Result<DynamoDefinitions, PortError>>,
}

impl LazyTable {
    pub(super) fn new(client: Arc<LazyClient>, name: &str) -> Result<Self, String> {
        let account = AccountId::parse(NO_ACCOUNT).map_err(|problem| problem.message)?;
        let scope = Scope { account, region: client.target.region().clone() };
        Ok(Self { client, name: name.to_owned(), scope, made: OnceLock::new() })
    }

    fn definitions(&self) -> Result<&DynamoDefinitions, PortError> {
        let made = self.made.get_or_init(|| {
            let client = self.client.client("the definitions table")?;
            let clock = Arc::new(SystemClock::new());
            Ok(DynamoDefinitions::new(DefinitionTable::new(client, &self.name, self.scope.clone(), clock)))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

impl Definitions for LazyTable {
    async fn published(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Option<Arc<Published>>, PortError> {
        let reading: Calling<'_, _> = Box::pin(self.definitions()?.published(api_id, deadline));
        reading.await
    }

    async fn domain(&self, name: &str, deadline: Timestamp) -> Result<Option<Arc<DomainName>>, PortError> {
        let reading: Calling<'_, _> = Box::pin(self.definitions()?.domain(name, deadline));
        reading.await
    }
}

/// The table of credentials, or none.
#[derive(Default)]
pub struct LazyCredentials(Option<CredentialSettings>);

struct CredentialSettings {
    client: Arc<LazyClient>,
    name: String,
    keys: CredentialKeys,
    made: OnceLock<Result<CredentialTable, PortError>>,
}

impl LazyCredentials {
    pub(super) fn new(client: Arc<LazyClient>, name: &str, keys: CredentialKeys) -> Self {
        Self(Some(CredentialSettings { client, name: name.to_owned(), keys, made: OnceLock::new() }))
    }
}

impl CredentialSettings {
    fn table(&self) -> Result<&CredentialTable, PortError> {
        let made = self.made.get_or_init(|| {
            let client = self.client.client("the credentials table")?;
            let clock = Arc::new(SystemClock::new());
            Ok(CredentialTable::new(client, &self.name, Some(self.keys.clone()), clock))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

impl Credentials for LazyCredentials {
    async fn access_key(&self, id: &str, deadline: Timestamp) -> Result<Option<AccessKey>, PortError> {
        let Some(settings) = &self.0 else { return Ok(None) };
        let reading: Calling<'_, _> = Box::pin(settings.table()?.access_key(id, deadline));
        reading.await
    }

    async fn attached_policies(
        &self,
        principal_arn: &str,
        deadline: Timestamp,
    ) -> Result<Vec<Box<str>>, PortError> {
        let Some(settings) = &self.0 else { return Ok(Vec::new()) };
        let reading: Calling<'_, _> = Box::pin(settings.table()?.attached_policies(principal_arn, deadline));
        reading.await
    }

    async fn api_key(&self, value: &str, deadline: Timestamp) -> Result<Option<ApiKeyEntry>, PortError> {
        let Some(settings) = &self.0 else { return Ok(None) };
        let reading: Calling<'_, _> = Box::pin(settings.table()?.api_key(value, deadline));
        reading.await
    }

    async fn usage_plan(&self, id: &PartId, deadline: Timestamp) -> Result<Option<UsagePlan>, PortError> {
        let Some(settings) = &self.0 else { return Ok(None) };
        let reading: Calling<'_, _> = Box::pin(settings.table()?.usage_plan(id, deadline));
        reading.await
    }
}

/// The table of decisions, or none.
#[derive(Default)]
pub struct LazyDecisions(Option<DecisionSettings>);

struct DecisionSettings {
    client: Arc<LazyClient>,
    name: String,
    made: OnceLock<Result<DecisionTable, PortError>>,
}

impl LazyDecisions {
    pub(super) fn new(client: Arc<LazyClient>, name: &str) -> Self {
        Self(Some(DecisionSettings { client, name: name.to_owned(), made: OnceLock::new() }))
    }
}

impl DecisionSettings {
    fn table(&self) -> Result<&DecisionTable, PortError> {
        let made = self.made.get_or_init(|| {
            let client = self.client.client("the decisions table")?;
            Ok(DecisionTable::new(client, &self.name, Arc::new(SystemClock::new())))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

impl Decisions for LazyDecisions {
    fn are_shared(&self) -> bool {
        self.0.is_some()
    }

    async fn get(&self, key: &Key, deadline: Timestamp) -> Result<Option<(Bytes, Timestamp)>, PortError> {
        let Some(settings) = &self.0 else { return Ok(None) };
        let reading: Calling<'_, _> = Box::pin(settings.table()?.get(key, deadline));
        reading.await
    }

    async fn put(
        &self,
        key: &Key,
        answer: Bytes,
        expires: Timestamp,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let Some(settings) = &self.0 else { return Ok(()) };
        let writing: Calling<'_, _> = Box::pin(settings.table()?.put(key, answer, expires, deadline));
        writing.await
    }
}

/// The table of counters; without one, what [`CounterTable`] does without.
pub struct LazyCounters {
    table: Option<(Arc<LazyClient>, String)>,
    made: OnceLock<Result<CounterTable, PortError>>,
}

impl LazyCounters {
    pub(super) const fn new(table: Option<(Arc<LazyClient>, String)>) -> Self {
        Self { table, made: OnceLock::new() }
    }

    fn table(&self) -> Result<&CounterTable, PortError> {
        let made = self.made.get_or_init(|| match &self.table {
            None => Ok(CounterTable::default()),
            Some((client, name)) => {
                let client = client.client("the counters table")?;
                Ok(CounterTable::new(client, name, Arc::new(SystemClock::new())))
            }
        });
        made.as_ref().map_err(Clone::clone)
    }
}

impl Counters for LazyCounters {
    fn are_shared(&self) -> bool {
        self.table.is_some()
    }

    async fn take_tokens(
        &self,
        bucket: &str,
        shard: u32,
        take: TokenTake,
        deadline: Timestamp,
    ) -> Result<TokensTaken, PortError> {
        let taking: Calling<'_, _> = Box::pin(self.table()?.take_tokens(bucket, shard, take, deadline));
        taking.await
    }

    async fn take_quota(&self, take: QuotaTake<'_>, deadline: Timestamp) -> Result<QuotaTaken, PortError> {
        let taking: Calling<'_, _> = Box::pin(self.table()?.take_quota(take, deadline));
        taking.await
    }

    async fn return_quota(&self, unused: UnusedQuota<'_>, deadline: Timestamp) -> Result<(), PortError> {
        let writing: Calling<'_, _> = Box::pin(self.table()?.return_quota(unused, deadline));
        writing.await
    }

    async fn report_usage(&self, report: UsageReport<'_>, deadline: Timestamp) -> Result<(), PortError> {
        let writing: Calling<'_, _> = Box::pin(self.table()?.report_usage(report, deadline));
        writing.await
    }
}
