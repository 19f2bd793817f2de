//! Answers of authorizers.
#![allow(clippy::unwrap_used, reason = "tests")]

use gatelet_languages::iam_policy::{Decision, Principal, Request, ResourceArn, Values};

use super::{ANSWER_BYTES_MAX, Form, read};
use crate::snapshot::routes::Rules;

const REST: Form = Form { rules: Rules::Rest, is_simple: false };
const HTTP: Form = Form { rules: Rules::Http, is_simple: false };
const SIMPLE: Form = Form { rules: Rules::Http, is_simple: true };

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET/a"}]}"#;

fn answer(rest: &str) -> String {
    format!(r#"{{"policyDocument":{POLICY}{rest}}}"#)
}

fn decide(answer: &str, form: Form, path: &str) -> Decision {
    let arn = format!("arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET{path}");
    let request = Request {
        action: "execute-api:Invoke",
        resource: ResourceArn::parse(&arn).unwrap(),
        principal: Principal::Anonymous,
        context: &|_| Values::Missing,
    };
    read(answer.as_bytes(), form).unwrap().decide(&request)
}

#[test]
fn a_policy_decides_about_each_arn() {
    let allow = Decision::Allow { statement: 0, delegated: false };
    for form in [REST, HTTP] {
        assert_eq!(decide(&answer(""), form, "/a"), allow);
        assert_eq!(decide(&answer(""), form, "/b"), Decision::ImplicitDeny);
    }
    assert_eq!(decide(r#"{"isAuthorized":true}"#, SIMPLE, "/b"), allow);
    assert_eq!(decide(r#"{"isAuthorized":false}"#, SIMPLE, "/a"), Decision::ImplicitDeny);
}

#[test]
fn who_calls_is_text_however_it_is_written() {
    let read = |rest: &str| {
        let judgement = read(answer(rest).as_bytes(), REST).unwrap();
        let text = |text: Option<&str>| text.map(str::to_owned);
        (text(judgement.principal_id()), text(judgement.usage_identifier_key()))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(read(r#","principalId":"u1","usageIdentifierKey":"k1""#), (some("u1"), some("k1")));
    assert_eq!(read(r#","principalId":7,"usageIdentifierKey":null"#), (some("7"), None));
    assert_eq!(read(""), (None, None));
}

#[test]
fn a_context_is_looked_up_by_name() {
    let context = r#","principalId":"u1","context":{"a":"x","b":1.50,"c":false,"n":null,"a":"last","principalId":"forged"}"#;
    for form in [REST, HTTP] {
        let judgement = read(answer(context).as_bytes(), form).unwrap();
        for (name, value) in [
            ("a", Some("last")),
            ("b", Some("1.50")),
            ("c", Some("false")),
            ("n", None),
            ("none", None),
            ("principalId", Some("u1")),
        ] {
            assert_eq!(judgement.context_value(name), value, "{name}");
        }
    }
    let deep = answer(r#","context":{"list":["a",1],"map":{"b":{}}}"#);
    let judgement = read(deep.as_bytes(), HTTP).unwrap();
    assert_eq!(judgement.context_value("list"), Some(r#"["a",1]"#));
    assert_eq!(judgement.context_value("map"), Some(r#"{"b":{}}"#));
}

#[test]
fn what_has_no_meaning_is_told_to_its_author() {
    let allow_all = r#"{"policyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"StringEqual":{"a":"b"}}}}}"#;
    let long = answer(&format!(r#","context":{{"a":"{}"}}"#, "x".repeat(ANSWER_BYTES_MAX)));
    for (form, text, why) in [
        (REST, String::new(), "not a JSON object"),
        (REST, "null".to_owned(), "not a JSON object"),
        (REST, "[]".to_owned(), "not a JSON object"),
        (REST, "\"Allow\"".to_owned(), "not a JSON object"),
        (REST, "true".to_owned(), "not a JSON object"),
        (REST, "{} {}".to_owned(), "not a JSON object"),
        (REST, "{\"policyDocument\":".to_owned(), "not a JSON object"),
        (REST, "{}".to_owned(), "no `policyDocument`"),
        (REST, r#"{"policyDocument":null}"#.to_owned(), "no `policyDocument`"),
        (REST, r#"{"isAuthorized":true}"#.to_owned(), "no `policyDocument`"),
        (HTTP, r#"{"isAuthorized":true}"#.to_owned(), "no `policyDocument`"),
        (REST, r#"{"PolicyDocument":{}}"#.to_owned(), "no `policyDocument`"),
        (REST, r#"{"policyDocument":{}}"#.to_owned(), "no `Statement`"),
        (REST, format!(r#"{{"policyDocument":{POLICY:?}}}"#), "`policyDocument`"),
        (REST, allow_all.to_owned(), "StringEqual"),
        (REST, answer(r#","context":[]"#), "`context` is not an object"),
        (REST, answer(r#","context":"x""#), "`context` is not an object"),
        (REST, answer(r#","context":{"a":{}}"#), "`a` in `context`"),
        (REST, answer(r#","context":{"b":[]}"#), "`b` in `context`"),
        (REST, answer(r#","context":{"c":"\ud800"}"#), "`c` in `context`"),
        (REST, answer(r#","principalId":{}"#), "`principalId` is not text"),
        (HTTP, answer(r#","usageIdentifierKey":[]"#), "`usageIdentifierKey` is not text"),
        (HTTP, answer(r#","context":1"#), "`context` is not an object"),
        (REST, long, "bytes"),
        (SIMPLE, "{}".to_owned(), "no `isAuthorized`"),
        (SIMPLE, answer(""), "no `isAuthorized`"),
        (SIMPLE, r#"{"isAuthorized":"true"}"#.to_owned(), "not true or false"),
        (SIMPLE, r#"{"isAuthorized":1}"#.to_owned(), "not true or false"),
        (SIMPLE, r#"{"isAuthorized":[true]}"#.to_owned(), "not true or false"),
        (SIMPLE, r#"{"isAuthorized":true,"context":[]}"#.to_owned(), "`context` is not an object"),
    ] {
        let error = read(text.as_bytes(), form).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
    assert!(read(b"\xFF{}", REST).is_err());
}
