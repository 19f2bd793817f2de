//! Decisions of whole policies; what is refused is in [`refused`].

mod conditions;
mod foreign;
mod principals;
mod properties;
mod refused;
mod resources;
mod variables;

use super::*;

/// What a request to the pets is called.
const PETS: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets";

/// A caller, what they do, to what, and what their request has under its keys.
#[derive(Debug, Clone)]
struct Caller<'a> {
    action: &'a str,
    resource: &'a str,
    principal: Principal<'a>,
    context: Vec<(&'a str, Vec<&'a str>)>,
}

impl Caller<'_> {
    const ANONYMOUS: Caller<'static> = Caller {
        action: "execute-api:Invoke",
        resource: PETS,
        principal: Principal::Anonymous,
        context: Vec::new(),
    };

    fn asks(&self, policy: &Policy) -> Decision {
        let context = |key: &str| match self.context.iter().find(|(known, _)| *known == key) {
            None => Values::Missing,
            Some((_, values)) => match values.as_slice() {
                [value] => Values::One(value),
                values => Values::Many(values),
            },
        };
        policy.decide(&Request {
            action: self.action,
            resource: ResourceArn::parse(self.resource).unwrap(),
            principal: self.principal,
            context: &context,
        })
    }
}

fn parse(text: &str, kind: PolicyKind) -> Policy {
    Policy::parse(text, kind).unwrap_or_else(|error| panic!("{error} at {} in {text}", error.offset))
}

fn resource_policy(statements: &str) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    parse(&text, PolicyKind::Resource)
}

fn statement(effect: &str, rest: &str) -> String {
    format!(
        r#"{{"Effect": "{effect}", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"{rest}}}"#
    )
}

const fn allowed(statement: usize) -> Decision {
    Decision::Allow { statement, delegated: false }
}

#[test]
fn a_deny_counts_before_any_allow_and_silence_denies() {
    let (allow, deny) = (statement("Allow", ""), statement("Deny", ""));
    let other =
        r#"{"Effect": "Deny", "Principal": "*", "Action": "execute-api:InvalidateCache", "Resource": "*"}"#;
    for (statements, expected) in [
        (allow.clone(), allowed(0)),
        (format!("{allow}, {deny}"), Decision::ExplicitDeny { statement: 1 }),
        (format!("{deny}, {allow}"), Decision::ExplicitDeny { statement: 0 }),
        (format!("{other}, {allow}, {allow}"), allowed(1)),
        (other.to_owned(), Decision::ImplicitDeny),
    ] {
        assert_eq!(Caller::ANONYMOUS.asks(&resource_policy(&statements)), expected, "{statements}");
    }
}

#[test]
fn statements_are_told_by_name_and_place() {
    let text = r#"{"Id": "x", "Statement": [{"Sid": "", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "NotResource": "*", "Sid": "No one"}]}"#;
    let policy = parse(text, PolicyKind::Authorizer);
    assert_eq!((policy.sid(0), policy.sid(1), policy.sid(2)), (None, Some("No one"), None));
    assert!(text[policy.offset(1).unwrap()..].starts_with(r#"{"Effect": "Deny""#));
    assert_eq!(policy.offset(2), None);
}

#[test]
fn one_value_stands_for_a_list_of_one() {
    let text = r#"{"Statement": {"Effect": "Allow", "Action": "execute-api:*", "Resource": "arn:aws:execute-api:*:*:a1b2c3/*",
        "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"aws:MultiFactorAuthAge": [300, "10"]}}}}"#;
    let policy = parse(text, PolicyKind::Authorizer);
    let mut caller = Caller { context: vec![("aws:securetransport", vec!["true"])], ..Caller::ANONYMOUS };
    assert_eq!(caller.asks(&policy), Decision::ImplicitDeny);
    caller.context.push(("aws:multifactorauthage", vec!["299"]));
    assert_eq!(caller.asks(&policy), allowed(0));
}

#[test]
fn actions_have_wildcards_and_no_case() {
    for (actions, action, expected) in [
        (r#""Action": "execute-api:Invoke""#, "execute-api:Invoke", true),
        (r#""Action": "EXECUTE-API:invoke""#, "execute-api:Invoke", true),
        (r#""Action": "execute-api:*""#, "execute-api:ManageConnections", true),
        (r#""Action": "execute-api:In*""#, "execute-api:InvalidateCache", true),
        (r#""Action": "execute-api:Invok?""#, "execute-api:Invoke", true),
        (r#""Action": "execute-api:Invok?""#, "execute-api:InvalidateCache", false),
        (r#""Action": ["execute-api:InvalidateCache", "*"]"#, "execute-api:Invoke", true),
        (r#""Action": "execute-api:InvalidateCache""#, "execute-api:Invoke", false),
        (r#""NotAction": "execute-api:InvalidateCache""#, "execute-api:Invoke", true),
        (r#""NotAction": "execute-api:In*""#, "execute-api:Invoke", false),
    ] {
        let policy = resource_policy(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", {actions}, "Resource": "*"}}"#
        ));
        let caller = Caller { action, ..Caller::ANONYMOUS };
        assert_eq!(caller.asks(&policy) == allowed(0), expected, "{actions} {action}");
    }
}

#[test]
fn policies_of_identities_may_be_about_other_services() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["s3:Get*", "logs:*"], "Resource": ["arn:aws:s3:::bucket/${s3:prefix}"],
         "Condition": {"StringEquals": {"s3:prefix": "a"}}},
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}"#;
    assert_eq!(Caller::ANONYMOUS.asks(&parse(text, PolicyKind::Identity)), allowed(1));
}
