//! Events of format 2.0.

use gatelet_model::PayloadFormat;
use serde_json::json;

use super::{Kind, http, request};

#[test]
fn an_event_of_format_2_0_is_what_aws_builds() {
    let mut setup = http("/pets/{id}", PayloadFormat::Two);
    setup.stage = "prod".to_owned();
    setup.base = "/prod".to_owned();
    setup.variables = vec![("a".to_owned(), "b".to_owned())];
    let headers = [
        ("Host", "localhost:81"),
        ("User-Agent", "curl"),
        ("Cookie", "one=1; two=2"),
        ("Cookie", "three=3;"),
        ("X-Twice", "x"),
        ("X-Twice", "y, z"),
        ("content-type", "application/json"),
    ];
    let event = setup.event(request("PUT /pets/a%2Fb?q=1&p=%20&q=2", &headers, "{}"));
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "ANY /pets/{id}",
            "rawPath": "/prod/pets/a/b",
            "rawQueryString": "q=1&p=%20&q=2",
            "cookies": ["one=1", "two=2", "three=3"],
            "headers": {
                "host": "localhost:81",
                "user-agent": "curl",
                "x-twice": "x,y, z",
                "content-type": "application/json",
                "content-length": "2",
                "x-amzn-trace-id": "Root=1-6b006e80-c6af9ac67b6111e69a4193e8",
                "x-forwarded-for": "203.0.113.7",
                "x-forwarded-port": "81",
                "x-forwarded-proto": "https"
            },
            "queryStringParameters": {"q": "1,2", "p": " "},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abc123",
                "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "abc123",
                "http": {
                    "method": "PUT",
                    "path": "/prod/pets/a/b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7",
                    "userAgent": "curl"
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "ANY /pets/{id}",
                "stage": "prod",
                "time": "20/Nov/2026:16:00:00 +0000",
                "timeEpoch": 1_795_190_400_000_u64
            },
            "pathParameters": {"id": "a/b"},
            "stageVariables": {"a": "b"},
            "body": "{}",
            "isBase64Encoded": false
        })
    );
}

#[test]
fn what_a_request_does_not_have_is_left_out() {
    let event = http("$default", PayloadFormat::Two).event(request("GET /", &[], ""));
    for name in ["cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"] {
        assert_eq!(event.get(name), None, "{name}");
    }
    assert_eq!(event["rawQueryString"], "");
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event["routeKey"], "$default");
    assert_eq!(event["headers"]["content-length"], "0");
}

#[test]
fn what_is_no_known_text_is_base64() {
    let setup = http("/", PayloadFormat::Two);
    for (headers, body, flag) in [
        (&[("content-type", "application/json")][..], "hello", false),
        (&[("content-type", "text/csv")], "hello", false),
        (&[("content-type", "application/x-www-form-urlencoded")], "aGVsbG8=", true),
        (&[], "aGVsbG8=", true),
    ] {
        let event = setup.event(request("POST /", headers, "hello"));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(flag)), "{headers:?}");
    }
}

#[test]
fn mappings_change_what_the_function_sees() {
    let mut setup = http("/pets/{id}", PayloadFormat::Two);
    let Kind::Http(integration) = &mut setup.kind else { return };
    for (to, from) in [
        ("append:header.X-Added", "$request.querystring.q"),
        ("remove:header.X-Secret", "''"),
        ("overwrite:querystring.q", "changed"),
        ("overwrite:path", "/other"),
    ] {
        integration.request_parameters.insert(to.to_owned(), from.to_owned());
    }
    let event = setup.event(request("GET /pets/7?q=1", &[("x-secret", "s")], ""));
    assert_eq!(event["headers"]["x-added"], "1");
    assert_eq!(event["headers"].get("x-secret"), None);
    assert_eq!(event["rawQueryString"], "q=changed");
    assert_eq!(event["rawPath"], "/other");
    assert_eq!(event["pathParameters"], json!({"id": "7"}));
}
