//! What the platform vouches for, and what only looks like that.

use gatelet_core::authorizers::ClientCertificate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::*;

/// Every header in which somebody might tell of a certificate.
const TELLING: [&str; 5] = [
    "x-gatelet-client-certificate",
    "x-amzn-mtls-clientcert-leaf",
    "x-amzn-mtls-clientcert",
    "cloudfront-viewer-cert-pem",
    "client-cert",
];
const DOORS: [&str; 6] = [
    "function-url/page.json",
    "alb/page.json",
    "alb/page-multi-value.json",
    "rest/page.json",
    "http/page.json",
    "invoke/page.json",
];

/// A certificate as headers hold it.
fn escaped() -> String {
    let made = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
    let certificate = crate::edge::client_certificate(made.cert.der()).unwrap();
    utf8_percent_encode(&certificate.pem, NON_ALPHANUMERIC).to_string()
}

fn with(mut event: Value, name: &str, values: &[&str]) -> Value {
    match event.get_mut("multiValueHeaders") {
        Some(several) => several[name] = json!(values),
        None => event["headers"][name] = values.join(",").into(),
    }
    event
}

fn proven(event: Value) -> Value {
    with(event, "x-gatelet-origin-secret", &[SECRET])
}

fn certificate(secrets: &str, load_balancer: bool, event: &Value) -> Option<ClientCertificate> {
    let event: HttpEvent = serde_json::from_str(&event.to_string()).unwrap();
    let origin_secrets = OriginSecrets::parse(secrets).unwrap();
    let received =
        event.receive(&Trust { origin_secrets, load_balancer_certificates: load_balancer }).unwrap();
    for name in TELLING {
        assert!(!received.request.headers().contains_key(name), "{name} is left");
    }
    received.vouched.certificate.map(|certificate| (*certificate).clone())
}

#[test]
fn a_client_s_own_certificate_headers_count_nowhere() {
    let pem = escaped();
    for (door, name) in DOORS.iter().flat_map(|door| TELLING.map(|name| (*door, name))) {
        let event = with(sample(door), name, &[&pem]);
        assert_eq!(certificate("", false, &event), None, "{door} {name}");
        assert_eq!(certificate(SECRET, false, &event), None, "{door} {name}");
        assert_eq!(certificate(SECRET, true, &event), None, "{door} {name}");
    }
}

#[test]
fn the_edge_tells_of_a_certificate_in_its_own_header_alone() {
    let pem = escaped();
    let expected = certificate_of(&pem);
    for door in DOORS.iter().filter(|door| **door != "invoke/page.json") {
        for name in TELLING {
            let event = proven(with(sample(door), name, &[&pem]));
            let told = certificate(SECRET, true, &event);
            assert_eq!(told.is_some(), name == "x-gatelet-client-certificate", "{door} {name}");
            assert!(told.is_none_or(|told| told == expected));
        }
        let broken = proven(with(sample(door), "x-gatelet-client-certificate", &["nothing"]));
        assert_eq!(certificate(SECRET, false, &broken), None);
    }
    let twice =
        proven(with(sample("alb/page-multi-value.json"), "x-gatelet-client-certificate", &[&pem, &pem]));
    assert_eq!(certificate(SECRET, false, &twice), None, "one of two may be the client's own");
}

#[test]
fn a_load_balancer_is_believed_where_the_operator_says_so() {
    let pem = escaped();
    for (door, name) in DOORS.iter().flat_map(|door| TELLING.map(|name| (*door, name))) {
        let told = certificate("", true, &with(sample(door), name, &[&pem]));
        let is_believed = door == "alb/page-multi-value.json" && name == "x-amzn-mtls-clientcert-leaf";
        assert_eq!(told, is_believed.then(|| certificate_of(&pem)), "{door} {name}");
    }
    let twice = with(sample("alb/page-multi-value.json"), "x-amzn-mtls-clientcert-leaf", &[&pem, &pem]);
    assert_eq!(certificate("", true, &twice), None);
}

fn certificate_of(pem: &str) -> ClientCertificate {
    crate::edge::certificate_of_header(&pem.parse().unwrap()).unwrap()
}

#[test]
fn a_function_url_tells_who_signed() {
    let received = received(&sample("function-url/signed.json"));
    let identity = received.vouched.identity.unwrap();
    assert_eq!(&*identity.account_id, "111122223333");
    assert_eq!(&*identity.user_arn, "arn:aws:iam::111122223333:user/example-user");
    assert_eq!(&*identity.user_id, "AIDACOSFODNN7EXAMPLE2");
    assert_eq!(identity.access_key.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(identity.principal_org_id.as_deref(), Some("o-a1b2c3d4e5"));
    let iam = &sample("function-url/signed.json")["requestContext"]["authorizer"];
    let mut http = sample("http/page.json");
    http["requestContext"]["authorizer"] = iam.clone();
    assert_eq!(super::received(&http).vouched.identity.unwrap().user_arn, identity.user_arn);
}

#[test]
fn api_gateway_tells_who_signed_in_its_own_place() {
    let mut event = sample("rest/page.json");
    assert!(received(&event).vouched.identity.is_none());
    event["requestContext"]["identity"]["accountId"] = "111122223333".into();
    event["requestContext"]["identity"]["userArn"] = "arn:aws:sts::111122223333:assumed-role/r/s".into();
    assert!(received(&event).vouched.identity.is_none(), "not all of it");
    event["requestContext"]["identity"]["user"] = "AROAEXAMPLE:s".into();
    let identity = received(&event).vouched.identity.unwrap();
    assert_eq!((&*identity.user_id, identity.access_key.as_deref()), ("AROAEXAMPLE:s", None));
}

#[test]
fn nobody_signs_through_other_doors_behind_an_edge_or_in_headers() {
    let signed = sample("function-url/signed.json");
    let authorizer = &signed["requestContext"]["authorizer"];
    for door in ["alb/page.json", "rest/page.json", "invoke/page.json"] {
        let mut event = sample(door);
        // What a Lambda authorizer of a REST API says is its own affair.
        event["requestContext"]["authorizer"] = authorizer.clone();
        assert!(received(&event).vouched.identity.is_none(), "{door}");
    }
    assert!(received_with(SECRET, &signed).vouched.identity.is_none());
    assert!(received_with(SECRET, &proven(signed.clone())).vouched.identity.is_none(), "the edge signed");
    let mut event = with(
        sample("function-url/page.json"),
        "x-amzn-request-context",
        &[&signed["requestContext"].to_string()],
    );
    for broken in [json!(null), json!("x"), json!([1]), json!({"iam": null}), json!({"iam": {"userArn": 1}})]
    {
        event["requestContext"]["authorizer"] = broken;
        assert!(received(&event).vouched.identity.is_none());
    }
}
