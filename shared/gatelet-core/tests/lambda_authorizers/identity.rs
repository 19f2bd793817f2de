//! Who shows nothing is refused before anybody is asked; who shows something is told to the function.

use std::time::Duration;

use gatelet_core::authorizers::lambda::METHOD_ARN_BYTES_MAX;
use gatelet_core::ports::{FunctionAnswer, InvocationMode};
use gatelet_core::refusal::Refusal;
use gatelet_core::snapshot::routes::Rules;
use gatelet_model::AuthorizerFunction;
use gatelet_world::MemoryDecisions;
use serde_json::{Value, json};

use super::fixture::{
    ALLOW, AUTHORIZATION, Asking, FUNCTION, NOW, ROLE, answered, function, request, rest, simple, token,
    world,
};

#[test]
fn who_shows_nothing_is_refused_before_anybody_is_asked() {
    let world = world(|_| answered(ALLOW));
    let asking = |rules| Asking::new(rules);
    let two = ["method.request.header.A", "method.request.querystring.q"];
    let rest_source = |source| rest(300, &[source]);
    for (authorizer, asking) in [
        (token(300, None), asking(Rules::Rest)),
        (token(0, None), asking(Rules::Rest)),
        (token(300, None), asking(Rules::Rest).header("authorization", "")),
        (token(300, None), asking(Rules::Rest).header("authorization", "  ")),
        (token(300, Some("Bearer [a-z]+")), asking(Rules::Rest).header("authorization", "Basic abc")),
        (token(300, Some("Bearer [a-z]+")), asking(Rules::Rest).header("authorization", "x Bearer abc")),
        (token(300, Some("Bearer [a-z]+")), asking(Rules::Rest).header("authorization", "Bearer abc 1")),
        (rest(0, &two), asking(Rules::Rest)),
        (rest(300, &two), asking(Rules::Rest).header("a", "1")),
        (rest(300, &two), Asking { target: "/pets/7?q=1".to_owned(), ..asking(Rules::Rest) }),
        (rest(300, &two), Asking { target: "/pets/7?q=".to_owned(), ..asking(Rules::Rest).header("a", "1") }),
        (rest_source("stageVariables.none"), asking(Rules::Rest)),
        (rest_source("context.authorizer.principalId"), asking(Rules::Rest)),
        (simple(300, &["$request.header.A"]), asking(Rules::Http)),
        (simple(0, &["$request.header.A"]), asking(Rules::Http).header("a", "")),
    ] {
        let judged = asking.judged(&authorizer, &world);
        assert_eq!(judged.refusal(), &Refusal::Unauthorized(None), "{:?}", judged.steps);
        assert!(judged.tells("nobody is asked"));
    }
    assert!(world.functions.seen().is_empty());
}

#[test]
fn a_refusal_comes_before_what_is_remembered() {
    let world = world(|_| answered(ALLOW));
    let authorizer = rest(300, &[AUTHORIZATION, "method.request.header.Tenant"]);
    let both = Asking::new(Rules::Rest).header("authorization", "a").header("tenant", "t");
    assert!(both.judged(&authorizer, &world).result.is_ok());
    let one = Asking::new(Rules::Rest).header("authorization", "a");
    assert_eq!(one.judged(&authorizer, &world).refusal(), &Refusal::Unauthorized(None));
}

#[test]
fn a_token_authorizer_is_told_the_token() {
    let world = world(|_| answered(ALLOW));
    let authorizer = token(300, Some("Bearer [a-z]+"));
    let judged = Asking::new(Rules::Rest).header("authorization", "Bearer abc").judged(&authorizer, &world);
    assert_eq!(judged.principal(), "u1");
    let seen = world.functions.seen();
    assert_eq!((seen.len(), &*seen[0].function), (1, FUNCTION));
    assert_eq!(
        serde_json::from_slice::<Value>(&seen[0].payload).unwrap(),
        json!({
            "type": "TOKEN", "authorizationToken": "Bearer abc",
            "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET/pets/7"
        })
    );
    assert!(
        !judged.steps.iter().any(|step| step.contains("abc ") || step.contains("Bearer")),
        "no token is told"
    );
}

#[test]
fn no_step_repeats_what_the_caller_showed() {
    let secret = "s3cr3t";
    let echo = |call: &gatelet_world::SeenInvocation| {
        let event: Value = serde_json::from_slice(&call.payload).unwrap();
        let token = event["authorizationToken"].as_str().unwrap();
        answered(ALLOW.replace("u1", token))
    };
    let fails = move |_: &gatelet_world::SeenInvocation| {
        let payload = format!(r#"{{"errorMessage":"bad token {secret}"}}"#).into();
        Ok(FunctionAnswer::Payload { payload, function_error: Some(secret.into()) })
    };
    for mut world in [world(echo), world(fails)] {
        world.decisions = MemoryDecisions::shared();
        for authorizer in [token(300, None), token(0, None), token(300, Some("x"))] {
            for _ in 0..2 {
                let judged =
                    Asking::new(Rules::Rest).header("authorization", secret).judged(&authorizer, &world);
                assert!(!judged.tells(secret) && !judged.steps.is_empty(), "{:?}", judged.steps);
            }
        }
    }
}

#[test]
fn a_request_authorizer_is_told_the_request() {
    let world = world(|_| answered(ALLOW));
    let function = AuthorizerFunction { credentials: Some(ROLE.to_owned()), ..function(300) };
    let asking = Asking::new(Rules::Rest).header("authorization", "x");
    let authorizer = request("a1", function, &[AUTHORIZATION, "stageVariables.tier"], Rules::Rest);
    assert!(asking.judged(&authorizer, &world).result.is_ok());
    let seen = world.functions.seen();
    assert_eq!(seen[0].mode, InvocationMode::RequestResponse);
    assert_eq!(seen[0].credentials.as_deref(), Some(ROLE));
    assert_eq!(seen[0].trace_id.as_deref(), Some("Root=1-1-1"));
    let event: Value = serde_json::from_slice(&seen[0].payload).unwrap();
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["resource"], "/pets/{id}");
    assert_eq!(event["pathParameters"], json!({"id": "7"}));
    assert_eq!(event["stageVariables"], json!({"fn": "gate", "tier": "gold"}));
    assert_eq!(event["requestContext"]["resourceId"], "r1");
    assert!(event.get("body").is_none() && event.get("identitySource").is_none());

    let authorizer = simple(0, &["$request.header.Authorization", "$stageVariables.tier"]);
    let asking = Asking::new(Rules::Http).header("authorization", "x").header("authorization", "y");
    let _ = asking.judged(&authorizer, &world);
    let event: Value = serde_json::from_slice(&world.functions.seen()[1].payload).unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["identitySource"], json!(["x,y", "gold"]));
}

#[test]
fn without_sources_every_request_asks() {
    let world = world(|_| answered(ALLOW));
    for ttl in [0, 300] {
        let authorizer = rest(ttl, &[]);
        for _ in 0..2 {
            assert!(Asking::new(Rules::Rest).judged(&authorizer, &world).tells("are not remembered"));
        }
    }
    assert_eq!(world.functions.seen().len(), 4);
}

#[test]
fn functions_have_their_api_s_time_and_never_more_than_is_left() {
    let world = world(|_| answered(ALLOW));
    let ask = |rules, left: Duration| {
        let mut asking = Asking::new(rules);
        asking.arrival.deadline = NOW.after(left);
        let authorizer = match rules {
            Rules::Rest => rest(0, &[]),
            Rules::Http => request("a1", function(0), &[], Rules::Http),
        };
        asking.judged(&authorizer, &world)
    };
    let (long, short) = (Duration::from_secs(100), Duration::from_millis(50));
    for (rules, left, expected) in [
        (Rules::Rest, long, Duration::from_secs(29)),
        (Rules::Http, long, Duration::from_secs(10)),
        (Rules::Rest, short, short),
        (Rules::Http, short, short),
    ] {
        assert!(ask(rules, left).result.is_ok());
        assert_eq!(world.functions.seen().last().unwrap().timeout, expected);
    }
    let late = ask(Rules::Rest, Duration::ZERO);
    assert!(matches!(late.refusal(), Refusal::AuthorizerMisconfigured(_)) && late.tells("no time is left"));
    assert_eq!(world.functions.seen().len(), 4);
}

#[test]
fn an_arn_may_have_1600_bytes() {
    let world = world(|_| answered(ALLOW));
    let authorizer = rest(0, &[]);
    let mut asking = Asking::new(Rules::Rest);
    let room = METHOD_ARN_BYTES_MAX - asking.arn().len();
    asking.target.push_str(&"x".repeat(room));
    assert!(asking.judged(&authorizer, &world).result.is_ok());
    asking.target.push('x');
    let judged = asking.judged(&authorizer, &world);
    assert_eq!(judged.refusal(), &Refusal::MethodArnTooLong);
    assert!(judged.tells("1601 bytes"));
    assert_eq!(world.functions.seen().len(), 1);
}
