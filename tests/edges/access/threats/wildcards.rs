//! What a path holds is itself: no character of it is a wildcard or a variable in any policy.

use std::sync::{Arc, Mutex};

use gatelet_core::ports::FunctionAnswer;
use gatelet_world::MemoryFunctions;
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, Served, access_key, definition, iam, request, serve};
use crate::signed::{SECRET, sign};

/// Last segments that would be the users `bob` and `somebody` if they were patterns or variables.
const PATTERNS: [&str; 12] = [
    "*",
    "**",
    "%2A",
    "b*",
    "b%3Fb",
    "%3F%3F%3F",
    "some*",
    "$%7B*%7D",
    "${aws:username}",
    "$%7Baws:username%7D",
    "%24%7Baws%3Ausername%7D",
    "$%7Baws:UserAgent%7D",
];

/// The ARN of what stands below the stage.
fn below(rest: &str) -> String {
    format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:*/dev/{rest}")
}

fn statement(effect: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource})
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn with_resource_policy(statements: &[Value]) -> Served {
    let mut definition = definition(&["/users/{name}", "/{proxy+}"], None);
    let mut policy = policy(statements);
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement["Principal"] = json!("*");
    }
    definition["x-amazon-apigateway-policy"] = policy;
    serve(&definition)
}

async fn status(served: &Served, path: &str, user_agent: &str) -> u16 {
    served.send(request("GET", path).header("user-agent", user_agent)).await.status
}

#[tokio::test]
async fn in_resource_policies() {
    let bob_alone = with_resource_policy(&[statement("Allow", &below("GET/users/bob"))]);
    let all_but_bob =
        with_resource_policy(&[statement("Allow", &below("*")), statement("Deny", &below("GET/users/bob"))]);
    for pattern in PATTERNS {
        let path = format!("/dev/users/{pattern}");
        assert_eq!(status(&bob_alone, &path, "bob").await, 403, "{path}");
        assert_eq!(status(&all_but_bob, &path, "bob").await, 200, "{path}");
    }
    for bob in ["/dev/users/bob", "/dev/users/%62ob", "/dev//users/bob/"] {
        assert_eq!(status(&bob_alone, bob, "x").await, 200, "{bob}");
        assert_eq!(status(&all_but_bob, bob, "x").await, 403, "{bob}");
    }
    // Further segments are not the same place.
    for path in ["/dev/users/bob/x", "/dev/users/bob%2Fx", "/dev/users", "/dev/bob"] {
        assert_eq!(status(&bob_alone, path, "x").await, 403, "{path}");
    }
}

/// A variable stands for what the request has, and that is text.
#[tokio::test]
async fn in_values_of_variables() {
    let own = with_resource_policy(&[statement("Allow", &below("GET/users/${aws:UserAgent}"))]);
    assert_eq!(status(&own, "/dev/users/bob", "bob").await, 200);
    for user_agent in ["*", "b*", "???", "bo?", "${aws:UserAgent}", "${*}", "bob/*", ""] {
        assert_eq!(status(&own, "/dev/users/bob", user_agent).await, 403, "{user_agent}");
    }
    assert_eq!(own.send(request("GET", "/dev/users/bob")).await.status, 403, "without a value");
    // What is asked for is never looked at for variables.
    for pattern in ["$%7Baws:UserAgent%7D", "${aws:UserAgent}", "%24%7Baws%3AUserAgent%7D"] {
        assert_eq!(status(&own, &format!("/dev/users/{pattern}"), "bob").await, 403, "{pattern}");
    }
}

#[tokio::test]
async fn in_policies_of_whoever_signs() {
    let served = serve(&definition(&["/users/{name}", "/{proxy+}"], iam()));
    let own = policy(&[statement("Allow", &below("GET/users/${aws:username}"))]);
    served.world.credentials.insert("GTLKEXAMPLE", access_key(ACCOUNT, SECRET, &[own]));
    let send = async |path: &str| served.send(sign(&served, request("GET", path), "")).await.status;
    assert_eq!(send("/dev/users/somebody").await, 200);
    // Braces are in no request that AWS's signer signs.
    for pattern in PATTERNS.into_iter().filter(|pattern| !pattern.contains('{')) {
        assert_eq!(send(&format!("/dev/users/{pattern}")).await, 403, "{pattern}");
    }
}

/// An API whose authorizer lets every token do what `resource` makes of the ARN that it is asked about, for five minutes.
fn with_authorizer(resource: fn(&str) -> String) -> (Served, Arc<Mutex<Vec<String>>>) {
    let scheme = json!({
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token", "authorizerResultTtlInSeconds": 300,
            "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations"
        }
    });
    let mut served = serve(&definition(&["/users/{name}", "/{proxy+}"], Some(scheme)));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let about = Arc::clone(&asked);
    served.world = served.world.with_functions(MemoryFunctions::answering(move |call| {
        let event: Value = serde_json::from_slice(&call.payload).unwrap();
        let arn = event["methodArn"].as_str().unwrap();
        about.lock().unwrap().push(arn.to_owned());
        let policy = policy(&[statement("Allow", &resource(arn))]);
        let answer = json!({"principalId": "p", "policyDocument": policy});
        Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
    }));
    (served, asked)
}

#[tokio::test]
async fn in_policies_of_authorizers() {
    let (served, _) = with_authorizer(|_| below("GET/users/bob"));
    let send = async |path: &str| {
        served
            .send(request("GET", path).header("authorization", "t").header("user-agent", "bob"))
            .await
            .status
    };
    assert_eq!(send("/dev/users/bob").await, 200);
    for pattern in PATTERNS {
        assert_eq!(send(&format!("/dev/users/{pattern}")).await, 403, "{pattern}");
    }
}

/// Most authorizers allow just the ARN that they are asked about. Whoever asks for a pattern is let in there, and is remembered
/// for nothing else.
#[tokio::test]
async fn in_an_arn_that_an_authorizer_gives_back() {
    for (number, pattern) in PATTERNS.into_iter().enumerate() {
        let (served, asked) = with_authorizer(str::to_owned);
        let token = format!("t{number}");
        let send = async |path: &str| {
            let request = request("GET", path).header("authorization", &token).header("user-agent", "bob");
            served.send(request).await.status
        };
        let path = format!("/dev/users/{pattern}");
        assert_eq!(send(&path).await, 200, "{path}: {:?}", asked.lock().unwrap());
        for other in ["/dev/users/bob", "/dev/users/somebody", "/dev/users/b/c", "/dev/other", "/dev/users/"]
        {
            assert_eq!(send(other).await, 403, "{path}, then {other}: {:?}", asked.lock().unwrap());
        }
        assert_eq!(send(&path).await, 200, "{path}");
        assert_eq!(asked.lock().unwrap().len(), 1, "the answer was remembered");
    }
}
