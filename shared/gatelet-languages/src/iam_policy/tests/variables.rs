//! What variables stand for.

use super::*;

fn decide(
    version: &str,
    effect: &str,
    rest: &str,
    context: &[(&'static str, &[&'static str])],
    path: &str,
) -> Decision {
    let text = format!(
        r#"{{"Version": "{version}", "Statement": {{"Effect": "{effect}", "Principal": "*", "Action": "*", {rest}}}}}"#
    );
    let resource = format!("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/{path}");
    let context = context.iter().map(|(key, values)| (*key, values.to_vec())).collect();
    Caller { context, resource: &resource, ..Caller::ANONYMOUS }.asks(&parse(&text, PolicyKind::Resource))
}

const DENIED: Decision = Decision::ExplicitDeny { statement: 0 };

#[test]
fn variables_in_resources() {
    let bob: (&str, &[&str]) = ("aws:username", &["Bob"]);
    let own = r#""Resource": "execute-api:/prod/GET/${aws:username}/*""#;
    let or_nobody = r#""Resource": "execute-api:/prod/GET/${AWS:userName, 'no body'}/?""#;
    for (resource, context, path, expected) in [
        (own, &[bob][..], "Bob/a", true),
        (own, &[bob], "Eve/a", false),
        (own, &[bob], "${aws:username}/a", false),
        (own, &[("aws:username", &["*"])], "Bob/a", false),
        (own, &[("aws:username", &["*"])], "*/a", true),
        (own, &[("aws:username", &["a", "b"])], "a/a", false),
        (own, &[], "Bob/a", false),
        (own, &[], "/a", false),
        (or_nobody, &[], "no body/a", true),
        (or_nobody, &[bob], "Bob/a", true),
        (or_nobody, &[bob], "no body/a", false),
    ] {
        let allows = decide("2012-10-17", "Allow", resource, context, path) == allowed(0);
        let denies = decide("2012-10-17", "Deny", resource, context, path) == DENIED;
        assert_eq!((allows, denies), (expected, expected), "{resource} {context:?} {path}");
    }
}

#[test]
fn what_is_not_a_resource_without_a_name_is_unknown() {
    let other = r#""NotResource": "execute-api:/prod/GET/${aws:username}/*""#;
    assert_eq!(decide("2012-10-17", "Allow", other, &[], "a"), Decision::ImplicitDeny);
    assert_eq!(decide("2012-10-17", "Deny", other, &[], "a"), DENIED);
    let bob: (&str, &[&str]) = ("aws:username", &["Bob"]);
    assert_eq!(decide("2012-10-17", "Allow", other, &[bob], "a"), allowed(0));
    assert_eq!(decide("2012-10-17", "Deny", other, &[bob], "Bob/a"), Decision::ImplicitDeny);
}

#[test]
fn the_older_language_has_no_variables() {
    let own = r#""Resource": "execute-api:/prod/GET/${aws:username}""#;
    let bob: (&str, &[&str]) = ("aws:username", &["Bob"]);
    assert_eq!(decide("2008-10-17", "Allow", own, &[bob], "Bob"), Decision::ImplicitDeny);
    assert_eq!(decide("2008-10-17", "Allow", own, &[], "${aws:username}"), allowed(0));
}

#[test]
fn variables_in_conditions() {
    let bob: (&str, &[&str]) = ("aws:username", &["Bob"]);
    let tag: (&str, &[&str]) = ("aws:principaltag/team", &["Bob"]);
    let arn: (&str, &[&str]) = ("aws:sourcearn", &["arn:aws:iam::123456789012:user/Bob"]);
    let principal: (&str, &[&str]) = ("aws:principalarn", &["arn:aws:iam::123456789012:user/Bob"]);
    for (condition, context, expected) in [
        (r#"{"StringEquals": {"aws:username": "${aws:PrincipalTag/Team}"}}"#, &[bob, tag][..], true),
        (r#"{"StringEquals": {"aws:username": "${aws:PrincipalTag/Team}"}}"#, &[bob], false),
        (r#"{"StringEquals": {"aws:username": ["${aws:PrincipalTag/Team}", "Bob"]}}"#, &[bob], true),
        (r#"{"StringNotEquals": {"aws:username": "${aws:PrincipalTag/Team}"}}"#, &[bob], true),
        (r#"{"StringNotEquals": {"aws:username": "${aws:PrincipalTag/Team}"}}"#, &[bob, tag], false),
        (r#"{"StringEqualsIgnoreCase": {"aws:username": "b${aws:userid, 'O'}B"}}"#, &[bob], true),
        (r#"{"StringLike": {"aws:username": "${aws:userid, '*'}"}}"#, &[bob], false),
        (r#"{"StringLike": {"aws:username": "?${aws:userid, 'o'}*"}}"#, &[bob], true),
        (r#"{"StringNotLike": {"aws:username": "${aws:userid}*"}}"#, &[bob], true),
        (r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:iam::*:user/${aws:username}"}}"#, &[bob, arn], true),
        (r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:iam::*:user/${aws:username}"}}"#, &[arn], false),
        (r#"{"ArnNotEquals": {"aws:SourceArn": "arn:aws:iam::*:user/${aws:username}"}}"#, &[arn], true),
        (r#"{"ArnLike": {"aws:SourceArn": "${aws:PrincipalArn}"}}"#, &[arn, principal], true),
        (r#"{"ArnLike": {"aws:SourceArn": "${aws:PrincipalArn}x"}}"#, &[arn, principal], false),
        (r#"{"ArnLike": {"aws:SourceArn": "${aws:username}"}}"#, &[arn, bob], false),
    ] {
        let rest = format!(r#""Resource": "*", "Condition": {condition}"#);
        let allows = decide("2012-10-17", "Allow", &rest, context, "a") == allowed(0);
        let denies = decide("2012-10-17", "Deny", &rest, context, "a") == DENIED;
        assert_eq!((allows, denies), (expected, expected), "{condition} {context:?}");
    }
}
