//! A gateway in this process: the real server, the real store in memory, and two APIs before a backend.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::access::{HttpIdentityProviders, ProviderSettings};
use gatelet_aws::backends::{AddressPolicy, BackendSettings, HttpBackends};
use gatelet_aws::dynamodb::Scope;
use gatelet_aws::environment::Environment;
use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_aws::process::SystemClock;
use gatelet_aws::services::{AwsServices, ServiceSettings};
use gatelet_control::deploy::deploy;
use gatelet_control::document::Source;
use gatelet_control::import::{self, ImportOptions};
use gatelet_core::pipeline::Front;
use gatelet_core::ports::Clock;
use gatelet_core::record::SealedRecord;
use gatelet_local::doors::{Callers, Gateway, LocalWorld};
use gatelet_local::server::limits::Patience;
use gatelet_local::server::tls::Tls;
use gatelet_local::server::{Server, Sink};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::rest::RestStage;
use gatelet_model::v2::V2Stage;
use gatelet_model::{AccountId, Api, ApiId, Region, Stage, StageName};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::soon;

/// The names of the definitions; ids follow from them.
const REST: &str = "rest.yaml";
const HTTP: &str = "http.yaml";

/// The only API where the gateway has one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    Rest,
    Http,
    None,
}

/// A running gateway. Its backend is also where functions are called.
pub(crate) struct Local {
    pub(crate) address: SocketAddr,
    pub(crate) records: Records,
    pub(crate) rest: ApiId,
    pub(crate) http: ApiId,
    pub(crate) server: Option<Server>,
}

/// The records that were sealed, in their order.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<watch::Sender<Vec<Arc<SealedRecord>>>>);

impl Sink for Records {
    fn take(&self, record: SealedRecord) {
        self.0.send_modify(|records| records.push(Arc::new(record)));
    }
}

impl Records {
    /// Waits until so many are sealed, and gives them.
    pub(crate) async fn until(&self, count: usize) -> Vec<Arc<SealedRecord>> {
        let mut records = self.0.subscribe();
        soon(records.wait_for(|records| records.len() >= count)).await.unwrap().clone()
    }

    /// Waits for the record of the only request.
    pub(crate) async fn only(&self) -> Arc<SealedRecord> {
        let records = self.until(1).await;
        assert_eq!(records.len(), 1, "one request leaves one record");
        Arc::clone(&records[0])
    }

    pub(crate) fn count(&self) -> usize {
        self.0.borrow().len()
    }
}

impl Local {
    /// A gateway with everything usual; its REST API stands at the root too.
    pub(crate) async fn start(backend: Option<SocketAddr>) -> Self {
        Self::start_with(backend, Only::Rest, &[], patience()).await
    }

    pub(crate) async fn start_with(
        backend: Option<SocketAddr>,
        only: Only,
        allowed_hosts: &[&str],
        patience: Patience,
    ) -> Self {
        Self::start_inside(None, backend, only, allowed_hosts, patience).await
    }

    /// A gateway inside TLS, with everything else usual.
    pub(crate) async fn start_tls(backend: Option<SocketAddr>, tls: Tls, patience: Patience) -> Self {
        Self::start_inside(Some(tls), backend, Only::Rest, &[], patience).await
    }

    async fn start_inside(
        tls: Option<Tls>,
        backend: Option<SocketAddr>,
        only: Only,
        allowed_hosts: &[&str],
        patience: Patience,
    ) -> Self {
        let account = AccountId::parse("123456789012").unwrap();
        let region = Region::parse("us-east-1").unwrap();
        let clock = SystemClock::new();
        let store = Store::open(StateOption::Memory).await.unwrap();
        let scope = Scope { account: account.clone(), region: region.clone() };
        let definitions = store.definitions(scope, Arc::new(clock)).await.unwrap();
        let mut ids = Vec::new();
        for (name, text) in [(REST, rest(backend)), (HTTP, http(backend))] {
            let options = ImportOptions::for_file(name, account.clone(), region.clone());
            let imported = import::openapi(&Source::new(name, &text), &options);
            let api = imported.api.unwrap_or_else(|| panic!("{:?}", imported.problems));
            ids.push(api.id().clone());
            let stage = match &api {
                Api::Rest(_) => Stage::Rest(RestStage::new(StageName::parse("dev").unwrap())),
                _ => Stage::V2(V2Stage::new(StageName::parse("$default").unwrap())),
            };
            let deadline = clock.now().after(Duration::from_secs(20));
            deploy(definitions.table(), api, stage, None, deadline).await.unwrap();
        }
        let [rest, http] = <[ApiId; 2]>::try_from(ids).unwrap();
        let backends = HttpBackends::new(BackendSettings::new(AddressPolicy::local())).unwrap();
        let functions =
            LambdaFunctions::new(LambdaSettings::default().at(target(backend).parse().unwrap())).unwrap();
        let services = AwsServices::new(ServiceSettings::default()).unwrap();
        let callers = Callers {
            identity_providers: HttpIdentityProviders::new(ProviderSettings::of(&Environment::default())),
            credentials: store.credentials(region, None, Arc::new(clock)).await.unwrap(),
        };
        let world = LocalWorld::new(Arc::new(definitions), backends, functions, services, callers, clock);
        let front = Front {
            allowed_hosts: allowed_hosts.iter().map(|host| (*host).into()).collect(),
            path_forms: true,
            own_name_suffixes: vec!["localhost".into(), "amazonaws.com".into()],
            only_api: match only {
                Only::Rest => Some(rest.clone()),
                Only::Http => Some(http.clone()),
                Only::None => None,
            },
            ..Front::default()
        };
        let records = Records::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let sink: Arc<dyn Sink> = Arc::new(records.clone());
        let gateway = Gateway::new(world, front);
        let server = match tls {
            Some(tls) => Server::start_tls(listener, tls, gateway, sink, patience).unwrap(),
            None => Server::start(listener, gateway, sink, patience).unwrap(),
        };
        Self { address: server.address(), records, rest, http, server: Some(server) }
    }
}

/// Patience enough for every test that does not mean to lose it.
pub(crate) fn patience() -> Patience {
    Patience { look: Duration::from_millis(20), ..Patience::default() }
}

fn target(backend: Option<SocketAddr>) -> String {
    // Nobody listens on port 1 of this machine.
    backend.map_or_else(|| "http://127.0.0.1:1".to_owned(), |address| format!("http://{address}"))
}

fn rest(backend: Option<SocketAddr>) -> String {
    let target = target(backend);
    format!(
        r#"
openapi: 3.0.1
info: {{ title: Rest, version: "1" }}
paths:
  /mock:
    get:
      responses: {{ "200": {{ description: fine }} }}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {{ application/json: '{{"statusCode": 200}}' }}
        responses:
          default:
            statusCode: "200"
            responseTemplates: {{ application/json: '{{"from": "mock"}}' }}
  /to/{{proxy+}}:
    x-amazon-apigateway-any-method:
      parameters:
        - {{ name: proxy, in: path, required: true, schema: {{ type: string }} }}
      responses: {{}}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: {target}/{{proxy}}
        requestParameters:
          integration.request.path.proxy: method.request.path.proxy
  /function:
    get:
      responses: {{}}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:told/invocations
"#
    )
}

fn http(backend: Option<SocketAddr>) -> String {
    let target = target(backend);
    format!(
        r#"
openapi: 3.0.1
info: {{ title: Http, version: "1" }}
paths:
  /to/{{proxy+}}:
    x-amazon-apigateway-any-method:
      parameters:
        - {{ name: proxy, in: path, required: true, schema: {{ type: string }} }}
      responses: {{ default: {{ description: fine }} }}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: {target}/{{proxy}}
        payloadFormatVersion: "1.0"
"#
    )
}
