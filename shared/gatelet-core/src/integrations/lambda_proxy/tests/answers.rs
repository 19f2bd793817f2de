//! Answers of format 1.0.

use gatelet_model::PayloadFormat;

use super::{http, request, rest, shown};

fn to_rest(payload: &str) -> String {
    shown(rest("/").answered(request("GET /", &[], ""), payload.to_owned()).result)
}

fn to_http(payload: &str) -> String {
    shown(http("/", PayloadFormat::One).answered(request("GET /", &[], ""), payload.to_owned()).result)
}

#[test]
fn a_rest_api_takes_what_aws_takes() {
    for (payload, expected) in [
        (r#"{"statusCode": 201, "body": "made"}"#, r#"201 | content-type: application/json | "made""#),
        (r#"{"statusCode": "201"}"#, r#"201 | content-type: application/json | """#),
        (r#"{"statusCode": 200.0}"#, r#"200 | content-type: application/json | """#),
        (r#"{"headers": {"content-type": "text/plain"}}"#, r#"200 | content-type: text/plain | """#),
        (
            r#"{"statusCode": null, "headers": null, "body": null}"#,
            r#"200 | content-type: application/json | """#,
        ),
        (
            r#"{"headers": {"a": true, "b": 1.50, "c": null, "d": "é"}}"#,
            r#"200 | a: true | b: 1.50 | content-type: application/json | d: é | """#,
        ),
        (r#"{"body": 12.0}"#, r#"200 | content-type: application/json | "12.0""#),
        (r#"{"body": "a\"\u00e9\n"}"#, "200 | content-type: application/json | \"a\\\"é\\n\""),
        (r#"{"body": "first", "body": "last"}"#, r#"200 | content-type: application/json | "last""#),
        (
            r#"{"headers": {"X-A": "3", "set-cookie": "c"}, "multiValueHeaders": {"x-a": ["1", 2, "3"], "Set-Cookie": ["a", "b"]}}"#,
            r#"200 | content-type: application/json | set-cookie: a | set-cookie: b | set-cookie: c | x-a: 1 | x-a: 2 | x-a: 3 | """#,
        ),
        (r#"{"body": "aGk=", "isBase64Encoded": true}"#, r#"200 | content-type: application/json | "aGk=""#),
        (
            r#"{"headers": {"Content-Length": "7", "Date": "d", "Server": "s", "Connection": "close", "Transfer-Encoding": "chunked", "Via": "v"}}"#,
            r#"200 | content-type: application/json | via: v | x-amzn-remapped-connection: close | x-amzn-remapped-content-length: 7 | x-amzn-remapped-date: d | x-amzn-remapped-server: s | """#,
        ),
    ] {
        assert_eq!(to_rest(payload), expected, "{payload}");
    }
}

#[test]
fn a_rest_api_refuses_every_other_shape() {
    for (payload, why) in [
        ("{}", "empty"),
        ("", "not a JSON object"),
        ("null", "not a JSON object"),
        ("[200]", "not a JSON object"),
        ("\"hello\"", "not a JSON object"),
        ("<html>", "begins with `<html>`"),
        ("{\"statusCode\": 200", "not a JSON object"),
        (r#"{"statusCode": "test"}"#, "`\"test\"`, which is no status"),
        (r#"{"statusCode": 200.5}"#, "no status"),
        (r#"{"statusCode": true}"#, "no status"),
        (r#"{"statusCode": 99}"#, "no status"),
        (r#"{"statusCode": 100}"#, "no status"),
        (r#"{"statusCode": 1000}"#, "no status"),
        (r#"{"statusCode": -200}"#, "no status"),
        (r#"{"statusCode": 200, "errorMessage": "x"}"#, "`errorMessage` is no member"),
        (r#"{"statusCode": 200, "cookies": []}"#, "`cookies` is no member"),
        (r#"{"statusCode": 200, "body": {"a": 1}}"#, "`body` is an object or a list"),
        (r#"{"statusCode": 200, "headers": ["a"]}"#, "`headers` is not an object"),
        (r#"{"statusCode": 200, "headers": {"a": ["b"]}}"#, "the header `a`"),
        (r#"{"statusCode": 200, "headers": {"a b": "c"}}"#, "the header `a b`"),
        (r#"{"statusCode": 200, "headers": {"a": "b\r\nSet-Cookie: c"}}"#, "the header `a`"),
        (r#"{"statusCode": 200, "multiValueHeaders": {"a": "b"}}"#, "is not a list"),
        (r#"{"statusCode": 200, "isBase64Encoded": "maybe"}"#, "not true or false"),
    ] {
        let refused = to_rest(payload);
        assert!(refused.starts_with("refused: ") && refused.contains(why), "{payload}: {refused}");
    }
    let not_text = shown(rest("/").answered(request("GET /", &[], ""), &b"{\"body\": \"\xFF\"}"[..]).result);
    assert!(not_text.starts_with("refused: "), "{not_text}");
}

#[test]
fn base64_is_decoded_for_clients_that_ask_first_for_a_binary_type() {
    let mut setup = rest("/");
    setup.binary_media_types = vec!["image/png".to_owned(), "application/*".to_owned()];
    let answer = |accept: Option<&str>, body: &str, setup: &super::Setup| {
        let headers: Vec<_> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        let payload = format!(r#"{{"body": "{body}", "isBase64Encoded": true}}"#);
        shown(setup.answered(request("GET /", &headers, ""), payload).result)
    };
    let decoded = r#"200 | content-type: application/json | "hi""#;
    let encoded = r#"200 | content-type: application/json | "aGk=""#;
    for (accept, expected) in [
        (Some("image/png"), decoded),
        (Some("image/png;q=0.1, text/html"), decoded),
        (Some("application/anything"), decoded),
        (Some("text/html, image/png"), encoded),
        (Some("*/*"), encoded),
        (None, encoded),
    ] {
        assert_eq!(answer(accept, "aGk=", &setup), expected, "{accept:?}");
    }
    assert_eq!(answer(Some("image/png"), "aGk", &setup), decoded, "padding may be left out");
    assert!(answer(Some("image/png"), "a-k=", &setup).contains("is not base64"));
    setup.binary_media_types = vec!["*/*".to_owned()];
    assert_eq!(answer(None, "aGk=", &setup), decoded);
}

#[test]
fn bad_base64_is_a_configuration_error_on_rest_apis() {
    let mut setup = rest("/");
    setup.binary_media_types = vec!["*/*".to_owned()];
    let outcome =
        setup.answered(request("GET /", &[], ""), r#"{"body": "!", "isBase64Encoded": true}"#.to_owned());
    assert!(matches!(outcome.result, Err(crate::refusal::Refusal::Configuration(_))));
}

#[test]
fn an_http_api_takes_the_same_members_and_ignores_others() {
    for (payload, expected) in [
        (r#"{"statusCode": 200, "body": "x"}"#, r#"200 | content-type: text/plain; charset=utf-8 | "x""#),
        (
            r#"{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true, "headers": {"content-length": "9"}, "other": 1}"#,
            r#"200 | content-type: text/plain; charset=utf-8 | "hi""#,
        ),
        (
            r#"{"statusCode": 200, "multiValueHeaders": {"set-cookie": ["a", "b"]}}"#,
            r#"200 | content-type: text/plain; charset=utf-8 | set-cookie: a | set-cookie: b | """#,
        ),
    ] {
        assert_eq!(to_http(payload), expected, "{payload}");
    }
    for payload in
        ["{}", "hello", r#"{"body": "x"}"#, r#"{"statusCode": 200.5}"#, r#"{"statusCode": 200, "body": {}}"#]
    {
        let outcome = http("/", PayloadFormat::One).answered(request("GET /", &[], ""), payload.to_owned());
        let status = outcome.result.err().map(|refusal| refusal.http_form().status.as_u16());
        assert_eq!(status, Some(500), "{payload}");
    }
}
