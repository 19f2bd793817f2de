//! Whom a statement is about.

use super::*;

const ACCOUNT: &str = "123456789012";
const ROOT: &str = "arn:aws:iam::123456789012:root";
const BOB: &str = "arn:aws:iam::123456789012:user/Bob";
const ROLE: &str = "arn:aws:iam::123456789012:role/audit";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/audit/app";

const fn aws<'a>(arns: &'a [&'a str]) -> Principal<'a> {
    Principal::Aws { account: ACCOUNT, arns }
}

fn decide(effect: &str, principals: &str, principal: Principal<'_>) -> Decision {
    let policy = resource_policy(&format!(
        r#"{{"Effect": "{effect}", {principals}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}}"#
    ));
    Caller { principal, ..Caller::ANONYMOUS }.asks(&policy)
}

#[test]
fn principals_are_named() {
    let direct = Some(false);
    let delegated = Some(true);
    for (named, principal, expected) in [
        (r#""*""#, Principal::Anonymous, direct),
        (r#"{"AWS": "*"}"#, Principal::Anonymous, direct),
        (r#""*""#, Principal::Service("sqs.amazonaws.com"), direct),
        (r#"{"AWS": "123456789012"}"#, Principal::Anonymous, None),
        (r#"{"AWS": "123456789012"}"#, aws(&[BOB]), delegated),
        (r#"{"AWS": "arn:aws:iam::123456789012:root"}"#, aws(&[BOB]), delegated),
        (r#"{"AWS": "arn:aws:iam::123456789012:root"}"#, aws(&[ROOT]), direct),
        (r#"{"AWS": "123456789012"}"#, aws(&[ROOT]), direct),
        (r#"{"AWS": "999999999999"}"#, aws(&[BOB]), None),
        (r#"{"AWS": ["999999999999", "arn:aws:iam::123456789012:user/Bob"]}"#, aws(&[BOB]), direct),
        (r#"{"AWS": ["123456789012", "arn:aws:iam::123456789012:user/Bob"]}"#, aws(&[BOB]), direct),
        (r#"{"AWS": "arn:aws:iam::123456789012:user/bob"}"#, aws(&[BOB]), None),
        (r#"{"AWS": "arn:aws:iam::123456789012:role/audit"}"#, aws(&[SESSION, ROLE]), direct),
        (r#"{"AWS": "arn:aws:sts::123456789012:assumed-role/audit/app"}"#, aws(&[SESSION, ROLE]), direct),
        (r#"{"AWS": "arn:aws:sts::123456789012:assumed-role/audit/other"}"#, aws(&[SESSION, ROLE]), None),
        (r#"{"Service": ["a", "sqs.amazonaws.com"]}"#, Principal::Service("sqs.amazonaws.com"), direct),
        (r#"{"Service": "sqs.amazonaws.com"}"#, Principal::Federated("sqs.amazonaws.com"), None),
        (r#"{"Federated": "accounts.google.com"}"#, Principal::Federated("accounts.google.com"), direct),
        (r#"{"CanonicalUser": "79a5", "AWS": "999999999999"}"#, Principal::CanonicalUser("79a5"), direct),
        (r#"{"CanonicalUser": "79a5"}"#, aws(&["79a5"]), None),
    ] {
        let principals = format!(r#""Principal": {named}"#);
        let allow = match expected {
            Some(delegated) => Decision::Allow { statement: 0, delegated },
            None => Decision::ImplicitDeny,
        };
        assert_eq!(decide("Allow", &principals, principal), allow, "{named} {principal:?}");
        let denied = decide("Deny", &principals, principal) == Decision::ExplicitDeny { statement: 0 };
        assert_eq!(denied, expected.is_some(), "{named} {principal:?}");
    }
}

#[test]
fn exceptions_name_every_part_of_a_caller() {
    for (named, principal, denied) in [
        (r#""*""#, Principal::Anonymous, false),
        (r#"{"AWS": "123456789012"}"#, Principal::Anonymous, true),
        (r#"{"AWS": "arn:aws:iam::123456789012:user/Bob"}"#, aws(&[BOB]), false),
        (r#"{"AWS": ["arn:aws:iam::123456789012:user/Bob", "123456789012"]}"#, aws(&[BOB]), false),
        (r#"{"AWS": ["arn:aws:iam::123456789012:user/Eve", "123456789012"]}"#, aws(&[BOB]), true),
        (r#"{"AWS": "123456789012"}"#, aws(&[ROOT]), false),
        (r#"{"AWS": "arn:aws:iam::123456789012:role/audit"}"#, aws(&[SESSION, ROLE]), true),
        (
            r#"{"AWS": ["arn:aws:iam::123456789012:role/audit", "arn:aws:sts::123456789012:assumed-role/audit/app"]}"#,
            aws(&[SESSION, ROLE]),
            false,
        ),
        (r#"{"AWS": "123456789012"}"#, aws(&[]), true),
        (r#"{"Service": "sqs.amazonaws.com"}"#, Principal::Service("sqs.amazonaws.com"), false),
        (r#"{"Service": "sqs.amazonaws.com"}"#, Principal::Anonymous, true),
    ] {
        let decision = decide("Deny", &format!(r#""NotPrincipal": {named}"#), principal);
        assert_eq!(decision == Decision::ExplicitDeny { statement: 0 }, denied, "{named} {principal:?}");
    }
}

#[test]
fn a_statement_that_names_the_caller_comes_before_one_that_names_the_account() {
    let one = |named: &str| {
        format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{named}"}}, "Action": "*", "Resource": "*"}}"#)
    };
    let policy = resource_policy(&[one(ACCOUNT), one(ACCOUNT), one(BOB)].join(", "));
    let caller = |principal| Caller { principal, ..Caller::ANONYMOUS };
    assert_eq!(caller(aws(&[BOB])).asks(&policy), allowed(2));
    assert_eq!(caller(aws(&[ROLE])).asks(&policy), Decision::Allow { statement: 0, delegated: true });
}
