//! Callers who sign a `GetCallerIdentity` for one request, and of whom AWS's token service says who they are.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatelet_core::authorizers::iam::CALLER_IDENTITY;
use gatelet_world::MemoryIdentityProviders;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::fixture::{Served, definition, iam, policy, request, serve};

const HEADERS: &str = "host%3Bx-gatelet-request-host%3Bx-gatelet-request-method%3Bx-gatelet-request-path";

fn query(headers: &str) -> String {
    format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261120%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20261120T160000Z&X-Amz-Expires=60&X-Amz-SignedHeaders={headers}&X-Amz-Signature=00"
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
        served.send(request(method, path).header(CALLER_IDENTITY, query(HEADERS))).await
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
        assert_eq!(*sent, query(HEADERS));
        assert_eq!(headers["x-gatelet-request-method"], "GET");
        assert_eq!(headers["x-gatelet-request-path"], "/dev/a");
        assert_eq!(headers["x-gatelet-request-host"], served.host.as_str());
    }
    // For another request AWS is asked anew, and would refuse.
    send("DELETE", "/dev/a").await;
    send("GET", "/dev/b").await;
    assert_eq!(told.lock().unwrap().len(), 3);
    // No backend sees what the caller signed.
    assert!(served.world.backends.seen().iter().all(|call| !call.head.headers.contains_key(CALLER_IDENTITY)));
}

#[tokio::test]
async fn aws_is_believed_no_longer_than_the_signature_lives() {
    let (served, told) = served(None);
    let send = async || served.send(request("GET", "/dev/a").header(CALLER_IDENTITY, query(HEADERS))).await;
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
    let good = query(HEADERS);
    for (what, query) in [
        ("not bound to the method", query("host%3Bx-gatelet-request-host%3Bx-gatelet-request-path")),
        ("not bound to the host", query("host%3Bx-gatelet-request-method%3Bx-gatelet-request-path")),
        ("not bound to the path", query("host%3Bx-gatelet-request-host%3Bx-gatelet-request-method")),
        ("another action", good.replace("GetCallerIdentity", "AssumeRole")),
        ("another parameter", format!("{good}&RoleArn=x")),
        ("an action twice", format!("{good}&Action=AssumeRole")),
        ("not signed", good.replace("X-Amz-Signature", "X-Amz-Nothing")),
        ("too long", format!("{good}{}", "0".repeat(5_000))),
        ("for years", good.replace("X-Amz-Expires=60", "X-Amz-Expires=99999999")),
        ("empty", String::new()),
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
async fn what_aws_refuses_is_refused_and_what_it_cannot_say_closes_the_gate() {
    for (status, expected) in [
        (StatusCode::FORBIDDEN, 403),
        (StatusCode::BAD_REQUEST, 403),
        (StatusCode::TOO_MANY_REQUESTS, 500),
        (StatusCode::SERVICE_UNAVAILABLE, 500),
    ] {
        let (served, told) = served(Some(status));
        for _ in 0..2 {
            let outcome = served.send(request("GET", "/dev/a").header(CALLER_IDENTITY, query(HEADERS))).await;
            assert_eq!(outcome.status, expected, "{status}: {}", outcome.body);
        }
        // A failure is not remembered.
        assert_eq!(told.lock().unwrap().len(), 2, "{status}");
        assert_eq!(served.backend_calls(), 0);
    }
}
