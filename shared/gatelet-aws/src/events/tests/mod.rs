//! Events to the exact request, answers to the exact JSON.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod answers;
mod clients;
mod foreign;
mod malformed;
mod requests;
mod vouched;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gatelet_core::payload::{Body, HeaderNames};
use serde_json::Value;

use super::*;

const SECRET: &str = "0123456789abcdef0123";

/// What comes of an event where anybody may call.
fn received(event: &Value) -> Received {
    received_with("", event)
}

/// The same where these secrets prove the edge.
fn received_with(secrets: &str, event: &Value) -> Received {
    let event: HttpEvent = serde_json::from_str(&event.to_string()).unwrap();
    let origin_secrets = OriginSecrets::parse(secrets).unwrap();
    event.receive(&Trust { origin_secrets, load_balancer_certificates: false }).unwrap()
}

/// A request as text: its line, its headers in order of their names, an empty line, its body.
fn shown(received: Received) -> String {
    let (head, body) = received.request.into_parts();
    let mut text = format!("{} {} {:?}", head.method, head.uri, head.version);
    let mut names: Vec<_> = head.headers.keys().collect();
    names.sort_by_key(|name| name.as_str());
    for name in names {
        for value in head.headers.get_all(name) {
            text.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
    }
    let body = whole(body);
    text.push_str(&format!("\n\n{}", String::from_utf8_lossy(&body)));
    text
}

fn whole(body: Body) -> bytes::Bytes {
    match pin!(body.collect_up_to(1 << 24)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(body) => body.unwrap(),
        Poll::Pending => panic!("the body of an event is there"),
    }
}

/// An event of `events/`.
fn sample(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// How the names of a request's headers were spelled, where the door tells.
fn spelled(received: &Received, name: &str) -> Option<String> {
    let names = received.request.extensions().get::<HeaderNames>()?;
    names.spellings().of(name).map(str::to_owned)
}
