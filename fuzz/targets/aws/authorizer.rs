//! The authorizer function: whatever its document and its events say, reading them never panics, an answer has the form that
//! API Gateway reads, and nobody is let in whom no token, address or policy can let in.

#![no_main]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use authorizer::{Authorizer, Rules};
use gatelet_core::Timestamp;
use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};
use gatelet_world::{MemoryBackends, MemoryWorld};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NOW: Timestamp = Timestamp::from_milliseconds(1_800_000_000_000);
const ANSWER_BYTES_MAX: usize = 8 * 1_024;
/// Documents by which nobody comes in here: issuers are not reached, nobody has a key, and the address is not allowed.
const CLOSED: [&str; 6] = [
    r#"{"jwt": {"issuers": [{"issuer": "https://id.example", "audiences": ["me"]}]}}"#,
    r#"{"apiKeys": {"limits": true, "usageIdentifierKey": true}}"#,
    r#"{"apiKeys": {}, "answer": "simple-uncached"}"#,
    r#"{"addresses": {"allow": ["192.0.2.0/24"]}}"#,
    r#"{"addresses": {"allow": ["192.0.2.0/24"]}, "answer": "simple-uncached"}"#,
    r#"{"policy": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*",
        "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}}}"#,
];

// A document in the first line, and an event behind it; the event is asked with the documents above, too.
fuzz_target!(|text: &str| {
    let (document, event) = text.split_once('\n').unwrap_or((text, text));
    let rules = Rules::parse(document, |issuer| issuer == "mapped");
    assert_eq!(rules.as_ref().err(), Rules::parse(document, |issuer| issuer == "mapped").as_ref().err());
    let asks_for = |part: &str| {
        let document: Value = serde_json::from_str(document).expect("it was read");
        document.get(part).is_some()
    };
    let is_closed = rules.is_err() || asks_for("jwt");
    let has_no_key = rules.is_ok() && asks_for("apiKeys");
    if let Some(answer) = ask(rules, event) {
        assert!(!is_closed, "{answer}");
        check_form(&answer);
        let event = serde_json::from_str(event).expect("it was read");
        assert!(!has_no_key || is_denied(&answer, &event), "{answer}");
    }
    for (number, document) in CLOSED.iter().enumerate() {
        let rules = Rules::parse(document, |_| false).expect("it is good");
        let Some(answer) = ask(Ok(rules), event) else { continue };
        assert_ne!(number, 0, "no token is good");
        check_form(&answer);
        let event: Value = serde_json::from_str(event).expect("it was read");
        let address = event.pointer("/requestContext/http/sourceIp").and_then(Value::as_str);
        let is_allowed = match answer.get("isAuthorized") {
            // Only an address of these that the event tells lets anybody in.
            Some(authorized) => {
                authorized == true && !address.is_some_and(|address| address.starts_with("192.0.2."))
            }
            None => lets_in(&answer, &event),
        };
        assert!(!document.contains("apiKeys") || is_denied(&answer, &event), "nobody has a key: {answer}");
        assert!(!is_allowed, "{answer}");
    }
});

fn ask(rules: Result<Rules, String>, event: &str) -> Option<Value> {
    let world = MemoryWorld::at(NOW, MemoryBackends::default());
    let authorizer = Authorizer::new(rules, world);
    let deadline = Timestamp::from_milliseconds(NOW.milliseconds() + 5_000);
    let answer = at_once(authorizer.answer(event, deadline)).ok()?;
    assert!(answer.as_str().len() <= ANSWER_BYTES_MAX);
    Some(serde_json::from_str(answer.as_str()).expect("an answer is JSON"))
}

fn is_denied(answer: &Value, event: &Value) -> bool {
    match answer.get("isAuthorized") {
        Some(authorized) => authorized == false,
        None => !lets_in(answer, event),
    }
}

fn check_form(answer: &Value) {
    assert!(answer["context"].as_object().is_some_and(|context| context.is_empty()), "nobody has claims");
    match answer.get("isAuthorized") {
        Some(authorized) => assert!(authorized.is_boolean()),
        None => {
            assert_eq!(answer["principalId"], "anonymous");
            let policy = Policy::parse(&answer["policyDocument"].to_string(), PolicyKind::Authorizer);
            policy.unwrap_or_else(|error| panic!("API Gateway does not read {answer}: {error}"));
        }
    }
}

/// Whether API Gateway lets the event's own request in, from an address that no document allows.
fn lets_in(answer: &Value, event: &Value) -> bool {
    let arn = event.get("routeArn").or(event.get("methodArn"));
    let Some(resource) = arn.and_then(Value::as_str).and_then(ResourceArn::parse) else {
        return false;
    };
    let policy =
        Policy::parse(&answer["policyDocument"].to_string(), PolicyKind::Authorizer).expect("it was read");
    let context = |key: &str| match key {
        "aws:sourceip" => Values::One("198.51.100.1"),
        "aws:epochtime" | "aws:currenttime" => Values::One("1800000000"),
        _ => Values::Missing,
    };
    let request = Request {
        action: "execute-api:Invoke",
        resource,
        principal: Principal::Anonymous,
        context: &context,
    };
    matches!(policy.decide(&request), Decision::Allow { .. })
}

fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing is waited for"),
    }
}
