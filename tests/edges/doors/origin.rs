//! The edge in front, and whoever goes around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// Every header in which a certificate might be told.
const CERTIFICATE_HEADERS: [&str; 4] = [
    "x-gatelet-client-certificate",
    "x-amzn-mtls-clientcert-leaf",
    "cloudfront-viewer-cert-pem",
    "client-cert",
];

/// A certificate as headers hold it: PEM, its special characters escaped.
fn certificate() -> String {
    let made = rcgen::generate_simple_self_signed(vec!["client.example".to_owned()]).unwrap();
    let text = STANDARD.encode(made.cert.der()).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("-----BEGIN%20CERTIFICATE-----%0A{text}%0A-----END%20CERTIFICATE-----%0A")
}

#[tokio::test]
async fn a_certificate_is_told_by_the_edge_alone_and_in_its_own_header() {
    let certificate = certificate();
    let secret = ("x-gatelet-origin-secret", NEW);
    // The variables, the headers beside the certificate's, the one in which it counts.
    let cases = [
        (&[][..], &[][..], None),
        (&[], &[secret], None),
        (&[SECRETS], &[secret], Some("x-gatelet-client-certificate")),
    ];
    let doors = [at_url("/dev/a"), load_balancer(&request("GET", "/dev/a", ""), peer())];
    for (variables, headers, believed) in cases {
        for (event, name) in doors.iter().flat_map(|door| CERTIFICATE_HEADERS.map(|name| (door, name))) {
            let function = Function::new(variables, |_| answer("fine"));
            let mut event = event.clone();
            for (name, value) in headers.iter().copied().chain([(name, certificate.as_str())]) {
                match event.get_mut("multiValueHeaders") {
                    Some(several) => several[name] = json!([value]),
                    None => event["headers"][name] = value.into(),
                }
            }
            assert_eq!(function.ask(&event).await.text(), "fine");
            let record = function.record();
            assert_eq!(record.certificate().is_some(), believed == Some(name), "{name}");
            if let Some(told) = record.certificate() {
                assert_eq!(&*told.subject, "CN=rcgen self signed cert");
            }
            let seen = &function.seen()[0].head.headers;
            assert!(CERTIFICATE_HEADERS.iter().all(|name| !seen.contains_key(*name)), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn a_load_balancer_that_verifies_certificates_is_believed() {
    let variables = [("GATELET_LOAD_BALANCER_CERTIFICATES", "true")];
    let certificate = certificate();
    for name in CERTIFICATE_HEADERS {
        let function = Function::new(&variables, |_| answer("fine"));
        let mut event = load_balancer(&request("GET", "/dev/a", ""), peer());
        event["multiValueHeaders"][name] = json!([certificate]);
        assert_eq!(function.ask(&event).await.text(), "fine");
        assert_eq!(
            function.record().certificate().is_some(),
            name == "x-amzn-mtls-clientcert-leaf",
            "{name}"
        );
        let through_url = Function::new(&variables, |_| answer("fine"));
        assert_eq!(through_url.ask(&with_header(at_url("/dev/a"), name, &certificate)).await.text(), "fine");
        assert!(through_url.record().certificate().is_none(), "{name}");
    }
}
