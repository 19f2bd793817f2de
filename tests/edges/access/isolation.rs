//! What one caller is granted is never another's, and never for something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatelet_core::ports::FunctionAnswer;
use gatelet_world::MemoryFunctions;
use serde_json::{Value, json};

use crate::fixture::{Served, definition, request, serve};

/// An API with a TOKEN authorizer that lets each token do only what stands in it: `GET /a`.
fn served() -> (Served, Arc<AtomicUsize>) {
    let scheme = json!({
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token", "authorizerResultTtlInSeconds": 300,
            "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations"
        }
    });
    let mut served = serve(&definition(&["/a", "/b", "/{proxy+}"], Some(scheme)));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    served.world = served.world.with_functions(MemoryFunctions::answering(move |call| {
        count.fetch_add(1, Ordering::Relaxed);
        let event: Value = serde_json::from_slice(&call.payload).unwrap();
        let token = event["authorizationToken"].as_str().unwrap();
        let (method, path) = token.split_once(' ').unwrap();
        let resource = format!("arn:aws:execute-api:us-east-1:123456789012:*/dev/{method}{path}");
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
        ]});
        let answer = json!({"principalId": token, "policyDocument": policy, "context": {"who": token}});
        Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
    }));
    (served, asked)
}

#[tokio::test]
async fn a_remembered_answer_opens_what_it_allows_and_nothing_else() {
    let (served, asked) = served();
    let send = async |method: &str, path: &str| {
        served.send(request(method, path).header("authorization", "GET /a")).await.status
    };
    assert_eq!(send("GET", "/dev/a").await, 200);
    for (method, path) in [
        ("DELETE", "/dev/a"),
        ("GET", "/dev/b"),
        ("GET", "/dev/a/b"),
        ("GET", "/dev/%2A"),
        ("GET", "/dev/A"),
        ("POST", "/dev/a/"),
    ] {
        assert_eq!(send(method, path).await, 403, "{method} {path}");
    }
    assert_eq!(send("GET", "/dev/a").await, 200);
    // The same path in other spellings.
    assert_eq!(send("GET", "/dev/%61").await, 200);
    assert_eq!(send("GET", "/dev//a").await, 200);
    assert_eq!(send("GET", "/dev/a/").await, 200);
    assert_eq!(asked.load(Ordering::Relaxed), 1, "the answer was remembered");
}

#[tokio::test]
async fn two_callers_through_one_instance_see_their_own_alone() {
    let (served, asked) = served();
    let (one, other) = ("GET /a", "GET /b");
    for _ in 0..50 {
        for (token, path, expected) in
            [(one, "/dev/a", 200), (other, "/dev/a", 403), (other, "/dev/b", 200), (one, "/dev/b", 403)]
        {
            let outcome = served.send(request("GET", path).header("authorization", token)).await;
            assert_eq!(outcome.status, expected, "{token} {path}");
            if expected == 200 {
                let context = |name: &str| outcome.record.context(name).unwrap().into_owned();
                assert_eq!(context("authorizer.principalId"), token);
                assert_eq!(context("authorizer.who"), token);
            }
        }
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

/// However a protected path is spelled, nobody behind it is called without its own authorizer's consent.
#[tokio::test]
async fn no_spelling_of_a_protected_path_goes_around_its_authorizer() {
    let (served, _) = served();
    let spellings = [
        "/dev/a",
        "/dev/a/",
        "/dev//a",
        "/dev/a//",
        "/dev/./a",
        "/dev/x/../a",
        "/dev/%61",
        "/dev/%2561",
        "/dev/a%2f",
        "/dev/a;x",
        "/dev/a%00",
        "/dev/a%3f",
        "/dev/a%23",
        "/dev/%c0%af/a",
        "/dev/%2e/a",
        "/dev/b/%2e%2e/a",
        "/dev/a%20",
        "/dev/A",
        "//dev/a",
        "/dev\\a",
        "/dev/a?x=/dev/b",
    ];
    for spelling in spellings {
        for method in ["GET", "HEAD", "POST", "PURGE", "get"] {
            let Ok(request) = request(method, spelling).body(()) else { continue };
            let (head, ()) = request.into_parts();
            let builder = http::Request::builder().method(head.method).uri(head.uri);
            let outcome = served.send(builder).await;
            assert!(
                matches!(outcome.status, 400 | 401 | 403 | 404 | 405),
                "{method} {spelling}: {}",
                outcome.status
            );
        }
    }
    assert_eq!(served.backend_calls(), 0);
}
