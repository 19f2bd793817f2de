//! Authorizers of both kinds of API, requests that ask them, and worlds around them.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gatelet_core::authorizers::lambda::{Judgement, LambdaAuthorizer};
use gatelet_core::authorizers::{Asked, Route};
use gatelet_core::payload::CanonicalPath;
use gatelet_core::ports::{Decisions, FunctionAnswer, FunctionError, Functions, Memory, World};
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use gatelet_core::snapshot::StageSnapshot;
use gatelet_core::snapshot::routes::Rules;
use gatelet_core::stages::locate::Located;
use gatelet_core::{Arrival, Timestamp};
use gatelet_languages::iam_policy::{Decision, Principal, Request, ResourceArn, Values};
use gatelet_model::rest::{Resource, RestApi, RestApiParts, RestStage};
use gatelet_model::{
    AccountId, Api, ApiId, Authorizer, AuthorizerFunction, AuthorizerKind, Deployment, PartId, PathTemplate,
    PayloadFormat, Region, ResultTtl, Stage, StageName, StagePointer, StageVariables,
};
use gatelet_world::{
    MemoryBackends, MemoryCounters, MemoryCredentials, MemoryDecisions, MemoryDefinitions, MemoryFunctions,
    MemoryIdentityProviders, MemoryServices, MemoryWorld, VirtualClock, arrival_at,
};

/// 20 November 2026, 16:00 UTC.
pub(super) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);
pub(super) const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:gate";
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/caller";
pub(super) const AUTHORIZATION: &str = "method.request.header.Authorization";

/// What authorizers answer who let everybody in everywhere.
pub(super) const ALLOW: &str = r#"{"principalId":"u1","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}}"#;

pub(super) fn function(ttl: u32) -> AuthorizerFunction {
    AuthorizerFunction {
        uri: format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"),
        credentials: None,
        result_ttl: ResultTtl::from_seconds(ttl).unwrap(),
        payload_format: PayloadFormat::Two,
        simple_responses: false,
    }
}

pub(super) fn compile(id: &str, kind: AuthorizerKind, rules: Rules) -> Result<LambdaAuthorizer, String> {
    let authorizer =
        Authorizer { id: PartId::parse(id).unwrap(), name: "gate".to_owned(), auth_type: None, kind };
    let variables = [("fn".to_owned(), "gate".to_owned()), ("tier".to_owned(), "gold".to_owned())];
    LambdaAuthorizer::compile(&authorizer, rules, &StageVariables::new(variables).unwrap())
}

/// A `TOKEN` authorizer of a REST API.
pub(super) fn token(ttl: u32, validation: Option<&str>) -> LambdaAuthorizer {
    let kind = AuthorizerKind::Token {
        function: function(ttl),
        identity_source: AUTHORIZATION.to_owned(),
        identity_validation_expression: validation.map(str::to_owned),
    };
    compile("a1", kind, Rules::Rest).unwrap()
}

/// A `REQUEST` authorizer of a REST API.
pub(super) fn rest(ttl: u32, sources: &[&str]) -> LambdaAuthorizer {
    request("a1", function(ttl), sources, Rules::Rest)
}

/// A `REQUEST` authorizer of an HTTP API that answers yes or no.
pub(super) fn simple(ttl: u32, sources: &[&str]) -> LambdaAuthorizer {
    request("a1", AuthorizerFunction { simple_responses: true, ..function(ttl) }, sources, Rules::Http)
}

pub(super) fn request(
    id: &str,
    function: AuthorizerFunction,
    sources: &[&str],
    rules: Rules,
) -> LambdaAuthorizer {
    let identity_sources = sources.iter().map(|&source| source.to_owned()).collect();
    compile(id, AuthorizerKind::Request { function, identity_sources }, rules).unwrap()
}

/// A request that an authorizer is asked about.
pub(super) struct Asking {
    pub(super) api: &'static str,
    pub(super) stage: &'static str,
    pub(super) key: &'static str,
    /// The path below the stage, and a query.
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) rules: Rules,
    pub(super) arrival: Arrival,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) result: Result<(Arc<Judgement>, Option<u64>), Refusal>,
    pub(super) steps: Vec<String>,
}

impl Asking {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            api: "abc123",
            stage: "dev",
            key: "GET /pets/{id}",
            target: "/pets/7".to_owned(),
            headers: Vec::new(),
            rules,
            arrival: Arrival {
                peer: [203, 0, 113, 7].into(),
                trace_id: Some("Root=1-1-1".into()),
                deadline: NOW.after(Duration::from_secs(1_000_000)),
                ..arrival_at(NOW)
            },
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn arn(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        format!("arn:aws:execute-api:us-east-1:123456789012:{}/{}/GET{path}", self.api, self.stage)
    }

    pub(super) async fn judge<W: World>(&self, authorizer: &LambdaAuthorizer, world: &W) -> Judged {
        let mut builder = http::Request::builder().uri(&self.target);
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let mut record = Record::open(&self.arrival, head.method.clone(), head.version).explained();
        record.note_route(self.key.into());
        let raw_path = head.uri.path().into();
        let located = Located::new(stage(self.api, self.stage), "localhost".into(), "/dev".into(), raw_path);
        record.note_place(located.stage.place());
        let path = CanonicalPath::parse(head.uri.path()).unwrap();
        let template = PathTemplate::parse("/pets/{id}").unwrap();
        let route = Route {
            key: self.key,
            template: Some(&template),
            resource_id: "r1",
            rules: self.rules,
            scopes: &[],
        };
        let arn = self.arn();
        let asked = Asked {
            arrival: &self.arrival,
            located: &located,
            path: &path,
            route,
            head: &head,
            record: &record,
            arn: &arn,
        };
        let result = authorizer.judge(world, &asked).await;
        Judged { result, steps: record.explanation() }
    }

    /// The same, where nothing ever waits.
    pub(super) fn judged<W: World>(&self, authorizer: &LambdaAuthorizer, world: &W) -> Judged {
        now(self.judge(authorizer, world))
    }
}

impl Judged {
    pub(super) fn principal(&self) -> &str {
        self.result.as_ref().unwrap().0.principal_id().unwrap()
    }

    pub(super) fn milliseconds(&self) -> u64 {
        self.result.as_ref().unwrap().1.unwrap()
    }

    pub(super) fn refusal(&self) -> &Refusal {
        self.result.as_ref().unwrap_err()
    }

    pub(super) fn allows(&self, arn: &str) -> bool {
        let request = Request {
            action: "execute-api:Invoke",
            resource: ResourceArn::parse(arn).unwrap(),
            principal: Principal::Anonymous,
            context: &|_| Values::Missing,
        };
        matches!(self.result.as_ref().unwrap().0.decide(&request), Decision::Allow { .. })
    }

    pub(super) fn tells(&self, part: &str) -> bool {
        self.steps.iter().any(|step| step.contains(part))
    }
}

fn stage(api: &str, stage: &str) -> Arc<StageSnapshot> {
    let mut parts = RestApiParts::new(ApiId::parse(api).unwrap(), "test");
    let root = Resource {
        id: PartId::parse("root").unwrap(),
        path: PathTemplate::parse("/").unwrap(),
        methods: indexmap::IndexMap::new(),
    };
    parts.resources.push(root);
    let variables = [("fn".to_owned(), "gate".to_owned()), ("tier".to_owned(), "gold".to_owned())];
    let variables = StageVariables::new(variables).unwrap();
    let stage = RestStage { variables, ..RestStage::new(StageName::parse(stage).unwrap()) };
    let id = PartId::parse("d1").unwrap();
    let deployment =
        Deployment { id: id.clone(), description: None, api: Api::Rest(RestApi::new(parts).unwrap()) };
    let pointer = StagePointer {
        stage: Stage::Rest(stage),
        deployment_id: id,
        previous_deployment_id: None,
        version: 1,
    };
    let account = AccountId::parse("123456789012").unwrap();
    Arc::new(StageSnapshot::compile(&deployment, &pointer, &account, &Region::parse("us-east-1").unwrap()))
}

/// A world whose functions answer so.
pub(super) fn world(
    script: impl Fn(&gatelet_world::SeenInvocation) -> Result<FunctionAnswer, FunctionError>
    + Send
    + Sync
    + 'static,
) -> MemoryWorld {
    let backends = MemoryBackends::answering(|_| panic!("no backend is called"));
    MemoryWorld::at(NOW, backends).with_functions(MemoryFunctions::answering(script))
}

pub(super) fn answered(payload: impl Into<bytes::Bytes>) -> Result<FunctionAnswer, FunctionError> {
    Ok(FunctionAnswer::Payload { payload: payload.into(), function_error: None })
}

/// A world with other functions, or with other shared decisions.
pub(super) struct Altered<'a, F, D> {
    pub(super) world: &'a MemoryWorld,
    pub(super) functions: F,
    pub(super) decisions: D,
}

impl<F: Functions, D: Decisions> World for Altered<'_, F, D> {
    type Definitions = MemoryDefinitions;
    type Backends = MemoryBackends;
    type Functions = F;
    type Services = MemoryServices;
    type IdentityProviders = MemoryIdentityProviders;
    type Credentials = MemoryCredentials;
    type Decisions = D;
    type Counters = MemoryCounters;
    type Clock = VirtualClock;

    fn definitions(&self) -> &MemoryDefinitions {
        &self.world.definitions
    }

    fn backends(&self) -> &MemoryBackends {
        &self.world.backends
    }

    fn functions(&self) -> &F {
        &self.functions
    }

    fn services(&self) -> &MemoryServices {
        &self.world.services
    }

    fn identity_providers(&self) -> &MemoryIdentityProviders {
        &self.world.identity_providers
    }

    fn credentials(&self) -> &MemoryCredentials {
        &self.world.credentials
    }

    fn decisions(&self) -> &D {
        &self.decisions
    }

    fn counters(&self) -> &MemoryCounters {
        &self.world.counters
    }

    fn clock(&self) -> &VirtualClock {
        &self.world.clock
    }

    fn memory(&self) -> &Memory {
        &self.world.memory
    }
}

impl<'a, F: Functions> Altered<'a, F, MemoryDecisions> {
    pub(super) fn functions(world: &'a MemoryWorld, functions: F) -> Self {
        Self { world, functions, decisions: MemoryDecisions::default() }
    }
}

/// Polls once a future that waits for nothing.
pub(super) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something"),
    }
}
