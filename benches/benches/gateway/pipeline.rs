//! A request through the whole pipeline, with the world in memory.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gatelet_benches::Work;
use gatelet_core::payload::{Body, Response};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::record::Record;
use gatelet_core::{Arrival, Timestamp};
use gatelet_model::rest::RestStage;
use gatelet_model::v2::V2Stage;
use gatelet_model::{AccountId, Api, Deployment, PartId, Stage, StageName, StagePointer};
use gatelet_world::{MemoryBackends, MemoryWorld, arrival_at};

use crate::definitions;

pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);

/// A REST API's mock: routed, its status chosen, headers mapped, its template answered.
pub(crate) fn rest_mock() -> Work {
    serving(definitions::REST_MOCK, "dev", "/dev/pets/7?type=cat", "{\"pets\":[]}")
}

/// A REST API's HTTP proxy before a backend in memory: routed, mapped, called, headers renamed.
pub(crate) fn rest_proxy() -> Work {
    serving(definitions::REST_PROXY, "dev", "/dev/pets/7?type=cat", "backend")
}

/// An HTTP API's HTTP proxy before a backend in memory.
pub(crate) fn http_proxy() -> Work {
    serving(definitions::HTTP_PROXY, StageName::DEFAULT, "/pets/7?type=cat", "backend")
}

/// A world in which a definition is deployed, and the host that addresses it.
pub(crate) fn deployed(definition: &str, stage: &str, backends: MemoryBackends) -> (MemoryWorld, String) {
    let api = definitions::import(definition);
    let host = format!("{}.execute-api.us-east-1.amazonaws.com", api.id());
    let world = MemoryWorld::at(NOW, backends);
    let name = StageName::parse(stage).unwrap_or_else(|problem| panic!("{problem}"));
    let stage = match &api {
        Api::Rest(_) => Stage::Rest(RestStage::new(name)),
        _ => Stage::V2(V2Stage::new(name)),
    };
    let id = PartId::parse("d1").unwrap_or_else(|problem| panic!("{problem}"));
    let pointer = StagePointer { stage, deployment_id: id.clone(), previous_deployment_id: None, version: 1 };
    let account = AccountId::parse("123456789012").unwrap_or_else(|problem| panic!("{problem}"));
    world.definitions.publish(&Deployment { id, description: None, api }, &pointer, &account);
    (world, host)
}

/// The same arrival for every request.
pub(crate) fn arrival() -> Arrival {
    arrival_at(NOW)
}

fn serving(definition: &str, stage: &str, target: &'static str, expected: &str) -> Work {
    let backends = MemoryBackends::answering(|_| Ok(Response::new(Body::from("backend")))).forgetful();
    let (world, host) = deployed(definition, stage, backends);
    serving_in(world, host, target, Vec::new(), expected)
}

/// Requests with these headers to what a world serves.
pub(crate) fn serving_in(
    world: MemoryWorld,
    host: String,
    target: &'static str,
    headers: Vec<(&'static str, String)>,
    expected: &str,
) -> Work {
    let arrival = arrival();
    let front = Front::default();
    let once = move || {
        let mut builder = http::Request::builder();
        for (name, value) in &headers {
            builder = builder.header(*name, value);
        }
        let request = builder
            .uri(target)
            .header("host", &host)
            .header("user-agent", "bench")
            .header("accept", "*/*")
            .body(Body::Empty)
            .unwrap_or_default();
        let mut record = Record::open(&arrival, request.method().clone(), request.version());
        let response = now(pipeline::serve(&world, &front, &arrival, request, &mut record));
        (response, record)
    };
    let (response, _) = once();
    let body = now(response.into_body().collect_up_to(1 << 20)).unwrap_or_default();
    assert_eq!(body, expected, "the bench serves what it means to");
    Work::new(move || drop(black_box(once())))
}

/// Nothing behind the ports ever waits.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the world is in memory"),
    }
}
