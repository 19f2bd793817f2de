//! However a path is spelled, authorizer, policy, backend and record hear of the same one.

use std::sync::{Arc, Mutex, OnceLock};

use gatelet_core::ports::FunctionAnswer;
use gatelet_world::MemoryFunctions;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Served, request, serve};

const FUNCTION: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations";

/// What everybody hears of a request that is let in.
#[derive(Debug, Clone, PartialEq)]
struct Heard {
    route: String,
    /// Behind the method, and begins with a slash.
    arn_path: String,
    backend_path: String,
}

/// An API of one authorizer, asked about every request, that lets everybody in.
fn served() -> (Served, Arc<Mutex<Vec<Value>>>) {
    let operation = json!({
        "security": [{"scheme": []}],
        "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
        "x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "uri": "http://backend/of/{name}",
            "requestParameters": {"integration.request.path.name": "method.request.path.name"}
        }
    });
    let mut served = serve(&json!({
        "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
        "components": {"securitySchemes": {"scheme": {
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "authorizerUri": FUNCTION, "authorizerResultTtlInSeconds": 0,
                "identitySource": "method.request.header.Authorization"
            }
        }}},
        "paths": {"/users/{name}": {"get": operation}, "/{name+}": {"get": operation}}
    }));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&asked);
    served.world = served.world.with_functions(MemoryFunctions::answering(move |call| {
        events.lock().unwrap().push(serde_json::from_slice(&call.payload).unwrap());
        let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        let answer = json!({"principalId": "p", "policyDocument": policy});
        Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
    }));
    (served, asked)
}

/// What is heard of a path below the stage; none where it is refused before anybody is asked.
async fn heard(path: &str) -> Option<Heard> {
    let (served, asked) = served();
    let uri = format!("/dev{path}");
    let outcome = served.send(request("GET", &uri).header("authorization", "t")).await;
    let events = std::mem::take(&mut *asked.lock().unwrap());
    let calls = served.world.backends.seen();
    if outcome.status != 200 {
        assert!(matches!(outcome.status, 400 | 403), "{path}: {} {}", outcome.status, outcome.body);
        assert!(events.is_empty() && calls.is_empty(), "{path}");
        return None;
    }
    let ([event], [call]) = (events.as_slice(), calls.as_slice()) else { panic!("{path}: {events:?}") };
    let arn = event["methodArn"].as_str().unwrap().replace("${*}", "*");
    let (_, arn_path) = arn.split_once("/dev/GET").unwrap();
    Some(Heard {
        route: outcome.record.route().unwrap().to_owned(),
        arn_path: arn_path.to_owned(),
        backend_path: call.head.uri.path().to_owned(),
    })
}

fn now<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let made = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    RUNTIME.get_or_init(made).block_on(future)
}

/// An API of which a policy closes `GET /admin` to everybody. Behind that method is a backend of its own.
fn without_admin() -> Served {
    let operation = |host: &str| {
        json!({"x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "uri": format!("http://{host}/")
        }})
    };
    let statement = |effect: &str, resource: &str| json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource});
    serve(&json!({
        "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
        "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
            statement("Allow", "execute-api:/*"), statement("Deny", "execute-api:/dev/GET/admin")
        ]},
        "paths": {
            "/admin": {"get": operation("admin")},
            "/{proxy+}": {"x-amazon-apigateway-any-method": operation("open")}
        }
    }))
}

fn spellings_of_admin() -> impl Strategy<Value = String> {
    let before = prop::sample::select(vec!["/", "//", "/./", "/x/../", "/%2e/", "/;x/", "/%2f", "///"]);
    let names =
        prop::sample::select(vec!["admin", "%61dmin", "%61%64%6D%69%6e", "ad%6din", "Admin", "admin%20"]);
    let behind = prop::sample::select(vec![
        "", "/", "//", "/.", "%2f", "%2F", ";x", "?x", "%3f", "%00", "/;", "%23", "/x/..", "/%2e", "///",
        "?/x",
    ]);
    (before, names, behind).prop_map(|(before, name, behind)| format!("{before}{name}{behind}"))
}

fn paths() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "users", "/", "/", "/", "bob", "%62ob", "%2f", "%2F", "%252f", "%25", "..", "%2e", ".", ";x", "*",
        "$", "%20", "%3F", "%23", "%7B", "a:b", "%C3%A9", "%c0%af", "%00", "%5c", "@", "Users", "+", "~",
        "%7e", "=", ",",
    ]);
    prop::collection::vec(part, 0..7).prop_map(|parts| format!("/{}", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_hears_of_one_path(path in paths()) {
        if let Some(said) = now(heard(&path)) {
            // The path that the policies are asked about is a spelling of its own, and means the same as the client's. A slash at
            // the end counts for nothing.
            let ends = |text: &str| text.trim_end_matches('/').to_owned();
            let place = |heard: &Heard| (heard.route.clone(), ends(&heard.arn_path), ends(&heard.backend_path));
            let again = now(heard(&said.arn_path));
            prop_assert_eq!(again.as_ref().map(place), Some(place(&said)), "{}", path);
            // What the backend and the authorizer hear as the name stands in the ARN.
            let in_backend = ends(said.backend_path.strip_prefix("/of/").unwrap_or_default());
            prop_assert!(ends(&said.arn_path).ends_with(&in_backend), "{}: {:?}", path, said);
            // Nothing is decoded twice: a percent sign that was escaped is escaped to the last.
            prop_assert!(said.backend_path.matches('%').count() >= path.matches("%25").count(), "{}: {:?}", path, said);
            for text in [&said.arn_path, &said.backend_path] {
                prop_assert!(!text.contains("/../") && !text.contains("/./"), "{}: {:?}", path, said);
                prop_assert!(!text.contains(['?', '#', '{', '}', '\\', '\0', ' ']), "{}: {:?}", path, said);
            }
        }
    }
    #[test]
    fn no_spelling_goes_around_a_deny(path in spellings_of_admin()) {
        let served = without_admin();
        let outcome = now(served.send(request("GET", &format!("/dev{path}"))));
        let seen = served.world.backends.seen();
        prop_assert!(seen.iter().all(|call| call.head.uri.host() == Some("open")), "{path}");
        prop_assert!(outcome.status != 200 || outcome.record.route() == Some("ANY /{proxy+}"), "{path}");
        if outcome.record.route() == Some("GET /admin") {
            prop_assert_eq!(outcome.status, 403, "{}", path);
        }
    }
}
