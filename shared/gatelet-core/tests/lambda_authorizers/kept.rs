//! What is remembered, for how long, and for whom.

use std::time::Duration;

use gatelet_core::ports::{FunctionAnswer, FunctionCall, FunctionError, Functions};
use gatelet_core::snapshot::routes::Rules;
use gatelet_model::AuthorizerFunction;
use gatelet_world::MemoryWorld;
use serde_json::{Value, json};

use super::fixture::{ALLOW, Altered, Asking, answered, function, request, rest, simple, token, world};

/// A world whose function lets in whoever has the token `good-...`, as the principal of that name.
fn by_token() -> MemoryWorld {
    world(|call| {
        let event: Value = serde_json::from_slice(&call.payload).unwrap();
        let token = event["authorizationToken"].as_str().unwrap();
        let effect = if token.starts_with("good-") { "Allow" } else { "Deny" };
        let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        let answer = json!({
            "principalId": token, "policyDocument": policy, "usageIdentifierKey": token, "context": {"t": token}
        });
        answered(answer.to_string())
    })
}

#[test]
fn two_callers_never_see_each_others_judgement() {
    let world = by_token();
    let authorizer = token(3_600, None);
    for _ in 0..3 {
        for name in ["good-ann", "good-bob", "bad-eve"] {
            let asking = Asking::new(Rules::Rest).header("authorization", name);
            let judged = asking.judged(&authorizer, &world);
            assert_eq!(judged.principal(), name);
            assert_eq!(judged.allows(&asking.arn()), name.starts_with("good-"));
            let (judgement, _) = judged.result.unwrap();
            assert_eq!(
                (judgement.usage_identifier_key(), judgement.context_value("t")),
                (Some(name), Some(name))
            );
        }
    }
    assert_eq!(world.functions.seen().len(), 3);
}

#[test]
fn a_result_ends_with_its_time_to_live() {
    for (ttl, asked) in [(0, [1, 2, 3, 4]), (1, [1, 1, 2, 3]), (3_600, [1, 1, 1, 2])] {
        let world = by_token();
        let authorizer = token(ttl, None);
        let asking = Asking::new(Rules::Rest).header("authorization", "good-ann");
        for (wait, asked) in [0, 999, 1, 3_599_000].into_iter().zip(asked) {
            world.clock.advance(Duration::from_millis(wait));
            assert_eq!(asking.judged(&authorizer, &world).principal(), "good-ann");
            assert_eq!(world.functions.seen().len(), asked, "{ttl} s, after {wait} ms");
        }
    }
}

#[test]
fn a_remembered_policy_is_asked_anew_about_each_arn() {
    let statement = json!({
        "Effect": "Allow", "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET/pets/7"
    });
    let answer = json!({"policyDocument": {"Version": "2012-10-17", "Statement": statement}}).to_string();
    let world = world(move |_| answered(answer.clone()));
    let authorizer = token(300, None);
    let asking = |target: &str, key| Asking {
        target: target.to_owned(),
        key,
        ..Asking::new(Rules::Rest).header("authorization", "x")
    };
    let (one, other) = (asking("/pets/7", "GET /pets/{id}"), asking("/pets/8", "DELETE /pets/{id}"));
    assert!(one.judged(&authorizer, &world).allows(&one.arn()));
    let judged = other.judged(&authorizer, &world);
    assert!(judged.tells("its answer is remembered") && !judged.allows(&other.arn()));
    assert_eq!(world.functions.seen().len(), 1);
}

#[test]
fn http_apis_tell_routes_apart_where_they_are_asked_to() {
    for (sources, asked) in
        [(vec!["$request.header.A"], 1), (vec!["$request.header.A", "$context.routeKey"], 2)]
    {
        let world = world(|_| answered(r#"{"isAuthorized":true}"#));
        let authorizer = simple(300, &sources);
        for key in ["GET /a", "GET /b", "GET /a"] {
            let asking = Asking { key, ..Asking::new(Rules::Http).header("a", "1") };
            assert!(asking.judged(&authorizer, &world).result.is_ok());
        }
        assert_eq!(world.functions.seen().len(), asked, "{sources:?}");
    }
}

#[test]
fn another_function_in_its_place_is_asked_at_once() {
    let world = world(|_| answered(ALLOW));
    let source = ["$request.header.A"];
    let asking = Asking::new(Rules::Http).header("a", "1");
    for uri in ["gate:1", "gate:2", "gate:1"] {
        let function = AuthorizerFunction { uri: uri.to_owned(), ..function(300) };
        assert!(asking.judged(&request("a1", function, &source, Rules::Http), &world).result.is_ok());
    }
    assert_eq!(world.functions.seen().len(), 2);
}

/// A function that takes its time.
struct Slow<'a>(&'a MemoryWorld, Duration);

impl Functions for Slow<'_> {
    async fn invoke(&self, _: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        self.0.clock.advance(self.1);
        answered(ALLOW)
    }
}

#[test]
fn what_is_remembered_took_no_time() {
    let world = by_token();
    let slow = Altered::functions(&world, Slow(&world, Duration::from_millis(1_500)));
    let authorizer = rest(1, &["method.request.header.A"]);
    let asking = Asking::new(Rules::Rest).header("a", "1");
    let first = asking.judged(&authorizer, &slow);
    assert_eq!(first.milliseconds(), 1_500);
    assert!(first.tells("after 1500 ms it answered a policy"), "{:?}", first.steps);
    let second = asking.judged(&authorizer, &slow);
    assert_eq!(second.milliseconds(), 0, "the time to live begins with the answer");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(asking.judged(&authorizer, &slow).milliseconds(), 1_500);
}
