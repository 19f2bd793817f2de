//! Callers who sign a `GetCallerIdentity` for one request, and of whom AWS's token service says who they are.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatelet_core::Vouched;
use gatelet_core::authorizers::iam::CALLER_IDENTITY;
use gatelet_world::MemoryIdentityProviders;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::fixture::{Served, definition, iam, policy, request, serve};

/// What the signature must cover.
const BOUND: [&str; 5] = ["body", "host", "method", "path", "query"];

/// The signed headers but one, as the query has them.
fn headers_without(left_out: &str) -> String {
    let names = BOUND.iter().filter(|name| **name != left_out);
    names.fold("host".to_owned(), |list, name| format!("{list}%3Bx-gatelet-request-{name}"))
}

const SIGNATURE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn good() -> String {
    query(&headers_without(""))
}

fn query(headers: &str) -> String {
    format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261120%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20261120T160000Z&X-Amz-Expires=60&X-Amz-SignedHeaders={headers}&X-Amz-Signature={SIGNATURE}"
    )
}

/// What the service is told of the request at hand.
type Told = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// An API whose callers the service knows, unless it answers with a status.
fn served(status: Option<StatusCode>) -> (Served, Told) {
    let mut served = serve(&definition(&["/a", "/b"], iam()));
    let told = Told::default();
    let seen = Arc::clone(&told);
    served.world.identity_providers =
        MemoryIdentityProviders::default().with_security_token_service(move |query, headers| {
            seen.lock().unwrap().push((query.to_owned(), headers.clone()));
            let arn = "arn:aws:sts::123456789012:assumed-role/reader/session";
            let answer = json!({"GetCallerIdentityResponse": {
                "GetCallerIdentityResult": {"Account": "123456789012", "Arn": arn, "UserId": "AROA:session"},
                "ResponseMetadata": {"RequestId": "r"}
            }});
            status.map_or_else(|| Ok(answer.to_string().into()), Err)
        });
    let policies = vec![policy("allow", false).to_string().into()];
    served.world.credentials.attach("arn:aws:iam::123456789012:role/reader", policies);
    (served, told)
}

#[tokio::test]
async fn aws_is_asked_once_about_who_signed_for_this_request() {
    let (served, told) = served(None);
    let send = async |method: &str, path: &str| {
        served.send(request(method, path).header(CALLER_IDENTITY, good())).await
    };
    for _ in 0..3 {
        let outcome = send("GET", "/dev/a?x=1").await;
        assert_eq!(outcome.status, 200, "{}", outcome.body);
        let caller = outcome.record.caller().unwrap().iam().unwrap();
        assert_eq!(&*caller.user_id, "AROA:session");
    }
    {
        let told = told.lock().unwrap();
        let [(sent, headers)] = told.as_slice() else { panic!("asked {} times", told.len()) };
        assert_eq!(*sent, good());
        assert_eq!(headers["x-gatelet-request-method"], "GET");
        assert_eq!(headers["x-gatelet-request-path"], "/dev/a");
        assert_eq!(headers["x-gatelet-request-host"], served.host.as_str());
        assert_eq!(headers["x-gatelet-request-query"], "x=1");
        // Of nothing.
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(headers["x-gatelet-request-body"], nothing);
    }
    // For another request AWS is asked anew, and would refuse.
    send("DELETE", "/dev/a").await;
    send("GET", "/dev/b").await;
    send("GET", "/dev/a?x=2").await;
    let with_body = request("GET", "/dev/a?x=1").header(CALLER_IDENTITY, good());
    served.send_with(with_body, "a body", Vouched::default()).await;
    assert_eq!(told.lock().unwrap().len(), 5);
    // No backend sees what the caller signed.
    assert!(served.world.backends.seen().iter().all(|call| !call.head.headers.contains_key(CALLER_IDENTITY)));
}

#[tokio::test]
async fn aws_is_believed_no_longer_than_the_signature_lives() {
    let (served, told) = served(None);
    let send = async || served.send(request("GET", "/dev/a").header(CALLER_IDENTITY, good())).await;
    send().await;
    served.world.clock.advance(Duration::from_secs(59));
    send().await;
    assert_eq!(told.lock().unwrap().len(), 1);
    served.world.clock.advance(Duration::from_secs(1));
    send().await;
    assert_eq!(told.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_bound_to_the_request_is_not_passed_on() {
    let (served, told) = served(None);
    let good = good();
    for (what, query) in [
        ("not bound to the method", query(&headers_without("method"))),
        ("not bound to the host", query(&headers_without("host"))),
        ("not bound to the path", query(&headers_without("path"))),
        ("not bound to the query", query(&headers_without("query"))),
        ("not bound to the body", query(&headers_without("body"))),
        ("another action", good.replace("GetCallerIdentity", "AssumeRole")),
        ("another parameter", format!("{good}&RoleArn=x")),
        ("an action twice", format!("{good}&Action=AssumeRole")),
        ("not signed", good.replace("X-Amz-Signature", "X-Amz-Nothing")),
        ("too long", format!("{good}{}", "0".repeat(5_000))),
        ("for years", good.replace("X-Amz-Expires=60", "X-Amz-Expires=99999999")),
        ("empty", String::new()),
        ("another algorithm", good.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
        ("a short key id", good.replace("AKIAIOSFODNN7EXAMPLE", "AKIA")),
        ("no key id", good.replace("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7-EXAMPLE")),
        ("no scope", good.replace("%2F20261120", "")),
        ("another region", good.replace("us-east-1", "us-east-2")),
        ("another service", good.replace("%2Fsts%2F", "%2Fiam%2F")),
        ("another end", good.replace("aws4_request", "aws5_request")),
        ("more behind the end", good.replace("aws4_request", "aws4_request%2Fx")),
        ("another day", good.replace("%2F20261120", "%2F20261119")),
        ("no date", good.replace("20261120T160000Z", "20261120T166000Z")),
        ("over", good.replace("20261120T160000Z", "20261120T155859Z")),
        ("of the future", good.replace("20261120T160000Z", "20261120T160501Z")),
        ("no number of seconds", good.replace("X-Amz-Expires=60", "X-Amz-Expires=%2B60")),
        ("a short signature", good.replace(SIGNATURE, &SIGNATURE[1..])),
        ("upper-case digits", good.replace(SIGNATURE, &SIGNATURE.to_uppercase())),
        ("no digits", good.replace(SIGNATURE, &"g".repeat(64))),
    ] {
        let outcome = served.send(request("GET", "/dev/a").header(CALLER_IDENTITY, query)).await;
        assert_eq!(outcome.status, 403, "{what}: {}", outcome.body);
    }
    let twice = request("GET", "/dev/a").header(CALLER_IDENTITY, &good).header(CALLER_IDENTITY, &good);
    assert_eq!(served.send(twice).await.status, 403);
    assert!(told.lock().unwrap().is_empty());
    assert_eq!(served.backend_calls(), 0);
}

#[tokio::test]
async fn a_signature_that_may_live_is_passed_on() {
    let (served, told) = served(None);
    let good = good();
    for (nth, query) in [
        good.replace("20261120T160000Z", "20261120T155900Z"),
        good.replace("20261120T160000Z", "20261120T160500Z"),
        good.replace("&X-Amz-Expires=60", ""),
        format!("{good}&X-Amz-Security-Token=t"),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = served.send(request("GET", "/dev/a").header(CALLER_IDENTITY, &query)).await;
        assert_eq!(outcome.status, 200, "{query}: {}", outcome.body);
        assert_eq!(told.lock().unwrap().len(), nth + 1, "{query}");
    }
}

#[tokio::test]
async fn what_aws_refuses_is_refused_and_what_it_cannot_say_closes_the_gate() {
    for (status, expected) in [
        (StatusCode::FORBIDDEN, 403),
        (StatusCode::BAD_REQUEST, 403),
        (StatusCode::TOO_MANY_REQUESTS, 500),
        (StatusCode::SERVICE_UNAVAILABLE, 500),
    ] {
        let (served, told) = served(Some(status));
        for _ in 0..2 {
            let outcome = served.send(request("GET", "/dev/a").header(CALLER_IDENTITY, good())).await;
            assert_eq!(outcome.status, expected, "{status}: {}", outcome.body);
        }
        // A failure is not remembered.
        assert_eq!(told.lock().unwrap().len(), 2, "{status}");
        assert_eq!(served.backend_calls(), 0);
    }
}
