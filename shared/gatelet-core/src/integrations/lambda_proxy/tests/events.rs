//! Events of format 1.0.

use serde_json::{Value, json};

use super::{http, request, rest};
use crate::payload::HeaderNames;
use crate::ports::Scheme;
use gatelet_model::PayloadFormat;

#[test]
fn a_rest_event_is_what_aws_builds() {
    let mut setup = rest("/pets/{id}/{proxy+}");
    setup.variables = vec![("host".to_owned(), "a-b".to_owned())];
    setup.operation_name = Some("GetPet".to_owned());
    let headers = [
        ("Host", "abc123.execute-api.us-east-1.amazonaws.com:8080"),
        ("User-Agent", "curl"),
        ("X-Twice", "one"),
        ("X-Twice", "two"),
        ("content-length", "5"),
        ("X-Forwarded-For", "6.6.6.6"),
        ("X-Forwarded-Proto", "gopher"),
    ];
    let mut sent =
        request("POST /pets/a%2fb/c%20d//e/?q=1&z=%C3%A9+x&q=2&flag", &headers, "{\"a\":\"\\\"\"}");
    let names: HeaderNames = headers.iter().map(|(name, _)| *name).collect();
    sent.extensions_mut().insert(names);
    assert_eq!(
        setup.event(sent),
        json!({
            "resource": "/pets/{id}/{proxy+}",
            "path": "/pets/a%2Fb/c%20d//e/",
            "httpMethod": "POST",
            "headers": {
                "Host": "abc123.execute-api.us-east-1.amazonaws.com:8080",
                "User-Agent": "curl",
                "X-Twice": "two",
                "X-Amzn-Trace-Id": "Root=1-6b006e80-c6af9ac67b6111e69a4193e8",
                "X-Forwarded-For": "6.6.6.6, 203.0.113.7",
                "X-Forwarded-Port": "8080",
                "X-Forwarded-Proto": "https"
            },
            "multiValueHeaders": {
                "Host": ["abc123.execute-api.us-east-1.amazonaws.com:8080"],
                "User-Agent": ["curl"],
                "X-Twice": ["one", "two"],
                "X-Amzn-Trace-Id": ["Root=1-6b006e80-c6af9ac67b6111e69a4193e8"],
                "X-Forwarded-For": ["6.6.6.6, 203.0.113.7"],
                "X-Forwarded-Port": ["8080"],
                "X-Forwarded-Proto": ["https"]
            },
            "queryStringParameters": {"q": "2", "z": "é x", "flag": ""},
            "multiValueQueryStringParameters": {"q": ["1", "2"], "z": ["é x"], "flag": [""]},
            "pathParameters": {"id": "a%2Fb", "proxy": "c%20d//e"},
            "stageVariables": {"host": "a-b"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abc123",
                "deploymentId": "d1",
                "operationName": "GetPet",
                "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "abc123",
                "extendedRequestId": "JKJaXmPLvHcESHA=",
                "httpMethod": "POST",
                "identity": {
                    "accessKey": null,
                    "accountId": null,
                    "caller": null,
                    "cognitoAuthenticationProvider": null,
                    "cognitoAuthenticationType": null,
                    "cognitoIdentityId": null,
                    "cognitoIdentityPoolId": null,
                    "principalOrgId": null,
                    "sourceIp": "203.0.113.7",
                    "user": null,
                    "userAgent": "curl",
                    "userArn": null
                },
                "path": "/dev/pets/a%2fb/c%20d//e/",
                "protocol": "HTTP/1.1",
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "requestTime": "20/Nov/2026:16:00:00 +0000",
                "requestTimeEpoch": 1_795_190_400_000_u64,
                "resourceId": "r1",
                "resourcePath": "/pets/{id}/{proxy+}",
                "stage": "dev"
            },
            "body": "{\"a\":\"\\\"\"}",
            "isBase64Encoded": false
        })
    );
}

#[test]
fn what_a_request_does_not_have_is_null() {
    let event = rest("/").event(request("GET /", &[], ""));
    for name in [
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    ] {
        assert_eq!(event.get(name), Some(&Value::Null), "{name}");
    }
    assert_eq!(event["requestContext"]["identity"]["userAgent"], Value::Null);
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event.get("version"), None);
    assert_eq!(event["requestContext"].get("operationName"), None);
    assert_eq!(event["headers"]["Host"], "abc123.execute-api.us-east-1.amazonaws.com");
    assert_eq!(event["headers"]["X-Forwarded-Port"], "443");
}

#[test]
fn the_client_s_protocol_is_the_platform_s_word() {
    let mut setup = rest("/");
    setup.arrival.scheme = Scheme::Http;
    let event = setup.event(request("GET /", &[("X-Forwarded-Proto", "https")], ""));
    assert_eq!(event["headers"]["X-Forwarded-Port"], "80");
    assert_eq!(event["multiValueHeaders"]["X-Forwarded-Proto"], json!(["http"]));
}

#[test]
fn an_http_api_s_event_of_format_1_0_differs_where_aws_s_does() {
    let mut setup = http("/pets/{id}", PayloadFormat::One);
    setup.stage = "prod".to_owned();
    setup.base = "/prod".to_owned();
    let event = setup.event(request("POST /pets/a%20b", &[("content-type", "text/plain")], "hello"));
    assert_eq!(event["version"], "1.0");
    assert_eq!(event["resource"], "/pets/{id}");
    assert_eq!(event["path"], "/prod/pets/a%20b");
    assert_eq!(event["pathParameters"], json!({"id": "a b"}));
    assert_eq!(event["stageVariables"], Value::Null);
    assert_eq!(event["body"], "hello");
    assert_eq!(event["headers"]["Content-Length"], "5");
    let context = &event["requestContext"];
    assert_eq!(context["path"], "/prod/pets/a%20b");
    assert_eq!(context["resourceId"], "ANY /pets/{id}");
    assert_eq!(context["resourcePath"], "/pets/{id}");
    assert_eq!(context["requestId"], "JKJaXmPLvHcESHA=");
    assert_eq!(context["extendedRequestId"], "JKJaXmPLvHcESHA=");
    assert_eq!(context["identity"].get("cognitoAmr"), Some(&Value::Null));
    assert_eq!(context.get("deploymentId"), None);

    let event = http("$default", PayloadFormat::One).event(request("GET /any", &[], ""));
    assert_eq!(event["resource"], "$default");
    assert_eq!(event["requestContext"]["resourceId"], "$default");
    assert_eq!(event["requestContext"]["resourcePath"], "$default");
    assert_eq!(event["pathParameters"], Value::Null);
    assert_eq!(event["headers"]["Content-Length"], "0");
}

#[test]
fn header_names_are_as_sent_else_as_clients_commonly_send_them() {
    let headers = [("x-MiXed", "1"), ("aUTHORIZATION", "2"), ("accept", "3")];
    let names = |event: &Value| {
        let names: Vec<String> = event["headers"].as_object().unwrap().keys().cloned().collect();
        let own =
            |name: &String| !name.starts_with("X-Forwarded") && name != "X-Amzn-Trace-Id" && name != "Host";
        names.into_iter().filter(own).collect::<Vec<_>>()
    };
    let mut sent = request("GET /", &headers, "");
    sent.extensions_mut().insert(headers.iter().map(|(name, _)| *name).collect::<HeaderNames>());
    assert_eq!(names(&rest("/").event(sent)), ["Authorization", "accept", "x-MiXed"]);
    assert_eq!(
        names(&rest("/").event(request("GET /", &headers, ""))),
        ["Accept", "Authorization", "X-Mixed"]
    );
    let mut sent = request("GET /", &headers, "");
    *sent.version_mut() = ::http::Version::HTTP_2;
    assert_eq!(names(&rest("/").event(sent)), ["Authorization", "accept", "x-mixed"]);
}

#[test]
fn bytes_go_in_as_base64_where_the_definition_says_so() {
    let mut setup = rest("/");
    setup.binary_media_types = vec!["image/*".to_owned()];
    let post = |kind: &str, body: &'static [u8]| request("POST /", &[("content-type", kind)], body);
    for (kind, body, expected, flag) in [
        ("image/png", &b"\xFF\x00"[..], json!("/wA="), true),
        ("image/png", b"text", json!("dGV4dA=="), true),
        ("image/png", b"", Value::Null, false),
        ("text/plain", b"text", json!("text"), false),
        ("text/plain", b"\xFF!", json!("\u{FFFD}!"), false),
    ] {
        let event = setup.event(post(kind, body));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&expected, &json!(flag)), "{kind} {body:?}");
    }
    setup.binary_media_types = vec!["*/*".to_owned()];
    assert_eq!(setup.event(request("POST /", &[], "x"))["body"], "eA==");
}

#[test]
fn mappings_of_a_rest_proxy_are_ignored() {
    let setup = rest("/").integration(|integration| {
        for (to, from) in [
            ("integration.request.header.X-Amz-Invocation-Type", "'Event'"),
            ("integration.request.header.X-Mapped", "'1'"),
            ("integration.request.querystring.q", "'1'"),
            ("integration.request.path.p", "method.request.body.x"),
        ] {
            integration.request_parameters.insert(to.to_owned(), from.to_owned());
        }
    });
    let outcome = setup.answered(request("GET /", &[], ""), r#"{"statusCode": 204}"#);
    assert_eq!(outcome.event()["queryStringParameters"], Value::Null);
    assert_eq!(outcome.event()["headers"].get("X-Mapped"), None);
    assert_eq!(outcome.calls[0].mode, crate::ports::InvocationMode::RequestResponse);
    assert!(outcome.result.is_ok());
}

#[test]
fn a_custom_domain_shows_its_base_path() {
    let mut setup = rest("/pets");
    setup.base = "/v1".to_owned();
    setup.host = "api.example.com".to_owned();
    setup.custom_domain = true;
    let event = setup.event(request("GET /pets", &[], ""));
    assert_eq!(event["path"], "/v1/pets");
    assert_eq!(event["requestContext"]["path"], "/v1/pets");
    assert_eq!(event["requestContext"]["domainName"], "api.example.com");
    assert_eq!(event["requestContext"]["domainPrefix"], "api");
}
