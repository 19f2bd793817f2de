//! What a client writes into headers is never taken for what the gateway says, and means one thing to everybody.

use std::sync::{Arc, Mutex};

use gatelet_control::import::ApiKind;
use gatelet_core::Vouched;
use gatelet_core::ports::FunctionAnswer;
use gatelet_world::MemoryFunctions;
use serde_json::{Value, json};

use crate::fixture::{Outcome, Served, publish, request, send_through, serve_as};

const FORGED: &str = "forged-by-the-client";
/// A REST API's, and an HTTP API's.
const REQUEST_IDS: [&str; 2] = ["c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "JKJaXmPLvHcESHA="];
const AUTHORIZER: &str = "arn:aws:lambda:us-east-1:123456789012:function:authorizer";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:integration";

/// What was told to the authorizer, and what to the integration's function.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(bool, Value)>>>);

impl Told {
    fn take(&self) -> Vec<(bool, Value)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// How an API asks its authorizer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Token,
    Rest,
    Http(&'static str),
}

const WAYS: [Way; 4] = [Way::Token, Way::Rest, Way::Http("1.0"), Way::Http("2.0")];

impl Way {
    fn kind(self) -> Option<ApiKind> {
        Some(if matches!(self, Self::Http(_)) { ApiKind::Http } else { ApiKind::Rest })
    }

    fn path(self, path: &str) -> String {
        if matches!(self, Self::Http(_)) { path.to_owned() } else { format!("/dev{path}") }
    }
}

/// An API of which everything is behind an authorizer: `/function`, `/backend`, and `/any/{proxy+}` of every method.
fn definition(way: Way, source: &str) -> Value {
    let uri = |function: &str| {
        format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations")
    };
    let mut authorizer = json!({
        "type": "request", "authorizerUri": uri(AUTHORIZER), "identitySource": source, "authorizerResultTtlInSeconds": 300
    });
    let mut version = "1.0";
    match way {
        Way::Token => authorizer["type"] = json!("token"),
        Way::Rest => {}
        Way::Http(format) => {
            authorizer["authorizerPayloadFormatVersion"] = json!(format);
            authorizer["identitySource"] = json!(source.replace("method.request", "$request"));
            version = format;
        }
    }
    let scheme = json!({
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": authorizer
    });
    let operation = |integration: Value| json!({"security": [{"scheme": []}], "x-amazon-apigateway-integration": integration});
    let function = json!({"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": version, "uri": uri(FUNCTION)});
    let mapped = match way {
        Way::Http(_) => json!({"overwrite:header.x-mapped": "$request.header.x-tenant"}),
        _ => json!({"integration.request.header.x-mapped": "method.request.header.x-tenant"}),
    };
    let backend = json!({
        "type": "http_proxy", "httpMethod": "ANY", "payloadFormatVersion": "1.0", "uri": "http://backend/",
        "requestParameters": mapped
    });
    json!({
        "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
        "components": {"securitySchemes": {"scheme": scheme}},
        "paths": {
            "/function": {"get": operation(function)},
            "/backend": {"get": operation(backend.clone())},
            "/any/{proxy+}": {"x-amazon-apigateway-any-method": operation(backend)}
        }
    })
}

fn served(way: Way, source: &str) -> (Served, Told) {
    let mut served = serve_as(way.kind(), &definition(way, source));
    let told = Told::default();
    let seen = told.clone();
    served.world = served.world.with_functions(MemoryFunctions::answering(move |call| {
        let event: Value = serde_json::from_slice(&call.payload).unwrap();
        let is_authorizer = &*call.function == AUTHORIZER;
        seen.0.lock().unwrap().push((is_authorizer, event));
        let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
        let answer = match is_authorizer {
            true => json!({
                "principalId": "somebody", "context": {"role": "reader"},
                "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}
            }),
            false => json!({"statusCode": 200, "body": "ok"}),
        };
        Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
    }));
    (served, told)
}

/// A header of an event, whatever its spelling.
fn header<'a>(event: &'a Value, name: &str) -> Option<&'a Value> {
    member(&event["headers"], name)
}

fn member<'a>(headers: &'a Value, name: &str) -> Option<&'a Value> {
    headers.as_object()?.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, it)| it)
}

#[tokio::test]
async fn what_only_the_gateway_says_reaches_nobody_from_a_client() {
    const NAMES: [&str; 9] = [
        "x-amzn-apigateway-api-id",
        "X-AMZN-Trace-Id",
        "x-apigateway-event",
        "X-ApiGateway-Context",
        "x-amzn-remapped-authorization",
        "x-amzn-remapped-host",
        "X-Amzn-Remapped-X",
        "x-gatelet-caller-identity",
        "te",
    ];
    for way in WAYS {
        let (served, told) = served(way, "method.request.header.Authorization");
        for path in ["/function", "/backend"] {
            let mut request = request("GET", &way.path(path)).header("authorization", "t");
            for name in NAMES {
                request = request.header(name, FORGED);
            }
            // Nominating a header takes off none that says who calls.
            let outcome = served.send(request.header("connection", "authorization, x-forwarded-for")).await;
            assert_eq!(outcome.status, 200, "{way:?}: {}", outcome.body);
            for (is_authorizer, event) in told.take() {
                assert!(!event.to_string().contains(FORGED), "{way:?} {is_authorizer}: {event}");
                let token = if way == Way::Token && is_authorizer {
                    Some(&event["authorizationToken"])
                } else {
                    header(&event, "authorization")
                };
                assert_eq!(token, Some(&json!("t")), "{way:?} {is_authorizer}: {event}");
            }
        }
        for call in served.world.backends.seen() {
            assert!(!format!("{:?}", call.head).contains(FORGED), "{way:?}: {:?}", call.head);
            assert_eq!(call.head.headers["authorization"], "t");
        }
    }
}

/// Where such a header is an identity source, nobody has it.
#[tokio::test]
async fn no_authorizer_is_asked_about_what_only_the_gateway_says() {
    for way in WAYS {
        for name in ["x-amzn-remapped-authorization", "x-amzn-trace-id", "x-apigateway-event"] {
            let (served, told) = served(way, &format!("method.request.header.{name}"));
            let outcome = served.send(request("GET", &way.path("/function")).header(name, "admin")).await;
            assert_eq!(outcome.status, 401, "{way:?} {name}: {}", outcome.body);
            assert_eq!(told.take(), [], "{way:?} {name}");
        }
    }
}

#[tokio::test]
async fn what_the_gateway_says_is_its_own_whatever_the_headers_say() {
    for way in WAYS {
        let (served, told) = served(way, "method.request.header.Authorization");
        let mut request = request("GET", &way.path("/function")).header("authorization", "t");
        for name in ["x-amzn-requestid", "x-amz-apigw-id", "apigw-requestid", "principalid", "x-principal-id"]
        {
            request = request.header(name, FORGED);
        }
        for name in ["x-forwarded-for", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip"] {
            request = request.header(name, "198.51.100.66");
        }
        let outcome = served.send(request.header("forwarded", "for=198.51.100.66")).await;
        let said = |name: &str| outcome.record.context(name).unwrap().into_owned();
        assert_eq!(said("authorizer.principalId"), "somebody");
        assert_eq!(said("authorizer.role"), "reader");
        assert!(REQUEST_IDS.contains(&&*said("requestId")), "{}", said("requestId"));
        assert_eq!(said("identity.sourceIp"), "203.0.113.7");
        for (is_authorizer, event) in told.take() {
            if way == Way::Token && is_authorizer {
                continue;
            }
            let context = event["requestContext"].to_string();
            assert!(context.contains("203.0.113.7"), "{way:?}: {context}");
            assert!(!context.contains("198.51.100.66") && !context.contains(FORGED), "{way:?}: {context}");
        }
    }
}

/// Two values of an identity source: the authorizer, mappings and the integration agree on which counts.
#[tokio::test]
async fn a_header_that_is_there_twice_is_the_same_to_everybody() {
    for way in WAYS {
        let (served, told) = served(way, "method.request.header.x-tenant");
        let send = async |values: &[&str], path: &str| {
            let mut request = request("GET", &way.path(path));
            for value in values {
                request = request.header("x-tenant", *value);
            }
            served.send(request).await.status
        };
        assert_eq!(send(&["mine", "yours"], "/function").await, 200);
        let (counts, all) = match way {
            Way::Http(_) => ("mine,yours", "mine,yours"),
            _ => ("yours", "yours"),
        };
        for (is_authorizer, event) in told.take() {
            let value = match (way, is_authorizer) {
                (Way::Token, true) => Some(&event["authorizationToken"]),
                // Format 1.0 of HTTP APIs has the last one there, and all of them in `multiValueHeaders`.
                (Way::Http("1.0"), _) => {
                    let all = member(&event["multiValueHeaders"], "x-tenant");
                    assert_eq!(all, Some(&json!(["mine", "yours"])), "{is_authorizer}: {event}");
                    continue;
                }
                _ => header(&event, "x-tenant"),
            };
            assert_eq!(value, Some(&json!(all)), "{way:?} {is_authorizer}: {event}");
        }
        assert_eq!(send(&["mine", "yours"], "/backend").await, 200);
        let call = served.world.backends.seen().pop().unwrap();
        assert_eq!(call.head.headers["x-mapped"], counts, "{way:?}");
        assert_eq!(told.take(), [], "the answer was remembered");
        // What has other values is asked about by itself, though the one that counts may be the same.
        for values in [["yours", "mine"], ["other", "yours"], ["mine", "mine"]] {
            assert_eq!(send(&values, "/backend").await, 200);
            assert_eq!(told.take().len(), 1, "{way:?} {values:?}");
        }
    }
}

#[tokio::test]
async fn the_method_is_that_of_the_request_line() {
    for way in WAYS {
        let (served, told) = served(way, "method.request.header.Authorization");
        let overridden = |method: &str, path: &str| {
            let mut request = request(method, &way.path(path)).header("authorization", "t");
            for name in ["x-http-method-override", "x-http-method", "x-method-override", "_method"] {
                request = request.header(name, "GET");
            }
            request
        };
        let refused = if matches!(way, Way::Http(_)) { 404 } else { 403 };
        for method in ["POST", "DELETE", "TRACE", "CONNECT", "PROPFIND", "PURGE", "get"] {
            let outcome = served.send(overridden(method, "/function?_method=GET")).await;
            assert_eq!(outcome.status, refused, "{way:?} {method}: {}", outcome.body);
        }
        assert_eq!(told.take(), []);
        let outcome =
            served.send(overridden("DELETE", "/any/a?_method=GET&X-HTTP-Method-Override=GET")).await;
        assert_eq!(outcome.status, 200, "{way:?}: {}", outcome.body);
        assert_eq!(served.world.backends.seen().pop().unwrap().head.method, "DELETE");
        for (_, event) in told.take() {
            let arn = event["methodArn"].as_str().or(event["routeArn"].as_str()).unwrap();
            assert!(arn.contains("/DELETE/any/a"), "{way:?}: {arn}");
        }
        // Whatever a route of any method takes, it asks its authorizer about that very method.
        let before = served.backend_calls();
        for method in ["TRACE", "PROPFIND", "get"] {
            let outcome = served.send(overridden(method, "/any/a").header("authorization", method)).await;
            assert!(matches!(outcome.status, 200 | 403 | 404 | 405), "{way:?} {method}: {}", outcome.status);
        }
        let asked = told.take();
        assert!(served.backend_calls() - before <= asked.len(), "{way:?}");
    }
}

/// No spelling of a host leads to another API than the one of that name.
#[tokio::test]
async fn a_host_selects_the_api_of_its_name_alone() {
    let (served, told) = served(Way::Rest, "method.request.header.Authorization");
    let world = &served.world;
    let backend = json!({"type": "http_proxy", "httpMethod": "GET", "uri": "http://open/"});
    let open = json!({
        "openapi": "3.0.1", "info": {"title": "open", "version": "1"},
        "paths": {"/function": {"get": {"x-amazon-apigateway-integration": backend}}}
    });
    let other = publish(world, "other.json", Some(ApiKind::Rest), &open);
    assert_ne!(other, served.host);
    let send = async |host: &str| {
        let request = request("GET", "/dev/function").header("host", host);
        let outcome: Outcome = send_through(world, host, request, "", Vouched::default()).await;
        outcome.status
    };
    let (own_id, rest) = served.host.split_once('.').unwrap();
    let (other_id, _) = other.split_once('.').unwrap();
    // The same name, as DNS has it.
    for host in [
        served.host.clone(),
        served.host.to_uppercase(),
        format!("{}:443", served.host),
        format!("{}.", served.host),
    ] {
        assert_eq!(send(&host).await, 401, "{host}");
    }
    assert_eq!(send(&other).await, 200);
    let before = served.backend_calls();
    for host in [
        format!("{other_id}.{own_id}.{rest}"),
        format!("{own_id},{other_id}.{rest}"),
        format!("{other_id}@{}", served.host),
        format!("{}@{other}", served.host),
        format!("{}/{other}", served.host),
        format!("x{other}"),
        format!("{other}:443:443"),
        format!("{other}:x"),
        format!(" {other}"),
        format!("{other} "),
        format!("{other}, {}", served.host),
        "127.0.0.1".to_owned(),
        "evil.example".to_owned(),
    ] {
        let status = send(&host).await;
        assert!(matches!(status, 400 | 401 | 403), "{host}: {status}");
    }
    assert_eq!(served.backend_calls(), before);
    assert_eq!(told.take(), []);
}

/// What `$default` of an HTTP API takes is its own: whatever a path is spelled like, a route's backend is called with the
/// consent of that route's authorizer alone.
#[tokio::test]
async fn an_open_default_route_leads_to_no_protected_backend() {
    let mut document = definition(Way::Http("2.0"), "method.request.header.Authorization");
    document["paths"]["/$default"] = json!({"x-amazon-apigateway-any-method": {
        "x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "ANY", "payloadFormatVersion": "1.0", "uri": "http://open/"
        }
    }});
    let served = serve_as(Some(ApiKind::Http), &document);
    let spellings = [
        "/backend",
        "/backend/",
        "//backend",
        "/BACKEND",
        "/backend%2f",
        "/%62ackend",
        "/backend;x",
        "/./backend",
        "/x/../backend",
        "/backend%00",
        "/backend%3f",
        "/backend?x",
        "/any/a",
        "/any//a",
        "/any/",
        "/any",
        "/any%2fa",
        "/any/%2e%2e/backend",
        "/backend%20",
        "/backend\\",
        "/%2562ackend",
    ];
    for path in spellings {
        for method in ["GET", "HEAD", "POST", "TRACE", "get"] {
            let Ok(uri) = path.parse::<http::Uri>() else { continue };
            let outcome = served.send(http::Request::builder().method(method).uri(uri)).await;
            assert!(matches!(outcome.status, 200 | 400 | 401 | 404), "{method} {path}: {}", outcome.status);
        }
    }
    let seen = served.world.backends.seen();
    assert!(!seen.is_empty());
    for call in seen {
        assert_eq!(call.head.uri.host(), Some("open"), "{}", call.head.uri);
    }
}
