//! What holds of every policy.

use proptest::prelude::*;

use super::*;

fn resources() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "*",
        "execute-api:/*",
        "execute-api:/prod",
        "execute-api:/*/GET/*",
        "execute-api:/prod/GET/${aws:username}",
        "arn:aws:execute-api:*:*:a1b2c3/prod/GET/pets",
        "arn:aws:execute-api:us-*:a1b2c3/*",
    ])
}

fn conditions() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{}",
        r#"{"StringEquals": {"aws:username": ["pets", "x"]}}"#,
        r#"{"StringNotEquals": {"aws:username": "pets"}}"#,
        r#"{"ForAnyValue:StringLikeIfExists": {"aws:username": "p*"}}"#,
        r#"{"ForAllValues:StringNotLike": {"aws:username": "p*"}}"#,
        r#"{"NumericLessThan": {"aws:username": 3}}"#,
        r#"{"Null": {"aws:username": "true"}}"#,
    ])
}

fn statements() -> impl Strategy<Value = String> {
    let principals = prop::sample::select(vec![
        r#""Principal": "*""#,
        r#""Principal": {"AWS": "123456789012"}"#,
        r#""Principal": {"AWS": "arn:aws:iam::123456789012:user/Bob"}"#,
        r#""NotPrincipal": {"AWS": "123456789012"}"#,
    ]);
    let actions = prop::sample::select(vec![
        r#""Action": "*""#,
        r#""Action": "execute-api:invoke""#,
        r#""NotAction": "execute-api:Inv*e""#,
    ]);
    (any::<bool>(), principals, actions, any::<bool>(), resources(), conditions()).prop_map(
        |(allows, principal, action, not, resource, condition)| {
            // An exception can only deny.
            let effect = if allows && !principal.starts_with("\"Not") { "Allow" } else { "Deny" };
            let not = if not { "Not" } else { "" };
            format!(
                r#"{{"Effect": "{effect}", {principal}, {action}, "{not}Resource": "{resource}", "Condition": {condition}}}"#
            )
        },
    )
}

fn callers() -> impl Strategy<Value = Caller<'static>> {
    let principals = prop::sample::select(vec![
        Principal::Anonymous,
        Principal::Aws { account: "123456789012", arns: &["arn:aws:iam::123456789012:user/Bob"] },
        Principal::Aws { account: "999999999999", arns: &["arn:aws:iam::999999999999:user/Bob"] },
    ]);
    let values = prop::sample::select(vec![vec![], vec![""], vec!["pets"], vec!["2"], vec!["pets", "y"]]);
    let called = prop::sample::select(vec![
        PETS,
        "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/",
        "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/POST/a:b/GET/c",
    ]);
    (principals, values, called).prop_map(|(principal, values, resource)| Caller {
        principal,
        resource,
        context: vec![("aws:username", values)],
        ..Caller::ANONYMOUS
    })
}

proptest! {
    #[test]
    fn a_further_deny_never_allows(
        mut list in prop::collection::vec(statements(), 1..5),
        further in statements(),
        at in any::<prop::sample::Index>(),
        caller in callers(),
    ) {
        let before = caller.asks(&resource_policy(&list.join(", ")));
        list.insert(at.index(list.len() + 1), further.replace(r#""Effect": "Allow""#, r#""Effect": "Deny""#));
        let after = caller.asks(&resource_policy(&list.join(", ")));
        let allows = |decision| matches!(decision, Decision::Allow { .. });
        prop_assert!(allows(before) || !allows(after));
        let denies = |decision| matches!(decision, Decision::ExplicitDeny { .. });
        prop_assert!(denies(after) || !denies(before));
    }

    #[test]
    fn the_order_of_statements_decides_nothing(
        list in prop::collection::vec(statements(), 1..6),
        caller in callers(),
    ) {
        let kind = |decision| match decision {
            Decision::Allow { delegated, .. } => (true, delegated),
            Decision::ExplicitDeny { .. } => (false, true),
            Decision::ImplicitDeny => (false, false),
        };
        let forwards = caller.asks(&resource_policy(&list.join(", ")));
        let reversed: Vec<String> = list.into_iter().rev().collect();
        prop_assert_eq!(kind(forwards), kind(caller.asks(&resource_policy(&reversed.join(", ")))));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\PC\\n\"{}\\[\\]:,$*]{0,80}") {
        for kind in [PolicyKind::Resource, PolicyKind::Identity, PolicyKind::Authorizer] {
            if let Err(error) = Policy::parse(&text, kind) {
                prop_assert!(text.is_char_boundary(error.offset));
            }
        }
    }

    #[test]
    fn no_value_makes_the_reader_panic(value in "[\\PC${}*?:/.,' ]{0,30}") {
        let value = serde_json::Value::from(value);
        for (operator, key) in [
            ("StringLike", "aws:username"),
            ("ArnLike", "aws:PrincipalArn"),
            ("DateLessThan", "aws:CurrentTime"),
            ("NumericLessThan", "aws:MultiFactorAuthAge"),
            ("IpAddress", "aws:SourceIp"),
        ] {
            let text = format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Action": "*", "Resource": {value},
                "Condition": {{"{operator}": {{"{key}": {value}}}}}}}}}"#
            );
            match Policy::parse(&text, PolicyKind::Identity) {
                Ok(policy) => drop(Caller::ANONYMOUS.asks(&policy)),
                Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
            }
        }
    }
}
