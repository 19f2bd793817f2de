//! A further Deny, in whatever policy, lets nobody in who was kept out before.

use std::sync::OnceLock;

use gatelet_core::ports::FunctionAnswer;
use gatelet_world::MemoryFunctions;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, OTHER_ACCOUNT, access_key, definition, iam, request, serve};
use crate::signed::{SECRET, sign};

/// How many combinations are tried. Each is an API of its own, twice.
const CASES: u32 = 192;

/// Who decides beside the resource policy.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Nobody,
    Signature { account: &'static str },
    Authorizer,
}

/// The statements of both policies.
#[derive(Debug, Clone)]
struct Policies {
    /// None where the API has no resource policy.
    of_resource: Option<Vec<Value>>,
    of_caller: Vec<Value>,
}

#[derive(Debug, Clone, Copy)]
struct Called {
    method: &'static str,
    path: &'static str,
    user_agent: Option<&'static str>,
}

fn resources() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("*"),
        json!("execute-api:/*"),
        json!("execute-api:/dev/GET/a"),
        json!("execute-api:/dev/*/users/*"),
        json!(["execute-api:/dev/POST/*", "execute-api:/dev/GET/users/${aws:UserAgent}"]),
        json!(format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:*/dev/GET/*")),
        json!("arn:aws:execute-api:eu-west-1:*:*/*"),
    ])
}

fn conditions() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({}),
        json!({}),
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringLike": {"aws:UserAgent": "b*"}}),
        json!({"StringNotEquals": {"aws:UserAgent": "bob"}}),
        json!({"StringNotEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}}),
        json!({"Null": {"aws:UserAgent": "true"}}),
        json!({"ForAllValues:StringEquals": {"aws:Referer": "x"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}, "DateLessThan": {"aws:CurrentTime": "2026-11-21T00:00:00Z"}}),
    ])
}

fn principals() -> impl Strategy<Value = (&'static str, Value)> {
    prop::sample::select(vec![
        ("Principal", json!("*")),
        ("Principal", json!({"AWS": "*"})),
        ("Principal", json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/somebody")})),
        ("Principal", json!({"AWS": format!("arn:aws:iam::{OTHER_ACCOUNT}:root")})),
        ("Principal", json!({"AWS": ACCOUNT})),
        ("NotPrincipal", json!({"AWS": [format!("arn:aws:iam::{ACCOUNT}:user/somebody"), ACCOUNT]})),
    ])
}

/// A statement; one with an exception among principals can only deny.
fn statements(effect: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    let actions = prop::sample::select(vec![
        ("Action", json!("execute-api:Invoke")),
        ("Action", json!("*")),
        ("Action", json!("execute-api:inv?k*")),
        ("NotAction", json!("execute-api:ManageConnections")),
    ]);
    (effect, actions, any::<bool>(), resources(), conditions(), principals()).prop_map(
        |(effect, (action, actions), is_exception, resource, condition, (principal, principals))| {
            let effect = if principal == "NotPrincipal" { "Deny" } else { effect };
            let mut statement =
                json!({"Effect": effect, action: actions, principal: principals, "Condition": condition});
            statement[if is_exception { "NotResource" } else { "Resource" }] = resource;
            statement
        },
    )
}

/// More often one that allows.
fn either() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["Allow", "Allow", "Allow", "Deny"])
}

fn policies() -> impl Strategy<Value = Policies> {
    let list = || prop::collection::vec(statements(either()), 1..4);
    (prop::option::weighted(0.8, list()), list())
        .prop_map(|(of_resource, of_caller)| Policies { of_resource, of_caller })
}

fn calls() -> impl Strategy<Value = Called> {
    let methods = prop::sample::select(vec!["GET", "POST", "DELETE"]);
    let paths = prop::sample::select(vec!["/dev/a", "/dev/users/bob", "/dev/users/*"]);
    let user_agents = prop::sample::select(vec![None, Some("bob"), Some("*")]);
    (methods, paths, user_agents).prop_map(|(method, path, user_agent)| Called { method, path, user_agent })
}

fn ways() -> impl Strategy<Value = Way> {
    prop::sample::select(vec![
        Way::Nobody,
        Way::Signature { account: ACCOUNT },
        Way::Signature { account: OTHER_ACCOUNT },
        Way::Authorizer,
    ])
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What stands below a stage in short is an API's own, which no identity has.
fn of_identity(statements: &[Value]) -> Value {
    let mut statements = statements.to_vec();
    for statement in &mut statements {
        let members = statement.as_object_mut().unwrap();
        members.remove("Principal");
        members.remove("NotPrincipal");
        let text =
            statement.to_string().replace("execute-api:/", "arn:aws:execute-api:us-east-1:123456789012:*/");
        *statement = serde_json::from_str(&text).unwrap();
    }
    document(&statements)
}

async fn is_let_in(way: Way, policies: &Policies, called: Called) -> bool {
    let scheme = match way {
        Way::Nobody => None,
        Way::Signature { .. } => iam(),
        Way::Authorizer => Some(json!({
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations"}
        })),
    };
    let mut definition = definition(&["/a", "/users/{name}"], scheme);
    if let Some(statements) = &policies.of_resource {
        definition["x-amazon-apigateway-policy"] = document(statements);
    }
    let mut served = serve(&definition);
    let of_caller = of_identity(&policies.of_caller);
    let mut request = request(called.method, called.path);
    if let Some(user_agent) = called.user_agent {
        request = request.header("user-agent", user_agent);
    }
    match way {
        Way::Nobody => {}
        Way::Signature { account } => {
            served.world.credentials.insert("GTLKEXAMPLE", access_key(account, SECRET, &[of_caller]));
            request = sign(&served, request, "");
        }
        Way::Authorizer => {
            let answer = json!({"principalId": "somebody", "policyDocument": of_caller}).to_string();
            served.world = served.world.with_functions(MemoryFunctions::answering(move |_| {
                Ok(FunctionAnswer::Payload { payload: answer.clone().into(), function_error: None })
            }));
            request = request.header("authorization", "t");
        }
    }
    let outcome = served.send(request).await;
    assert!(matches!(outcome.status, 200 | 401 | 403), "{}: {}", outcome.status, outcome.body);
    assert_eq!(served.backend_calls(), usize::from(outcome.status == 200));
    outcome.status == 200
}

fn now<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let made = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    RUNTIME.get_or_init(made).block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_further_deny_lets_nobody_in(
        way in ways(),
        policies in policies(),
        further in statements(Just("Deny")),
        (is_of_resource, at) in (any::<bool>(), any::<prop::sample::Index>()),
        called in calls(),
    ) {
        let before = now(is_let_in(way, &policies, called));
        let mut more = policies;
        let list = match is_of_resource {
            true => more.of_resource.get_or_insert_default(),
            false => &mut more.of_caller,
        };
        list.insert(at.index(list.len() + 1), further);
        let after = now(is_let_in(way, &more, called));
        prop_assert!(before || !after, "{more:?}");
    }

    #[test]
    fn a_deny_of_everything_lets_nobody_in(
        way in ways(),
        policies in policies(),
        is_of_resource in any::<bool>(),
        called in calls(),
    ) {
        let everything = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"});
        let mut more = policies;
        if is_of_resource || way == Way::Nobody {
            more.of_resource.get_or_insert_default().push(everything);
        } else {
            more.of_caller.push(everything);
        }
        prop_assert!(!now(is_let_in(way, &more, called)));
    }
}

#[test]
fn an_allow_of_everything_lets_everybody_in() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"});
    let called = Called { method: "GET", path: "/dev/a", user_agent: None };
    for account in [ACCOUNT, OTHER_ACCOUNT] {
        for way in [Way::Nobody, Way::Signature { account }, Way::Authorizer] {
            let policies =
                Policies { of_resource: Some(vec![everything.clone()]), of_caller: vec![everything.clone()] };
            assert!(now(is_let_in(way, &policies, called)), "{way:?}");
        }
    }
}
