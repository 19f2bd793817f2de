//! IAM policies: every error has a place, deciding never panics, one that is written anew decides the same, and a
//! further statement that denies never allows.

#![no_main]

use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const BOB: &str = "arn:aws:iam::123456789012:user/Bob";
const ARNS: [&str; 3] = [
    "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets",
    "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/POST/a:b/${aws:username}/*",
    "arn:aws:execute-api:eu-west-1:999999999999:d4/test/GET/",
];

fuzz_target!(|text: &str| {
    for kind in [PolicyKind::Resource, PolicyKind::Identity, PolicyKind::Authorizer] {
        let policy = match Policy::parse(text, kind) {
            Ok(policy) => policy,
            Err(error) => {
                assert!(text.get(error.offset..).is_some(), "{error:?} has no place in {text:?}");
                continue;
            }
        };
        let written: Value = serde_json::from_str(text).expect("a policy is JSON");
        let with = |statement: Option<Value>| {
            let mut written = written.clone();
            let list = match written["Statement"].take() {
                Value::Array(list) => list,
                one => vec![one],
            };
            written["Statement"] = list.into_iter().chain(statement).collect();
            // Numbers may be written longer.
            Policy::parse(&written.to_string(), kind).ok()
        };
        let mut deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringLike": {"aws:username": "B*"}}});
        if kind == PolicyKind::Resource {
            deny["Principal"] = json!("*");
        }
        let (same, stricter) = (with(None), with(Some(deny)));
        each_request(|request| {
            let decision = policy.decide(request);
            if let Decision::Allow { statement, .. } | Decision::ExplicitDeny { statement } = decision {
                let offset = policy.offset(statement).expect("the statement is one of the policy's");
                assert!(text[offset..].starts_with('{'));
            }
            let allows = |decision| matches!(decision, Decision::Allow { .. });
            if let Some(same) = &same {
                assert_eq!(same.decide(request), decision, "{text}");
            }
            if let Some(stricter) = &stricter {
                assert!(allows(decision) || !allows(stricter.decide(request)), "{text}");
            }
        });
    }
});

fn each_request(check: impl Fn(&Request<'_>)) {
    for resource in ARNS {
        for principal in [Principal::Anonymous, Principal::Aws { account: "123456789012", arns: &[BOB] }] {
            for values in [
                Values::Missing,
                Values::One("Bob"),
                Values::One("203.0.113.7"),
                Values::One("1795200481"),
                Values::One(BOB),
                Values::Many(&["true", "*"]),
            ] {
                check(&Request {
                    action: "execute-api:Invoke",
                    resource: ResourceArn::parse(resource).expect("six parts"),
                    principal,
                    context: &|_| values,
                });
            }
        }
    }
}
