//! Routers as processes of their own, on one DynamoDB and under load with one key: what they let through together, counted by the
//! function behind them.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatelet_aws::access::{CredentialKeys, CredentialTable, UsageTables};
use gatelet_aws::definitions::{PACK_FILE, PackedApi, pack};
use gatelet_aws::dynamodb::{
    COUNTERS_TABLE, CREDENTIALS_TABLE, TableDefinition, counters::CounterTable, create_missing,
};
use gatelet_aws::process::SystemClock;
use gatelet_control::document::Source;
use gatelet_control::import::{self, ImportOptions};
use gatelet_control::usage::{NewApiKey, NewPlan, Operations, StageFound, Stages};
use gatelet_core::Timestamp;
use gatelet_core::ports::{Clock, PortError};
use gatelet_local::store::Store;
use gatelet_model::rest::RestStage;
use gatelet_model::{
    AccountId, Api, ApiId, PlanStage, Quota, QuotaPeriod, Region, Stage, StageName, Throttle,
};
use gatelet_tests::backend::Backend;
use gatelet_tests::command::router;
use gatelet_tests::doors;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::runtime_api::{self, Load, Together};

/// How long a load may take before the test fails; no passing test waits so long.
const PATIENCE: Duration = Duration::from_secs(240);
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
const DEFINITION: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /pets:
    get:
      security: [{key: []}]
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:pets/invocations"
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: x-api-key}
"#;

/// A DynamoDB with one key in one plan, and a folder with the definitions that routers read.
struct Installation {
    folder: TempDir,
    address: SocketAddr,
    server: JoinHandle<()>,
    credentials_key: String,
    api_id: ApiId,
    event: String,
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A router with its Runtime API. It is killed when this is dropped.
struct Process {
    child: Child,
    load: Arc<Load>,
    _lambda: Backend,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every stage there is.
struct Anything;

impl Stages for Anything {
    async fn find(&self, _: &ApiId, _: &StageName, _: Timestamp) -> Result<StageFound, PortError> {
        Ok(StageFound::Stage)
    }
}

fn api() -> Api {
    let (account, region) = (AccountId::parse(ACCOUNT).unwrap(), Region::parse(REGION).unwrap());
    let options = ImportOptions::for_file("api.yaml", account, region);
    import::openapi(&Source::new("api.yaml", DEFINITION), &options).api.unwrap()
}

impl Installation {
    async fn new(throttle: Option<Throttle>, quota: Option<Quota>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = dynoxide::Database::memory().unwrap();
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        let folder = tempfile::tempdir().unwrap();
        let api = api();
        let stage_name = StageName::parse("dev").unwrap();
        let packed = PackedApi {
            account: AccountId::parse(ACCOUNT).unwrap(),
            region: Region::parse(REGION).unwrap(),
            api: api.clone(),
            stages: vec![Stage::Rest(RestStage::new(stage_name.clone()))],
            description: None,
        };
        std::fs::write(folder.path().join(PACK_FILE), pack(&[packed], &[]).unwrap()).unwrap();

        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let deadline = clock.now().after(Duration::from_secs(60));
        let client = Store::endpoint(format!("http://{address}"), None)
            .unwrap()
            .client(Region::parse(REGION).unwrap());
        for table in
            [TableDefinition::credentials(CREDENTIALS_TABLE), TableDefinition::counters(COUNTERS_TABLE)]
        {
            create_missing(&client, &table, &*clock, deadline).await.unwrap();
        }
        let key = CredentialKeys::generate().unwrap();
        let credentials =
            CredentialTable::new(client.clone(), CREDENTIALS_TABLE, Some(key.keys), Arc::clone(&clock));
        let counters = CounterTable::new(client, COUNTERS_TABLE, Arc::clone(&clock));
        let store = UsageTables::new(credentials, counters);
        let operations = Operations { store: &store, now: clock.now(), deadline };
        let mut chance = chance();
        let plan = NewPlan {
            name: "gold".to_owned(),
            stages: vec![PlanStage {
                api_id: api.id().clone(),
                stage: stage_name,
                method_throttles: Default::default(),
            }],
            throttle,
            quota,
            ..NewPlan::default()
        };
        let plan = operations.create_plan(&plan, &Anything, &mut chance).await.unwrap();
        let api_key = NewApiKey { name: "one".to_owned(), enabled: true, ..NewApiKey::default() };
        let api_key = operations.create_key(&api_key, &mut chance).await.unwrap();
        operations.add_key_to_plan(plan.plan.id.as_str(), api_key.stored.key.id.as_str()).await.unwrap();
        let request = http::Request::builder()
            .uri("/dev/pets")
            .header("host", doors::FUNCTION_URL_HOST)
            .header("x-api-key", api_key.value.unwrap().expose())
            .body(Bytes::new())
            .unwrap();
        let event = doors::function_url(&request, Ipv4Addr::new(203, 0, 113, 7).into()).to_string();
        let api_id = api.id().clone();
        Self { folder, address, server, credentials_key: key.text, api_id, event }
    }

    async fn router(&self, load: Arc<Load>) -> Process {
        let lambda = runtime_api::start(Arc::clone(&load)).await;
        let mut command = Command::new(router());
        command
            .env_clear()
            .env("LAMBDA_TASK_ROOT", self.folder.path())
            .env("AWS_LAMBDA_RUNTIME_API", lambda.address().to_string())
            .env("AWS_ENDPOINT_URL_LAMBDA", format!("http://{}", lambda.address()))
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", self.address))
            .env("AWS_LAMBDA_FUNCTION_NAME", "router")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "anybody")
            .env("AWS_SECRET_ACCESS_KEY", "anything")
            .env("GATELET_API", self.api_id.as_str())
            .env("GATELET_REQUEST_LOG", "none")
            .env("GATELET_CREDENTIALS_TABLE", CREDENTIALS_TABLE)
            .env("GATELET_CREDENTIALS_KEY", &self.credentials_key)
            .env("GATELET_COUNTERS_TABLE", COUNTERS_TABLE)
            .stdin(Stdio::null());
        Process { child: command.spawn().unwrap(), load, _lambda: lambda }
    }
}

/// Other bytes at each call.
fn chance() -> impl FnMut() -> [u8; 72] + Send {
    let mut calls = 0_u8;
    move || {
        calls += 1;
        std::array::from_fn(|position| (position as u8).wrapping_mul(31).wrapping_add(calls.wrapping_mul(17)))
    }
}

async fn until(together: &Together, what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        loop {
            let changed = together.changed.notified();
            if is_so() {
                return;
            }
            changed.await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} does not come"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_routers_under_load_let_no_more_through_than_one_bucket_holds() {
    const RATE: f64 = 40.0;
    const BURST: u32 = 60;
    let installation = Installation::new(Some(Throttle::new(RATE, BURST).unwrap()), None).await;
    let together = Arc::new(Together::default());
    let start = Instant::now();
    let mut routers = Vec::new();
    for _ in 0..4 {
        routers.push(installation.router(Load::of(&installation.event, 250, &together)).await);
    }
    until(&together, "the end of the load", || routers.iter().all(|router| router.load.has_ended())).await;
    // From an idle bucket on, nobody holds tokens of before: burst and rate are all there is.
    let most = f64::from(BURST) + RATE * start.elapsed().as_secs_f64();
    let invoked = together.invoked.load(Ordering::SeqCst);
    assert_eq!(together.other.load(Ordering::SeqCst), 0);
    assert!(invoked as f64 <= most, "{invoked} passed, and {most} may");
    assert!(invoked >= BURST as usize, "{invoked} passed, and {BURST} may at once");
}

const LIMIT: u32 = 1_000;

fn quota() -> Option<Quota> {
    // A month, lest midnight come between.
    Some(Quota { limit: LIMIT, offset: 0, period: QuotaPeriod::Month })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_routers_let_exactly_a_quota_through() {
    let installation = Installation::new(None, quota()).await;
    let together = Arc::new(Together::default());
    let mut routers = Vec::new();
    for _ in 0..8 {
        routers.push(installation.router(Load::until_refused(&installation.event, &together)).await);
    }
    until(&together, "the end of the quota", || routers.iter().all(|router| router.load.has_ended())).await;
    assert_eq!(together.other.load(Ordering::SeqCst), 0);
    assert_eq!(together.invoked.load(Ordering::SeqCst), LIMIT as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routers_that_are_killed_and_started_again_let_no_more_through() {
    let installation = Installation::new(None, quota()).await;
    let together = Arc::new(Together::default());
    let mut routers = Vec::new();
    for _ in 0..4 {
        routers.push(installation.router(Load::until_refused(&installation.event, &together)).await);
    }
    for killed in 1..=4 {
        let invoked = || together.invoked.load(Ordering::SeqCst);
        until(&together, "some of the quota", || invoked() >= 150 * killed).await;
        // Dropped, it is killed outright; what it held of the quota is lost.
        drop(routers.remove(0));
        routers.push(installation.router(Load::until_refused(&installation.event, &together)).await);
    }
    until(&together, "the end of the quota", || routers.iter().all(|router| router.load.has_ended())).await;
    assert_eq!(together.other.load(Ordering::SeqCst), 0);
    let invoked = together.invoked.load(Ordering::SeqCst);
    assert!(invoked <= LIMIT as usize, "{invoked}");
    // Nobody holds more than a sixty-fourth of what is left, and the token of the request under way.
    let held = LIMIT as usize / 64 + 1;
    assert!(invoked >= LIMIT as usize - 4 * held, "{invoked}");
}
