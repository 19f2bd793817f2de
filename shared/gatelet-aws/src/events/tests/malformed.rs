//! What is no request is said; what a client made unusable is refused.

use gatelet_core::refusal::Refusal;
use serde_json::json;

use super::*;

fn refusal(event: &Value) -> Option<Refusal> {
    received(event).refusal
}

#[test]
fn what_no_door_sends_is_an_error_that_says_what_to_send() {
    let events = [
        json!({}),
        json!([1]),
        json!({ "Records": [{ "eventSource": "aws:sqs", "body": "a" }] }),
        json!({ "source": "aws.events", "detail-type": "Scheduled Event" }),
        json!({ "path": "/a" }),
        json!({ "httpMethod": "GET" }),
        json!({ "rawPath": "/a" }),
        json!({ "type": "TOKEN", "authorizationToken": "allow", "methodArn": "arn:aws:execute-api:*" }),
        json!({ "type": "REQUEST", "httpMethod": "GET", "path": "/a", "requestContext": { "stage": "a" } }),
        json!({ "httpMethod": "GET", "path": "/a", "requestContext": { "eventType": "MESSAGE", "apiId": "a" } }),
    ];
    for event in events {
        let read: HttpEvent = serde_json::from_str(&event.to_string()).unwrap();
        let error = read.receive(&Trust::default()).unwrap_err();
        assert!(error.to_string().contains(r#"`{"httpMethod": "GET", "path": "/"}`"#), "{event}: {error}");
    }
}

#[test]
fn members_of_a_wrong_type_are_named_with_their_place() {
    for (event, what) in [
        (r#""text""#, "invalid type: string"),
        (r#"{"httpMethod": 1}"#, "invalid type: integer `1`"),
        (r#"{"headers": "none"}"#, "an object of headers"),
        (r#"{"headers": {"a": {"b": "c"}}}"#, "a text or a list of texts"),
        (r#"{"headers": {"a": 1}}"#, "a text or a list of texts"),
        (r#"{"queryStringParameters": ["a"]}"#, "an object of query parameters"),
        (r#"{"requestContext": "none"}"#, "invalid type: string"),
        (r#"{"isBase64Encoded": "true"}"#, "invalid type: string"),
        (r#"{"path": "/a", "path": "/b"}"#, "duplicate field `path`"),
    ] {
        let error = serde_json::from_str::<HttpEvent>(event).unwrap_err().to_string();
        assert!(error.contains(what), "{event}: {error}");
        assert!(error.contains("line 1 column"), "{event}: {error}");
    }
}

#[test]
fn a_method_that_http_does_not_know_is_refused() {
    let event = |method: Value| json!({ "httpMethod": method, "path": "/a" });
    for method in ["", "GE T", "GET\n", "G\u{cb}T"] {
        assert!(matches!(refusal(&event(method.into())), Some(Refusal::BadHeaders(_))), "{method:?}");
    }
    for method in ["get", "PROPFIND", "M-SEARCH"] {
        let told = received(&event(method.into()));
        assert_eq!((told.request.method().as_str(), &told.refusal), (method, &None));
    }
    let mut event = sample("function-url/page.json");
    event["requestContext"]["http"]["method"] = Value::Null;
    assert!(refusal(&event).is_some());
}

#[test]
fn headers_that_http_does_not_know_are_refused() {
    let event =
        |name: &str, value: &str| json!({ "httpMethod": "GET", "path": "/a", "headers": { name: value } });
    for (name, value) in
        [("x-a", "a\nb"), ("x-a", "a\rb"), ("x-a", "a\u{0}b"), ("x a", "b"), ("", "b"), ("x\n", "b")]
    {
        assert!(matches!(refusal(&event(name, value)), Some(Refusal::BadHeaders(_))), "{name:?} {value:?}");
    }
    let several =
        json!({ "httpMethod": "GET", "path": "/a", "multiValueHeaders": { "x-a": ["fine", "a\nb"] } });
    assert!(refusal(&several).is_some());
    let mut cookies = sample("function-url/page.json");
    cookies["cookies"] = json!(["a=1\r\nx-forged: 1"]);
    assert!(refusal(&cookies).is_some());
    assert_eq!(refusal(&event("x_under", "tab\there")), None);
}

#[test]
fn more_headers_than_can_be_kept_are_refused() {
    let names: Vec<String> = (0..40_000).map(|number| format!("x-{number}")).collect();
    let event = json!({
        "httpMethod": "GET", "path": "/a",
        "headers": names.iter().map(|name| (name.clone(), "1".into())).collect::<serde_json::Map<_, _>>(),
    });
    assert_eq!(refusal(&event), Some(Refusal::HeadersTooLarge));
    let values =
        json!({ "httpMethod": "GET", "path": "/a", "multiValueHeaders": { "x-a": vec!["1"; 40_000] } });
    assert_eq!(refusal(&values), Some(Refusal::HeadersTooLarge));
}

#[test]
fn a_body_that_is_no_base64_is_refused() {
    for body in ["?", "YQ", "YQ==\n", "a b="] {
        let event = json!({ "httpMethod": "POST", "path": "/a", "body": body, "isBase64Encoded": true });
        assert_eq!(refusal(&event), Some(Refusal::RequestBodyFailed), "{body:?}");
        let text = json!({ "httpMethod": "POST", "path": "/a", "body": body, "isBase64Encoded": false });
        assert_eq!(whole(received(&text).request.into_body()), body.as_bytes());
    }
}

#[test]
fn a_target_longer_than_any_is_refused() {
    let event = json!({ "httpMethod": "GET", "path": "/".repeat(70_000) });
    assert_eq!(refusal(&event), Some(Refusal::UriTooLong));
}

#[test]
fn a_path_is_a_path_whatever_it_holds() {
    for (path, uri) in [
        ("a", "/a"),
        ("", "/"),
        ("*", "/*"),
        ("http://evil.example/a", "/http://evil.example/a"),
        ("//evil.example/a", "//evil.example/a"),
        ("/a?b#c", "/a%3Fb%23c"),
        ("/a b\u{fc}\n", "/a%20b%C3%BC%0A"),
        ("/a%2Fb%zz", "/a%2Fb%zz"),
        ("/<\"`{}>^|\\", "/%3C%22%60%7B%7D%3E^|\\"),
    ] {
        let told = received(&json!({ "httpMethod": "GET", "path": path }));
        assert_eq!((told.request.uri().path(), told.request.uri().query()), (uri, None), "{path}");
        assert_eq!((told.request.uri().authority(), told.refusal), (None, None), "{path}");
    }
}
