//! What authorizers and tokens say of a caller goes into headers, queries and events as data.

use std::sync::{Arc, Mutex};

use gatelet_control::import::ApiKind;
use gatelet_core::ports::FunctionAnswer;
use gatelet_tests::tokens::{TokenKey, key_set};
use gatelet_world::{MemoryFunctions, MemoryIdentityProviders};
use serde_json::{Value, json};

use crate::fixture::{NOW, Served, request, serve_as};

const ISSUER: &str = "https://id.example";
/// Values that would end a header's line, or the header itself.
const BROKEN: [&str; 8] = [
    "a\r\nSet-Cookie: admin=1",
    "a\nX-Injected: 1",
    "a\rX-Injected: 1",
    "a\0b",
    "\u{7f}",
    "a\u{0b}b",
    "\r\n\r\n<script>",
    "a\u{1b}[2J",
];
/// Values that mean something in JSON, URLs or templates.
const ODD: [&str; 6] =
    [r#"","principalId":"admin"#, r#"\"}"#, "a&admin=1#x", "%0d%0aX-Injected:1", "${context.x}", "a b"];

fn uri(function: &str) -> String {
    format!(
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:{function}/invocations"
    )
}

/// Where a value goes.
const REST_HEADER: (&str, &str) = ("integration.request.header.x-who", "context.authorizer.who");
const REST_QUERY: (&str, &str) = ("integration.request.querystring.who", "context.authorizer.who");
const HTTP_HEADER: (&str, &str) = ("overwrite:header.x-who", "$context.authorizer.who");
const HTTP_QUERY: (&str, &str) = ("overwrite:querystring.who", "$context.authorizer.who");

/// An API whose authorizer says who calls, and `/backend` to which that is mapped.
fn definition(is_http: bool, request_mapping: &Value, response_mapping: &Value) -> Value {
    let mut authorizer = json!({
        "type": "request", "authorizerUri": uri("authorizer"), "identitySource": "method.request.header.Authorization",
        "authorizerResultTtlInSeconds": 0
    });
    let version = if is_http { "2.0" } else { "1.0" };
    if is_http {
        authorizer["identitySource"] = json!("$request.header.Authorization");
        authorizer["authorizerPayloadFormatVersion"] = json!("2.0");
        authorizer["enableSimpleResponses"] = json!(true);
    }
    let operation = |integration: Value| json!({"get": {"security": [{"scheme": []}], "x-amazon-apigateway-integration": integration}});
    let mut backend = json!({
        "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0", "uri": "http://backend/",
        "requestParameters": request_mapping
    });
    if is_http {
        backend["responseParameters"] = json!({"200": response_mapping});
    }
    json!({
        "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
        "components": {"securitySchemes": {"scheme": {
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": authorizer
        }}},
        "paths": {
            "/backend": operation(backend),
            "/function": operation(json!({
                "type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": version, "uri": uri("integration")
            }))
        }
    })
}

type Events = Arc<Mutex<Vec<Value>>>;

/// The API, whose authorizer lets everybody in with this context, and the events of its integration.
fn served(is_http: bool, definition: &Value, context: Value) -> (Served, Events) {
    let kind = if is_http { ApiKind::Http } else { ApiKind::Rest };
    let mut served = serve_as(Some(kind), definition);
    let events = Events::default();
    let seen = Arc::clone(&events);
    served.world = served.world.with_functions(MemoryFunctions::answering(move |call| {
        let answer = if call.function.ends_with(":authorizer") {
            let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
            json!({
                "isAuthorized": true, "principalId": "somebody", "context": context,
                "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}
            })
        } else {
            seen.lock().unwrap().push(serde_json::from_slice(&call.payload).unwrap());
            json!({"statusCode": 200, "body": "ok"})
        };
        Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
    }));
    (served, events)
}

fn get(is_http: bool, path: &str) -> http::request::Builder {
    let path = if is_http { path.to_owned() } else { format!("/dev{path}") };
    request("GET", &path).header("authorization", "t")
}

fn mapping((to, from): (&str, &str)) -> Value {
    json!({ to: from })
}

#[tokio::test]
async fn a_value_that_no_header_can_hold_is_500_and_goes_nowhere() {
    for (is_http, to) in [(false, REST_HEADER), (true, HTTP_HEADER)] {
        for value in BROKEN {
            let (served, _) =
                served(is_http, &definition(is_http, &mapping(to), &json!({})), json!({"who": value}));
            let outcome = served.send(get(is_http, "/backend")).await;
            assert_eq!(outcome.status, 500, "{to:?} {value:?}: {}", outcome.body);
            assert_eq!(served.backend_calls(), 0, "{to:?} {value:?}");
            // The client hears nothing of it.
            assert!(
                !outcome.body.contains("Injected") && !outcome.body.contains("admin"),
                "{}",
                outcome.body
            );
        }
        for value in ODD {
            let (served, _) =
                served(is_http, &definition(is_http, &mapping(to), &json!({})), json!({"who": value}));
            let outcome = served.send(get(is_http, "/backend")).await;
            assert_eq!(outcome.status, 200, "{to:?} {value:?}: {}", outcome.body);
            let call = served.world.backends.seen().pop().unwrap();
            assert_eq!(call.head.headers["x-who"], value);
            assert!(!call.head.headers.contains_key("x-injected"));
        }
    }
}

/// In answers, too: an HTTP API maps them.
#[tokio::test]
async fn nor_does_it_reach_the_client() {
    for value in BROKEN {
        let (served, _) =
            served(true, &definition(true, &json!({}), &mapping(HTTP_HEADER)), json!({"who": value}));
        let outcome = served.send(get(true, "/backend")).await;
        assert_eq!(outcome.status, 500, "{value:?}: {}", outcome.body);
        for name in ["x-who", "x-injected", "set-cookie"] {
            assert!(!outcome.headers.contains_key(name), "{value:?}: {name}");
        }
        assert_eq!(outcome.body, r#"{"message":"Internal Server Error"}"#);
    }
    for value in ODD {
        let (served, _) =
            served(true, &definition(true, &json!({}), &mapping(HTTP_HEADER)), json!({"who": value}));
        let outcome = served.send(get(true, "/backend")).await;
        assert_eq!((outcome.status, outcome.headers["x-who"].as_bytes()), (200, value.as_bytes()));
    }
}

#[tokio::test]
async fn in_a_query_it_is_escaped() {
    for (is_http, to) in [(false, REST_QUERY), (true, HTTP_QUERY)] {
        for value in BROKEN.into_iter().chain(ODD) {
            let (served, _) =
                served(is_http, &definition(is_http, &mapping(to), &json!({})), json!({"who": value}));
            let outcome = served.send(get(is_http, "/backend")).await;
            assert_eq!(outcome.status, 200, "{to:?} {value:?}: {}", outcome.body);
            let call = served.world.backends.seen().pop().unwrap();
            let query = call.head.uri.query().unwrap();
            let pairs: Vec<_> = gatelet_core::payload::Query::new(query).pairs().collect();
            assert_eq!(pairs, [("who".into(), value.into())], "{query}");
            assert!(query.bytes().all(|byte| byte.is_ascii_graphic()), "{query}");
        }
    }
}

/// A client's own values go the same way.
#[tokio::test]
async fn a_client_s_own_values_break_no_header() {
    for (is_http, from) in [(false, "method.request.querystring.q"), (true, "$request.querystring.q")] {
        let to = if is_http { "overwrite:header.x-who" } else { "integration.request.header.x-who" };
        for escaped in ["%0d%0aX-Injected:1", "%0aX-Injected:1", "%00", "%7f"] {
            let (served, _) =
                served(is_http, &definition(is_http, &json!({ to: from }), &json!({})), json!({}));
            let outcome = served.send(get(is_http, &format!("/backend?q={escaped}"))).await;
            assert!(matches!(outcome.status, 400 | 500), "{from} {escaped}: {}", outcome.status);
            assert_eq!(served.backend_calls(), 0, "{from} {escaped}");
        }
    }
}

#[tokio::test]
async fn in_an_event_it_is_one_value_and_takes_no_other_s_place() {
    for is_http in [false, true] {
        for value in BROKEN.into_iter().chain(ODD) {
            // As a name, too; and by the names that the gateway gives itself.
            let context = json!({
                "who": value, value: "named", "principalId": "admin", "integrationLatency": "-1", "claims": "{}", "lambda": "x"
            });
            let (served, events) = served(is_http, &definition(is_http, &json!({}), &json!({})), context);
            let outcome = served.send(get(is_http, "/function")).await;
            assert_eq!(outcome.status, 200, "{value:?}: {}", outcome.body);
            let event = events.lock().unwrap().pop().unwrap();
            let authorizer = &event["requestContext"]["authorizer"];
            let told = if is_http { &authorizer["lambda"] } else { authorizer };
            assert_eq!((&told["who"], &told[value]), (&json!(value), &json!("named")), "{event}");
            if !is_http {
                assert_eq!(told["principalId"], "somebody", "{event}");
                assert!(told["integrationLatency"].is_number(), "{event}");
            }
            // Nothing beside it has changed.
            let id = if is_http { "JKJaXmPLvHcESHA=" } else { "c6af9ac6-7b61-11e6-9a41-93e8deadbeef" };
            assert_eq!(event["requestContext"]["requestId"], id);
            assert_eq!(outcome.record.context("authorizer.principalId").unwrap(), "somebody");
            assert_eq!(outcome.record.context("identity.sourceIp").unwrap(), "203.0.113.7");
        }
    }
}

/// A claim is the issuer's word, who may write what he likes into it.
#[tokio::test]
async fn a_claim_breaks_no_header_either() {
    let scheme = json!({
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt", "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": ISSUER, "audience": ["client"]}
        }
    });
    let mut document = definition(
        true,
        &json!({"overwrite:header.x-who": "$context.authorizer.claims.name"}),
        &json!({"overwrite:header.x-whose": "$context.authorizer.claims.family"}),
    );
    document["components"]["securitySchemes"]["scheme"] = scheme;
    let mut served = serve_as(Some(ApiKind::Http), &document);
    let key = TokenKey::es256("k");
    let published = key_set([&key]);
    served.world.identity_providers =
        MemoryIdentityProviders::answering(move |_| Ok(published.clone().into()))
            .with_key_set_url(ISSUER, "https://id.example/keys");
    let seconds = NOW.milliseconds() / 1_000;
    let send = async |name: &str, family: &str| {
        let claims = json!({
            "iss": ISSUER, "aud": "client", "exp": seconds + 60, "sub": "x", "name": name, "family": family
        });
        let token = key.token(&claims);
        served.send(request("GET", "/backend").header("authorization", token)).await
    };
    assert_eq!(send("me", "mine").await.status, 200);
    for value in BROKEN {
        let before = served.backend_calls();
        let outcome = send(value, "mine").await;
        assert_eq!((outcome.status, served.backend_calls()), (500, before), "{value:?}");
        let outcome = send("me", value).await;
        assert_eq!(outcome.status, 500, "{value:?}");
        assert!(!outcome.headers.contains_key("x-whose"), "{value:?}");
    }
}
