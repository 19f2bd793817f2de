//! The world that a case describes: what is deployed, and what backends and functions do.

use std::time::Duration;

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ApiKind, ImportOptions, TemplateOptions};
use gatelet_core::Timestamp;
use gatelet_core::payload::{Body, Response};
use gatelet_core::ports::{BackendError, FunctionAnswer, FunctionError, InvocationMode, Memory};
use gatelet_model::rest::{EndpointType, RestStage, StageVariables};
use gatelet_model::v2::V2Stage;
use gatelet_model::{
    AccountId, Api, ApiId, ApiMapping, Deployment, Domain, DomainName, MappingKey, PartId, Problem, Region,
    RoutingMode, Stage, StageName, StagePointer,
};
use gatelet_tests::doors::SharedWorld;
use gatelet_world::{MemoryBackends, MemoryCredentials, MemoryFunctions, MemoryServices, MemoryWorld};

use crate::case::{self, Backend, Case, Exchange, Function};
use crate::limited;

/// 20 November 2026, 16:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);

/// What a case deploys.
pub(crate) struct Deployed<'a> {
    case: &'a Case,
    deployment: Deployment,
    pointer: StagePointer,
    domains: Vec<DomainName>,
}

impl<'a> Deployed<'a> {
    /// Deploys what a case describes.
    pub(crate) fn of(case: &'a Case) -> Result<Self, String> {
        let (deployment, pointer) =
            deploy(case).map_err(|why| format!("the definition does not import: {why}"))?;
        let domains: Result<Vec<_>, _> = case
            .domains
            .iter()
            .map(|(name, path)| domain(name, path, deployment.api.id(), pointer.stage.name()))
            .collect();
        let domains = domains.map_err(|problem| format!("a domain cannot be made: {problem}"))?;
        // What cannot be made is told before anything runs.
        limited::settings(case)?;
        limited::store(case, deployment.api.id(), pointer.stage.name(), &MemoryCredentials::default())?;
        Ok(Self { case, deployment, pointer, domains })
    }

    /// The API's own name.
    pub(crate) fn host(&self) -> String {
        format!("{}.execute-api.us-east-1.amazonaws.com", self.deployment.api.id())
    }

    /// A new world for one exchange.
    pub(crate) fn world(&self, exchange: &Exchange) -> SharedWorld {
        let script = exchange.backend.clone();
        let service = exchange.service.clone();
        let (function, authorizer) = (exchange.function.clone(), exchange.authorizer.clone());
        let mut world = MemoryWorld::at(NOW, MemoryBackends::answering(move |_| answer(&script)))
            .with_functions(MemoryFunctions::answering(move |call| {
                if call.mode == InvocationMode::Event {
                    return Ok(FunctionAnswer::Accepted);
                }
                function_answer(if is_authorizer(&call.function) { &authorizer } else { &function })
            }));
        world.services = MemoryServices::answering(move |_| answer(&service));
        world.definitions.publish(&self.deployment, &self.pointer, &account());
        self.domains.iter().for_each(|domain| world.definitions.add_domain(domain.clone()));
        let (api_id, stage) = (self.deployment.api.id(), self.pointer.stage.name());
        limited::store(self.case, api_id, stage, &world.credentials).expect("it was stored before");
        world.memory = Memory::new(limited::settings(self.case).expect("it was read before"));
        SharedWorld::new(world)
    }
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
    let (api, problems) = match case.definition.lines().any(|line| line == "Resources:") {
        true => {
            let read = |_: &str| Err("a case has no files".to_owned());
            let options = TemplateOptions::for_file("case.yaml", options.account, options.region, &read);
            let imported = import::template(&source, &options);
            (imported.apis.into_iter().next().map(|imported| imported.api), imported.problems)
        }
        false => {
            let imported = import::openapi(&source, &options);
            (imported.api, imported.problems)
        }
    };
    let problems = || problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let api = api.ok_or_else(problems)?;
    let variables = StageVariables::new(case.variables.clone()).map_err(|problem| problem.to_string())?;
    let name = |default: &str| {
        StageName::parse(case.stage.as_deref().unwrap_or(default)).map_err(|problem| problem.to_string())
    };
    let stage = match &api {
        Api::Rest(_) => {
            let mut stage = RestStage { variables, ..RestStage::new(name("dev")?) };
            stage.client_certificate_id.clone_from(&case.client_certificate);
            limited::limit_rest(case, &mut stage)?;
            Stage::Rest(stage)
        }
        _ => {
            let mut stage = V2Stage { variables, ..V2Stage::new(name(StageName::DEFAULT)?) };
            limited::limit_http(case, &mut stage)?;
            Stage::V2(stage)
        }
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

fn answer(script: &Backend) -> Result<Response, BackendError> {
    match script.error.as_deref() {
        Some("timeout") => return Err(BackendError::Timeout(Duration::from_secs(29))),
        Some("refused") => return Err(BackendError::Refused("127.0.0.1:1".to_owned())),
        Some("unsigned") => return Err(BackendError::Unsigned("no credentials are known".to_owned())),
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
    builder
        .body(Body::from(case::bytes(&script.body)))
        .map_err(|error| BackendError::BadAnswer(error.to_string()))
}

/// Whether a function is called as an authorizer.
pub(crate) fn is_authorizer(function: &str) -> bool {
    function.contains(":function:authorizer")
}

fn function_answer(script: &Function) -> Result<FunctionAnswer, FunctionError> {
    let why = || "as the case says".to_owned();
    match script.error.as_deref() {
        Some("not-found") => return Err(FunctionError::NotFound(why())),
        Some("denied") => return Err(FunctionError::Denied(why())),
        Some("throttled") => return Err(FunctionError::Throttled(why())),
        Some("too-large") => return Err(FunctionError::TooLarge(7 << 20)),
        Some("timeout") => return Err(FunctionError::Timeout(Duration::from_secs(29))),
        Some(other) => return Err(FunctionError::Unavailable(other.to_owned())),
        None => {}
    }
    Ok(match &script.stream {
        Some(text) => FunctionAnswer::Stream(Body::from(text.clone())),
        None => FunctionAnswer::Payload {
            payload: case::bytes(&script.payload),
            function_error: script.function_error.as_deref().map(Into::into),
        },
    })
}
