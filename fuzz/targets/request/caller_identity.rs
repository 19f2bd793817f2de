//! Callers of whom AWS's token service says who they are: whatever the header says, the service is asked for nothing but the
//! caller's identity, bound to the request at hand; whatever it answers, nobody comes in but the one it names.

#![no_main]

use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gatelet_control::document::Source;
use gatelet_control::identity;
use gatelet_control::import::{self, ImportOptions};
use gatelet_core::Timestamp;
use gatelet_core::authorizers::iam::CALLER_IDENTITY;
use gatelet_core::payload::{Body, Request};
use gatelet_core::pipeline::{self, Front};
use gatelet_core::record::Record;
use gatelet_model::rest::RestStage;
use gatelet_model::{AccountId, Deployment, Region, Stage, StageName, StagePointer};
use gatelet_world::{MemoryBackends, MemoryIdentityProviders, MemoryWorld, arrival_at};
use http::{HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NOW: Timestamp = Timestamp::from_milliseconds(1_795_190_400_000);
const ACCOUNT: &str = "123456789012";
/// Who may call.
const ROLE: &str = "arn:aws:iam::123456789012:role/reader";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/reader/";
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}}"#;
const DEFINITION: &str = r#"{
    "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
    "components": {"securitySchemes": {"iam": {
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"
    }}},
    "paths": {"/a": {"get": {
        "security": [{"iam": []}],
        "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://backend/"}
    }}}
}"#;
/// A query that is passed on, for inputs that change one.
const GOOD: &str = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261120\
                    %2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20261120T160000Z&X-Amz-SignedHeaders=host%3Bx-gatelet-request-body\
                    %3Bx-gatelet-request-host%3Bx-gatelet-request-method%3Bx-gatelet-request-path%3Bx-gatelet-request-query\
                    &X-Amz-Signature=00";
const NAMES: [&str; 9] = [
    "Action",
    "Version",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
];

// The header, which follows a good one if it begins with `&`; then, behind a line's end, what the service answers.
fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let (sent, answer) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let sent = if sent.starts_with(b"&") { [GOOD.as_bytes(), sent].concat() } else { sent.to_vec() };
    let Ok(header) = HeaderValue::from_bytes(&sent) else { return };
    let document = Bytes::copy_from_slice(answer);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let service = MemoryIdentityProviders::default().with_security_token_service(move |query, headers| {
        seen.lock().expect("nobody panicked").push((query.to_owned(), headers.clone()));
        match document.first() {
            Some(b'5') => Err(StatusCode::SERVICE_UNAVAILABLE),
            Some(b'4') => Err(StatusCode::FORBIDDEN),
            _ => Ok(document.clone()),
        }
    });
    let backends = MemoryBackends::answering(|_| Ok(http::Response::new(Body::from("ok"))));
    let world = MemoryWorld { identity_providers: service, ..MemoryWorld::at(NOW, backends) };
    world.credentials.attach(ROLE, vec![POLICY.into()]);
    let (deployment, pointer) = &*PUBLISHED;
    world.definitions.publish(deployment, pointer, &AccountId::parse(ACCOUNT).expect("it is one"));

    let status =
        respond(&world, &format!("{}.execute-api.us-east-1.amazonaws.com", deployment.api.id()), header);
    let asked = asked.lock().expect("nobody panicked");
    assert!(asked.len() <= 1, "asked once at most");
    for (query, headers) in &*asked {
        assert_eq!(query.as_bytes(), sent, "as it was signed");
        check_query(query);
        assert_eq!(headers["x-gatelet-request-method"], "GET");
        assert_eq!(headers["x-gatelet-request-path"], "/dev/a");
        assert_eq!(headers["x-gatelet-request-query"], "b=c");
        assert!(
            headers["x-gatelet-request-host"].as_bytes().starts_with(deployment.api.id().as_str().as_bytes())
        );
        assert_eq!(headers["x-gatelet-request-body"].len(), 64);
    }
    let is_in = !world.backends.seen().is_empty();
    assert_eq!(is_in, status == StatusCode::OK);
    if is_in {
        assert_eq!(asked.len(), 1, "somebody vouched");
        let answer: Value = serde_json::from_slice(answer).expect("it is JSON");
        let arn = &answer["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Arn"];
        // The fields of a struct may stand in a list, too.
        assert!(arn.as_str().is_none_or(|arn| arn.starts_with(SESSION) || arn == ROLE), "{arn}");
        assert!(answer.to_string().contains("reader"), "{answer}");
    }
});

/// What the service would read: each parameter once, and none that asks for something else.
fn check_query(query: &str) {
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    for (name, _) in &pairs {
        assert!(NAMES.contains(&name.as_str()), "{name} in {query}");
        assert_eq!(pairs.iter().filter(|(other, _)| other == name).count(), 1, "{name} in {query}");
    }
    let value = |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!(value("Action"), Some("GetCallerIdentity"));
    let signed: Vec<&str> = value("X-Amz-SignedHeaders").expect("it is there").split(';').collect();
    for part in ["method", "host", "path", "query", "body"] {
        assert!(signed.contains(&&*format!("x-gatelet-request-{part}")), "{part} in {query}");
    }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut written, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let escaped = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let escaped = escaped.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match escaped {
            Some(digits) => written.push(u8::from_str_radix(digits, 16).expect("two digits")),
            None if bytes[at] == b'+' => written.push(b' '),
            None => written.push(bytes[at]),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&written).into_owned()
}

static PUBLISHED: LazyLock<(Deployment, StagePointer)> = LazyLock::new(|| {
    let account = AccountId::parse(ACCOUNT).expect("it is one");
    let region = Region::parse("us-east-1").expect("it is one");
    let options = ImportOptions::for_file("callers.json", account, region);
    let api =
        import::openapi(&Source::new("callers.json", DEFINITION), &options).api.expect("it has no problems");
    let id = identity::deployment_id(&api).expect("it has an id");
    let stage = Stage::Rest(RestStage::new(StageName::parse("dev").expect("it is one")));
    let pointer = StagePointer { stage, deployment_id: id.clone(), previous_deployment_id: None, version: 1 };
    (Deployment { id, description: None, api }, pointer)
});

fn respond(world: &MemoryWorld, host: &str, header: HeaderValue) -> StatusCode {
    let request = http::Request::get("/dev/a?b=c").header("host", host).header(CALLER_IDENTITY, header);
    let request: Request = request.body(Body::default()).expect("it is a request");
    let arrival = arrival_at(NOW);
    let mut record = Record::open(&arrival, request.method().clone(), request.version()).explained();
    let front = Front::default();
    let serving = pin!(pipeline::serve(world, &front, &arrival, request, &mut record));
    match serving.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.status(),
        Poll::Pending => panic!("nothing is waited for"),
    }
}
