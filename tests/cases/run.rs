//! Runs a case through the whole data plane in memory.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ApiKind, ImportOptions};
use gatelet_core::payload::{Body, Request};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::ports::{BackendError, FunctionAnswer, FunctionError};
use gatelet_core::record::{End, Record, SealedRecord};
use gatelet_core::{Arrival, Timestamp};
use gatelet_model::rest::{EndpointType, RestStage, StageVariables};
use gatelet_model::v2::V2Stage;
use gatelet_model::{
    AccountId, Api, ApiId, ApiMapping, Deployment, Domain, DomainName, MappingKey, PartId, Problem, Region,
    RoutingMode, Stage, StageName, StagePointer,
};
use gatelet_world::{MemoryBackends, MemoryFunctions, MemoryWorld, SeenCall, SeenInvocation};

use crate::case::{Backend, Case, Exchange, Function};

/// 20 November 2026, 16:00 UTC.
const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);
const BODY_BYTES_MAX: usize = 1 << 20;

/// All differences between what a case expects and what happens.
pub(crate) fn run(case: &Case) -> Vec<String> {
    let (deployment, pointer) = match deploy(case) {
        Ok(deployed) => deployed,
        Err(why) => return vec![format!("the definition does not import: {why}")],
    };
    let domains: Result<Vec<_>, _> = case
        .domains
        .iter()
        .map(|(name, path)| domain(name, path, deployment.api.id(), pointer.stage.name()))
        .collect();
    let domains = match domains {
        Ok(domains) => domains,
        Err(problem) => return vec![format!("a domain cannot be made: {problem}")],
    };
    let check = |exchange: &Exchange| {
        let differences = run_exchange(exchange, &deployment, &pointer, &domains);
        differences.into_iter().map(move |why| format!("`{}`: {why}", exchange.request)).collect::<Vec<_>>()
    };
    case.exchange.iter().flat_map(check).collect()
}

fn deploy(case: &Case) -> Result<(Deployment, StagePointer), String> {
    let source = Source::new("case.yaml", &case.definition);
    let account = account();
    let region = Region::parse("us-east-1").map_err(|problem| problem.to_string())?;
    let mut options = ImportOptions::for_file("case.yaml", account, region);
    options.kind = match case.kind.as_deref() {
        Some("http") => Some(ApiKind::Http),
        Some("rest") => Some(ApiKind::Rest),
        _ => None,
    };
    let imported = import::openapi(&source, &options);
    let problems = || imported.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let api = imported.api.clone().ok_or_else(problems)?;
    let variables = StageVariables::new(case.variables.clone()).map_err(|problem| problem.to_string())?;
    let name = |default: &str| {
        StageName::parse(case.stage.as_deref().unwrap_or(default)).map_err(|problem| problem.to_string())
    };
    let stage = match &api {
        Api::Rest(_) => Stage::Rest(RestStage { variables, ..RestStage::new(name("dev")?) }),
        _ => Stage::V2(V2Stage { variables, ..V2Stage::new(name(StageName::DEFAULT)?) }),
    };
    let id = identity::deployment_id(&api).map_err(|problem| problem.to_string())?;
    let pointer = StagePointer { stage, deployment_id: id.clone(), previous_deployment_id: None, version: 1 };
    Ok((Deployment { id, description: None, api }, pointer))
}

fn account() -> AccountId {
    AccountId::parse("123456789012").expect("it has twelve digits")
}

fn domain(name: &str, path: &str, api_id: &ApiId, stage: &StageName) -> Result<DomainName, Problem> {
    let mapping = ApiMapping {
        id: PartId::parse("m1")?,
        key: MappingKey::parse(path)?,
        api_id: api_id.clone(),
        stage: Some(stage.clone()),
    };
    Ok(DomainName {
        name: Domain::parse(name)?,
        endpoint_type: EndpointType::Regional,
        certificate_arn: None,
        security_policy: None,
        mutual_tls: None,
        routing_mode: RoutingMode::ApiMappingOnly,
        mappings: vec![mapping],
        routing_rules: Vec::new(),
        tags: Default::default(),
    })
}

fn run_exchange(
    exchange: &Exchange,
    deployment: &Deployment,
    pointer: &StagePointer,
    domains: &[DomainName],
) -> Vec<String> {
    let script = exchange.backend.clone();
    let function = exchange.function.clone();
    let world = MemoryWorld::at(NOW, MemoryBackends::answering(move |_| answer(&script)))
        .with_functions(MemoryFunctions::answering(move |_| function_answer(&function)));
    world.definitions.publish(deployment, pointer, &account());
    domains.iter().for_each(|domain| world.definitions.add_domain(domain.clone()));
    let arrival = Arrival {
        now: NOW,
        request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into(),
        extended_request_id: "JKJaXmPLvHcESHA=".into(),
        draw: 0,
        peer: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        deadline: NOW.after(Duration::from_secs(60)),
    };
    let host = format!("{}.execute-api.us-east-1.amazonaws.com", deployment.api.id());
    let request = match request(exchange, &host) {
        Ok(request) => request,
        Err(why) => return vec![why],
    };
    let mut record = Record::open(&arrival, request.method().clone(), request.version());
    let front = Front::default();
    let serving = pipeline::serve(&world, &front, &arrival, request, &mut record);
    let Some(response) = now(serving) else { return vec!["the pipeline waits for something".to_owned()] };
    let (head, body) = response.into_parts();
    let body = now(body.collect_up_to(BODY_BYTES_MAX)).and_then(Result::ok).unwrap_or_default();
    let record = record.seal(End::Complete, body.len() as u64, Duration::ZERO);
    let mut differences = Differences(Vec::new());
    let expect = &exchange.expect;
    differences.compare("status", &expect.status.to_string(), &head.status.as_u16().to_string());
    differences.headers("the client's", &expect.headers, &expect.absent, &head.headers);
    if let Some(expected) = &expect.body {
        differences.compare("body", expected, &String::from_utf8_lossy(&body));
    }
    differences.record(exchange, &record);
    differences.backend(exchange, &world.backends.seen());
    differences.function(exchange, &world.functions.seen());
    differences.0
}

/// A future that never has to wait: everything behind the ports is in memory.
fn now<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn request(exchange: &Exchange, host: &str) -> Result<Request, String> {
    let (method, target) = exchange.request.split_once(' ').ok_or("a request is `METHOD /path`")?;
    let mut builder = http::Request::builder().method(method).uri(target);
    if !exchange.headers.contains_key("host") {
        builder = builder.header("host", host);
    }
    for (name, values) in &exchange.headers {
        for value in values.split('\n') {
            builder = builder.header(name, value);
        }
    }
    builder.body(Body::from(exchange.body.clone())).map_err(|error| error.to_string())
}

fn answer(script: &Backend) -> Result<gatelet_core::payload::Response, BackendError> {
    match script.error.as_deref() {
        Some("timeout") => return Err(BackendError::Timeout(Duration::from_secs(29))),
        Some("refused") => return Err(BackendError::Refused("127.0.0.1:1".to_owned())),
        Some("bad-answer") => return Err(BackendError::BadAnswer("it broke off".to_owned())),
        Some(other) => return Err(BackendError::Network(other.to_owned())),
        None => {}
    }
    let mut builder = http::Response::builder().status(script.status.unwrap_or(200));
    for (name, values) in &script.headers {
        for value in values.split('\n') {
            builder = builder.header(name, value);
        }
    }
    builder.body(Body::from(script.body.clone())).map_err(|error| BackendError::BadAnswer(error.to_string()))
}

fn function_answer(script: &Function) -> Result<FunctionAnswer, FunctionError> {
    let why = || "as the case says".to_owned();
    match script.error.as_deref() {
        Some("not-found") => return Err(FunctionError::NotFound(why())),
        Some("denied") => return Err(FunctionError::Denied(why())),
        Some("throttled") => return Err(FunctionError::Throttled(why())),
        Some("timeout") => return Err(FunctionError::Timeout(Duration::from_secs(29))),
        Some(other) => return Err(FunctionError::Unavailable(other.to_owned())),
        None => {}
    }
    Ok(match &script.stream {
        Some(text) => FunctionAnswer::Stream(Body::from(text.clone())),
        None => FunctionAnswer::Payload {
            payload: script.payload.clone().into(),
            function_error: script.function_error.as_deref().map(Into::into),
        },
    })
}

struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, expected: &str, actual: &str) {
        if expected != actual {
            self.0.push(format!("{what} should be `{expected}` and is `{actual}`"));
        }
    }

    fn headers(
        &mut self,
        whose: &str,
        expected: &BTreeMap<String, String>,
        absent: &[String],
        actual: &http::HeaderMap,
    ) {
        for (name, value) in expected {
            let values: Vec<_> =
                actual.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            self.compare(&format!("{whose} header `{name}`"), value, &values.join("\n"));
        }
        for name in absent {
            if let Some(value) = actual.get(name) {
                self.0.push(format!("{whose} header `{name}` should not be there and is {value:?}"));
            }
        }
    }

    fn record(&mut self, exchange: &Exchange, record: &SealedRecord) {
        let expect = &exchange.expect;
        if let Some(route) = &expect.route {
            self.compare("the record's route", route, record.route().unwrap_or_default());
        }
        if let Some(refusal) = &expect.refusal {
            self.compare("the record's refusal", refusal, record.refusal_type().unwrap_or_default());
        }
        self.compare(
            "the record's status",
            &expect.status.to_string(),
            &record.status().unwrap_or_default().to_string(),
        );
        if record.refusal().is_some() && record.status().is_some_and(|status| status < 400) {
            self.0.push("a refused request has a status below 400".to_owned());
        }
    }

    fn backend(&mut self, exchange: &Exchange, seen: &[SeenCall]) {
        match (&exchange.expect.backend, seen) {
            (None, []) => {}
            (None, calls) => {
                self.0.push(format!("the backend was called: {:?}", calls.first().map(|call| &call.head.uri)))
            }
            (Some(expected), [call]) => {
                self.compare(
                    "the backend's request",
                    &expected.request,
                    &format!("{} {}", call.head.method, call.head.uri),
                );
                self.headers("the backend's", &expected.headers, &expected.absent, &call.head.headers);
                if let Some(body) = &expected.body {
                    self.compare("the backend's body", body, &String::from_utf8_lossy(&call.body));
                }
            }
            (Some(_), calls) => {
                self.0.push(format!("the backend was called {} times, not once", calls.len()))
            }
        }
    }

    fn function(&mut self, exchange: &Exchange, seen: &[SeenInvocation]) {
        let (expected, call) = match (&exchange.expect.function, seen) {
            (None, []) => return,
            (None, calls) => {
                let called = calls.first().map(|call| &call.function);
                return self.0.push(format!("the function was called: {called:?}"));
            }
            (Some(expected), [call]) => (expected, call),
            (Some(_), calls) => {
                return self.0.push(format!("the function was called {} times, not once", calls.len()));
            }
        };
        if let Some(name) = &expected.name {
            self.compare("the function", name, &call.function);
        }
        let event: serde_json::Value = match serde_json::from_slice(&call.payload) {
            Ok(event) => event,
            Err(error) => return self.0.push(format!("the event is not JSON: {error}")),
        };
        let shown = |value: Option<&serde_json::Value>| {
            value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        for (member, value) in &expected.event {
            self.compare(&format!("the event's {member}"), &value.to_string(), &shown(event.pointer(member)));
        }
        for member in &expected.null {
            self.compare(&format!("the event's {member}"), "null", &shown(event.pointer(member)));
        }
        for member in &expected.absent {
            self.compare(&format!("the event's {member}"), "nothing", &shown(event.pointer(member)));
        }
    }
}
