//! A function in a world in memory, with an HTTP API before one backend.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatelet_aws::environment::{Environment, RouterSettings};
use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ImportOptions};
use gatelet_core::Timestamp;
use gatelet_core::payload::Response;
use gatelet_core::pipeline::Front;
use gatelet_core::ports::BackendError;
use gatelet_core::record::SealedRecord;
use gatelet_model::rest::RestStage;
use gatelet_model::{AccountId, Api, Deployment, Region, Stage, StageName, StagePointer};
use gatelet_tests::doors::{Answer, PEER, Records, SharedWorld, function_url, invoke, load_balancer};
use gatelet_world::{MemoryBackends, MemoryWorld, SeenCall};
use http::Request;
use router::{Reply, Router};
use serde_json::Value;

/// 20 November 2026, 16:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);
pub(crate) const ACCOUNT: &str = "123456789012";
/// The variables of a function that takes a Function URL's answers as they come.
pub(crate) const STREAMING: (&str, &str) = ("GATELET_RESPONSE_STREAMING", "true");

const DEFINITION: &str = r#"
openapi: 3.0.1
info: { title: Doors, version: "1" }
paths:
  /{proxy+}:
    x-amazon-apigateway-any-method:
      parameters:
        - { name: proxy, in: path, required: true, schema: { type: string } }
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://backend/{proxy}
        requestParameters:
          integration.request.path.proxy: method.request.path.proxy
"#;

/// A function, what it is in, and what it recorded.
pub(crate) struct Function {
    pub(crate) router: Router<SharedWorld>,
    pub(crate) shared: SharedWorld,
    pub(crate) records: Records,
}

impl Function {
    /// A function with these variables, before a backend that answers so.
    pub(crate) fn new(
        variables: &[(&str, &str)],
        backend: impl Fn(&SeenCall) -> Result<Response, BackendError> + Send + Sync + 'static,
    ) -> Self {
        let shared = SharedWorld::new(MemoryWorld::at(NOW, MemoryBackends::answering(backend)));
        let api = imported("doors.yaml", DEFINITION);
        let front = Front {
            every_host: true,
            only_api: Some(api.id().clone()),
            path_forms: true,
            ..Front::default()
        };
        let id = identity::deployment_id(&api).unwrap();
        let stage = Stage::Rest(RestStage::new(StageName::parse("dev").unwrap()));
        let pointer =
            StagePointer { stage, deployment_id: id.clone(), previous_deployment_id: None, version: 1 };
        let account = AccountId::parse(ACCOUNT).unwrap();
        shared.world.definitions.publish(&Deployment { id, description: None, api }, &pointer, &account);
        let records = Records::default();
        let router = Router::serving(shared.clone(), front, settings(variables), Arc::new(records.clone()));
        Self { router, shared, records }
    }

    /// Its reply to an event.
    pub(crate) async fn reply(&self, event: &Value) -> Reply {
        invoke(&self.router, event, NOW).await.unwrap()
    }

    /// Its answer to an event, read to the end.
    pub(crate) async fn ask(&self, event: &Value) -> Answer {
        Answer::of(self.reply(event).await).await
    }

    /// The record of its only request.
    pub(crate) fn record(&self) -> Arc<SealedRecord> {
        self.records.only()
    }

    /// What its backends were sent.
    pub(crate) fn seen(&self) -> Vec<SeenCall> {
        self.shared.world.backends.seen()
    }
}

/// The settings that variables give.
pub(crate) fn settings(variables: &[(&str, &str)]) -> RouterSettings {
    environment(variables).router().clone()
}

pub(crate) fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::parse(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .unwrap()
}

pub(crate) fn imported(name: &str, text: &str) -> Api {
    let account = AccountId::parse(ACCOUNT).unwrap();
    let options = ImportOptions::for_file(name, account, Region::parse("us-east-1").unwrap());
    let imported = import::openapi(&Source::new(name, text), &options);
    imported.api.unwrap_or_else(|| panic!("{:?}", imported.problems))
}

/// A request to the function; `headers` are lines.
pub(crate) fn request(method: &str, target: &str, headers: &str) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(target).header("host", "api.example.com");
    for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(Bytes::new()).unwrap()
}

/// `GET` as a Function URL sends it.
pub(crate) fn at_url(target: &str) -> Value {
    function_url(&request("GET", target, ""), PEER)
}

/// `GET` as a load balancer sends it.
pub(crate) fn at_balancer(target: &str) -> Value {
    load_balancer(&request("GET", target, ""), PEER)
}

/// A backend's answer with a body.
pub(crate) fn answer(body: impl Into<gatelet_core::payload::Body>) -> Result<Response, BackendError> {
    Ok(Response::new(body.into()))
}

/// Waits for what must come soon.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it comes soon")
}

pub(crate) const fn peer() -> IpAddr {
    PEER
}
