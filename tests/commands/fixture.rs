//! A DynamoDB with a table of definitions, and the command that works on it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::definitions::DynamoDefinitions;
use gatelet_aws::dynamodb::{Client, DEFINITIONS_TABLE, Scope};
use gatelet_aws::process::SystemClock;
use gatelet_core::Timestamp;
use gatelet_core::ports::Clock;
use gatelet_local::store::Store;
use gatelet_model::{AccountId, ApiId, Region};
use gatelet_tests::command::command;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

/// A DynamoDB on a free port, and a directory for files. Both go when this is dropped.
pub(crate) struct Setup {
    pub(crate) directory: TempDir,
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) complained: String,
}

impl Setup {
    /// With a table of definitions that holds nothing.
    pub(crate) async fn new() -> Self {
        let setup = Self::without_table().await;
        setup.definitions().await;
        setup
    }

    pub(crate) async fn without_table() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = dynoxide::Database::memory().unwrap();
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Self { directory: tempfile::tempdir().unwrap(), address, server }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn store(&self) -> Store {
        Store::endpoint(format!("http://{}", self.address), None).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        self.store().client(Region::parse(REGION).unwrap())
    }

    /// What a router reads. Makes the table where it is missing.
    pub(crate) async fn definitions(&self) -> DynamoDefinitions {
        let (account, region) = (AccountId::parse(ACCOUNT).unwrap(), Region::parse(REGION).unwrap());
        self.store().definitions(Scope { account, region }, Arc::new(SystemClock::new())).await.unwrap()
    }

    /// Runs a command on files alone.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        run_in(self.directory.path(), arguments, &[]).await
    }

    /// Runs a command on the table.
    pub(crate) async fn on_table(&self, arguments: &[&str]) -> Ended {
        let endpoint = format!("http://{}", self.address);
        let place = ["--table", DEFINITIONS_TABLE, "--account", ACCOUNT, "--region", REGION];
        let arguments = [arguments, &place].concat();
        run_in(self.directory.path(), &arguments, &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)]).await
    }

    /// The same, and what it says as JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.on_table(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        serde_json::from_str(&ended.said).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Runs a command to its end.
pub(crate) async fn run_in(directory: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = command(directory);
    command.args(arguments).envs(variables.iter().copied());
    let mut command = tokio::process::Command::from(command);
    let Output { status, stdout, stderr } =
        tokio::time::timeout(Duration::from_secs(60), command.kill_on_drop(true).output())
            .await
            .expect("it ends")
            .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), said: text(stdout), complained: text(stderr) }
}

pub(crate) fn soon() -> Timestamp {
    SystemClock::new().now().after(Duration::from_secs(60))
}

/// The id in what a command said as JSON.
pub(crate) fn api_id(value: &Value) -> ApiId {
    ApiId::parse(value.as_str().unwrap()).unwrap()
}

/// A REST API with one mock by path.
pub(crate) fn mocks(paths: &[&str]) -> String {
    let mut text = "openapi: 3.0.1\ninfo: { title: Mocks, version: '1' }\npaths:\n".to_owned();
    for path in paths {
        text += &format!(
            "  {path}:\n    get:\n      responses: {{}}\n      x-amazon-apigateway-integration:\n        \
             type: mock\n        requestTemplates: {{ application/json: '{{\"statusCode\": 200}}' }}\n        \
             responses: {{ default: {{ statusCode: '200' }} }}\n"
        );
    }
    text
}
