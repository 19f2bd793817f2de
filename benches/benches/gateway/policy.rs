//! A resource policy decides.

#![allow(clippy::panic, reason = "a policy that is not read has nothing to measure")]

use std::hint::black_box;

use gatelet_benches::Work;
use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};

/// How many statements deny a range of addresses, and as many again a resource, before the last one allows.
const DENIES: usize = 24;

const CALLED: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/7";

/// A request that none of 48 statements denies and the last of 50 allows.
pub(crate) fn decide_50_statements() -> Work {
    let policy = Policy::parse(&policy(), PolicyKind::Resource).unwrap_or_else(|error| panic!("{error}"));
    let decide = move || {
        let context = |key: &str| match key {
            "aws:sourceip" => Values::One("203.0.113.77"),
            _ => Values::Missing,
        };
        let request = Request {
            action: "execute-api:Invoke",
            resource: ResourceArn::parse(black_box(CALLED))?,
            principal: Principal::Anonymous,
            context: &context,
        };
        Some(policy.decide(black_box(&request)))
    };
    assert!(matches!(decide(), Some(Decision::Allow { statement: 49, .. })), "the last statement allows");
    Work::new(move || {
        black_box(decide());
    })
}

fn policy() -> String {
    let mut statements = Vec::new();
    for n in 0..DENIES {
        let range = format!(r#""Condition":{{"IpAddress":{{"aws:SourceIp":"10.{n}.0.0/16"}}}}"#);
        statements.push(statement("Deny", "execute-api:/*", &format!(",{range}")));
        statements.push(statement("Deny", &format!("execute-api:/*/GET/admin{n}/*"), ""));
    }
    statements.push(statement("Allow", "execute-api:/prod/POST/*", ""));
    statements.push(statement("Allow", "execute-api:/prod/GET/pets/*", ""));
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn statement(effect: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Principal":"*","Action":"execute-api:Invoke","Resource":"{resource}"{condition}}}"#
    )
}
