//! Lambda proxies, asked through the stages that lead to them, before functions by script.
#![allow(clippy::unwrap_used, reason = "tests")]

mod answers;
mod answers_2_0;
mod authorizers;
mod callers;
mod calls;
mod captures;
mod events;
mod events_2_0;
mod streams;

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use gatelet_languages::vtl::Overrides;
use gatelet_model::rest::{Resource, RestApi, RestApiParts, RestStage};
use gatelet_model::v2::{HttpApi, HttpApiParts, HttpIntegration, HttpRoute, HttpRouteKey, V2Stage};
use gatelet_model::{
    AccountId, Api, ApiId, Authorization, Connection, Deployment, Integration, IntegrationType, MethodKey,
    PartId, PathTemplate, PayloadFormat, Stage, StageName, StagePointer, StageVariables, Timeout, TlsConfig,
};
use serde_json::Value;

use crate::authorizers::{Asked, Caller, Route};
use crate::integrations::Answer;
use crate::payload::{Body, Request, Response};
use crate::ports::{Arrival, Timestamp};
use crate::ports::{Clock, FunctionAnswer, FunctionCall, FunctionError, Functions};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::routes::Rules;
use crate::snapshot::{ApiSnapshot, StageSnapshot};
use crate::stages::locate::Located;
use crate::stages::{map_request, map_response, route};

pub(super) const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:pets";
pub(super) const URI: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:pets/invocations";
/// 20 November 2026, 16:00 UTC.
pub(super) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);

/// An API before it is deployed.
pub(super) struct Setup {
    pub(super) account: String,
    pub(super) api_id: String,
    pub(super) stage: String,
    pub(super) variables: Vec<(String, String)>,
    /// `/pets/{id}`; for HTTP APIs also `$default`.
    pub(super) path: String,
    pub(super) method: MethodKey,
    pub(super) resource_id: String,
    pub(super) operation_name: Option<String>,
    pub(super) binary_media_types: Vec<String>,
    pub(super) kind: Kind,
    pub(super) host: String,
    pub(super) base: String,
    pub(super) custom_domain: bool,
    pub(super) arrival: Arrival,
    /// Who the access stage found out to call.
    pub(super) caller: Option<Caller>,
}

pub(super) enum Kind {
    Rest(Box<Integration>),
    Http(Box<HttpIntegration>),
}

/// What a function is made of.
type Script = dyn Fn() -> Result<FunctionAnswer, FunctionError> + Send + Sync;

pub(super) struct Scripted {
    script: Box<Script>,
    pub(super) calls: Mutex<Vec<FunctionCall>>,
}

impl Functions for Scripted {
    async fn invoke(&self, call: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        self.calls.lock().unwrap().push(call);
        (self.script)()
    }
}

pub(super) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// A REST API with one function behind `ANY` of a path.
pub(super) fn rest(path: &str) -> Setup {
    let mut integration = Integration::new(IntegrationType::AwsProxy);
    integration.uri = Some(URI.to_owned());
    integration.http_method = Some("POST".to_owned());
    setup(path, "dev", "/dev", Kind::Rest(Box::new(integration)))
}

/// An HTTP API with one function behind `ANY` of a path, or `$default`.
pub(super) fn http(path: &str, payload_format: PayloadFormat) -> Setup {
    let integration = HttpIntegration {
        id: PartId::parse("i1").unwrap(),
        kind: IntegrationType::AwsProxy,
        subtype: None,
        method: Some("POST".to_owned()),
        uri: Some(FUNCTION.to_owned()),
        connection: Connection::Internet,
        credentials: None,
        payload_format,
        request_parameters: indexmap::IndexMap::new(),
        response_parameters: indexmap::IndexMap::new(),
        timeout: Timeout::HTTP_DEFAULT,
        tls: TlsConfig::default(),
    };
    setup(path, "$default", "", Kind::Http(Box::new(integration)))
}

fn setup(path: &str, stage: &str, base: &str, kind: Kind) -> Setup {
    Setup {
        account: "123456789012".to_owned(),
        api_id: "abc123".to_owned(),
        stage: stage.to_owned(),
        variables: Vec::new(),
        path: path.to_owned(),
        method: MethodKey::Any,
        resource_id: "r1".to_owned(),
        operation_name: None,
        binary_media_types: Vec::new(),
        kind,
        host: "abc123.execute-api.us-east-1.amazonaws.com".to_owned(),
        base: base.to_owned(),
        custom_domain: false,
        arrival: Arrival { peer: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)), ..Arrival::in_tests(NOW) },
        caller: None,
    }
}

/// What came of a request.
pub(super) struct Outcome {
    pub(super) result: Result<Response, Refusal>,
    pub(super) calls: Vec<FunctionCall>,
}

impl Outcome {
    /// The event that the function saw.
    pub(super) fn event(&self) -> Value {
        serde_json::from_slice(&self.calls[0].payload).unwrap()
    }
}

impl Setup {
    pub(super) fn integration(mut self, edit: impl FnOnce(&mut Integration)) -> Self {
        match &mut self.kind {
            Kind::Rest(integration) => edit(integration),
            Kind::Http(_) => unreachable!("a REST API is edited"),
        }
        self
    }

    /// Sends a request to a path below the stage, to a function that answers with this payload.
    pub(super) fn answered(&self, request: Request, payload: impl Into<Bytes>) -> Outcome {
        let payload = payload.into();
        let answer = move || Ok(FunctionAnswer::Payload { payload: payload.clone(), function_error: None });
        self.scripted(request, answer)
    }

    pub(super) fn scripted(
        &self,
        request: Request,
        script: impl Fn() -> Result<FunctionAnswer, FunctionError> + Send + Sync + 'static,
    ) -> Outcome {
        let functions = Scripted { script: Box::new(script), calls: Mutex::default() };
        let result = self.serve(request, &functions);
        Outcome { result, calls: functions.calls.into_inner().unwrap() }
    }

    /// The event that a request becomes.
    pub(super) fn event(&self, request: Request) -> Value {
        self.answered(request, r#"{"statusCode": 200}"#).event()
    }

    /// The event in which an authorizer hears of a request that takes a route.
    pub(super) fn authorizer_event(
        &self,
        request: Request,
        key: &str,
        format: PayloadFormat,
        arn: &str,
        identity: &[&str],
    ) -> Value {
        let (record, located) = self.opened(&request);
        let path = located.path().unwrap();
        let template = match &*self.path {
            "$default" => None,
            path => Some(PathTemplate::parse(path).unwrap()),
        };
        let rules = match self.kind {
            Kind::Rest(_) => Rules::Rest,
            Kind::Http(_) => Rules::Http,
        };
        let resource_id = match rules {
            Rules::Rest => &self.resource_id,
            Rules::Http => key,
        };
        let (head, _) = request.into_parts();
        let asked = Asked {
            arrival: &self.arrival,
            located: &located,
            path: &path,
            route: Route { key, template: template.as_ref(), resource_id, rules, scopes: &[] },
            head: &head,
            record: &record,
            arn,
        };
        let identity: Vec<_> = identity.iter().map(|value| Cow::Borrowed(*value)).collect();
        let variables = super::event::stage_variables(located.stage.variables());
        let event = super::event::authorizer::request(&asked, format, &identity, variables.as_deref());
        serde_json::from_slice(&event).unwrap()
    }

    fn opened(&self, request: &Request) -> (Record, Located) {
        let mut record = Record::open(&self.arrival, request.method().clone(), request.version());
        let raw_path = request.uri().path().to_owned();
        record.note_request(&[&*self.base, &*raw_path].concat(), None);
        let mut located = Located::new(
            Arc::new(self.snapshot()),
            self.host.as_str().into(),
            self.base.as_str().into(),
            raw_path.into(),
        );
        located.custom_domain = self.custom_domain;
        record.note_place(located.stage.place());
        if let Some(caller) = &self.caller {
            record.note_caller(caller.clone());
        }
        (record, located)
    }

    fn serve(&self, request: Request, functions: &Scripted) -> Result<Response, Refusal> {
        let arrival = &self.arrival;
        let (record, located) = self.opened(&request);
        let path = located.path()?;
        let answer = match located.stage.api() {
            ApiSnapshot::Rest(api) => {
                let method = route::rest(api, &path, request.method())?;
                let (call, client) =
                    now(map_request::rest(&located, &path, method, arrival, request, &record))?;
                let answer = now(invoke(&method.integration, functions, arrival, call, &record))?;
                let (answer, overrides) = (Answer::proxied(answer), Overrides::default());
                now(map_response::rest(method, answer, &client, overrides, &record))?
            }
            ApiSnapshot::Http(api) => {
                let (route, integration) = route::http(api, &path, request.method())?;
                let call = now(map_request::http(&located, &path, route, request, &record))?;
                let answer = now(invoke(integration, functions, arrival, call, &record))?;
                now(map_response::http(&route.mapping, located.stage.variables(), answer, &record))?
            }
            ApiSnapshot::WebSocket => unreachable!("no WebSocket API is set up"),
        };
        Ok(answer)
    }

    fn snapshot(&self) -> StageSnapshot {
        let id = ApiId::parse(&self.api_id).unwrap();
        let name = StageName::parse(&self.stage).unwrap();
        let variables = StageVariables::new(self.variables.clone()).unwrap();
        let (api, stage) = match &self.kind {
            Kind::Rest(integration) => {
                let mut parts = RestApiParts::new(id, "test");
                parts.binary_media_types.clone_from(&self.binary_media_types);
                parts.resources.push(resource("/", "root"));
                let mut method = gatelet_model::rest::Method {
                    operation_name: self.operation_name.clone(),
                    ..Default::default()
                };
                method.integration = Some((**integration).clone());
                let mut own = resource(&self.path, &self.resource_id);
                own.methods.insert(self.method, method);
                if self.path == "/" {
                    parts.resources = vec![own];
                } else {
                    parts.resources.push(own);
                }
                let stage = RestStage { variables, ..RestStage::new(name) };
                (Api::Rest(RestApi::new(parts).unwrap()), Stage::Rest(stage))
            }
            Kind::Http(integration) => {
                let mut parts = HttpApiParts::new(id, "test");
                let key = match &*self.path {
                    "$default" => HttpRouteKey::Default,
                    path => HttpRouteKey::Path(self.method, PathTemplate::parse(path).unwrap()),
                };
                parts.routes.push(HttpRoute {
                    id: PartId::parse("t1").unwrap(),
                    key,
                    authorization: Authorization::None,
                    operation_name: None,
                    integration: Some(integration.id.clone()),
                });
                parts.integrations.push((**integration).clone());
                let stage = V2Stage { variables, ..V2Stage::new(name) };
                (Api::Http(HttpApi::new(parts).unwrap()), Stage::V2(stage))
            }
        };
        let id = PartId::parse("d1").unwrap();
        let pointer =
            StagePointer { stage, deployment_id: id.clone(), previous_deployment_id: None, version: 1 };
        let account = AccountId::parse(&self.account).unwrap();
        let region = gatelet_model::Region::parse("us-east-1").unwrap();
        StageSnapshot::compile(&Deployment { id, description: None, api }, &pointer, &account, &region)
    }
}

async fn invoke(
    integration: &crate::integrations::Integration,
    functions: &Scripted,
    arrival: &Arrival,
    call: crate::integrations::Call<'_>,
    record: &Record,
) -> Result<Response, Refusal> {
    match integration {
        crate::integrations::Integration::LambdaProxy(proxy) => {
            proxy.call(functions, &Still, arrival, call, record).await
        }
        other => Err(Refusal::Configuration(other.defect().unwrap_or("another type").to_owned())),
    }
}

fn resource(path: &str, id: &str) -> Resource {
    Resource {
        id: PartId::parse(id).unwrap(),
        path: PathTemplate::parse(path).unwrap(),
        methods: indexmap::IndexMap::new(),
    }
}

/// A request with headers and a body; `GET /path?query`.
pub(super) fn request(line: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    let mut builder = http::Request::builder().method(method).uri(target);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body.into())).unwrap()
}

/// Nothing behind the ports ever waits.
pub(super) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something"),
    }
}

/// Status, headers and body of an answer, one line each.
pub(super) fn shown(result: Result<Response, Refusal>) -> String {
    match result {
        Ok(response) => {
            let (head, body) = response.into_parts();
            let body = now(body.collect_up_to(1 << 24)).unwrap();
            let mut lines = vec![head.status.as_u16().to_string()];
            let mut headers: Vec<_> = head
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
                .collect();
            // Stable: values of one name keep their order.
            headers.sort_by(|one, other| one.split(':').next().cmp(&other.split(':').next()));
            lines.append(&mut headers);
            lines.push(format!("{:?}", String::from_utf8_lossy(&body)));
            lines.join(" | ")
        }
        Err(refusal) => format!("refused: {}", refusal.cause().unwrap_or_else(|| format!("{refusal:?}"))),
    }
}
