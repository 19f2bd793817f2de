//! An API in a world in memory, and requests to it.

use std::net::IpAddr;

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ApiKind, ImportOptions};
use gatelet_core::payload::{Body, Request};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::ports::{AccessKey, Clock, IamIdentity, Secret, World};
use gatelet_core::record::Record;
use gatelet_core::{Arrival, Timestamp, Vouched};
use gatelet_model::rest::RestStage;
use gatelet_model::v2::V2Stage;
use gatelet_model::{AccountId, Api, Deployment, Region, Stage, StageName, StagePointer};
use gatelet_world::{MemoryBackends, MemoryWorld, arrival_at};
use http::Response;
use serde_json::{Value, json};

/// 20 November 2026, 16:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const OTHER_ACCOUNT: &str = "999999999999";

/// An API that is served.
pub(crate) struct Served {
    pub(crate) world: MemoryWorld,
    /// The API's own name.
    pub(crate) host: String,
}

/// What came of a request.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) record: Record,
}

/// Serves a definition at the stage `dev`, or `$default` of an HTTP API. Every backend answers 200.
pub(crate) fn serve(definition: &Value) -> Served {
    serve_as(None, definition)
}

/// The same as this kind of API, whatever the definition's marks say.
pub(crate) fn serve_as(kind: Option<ApiKind>, definition: &Value) -> Served {
    let backend = |_: &gatelet_world::SeenCall| Ok(Response::new(Body::from("ok")));
    let world = MemoryWorld::at(NOW, MemoryBackends::answering(backend));
    let host = publish(&world, "access.json", kind, definition);
    Served { world, host }
}

/// Publishes a definition of a file, from whose name its id follows, and gives the API's own name.
pub(crate) fn publish(world: &MemoryWorld, file: &str, kind: Option<ApiKind>, definition: &Value) -> String {
    let text = definition.to_string();
    let account = AccountId::parse(ACCOUNT).unwrap();
    let region = Region::parse("us-east-1").unwrap();
    let options = ImportOptions { kind, ..ImportOptions::for_file(file, account.clone(), region) };
    let imported = import::openapi(&Source::new(file, &text), &options);
    let problems: Vec<_> = imported.problems.iter().map(ToString::to_string).collect();
    let api = imported.api.unwrap_or_else(|| panic!("{problems:?}"));
    let stage = match &api {
        Api::Rest(_) => Stage::Rest(RestStage::new(StageName::parse("dev").unwrap())),
        _ => Stage::V2(V2Stage::new(StageName::parse(StageName::DEFAULT).unwrap())),
    };
    let id = identity::deployment_id(&api).unwrap();
    let pointer = StagePointer { stage, deployment_id: id.clone(), previous_deployment_id: None, version: 1 };
    let host = format!("{}.execute-api.us-east-1.amazonaws.com", api.id());
    world.definitions.publish(&Deployment { id, description: None, api }, &pointer, &account);
    host
}

/// Sends a request to the API of a host, in whatever world.
pub(crate) async fn send_through<W: World>(
    world: &W,
    host: &str,
    request: http::request::Builder,
    body: &str,
    vouched: Vouched,
) -> Outcome {
    let mut request: Request = request.body(Body::from(body.to_owned())).unwrap();
    request.headers_mut().entry("host").or_insert_with(|| host.parse().unwrap());
    let arrival = arrival(world.clock().now(), vouched);
    let mut record = Record::open(&arrival, request.method().clone(), request.version()).explained();
    let response = pipeline::serve(world, &Front::default(), &arrival, request, &mut record).await;
    let (head, body) = response.into_parts();
    let body = body.collect_up_to(1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Outcome { status: head.status.as_u16(), body, headers: head.headers, record }
}

impl Served {
    /// Sends a request to the API's own name, from 203.0.113.7.
    pub(crate) async fn send(&self, request: http::request::Builder) -> Outcome {
        self.send_with(request, "", Vouched::default()).await
    }

    /// The same with a body and what the platform vouches for.
    pub(crate) async fn send_with(
        &self,
        request: http::request::Builder,
        body: &str,
        vouched: Vouched,
    ) -> Outcome {
        send_through(&self.world, &self.host, request, body, vouched).await
    }

    /// How many requests reached a backend.
    pub(crate) fn backend_calls(&self) -> usize {
        self.world.backends.seen().len()
    }
}

fn arrival(now: Timestamp, vouched: Vouched) -> Arrival {
    Arrival { peer: IpAddr::from([203, 0, 113, 7]), vouched, ..arrival_at(now) }
}

/// A request with this method and path.
pub(crate) fn request(method: &str, path: &str) -> http::request::Builder {
    http::Request::builder().method(method).uri(path)
}

/// An OpenAPI document with these paths, each `GET`, `POST` and `DELETE` to one backend, that ask for this security scheme.
pub(crate) fn definition(paths: &[&str], scheme: Option<Value>) -> Value {
    let operation = || {
        let mut operation = json!({
            "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://backend/"}
        });
        if scheme.is_some() {
            operation["security"] = json!([{"scheme": []}]);
        }
        operation
    };
    let paths: serde_json::Map<_, _> = paths
        .iter()
        .map(|path| {
            ((*path).to_owned(), json!({"get": operation(), "post": operation(), "delete": operation()}))
        })
        .collect();
    let mut document = json!({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": paths});
    if let Some(scheme) = scheme {
        document["components"] = json!({"securitySchemes": {"scheme": scheme}});
    }
    document
}

/// `AWS_IAM` as a security scheme.
pub(crate) fn iam() -> Option<Value> {
    Some(json!({
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"
    }))
}

/// A policy of one statement, or of one that is about nothing where `effect` is neither `allow` nor `deny`.
pub(crate) fn policy(effect: &str, principal: bool) -> Value {
    let (effect, resource) = match effect {
        "allow" => ("Allow", "arn:aws:execute-api:us-east-1:*:*/dev/*"),
        "deny" => ("Deny", "arn:aws:execute-api:us-east-1:*:*/dev/*"),
        _ => ("Allow", "arn:aws:execute-api:us-east-1:*:*/dev/GET/elsewhere"),
    };
    let mut statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource});
    if principal {
        statement["Principal"] = json!("*");
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// An access key of a user of an account, with these policies.
pub(crate) fn access_key(account: &str, secret: &str, policies: &[Value]) -> AccessKey {
    AccessKey {
        identity: IamIdentity {
            account_id: account.into(),
            user_arn: format!("arn:aws:iam::{account}:user/somebody").into(),
            user_id: "AIDASOMEBODY".into(),
            access_key: Some("GTLKEXAMPLE".into()),
            principal_org_id: None,
        },
        secret: Secret::new(secret),
        session_token: None,
        expires: None,
        enabled: true,
        policies: policies.iter().map(|policy| policy.to_string().into()).collect(),
    }
}
