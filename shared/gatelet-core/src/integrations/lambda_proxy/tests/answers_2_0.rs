//! Answers of format 2.0.

use gatelet_model::PayloadFormat;

use super::{http, request, shown};

fn answer(payload: impl Into<bytes::Bytes>) -> String {
    shown(http("/", PayloadFormat::Two).answered(request("GET /", &[], ""), payload).result)
}

#[test]
fn an_answer_with_a_status_is_structured() {
    for (payload, expected) in [
        (
            r#"{"statusCode": 201, "body": "x", "cookies": ["a=1; Path=/", "b=2"], "headers": {"X-A": 1, "x-b": true}}"#,
            r#"201 | content-type: text/plain; charset=utf-8 | set-cookie: a=1; Path=/ | set-cookie: b=2 | x-a: 1 | x-b: true | "x""#,
        ),
        (
            r#"{"statusCode": 200, "isBase64Encoded": true, "body": "aGk=", "headers": {"Content-Type": "text/html"}}"#,
            r#"200 | content-type: text/html | "hi""#,
        ),
        (r#"{"statusCode": "204"}"#, r#"204 | content-type: text/plain; charset=utf-8 | """#),
        (
            r#"{"statusCode": 200, "multiValueHeaders": {"a": ["b"]}, "errorMessage": "ignored"}"#,
            r#"200 | content-type: text/plain; charset=utf-8 | """#,
        ),
    ] {
        assert_eq!(answer(payload), expected, "{payload}");
    }
}

#[test]
fn any_other_answer_is_the_body_of_a_200() {
    for (payload, body) in [
        (r#"{"message": "hello"}"#, r#"{"message": "hello"}"#),
        (r#"{"body": "x", "headers": {"a": "b"}}"#, r#"{"body": "x", "headers": {"a": "b"}}"#),
        (r#"{"statusCode": null}"#, r#"{"statusCode": null}"#),
        ("[1, 2]", "[1, 2]"),
        ("null", "null"),
        ("{}", "{}"),
        ("", ""),
        ("<html>", "<html>"),
        (r#""Hello \"world\"""#, r#"Hello "world""#),
        (r#""plain""#, "plain"),
        ("{\"statusCode\": 200", "{\"statusCode\": 200"),
    ] {
        assert_eq!(answer(payload), format!("200 | content-type: application/json | {body:?}"), "{payload}");
    }
    assert_eq!(answer(&b"\xFF\xFE"[..]), "200 | content-type: application/json | \"\u{FFFD}\u{FFFD}\"");
}

#[test]
fn a_status_with_anything_that_does_not_fit_it_is_500() {
    for payload in [
        r#"{"statusCode": 200.5}"#,
        r#"{"statusCode": "x"}"#,
        r#"{"statusCode": 150}"#,
        r#"{"statusCode": 200, "body": {"a": 1}}"#,
        r#"{"statusCode": 200, "headers": []}"#,
        r#"{"statusCode": 200, "cookies": "a"}"#,
        r#"{"statusCode": 200, "headers": {"a": "\n"}}"#,
        r#"{"statusCode": 200, "isBase64Encoded": true, "body": "?"}"#,
    ] {
        let outcome = http("/", PayloadFormat::Two).answered(request("GET /", &[], ""), payload);
        let form = outcome.result.err().map(|refusal| refusal.http_form());
        let form = form.map(|form| (form.status.as_u16(), form.body));
        assert_eq!(form, Some((500, r#"{"message":"Internal Server Error"}"#)), "{payload}");
    }
}

#[test]
fn a_large_body_is_not_copied() {
    let body = "x".repeat(100_000);
    let payload = bytes::Bytes::from(format!(r#"{{"statusCode": 200, "body": "{body}"}}"#));
    let within = payload.as_ptr_range();
    let outcome = http("/", PayloadFormat::Two).answered(request("GET /", &[], ""), payload);
    let crate::payload::Body::Bytes(bytes) = outcome.result.unwrap().into_body() else {
        panic!("it is whole")
    };
    assert_eq!(bytes.len(), body.len());
    assert!(within.contains(&bytes.as_ptr()));
}
