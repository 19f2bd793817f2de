//! The edge in front, and whoever goes around it.

use gatelet_core::ports::PortError;
use gatelet_tests::doors::{function_url, invoke, load_balancer};
use http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Function, NOW, answer, at_url, peer, request};

const OLD: &str = "old-0123456789abcdef";
const NEW: &str = "new-0123456789abcdef";
const SECRETS: (&str, &str) = ("GATELET_ORIGIN_SECRETS", "old-0123456789abcdef,new-0123456789abcdef");

fn with_header(mut event: Value, name: &str, value: &str) -> Value {
    event["headers"][name] = value.into();
    event
}

#[tokio::test]
async fn whoever_goes_around_the_edge_hears_nothing_else() {
    let requests = [
        at_url("/dev/a"),
        at_url("/nowhere"),
        with_header(at_url("/dev/a"), "x-gatelet-origin-secret", "wrong-0123456789abcd"),
        with_header(at_url("/dev/a"), "x-bad", "line\nbreak"),
        load_balancer(&request("GET", "/dev/a/../b", ""), peer()),
        function_url(&request("BREW", "/dev/a", "x-gatelet-host: api.example.com"), peer()),
    ];
    for event in requests {
        let function = Function::new(&[SECRETS], |_| answer("never"));
        // Not even the definitions are asked.
        let failure = PortError::Unavailable { what: "the table", why: "it was asked".to_owned() };
        function.shared.world.definitions.fail_with(Some(failure));
        let refused = function.ask(&event).await;
        assert_eq!(
            (refused.status, refused.text().as_str()),
            (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
        );
        assert_eq!(function.record().refusal(), Some(&gatelet_core::refusal::Refusal::UnprovenOrigin));
        assert!(function.seen().is_empty());
    }
}

#[tokio::test]
async fn the_edge_is_believed_with_either_secret_and_no_backend_sees_one() {
    for secret in [OLD, NEW] {
        let function = Function::new(&[SECRETS], |_| answer("fine"));
        let event = with_header(at_url("/dev/a"), "x-gatelet-origin-secret", secret);
        let event = with_header(event, "x-gatelet-host", "pets.example.com");
        let event = with_header(event, "x-gatelet-client", "198.51.100.9");
        assert_eq!(function.ask(&event).await.text(), "fine");
        let seen = &function.seen()[0].head.headers;
        assert!(
            !seen.contains_key("x-gatelet-origin-secret") && !seen.contains_key("x-gatelet-host"),
            "{seen:?}"
        );
        assert_eq!(function.record().peer.to_string(), "198.51.100.9");
        assert_eq!(function.record().context("domainName").as_deref(), Some("pets.example.com"));
    }
}

#[tokio::test]
async fn without_secrets_nobody_is_believed() {
    let function = Function::new(&[], |_| answer("fine"));
    let event = with_header(at_url("/dev/a"), "x-gatelet-host", "pets.example.com");
    let event = with_header(event, "x-gatelet-client", "198.51.100.9");
    assert_eq!(function.ask(&event).await.text(), "fine");
    assert_eq!(function.record().peer, peer());
    assert_eq!(function.record().context("domainName").as_deref(), Some("api.example.com"));
}

#[tokio::test]
async fn whoever_may_invoke_the_function_needs_no_secret() {
    let function = Function::new(&[SECRETS], |_| answer("fine"));
    let event = json!({ "httpMethod": "GET", "path": "/dev/a" });
    let reply = invoke(&function.router, &event, NOW).await.unwrap();
    assert_eq!(gatelet_tests::doors::Answer::of(reply).await.text(), "fine");
}
