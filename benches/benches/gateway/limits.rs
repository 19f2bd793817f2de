//! What limits cost when nothing has to be asked for: the key remembered, a lease and a block of the quota in hand.

use std::hint::black_box;
use std::time::Duration;

use gatelet_benches::Work;
use gatelet_core::payload::{Body, Request};
use gatelet_core::ports::{ApiKeyEntry, Clock as _, Definitions as _, Membership, World as _};
use gatelet_core::record::Record;
use gatelet_core::snapshot::ApiSnapshot;
use gatelet_core::stages::locate::Located;
use gatelet_core::stages::{client, throttle};
use gatelet_core::{Arrival, Timestamp};
use gatelet_model::rest::ApiKeySource;
use gatelet_model::{ApiId, PartId, PlanStage, Problem, Quota, QuotaPeriod, StageName, Throttle, UsagePlan};
use gatelet_world::{MemoryBackends, MemoryCounters, MemoryWorld, arrival_at};

use crate::pipeline::{NOW, deployed, now, serving_in};

const VALUE: &str = "abcdefghij0123456789abcdefghij0123456789";
const TARGET: &str = "/dev/pets/7?type=cat";
const DEFINITION: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
components:
  securitySchemes:
    key: {type: apiKey, name: x-api-key, in: header}
paths:
  /pets/{id}:
    get:
      security: [{key: []}]
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: "200", responseTemplates: {application/json: ok}}}
"#;

/// Between two requests: a hundred come in a second.
const PAUSE: Duration = Duration::from_millis(10);

/// A mock whose method asks for a key that has a throttle and a quota.
pub(crate) fn mock() -> Work {
    let (world, host) = limited();
    serving_in(world, host, TARGET, vec![("x-api-key", VALUE.to_owned())], "ok")
}

/// The two stages alone. Time passes, so that every two hundredth request or so takes a lease, and one in a hundred looks at the
/// plan again.
pub(crate) fn stages() -> Work {
    let (world, host) = limited();
    let located = located(&world, &host);
    let request = http::Request::builder().uri(TARGET).header("x-api-key", VALUE).body(Body::Empty);
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    Work::new(move || {
        world.clock.advance(PAUSE);
        let arrival = arrival_at(world.clock.now());
        let mut record = Record::open(&arrival, http::Method::GET, http::Version::HTTP_11);
        now(pass(&world, &located, &arrival, &request, &mut record));
        drop(black_box(record));
    })
}

/// What the stages are measured with and are not: the clock, the arrival and the record.
pub(crate) fn around_the_stages() -> Work {
    let (world, _) = limited();
    Work::new(move || {
        world.clock.advance(PAUSE);
        let arrival = arrival_at(world.clock.now());
        drop(black_box(Record::open(&arrival, http::Method::GET, http::Version::HTTP_11)));
    })
}

async fn pass(
    world: &MemoryWorld,
    located: &Located,
    arrival: &Arrival,
    request: &Request,
    record: &mut Record,
) {
    let ApiSnapshot::Rest(api) = located.stage.api() else { panic!("it is a REST API") };
    let Some(method) = api.methods().first() else { panic!("it has a method") };
    let client =
        client::client(world, located, arrival, ApiKeySource::Header, request.headers(), record).await;
    let client = client.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let passed = throttle::rest(world, &located.stage, method, Some(&client), arrival, record).await;
    passed.unwrap_or_else(|refusal| panic!("{refusal:?}"));
}

fn located(world: &MemoryWorld, host: &str) -> Located {
    let id = host.split('.').next().unwrap_or_default();
    let id = ApiId::parse(id).unwrap_or_else(|problem| panic!("{problem}"));
    let published = now(world.definitions().published(&id, NOW)).unwrap_or_else(|error| panic!("{error}"));
    let stage = published.and_then(|published| published.stage("dev").cloned());
    let stage = stage.unwrap_or_else(|| panic!("the stage is published"));
    Located::new(stage, host.into(), "/dev".into(), "/pets/7".into())
}

fn limited() -> (MemoryWorld, String) {
    let (mut world, host) = deployed(DEFINITION, "dev", MemoryBackends::default());
    world.counters = MemoryCounters::default().shared();
    store(&world, &host).unwrap_or_else(|problem| panic!("{problem}"));
    (world, host)
}

fn store(world: &MemoryWorld, host: &str) -> Result<(), Problem> {
    let id = PartId::parse("gold")?;
    world.credentials.insert_plan(UsagePlan {
        id: id.clone(),
        name: "gold".to_owned(),
        description: None,
        stages: vec![PlanStage {
            api_id: ApiId::parse(host.split('.').next().unwrap_or_default())?,
            stage: StageName::parse("dev")?,
            method_throttles: Default::default(),
        }],
        throttle: Some(Throttle::new(400.0, 4_000_000_000)?),
        quota: Some(Quota { limit: 4_000_000_000, offset: 0, period: QuotaPeriod::Month }),
        product_code: None,
        tags: Default::default(),
    });
    let membership = Membership { plan: id, since: Timestamp::from_milliseconds(0) };
    let key = ApiKeyEntry {
        id: PartId::parse("k1")?,
        name: "k1".into(),
        enabled: true,
        memberships: vec![membership],
    };
    world.credentials.insert_api_key(VALUE, key);
    Ok(())
}
