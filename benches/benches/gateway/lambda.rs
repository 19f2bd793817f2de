//! Events as functions see them, and functions' answers.

use std::hint::black_box;

use bytes::Bytes;
use gatelet_benches::Work;
use gatelet_core::integrations::{Integration, LambdaProxy};
use gatelet_core::payload::{Body, Request};
use gatelet_core::pipeline::Front;
use gatelet_core::record::Record;
use gatelet_core::snapshot::ApiSnapshot;
use gatelet_core::stages::{locate, map_request, route};
use gatelet_model::StageName;
use gatelet_world::MemoryBackends;

use crate::definitions;
use crate::pipeline::{arrival, deployed, now};

/// The body of the request: 1 KB of JSON.
const BODY_BYTES: usize = 1_024;

const ANSWER: &[u8] = br#"{"statusCode": 200, "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"}, "body": "{\"id\": 7, \"kind\": \"cat\", \"name\": \"Tom\"}"}"#;

/// A REST API's event for a request with a body of 1 KB.
pub(crate) fn event_1_0() -> Work {
    event(definitions::REST_LAMBDA, "dev", "/dev/pets/7?type=cat&type=dog&page=2")
}

/// An HTTP API's.
pub(crate) fn event_2_0() -> Work {
    event(definitions::HTTP_LAMBDA, StageName::DEFAULT, "/pets/7?type=cat&type=dog&page=2")
}

/// A function's answer to a REST API.
pub(crate) fn answer_1_0() -> Work {
    answer(definitions::REST_LAMBDA, "dev", "/dev/pets/7")
}

/// A function's answer to an HTTP API.
pub(crate) fn answer_2_0() -> Work {
    answer(definitions::HTTP_LAMBDA, StageName::DEFAULT, "/pets/7")
}

fn event(definition: &str, stage: &str, target: &'static str) -> Work {
    let located: &'static locate::Located = Box::leak(Box::new(located(definition, stage, target)));
    let path = located.path().unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let path: &'static _ = Box::leak(Box::new(path));
    let arrival = arrival();
    let body = body();
    let request = request(target);
    let record = Record::open(&arrival, request.method().clone(), request.version());
    let (integration, call) = match located.stage.api() {
        ApiSnapshot::Rest(api) => {
            let method =
                route::rest(api, path, request.method()).unwrap_or_else(|refusal| panic!("{refusal:?}"));
            let call = now(map_request::rest(located, path, method, &arrival, request, &record));
            (Some(&method.integration), call.map(|(call, _)| call))
        }
        ApiSnapshot::Http(api) => {
            let (route, integration) =
                route::http(api, path, request.method()).unwrap_or_else(|refusal| panic!("{refusal:?}"));
            (Some(integration), now(map_request::http(located, path, route, request, &record)))
        }
        ApiSnapshot::WebSocket => unreachable!("no WebSocket API is measured"),
    };
    let call = call.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let proxy = proxy(integration);
    let event = proxy.event(&arrival, &call, body.as_bytes(), &record);
    assert!(event.len() > BODY_BYTES, "the event holds the body");
    Work::new(move || drop(black_box(proxy.event(&arrival, black_box(&call), body.as_bytes(), &record))))
}

fn answer(definition: &str, stage: &str, target: &'static str) -> Work {
    let located: &'static locate::Located = Box::leak(Box::new(located(definition, stage, target)));
    let path = located.path().unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let method = http::Method::POST;
    let proxy = match located.stage.api() {
        ApiSnapshot::Rest(api) => {
            proxy(route::rest(api, &path, &method).ok().map(|method| &method.integration))
        }
        ApiSnapshot::Http(api) => {
            proxy(route::http(api, &path, &method).ok().map(|(_, integration)| integration))
        }
        ApiSnapshot::WebSocket => unreachable!("no WebSocket API is measured"),
    };
    let payload = Bytes::from_static(ANSWER);
    assert!(proxy.read_answer(&payload, None).is_ok(), "the answer is one");
    Work::new(move || drop(black_box(proxy.read_answer(black_box(&payload), Some("*/*")))))
}

fn proxy(integration: Option<&Integration>) -> &LambdaProxy {
    match integration {
        Some(Integration::LambdaProxy(proxy)) => proxy,
        other => panic!("{other:?} is no Lambda proxy"),
    }
}

fn located(definition: &str, stage: &str, target: &str) -> locate::Located {
    let (world, host) = deployed(definition, stage, MemoryBackends::default());
    let (path, _) = target.split_once('?').unwrap_or((target, ""));
    let front = Front::default();
    let record = Record::open(&arrival(), http::Method::POST, http::Version::HTTP_2);
    now(locate::locate(&world, &front, &arrival(), host.into(), path, &record))
        .unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// A request as a browser sends it: its path is the route's, its headers some 500 bytes.
fn request(target: &'static str) -> Request {
    http::Request::builder()
        .method("POST")
        .uri(target)
        .header("host", "api.example.com")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        .header("accept", "application/json, text/plain, */*")
        .header("accept-language", "en-US,en;q=0.5")
        .header("accept-encoding", "gzip, deflate, br, zstd")
        .header("content-type", "application/json")
        .header("content-length", BODY_BYTES)
        .header("origin", "https://example.com")
        .header("referer", "https://example.com/pets")
        .header("cookie", "session=0123456789abcdef; theme=dark")
        .header("authorization", "Bearer 0123456789abcdef0123456789abcdef")
        .body(Body::Empty)
        .unwrap_or_default()
}

fn body() -> String {
    let mut body = String::from("[");
    while body.len() + 32 < BODY_BYTES {
        body.push_str(r#"{"id": 7, "kind": "cat"}, "#);
    }
    body.push_str(r#""""#);
    while body.len() + 1 < BODY_BYTES {
        body.push(' ');
    }
    body.push(']');
    body
}
