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
fn a_session_is_one_of_its_role_under_whatever_path() {
    let session = aws(&[SESSION, ROLE]);
    for (named, is_named) in [
        ("arn:aws:iam::123456789012:role/team/audit", true),
        ("arn:aws:iam::123456789012:role/team/inner/audit", true),
        ("arn:aws:iam::123456789012:role/team/other", false),
        ("arn:aws:iam::123456789012:role/audit/other", false),
        ("arn:aws:iam::123456789012:role/team/xaudit", false),
        ("arn:aws:iam::123456789012:user/team/audit", false),
        ("arn:aws:iam::999999999999:role/team/audit", false),
        ("arn:aws-cn:iam::123456789012:role/team/audit", false),
    ] {
        let own = format!(r#"{{"AWS": "{named}"}}"#);
        let denied = decide("Deny", &format!(r#""Principal": {own}"#), session);
        assert_eq!(denied == Decision::ExplicitDeny { statement: 0 }, is_named, "{named}");
        let both = format!(r#""NotPrincipal": {{"AWS": ["{named}", "{SESSION}"]}}"#);
        let denied = decide("Deny", &both, session);
        assert_eq!(denied == Decision::ImplicitDeny, is_named, "{named}");
        let alone = decide("Deny", &format!(r#""NotPrincipal": {own}"#), session);
        assert_eq!(alone, Decision::ExplicitDeny { statement: 0 }, "{named}: the session is not named");
    }
    // A path that is known is compared.
    let known = aws(&["arn:aws:iam::123456789012:role/one/audit"]);
    let other = r#""Principal": {"AWS": "arn:aws:iam::123456789012:role/two/audit"}"#;
    assert_eq!(decide("Allow", other, known), Decision::ImplicitDeny);
}

#[test]
fn a_condition_on_a_role_s_path_counts_against_its_sessions() {
    // Whether sessions of the role `audit` are let in where the condition allows, and where it denies.
    let (yes, no, unknown) = ((true, true), (false, false), (false, true));
    for (operator, wanted, expected) in [
        ("ArnEquals", "arn:aws:iam::123456789012:role/audit", yes),
        ("ArnLike", "arn:aws:iam::*:role/*", yes),
        ("StringLike", "*/audit", yes),
        ("ArnEquals", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("ArnNotEquals", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("ArnNotEqualsIfExists", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("ForAllValues:ArnLike", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("ForAnyValue:ArnLike", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("ArnLike", "arn:aws:iam::123456789012:role/team/*", unknown),
        ("ArnLike", "arn:aws:iam::*:role/te*", unknown),
        ("ArnLike", "arn:aws:iam::*:role/${aws:username}/audit", unknown),
        ("ArnLike", "arn:aws:iam::123456789012:role/team/aud??", unknown),
        ("ArnLike", "arn:aws:iam::123456789012:role/team/aud?", no),
        ("ArnLike", "arn:aws:iam::123456789012:role/team/other", no),
        ("ArnLike", "arn:aws:iam::999999999999:role/team/audit", no),
        ("ArnNotLike", "arn:aws:iam::999999999999:role/team/audit", yes),
        ("StringEquals", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("StringEqualsIgnoreCase", "ARN:aws:iam::123456789012:role/Team/Audit", unknown),
        ("StringNotEquals", "arn:aws:iam::123456789012:role/team/audit", unknown),
        ("StringLike", "*/team/*", unknown),
        ("StringNotLike", "*role/team*", unknown),
        ("StringLike", "*/other", no),
        ("StringNotLike", "arn:aws:iam::123456789012:user/*", yes),
        ("BinaryEquals", "YXJuOmF3czppYW06OjEyMzQ1Njc4OTAxMjpyb2xlL3RlYW0vYXVkaXQ=", unknown),
    ] {
        let rest = format!(r#", "Condition": {{"{operator}": {{"aws:principalARN": "{wanted}"}}}}"#);
        let caller = Caller {
            principal: aws(&[SESSION, ROLE]),
            context: vec![("aws:principalarn", vec![ROLE])],
            ..Caller::ANONYMOUS
        };
        let allows = caller.asks(&resource_policy(&statement("Allow", &rest))) == allowed(0);
        let denies = caller.asks(&resource_policy(&statement("Deny", &rest))) != Decision::ImplicitDeny;
        assert_eq!((allows, denies), expected, "{operator} {wanted}");
        // Of a user everything is known.
        let user = Caller {
            principal: aws(&[BOB]),
            context: vec![("aws:principalarn", vec![BOB])],
            ..Caller::ANONYMOUS
        };
        let allows = user.asks(&resource_policy(&statement("Allow", &rest))) == allowed(0);
        let denies = user.asks(&resource_policy(&statement("Deny", &rest))) != Decision::ImplicitDeny;
        assert_eq!(allows, denies, "{operator} {wanted}");
    }
}

proptest::proptest! {
    /// Whatever a role's path: what forbids the role whole forbids its session, which does not tell the path, and what does
    /// not let the role in for its path lets in no session.
    #[test]
    fn a_path_that_is_not_told_never_opens(
        path in "(a/|b/|ab/){1,2}",
        resource in "[ab/*?]{1,7}",
        name in "[ab]{1,3}",
        operator in proptest::sample::select(vec!["ArnLike", "ArnNotLike", "StringLike", "StringNotLike"]),
    ) {
        let role = |path: &str| format!("arn:aws:iam::{ACCOUNT}:role/{path}{name}");
        let (told, whole) = (role(""), role(&path));
        let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/app");
        let wanted = format!("arn:aws:iam::{ACCOUNT}:role/{resource}");
        let rest = format!(r#", "Condition": {{"{operator}": {{"aws:PrincipalArn": "{wanted}"}}}}"#);
        let asks = |effect: &str, arns: &[&str], arn: &str| {
            let caller = Caller {
                principal: aws(arns),
                context: vec![("aws:principalarn", vec![arn])],
                ..Caller::ANONYMOUS
            };
            caller.asks(&resource_policy(&statement(effect, &rest)))
        };
        // What takes the name without a path is held to mean this role.
        let plainly = asks("Allow", &[BOB], &told) == allowed(0);
        let takes_told = plainly != operator.contains("Not");
        if !takes_told {
            let is_denied = asks("Deny", &[BOB], &whole) != Decision::ImplicitDeny;
            let session_is_denied = asks("Deny", &[&session, &told], &told) != Decision::ImplicitDeny;
            proptest::prop_assert!(!is_denied || session_is_denied, "{wanted} {whole}");
            let is_let_in = asks("Allow", &[BOB], &whole) == allowed(0);
            let session_is_let_in = asks("Allow", &[&session, &told], &told) == allowed(0);
            proptest::prop_assert!(is_let_in || !session_is_let_in, "{wanted} {whole}");
        }
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
