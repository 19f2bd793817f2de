//! A gateway in memory, whose two methods ask for an API key.

use std::time::Duration;

use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ImportOptions};
use gatelet_core::limits::LimitSettings;
use gatelet_core::payload::{Body, Request};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::ports::{ApiKeyEntry, Clock as _, Membership, Memory};
use gatelet_core::record::Record;
use gatelet_core::refusal::Refusal;
use gatelet_core::{Arrival, Timestamp};
use gatelet_model::rest::RestStage;
use gatelet_model::{
    AccountId, Api, Deployment, PartId, PlanStage, Quota, Region, Stage, StageName, StagePointer, Throttle,
    UsagePlan,
};
use gatelet_world::{MemoryBackends, MemoryCounters, MemoryWorld, arrival_at};
use indexmap::IndexMap;

/// 20 November 2026, 16:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);
pub(crate) const VALUE: &str = "abcdefghij0123456789";

const DEFINITION: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /pets:
    get: &get
      security: [{key: []}]
      x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{"statusCode": 200}'}, responses: {default: {statusCode: "200"}}}
      responses: {"200": {description: ok}}
    post: *get
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: x-api-key}
"#;

/// A gateway in memory.
pub(crate) struct Gateway {
    pub(crate) world: MemoryWorld,
    pub(crate) api: Api,
    host: String,
    /// Which instance answers.
    instance: u32,
}

/// What a request was answered with.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) steps: Vec<String>,
}

pub(crate) fn id(text: &str) -> PartId {
    PartId::parse(text).unwrap()
}

impl Gateway {
    pub(crate) fn new() -> Self {
        let options = ImportOptions::for_file(
            "api.yaml",
            AccountId::parse("123456789012").unwrap(),
            Region::parse("us-east-1").unwrap(),
        );
        let api = import::openapi(&Source::new("api.yaml", DEFINITION), &options).api.unwrap();
        let gateway = Self {
            world: MemoryWorld::at(NOW, MemoryBackends::default()),
            host: format!("{}.execute-api.us-east-1.amazonaws.com", api.id()),
            api,
            instance: 1,
        };
        let deployment_id = identity::deployment_id(&gateway.api).unwrap();
        let deployment =
            Deployment { id: deployment_id.clone(), description: None, api: gateway.api.clone() };
        let stage = Stage::Rest(RestStage::new(StageName::parse("dev").unwrap()));
        let pointer = StagePointer { stage, deployment_id, previous_deployment_id: None, version: 1 };
        let account = AccountId::parse("123456789012").unwrap();
        gateway.world.definitions.publish(&deployment, &pointer, &account);
        gateway
    }

    /// The same whose counters others share.
    pub(crate) fn with_counters(mut self, counters: MemoryCounters) -> Self {
        self.world.counters = counters;
        self
    }

    /// Another instance of it: nothing remembered, the same stores behind it.
    pub(crate) fn forget(&mut self) {
        self.world.memory = Memory::new(LimitSettings::default());
        self.instance += 1;
    }

    pub(crate) fn put_plan(&self, name: &str, throttle: Option<(f64, u32)>, quota: Option<Quota>) {
        self.world.credentials.insert_plan(UsagePlan {
            id: id(name),
            name: name.to_owned(),
            description: None,
            stages: vec![PlanStage {
                api_id: self.api.id().clone(),
                stage: StageName::parse("dev").unwrap(),
                method_throttles: IndexMap::new(),
            }],
            throttle: throttle.map(|(rate, burst)| Throttle::new(rate, burst).unwrap()),
            quota,
            product_code: None,
            tags: IndexMap::new(),
        });
    }

    pub(crate) fn put_key(&self, value: &str, name: &str, plan: &str, enabled: bool) {
        let membership = Membership { plan: id(plan), since: Timestamp::from_milliseconds(0) };
        let key = ApiKeyEntry { id: id(name), name: name.into(), enabled, memberships: vec![membership] };
        self.world.credentials.insert_api_key(value, key);
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.world.clock.advance(duration);
    }

    /// How often keys and plans were asked for.
    pub(crate) fn look_ups(&self, what: &str) -> usize {
        self.world.credentials.seen().iter().filter(|seen| *seen == what).count()
    }

    pub(crate) async fn send(&self, method: &str, value: &str) -> Answered {
        let (arrival, request, mut record) = self.request(method, value);
        let response = pipeline::serve(&self.world, &Front::default(), &arrival, request, &mut record).await;
        Answered { status: response.status().as_u16(), steps: record.explanation() }
    }

    /// The steps of who asks whether a request would be let in.
    pub(crate) async fn authorize(&self, method: &str, value: &str) -> Result<Vec<String>, Refusal> {
        let (arrival, request, mut record) = self.request(method, value);
        pipeline::authorize(&self.world, &Front::default(), &arrival, request, &mut record).await?;
        Ok(record.explanation())
    }

    fn request(&self, method: &str, value: &str) -> (Arrival, Request, Record) {
        let request = http::Request::builder()
            .method(method)
            .uri("/dev/pets")
            .header("host", &self.host)
            .header("x-api-key", value)
            .body(Body::Empty)
            .unwrap();
        let request_id = format!("request of instance {}", self.instance).into();
        let arrival = Arrival { request_id, ..arrival_at(self.world.clock.now()) };
        let record = Record::open(&arrival, request.method().clone(), request.version()).explained();
        (arrival, request, record)
    }

    /// How many of so many requests at once pass.
    pub(crate) async fn burst(&self, requests: u32) -> u32 {
        let mut passed = 0;
        for _ in 0..requests {
            passed += u32::from(self.send("GET", VALUE).await.status == 200);
        }
        passed
    }
}
