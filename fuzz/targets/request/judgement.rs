//! Whatever the function of an authorizer answers: never a panic, never an answer that lets somebody in by a mistake of its
//! form, and what is told of it is JSON.
#![no_main]

use gatelet_core::authorizers::lambda::Judgement;
use gatelet_core::snapshot::routes::Rules;
use gatelet_languages::iam_policy::{Decision, Principal, Request, ResourceArn, Values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for (rules, is_simple) in [(Rules::Rest, false), (Rules::Http, false), (Rules::Http, true)] {
        let Ok(judgement) = Judgement::read(data, rules, is_simple) else { continue };
        let arn = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/dev/GET/pets/1";
        let decision = judgement.decide(&Request {
            action: "execute-api:Invoke",
            resource: ResourceArn::parse(arn).expect("it is an ARN"),
            principal: Principal::Anonymous,
            context: &|_| Values::Missing,
        });
        if matches!(decision, Decision::Allow { .. }) {
            // Only what is JSON and says so lets anybody in.
            let answer: serde_json::Value = serde_json::from_slice(data).expect("it is JSON");
            let said = if is_simple { "isAuthorized" } else { "policyDocument" };
            assert!(answer.get(said).is_some());
        }
    }
});
