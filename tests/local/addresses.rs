//! Where an API answers, and where nothing does.

use gatelet_tests::backend::{Backend, answers};

use crate::client::{get, request};
use crate::fixture::{Local, Only, patience};

#[tokio::test]
async fn an_api_answers_at_each_of_its_addresses() {
    let local = Local::start(None).await;
    let id = &local.rest;
    let own_name = format!("{id}.execute-api.localhost");
    let aws_name = format!("{id}.execute-api.us-east-1.amazonaws.com:443");
    for (host, path) in [
        ("127.0.0.1", format!("/_aws/execute-api/{id}/dev/mock")),
        ("localhost:8080", format!("/restapis/{id}/dev/_user_request_/mock")),
        (own_name.as_str(), "/dev/mock".to_owned()),
        (aws_name.as_str(), "/dev/mock".to_owned()),
        ("[::1]:1", "/dev/mock".to_owned()),
    ] {
        let answer = request(local.address, "GET", &path, host, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"from": "mock"}"#), "{host} {path}");
    }
}

#[tokio::test]
async fn an_http_api_s_default_stage_stands_at_the_root() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start_with(Some(backend.address()), Only::Http, &[], patience()).await;
    let answer = get(local.address, "/to/pets?x=1").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.header("apigw-requestid").unwrap();
    assert!(id.len() == 16 && id.ends_with('='), "{id}");
    assert_eq!(local.records.only().await.request_id(), id, "the log and the client have the same id");
    assert_eq!(backend.requests()[0].target, "/pets?x=1");
    let answer = get(local.address, "/nothing").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"message":"Not Found"}"#));
}

#[tokio::test]
async fn only_hosts_that_are_ours_are_answered() {
    let local = Local::start_with(None, Only::Rest, &["gateway.test"], patience()).await;
    for (host, status) in [
        ("gateway.test", 200),
        ("GATEWAY.test.:80", 200),
        ("evil.test", 403),
        ("localhost.evil.test", 403),
        ("127.0.0.1.evil.test", 403),
        ("user@localhost", 400),
        ("", 400),
    ] {
        let answer = request(local.address, "GET", "/dev/mock", host, "").await;
        assert_eq!(answer.status, status, "{host}: {}", answer.body);
        assert!(answer.header("x-amzn-requestid").is_some(), "{host}");
    }
    // A request line may name the host too, but not another one.
    let same = request(local.address, "GET", "http://localhost/dev/mock", "localhost", "").await;
    assert_eq!(same.status, 200, "{}", same.body);
    let other = request(local.address, "GET", "http://localhost/dev/mock", "gateway.test", "").await;
    assert_eq!(other.status, 400, "{}", other.body);
}

#[tokio::test]
async fn an_address_without_an_api_is_refused() {
    let local = Local::start_with(None, Only::None, &[], patience()).await;
    for path in ["/dev/mock", "/", "/_aws/execute-api/nobody1234/dev/mock", "/_aws/execute-api/", "/restapis"]
    {
        let answer = get(local.address, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (403, r#"{"message":"Forbidden"}"#), "{path}");
        assert_eq!(answer.header("x-amzn-errortype"), Some("ForbiddenException"), "{path}");
    }
    let missing = get(local.address, &format!("/_aws/execute-api/{}/dev/nothing", local.rest)).await;
    assert_eq!(missing.body, r#"{"message":"Missing Authentication Token"}"#);
    let missing = get(local.address, &format!("/_aws/execute-api/{}/nothing", local.http)).await;
    assert_eq!((missing.status, missing.body.as_str()), (404, r#"{"message":"Not Found"}"#));
}
