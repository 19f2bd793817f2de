//! Which resources a statement is about.

use super::*;

fn is_about(resource: &str, called: &str) -> bool {
    is_about_for(PolicyKind::Resource, resource, called)
}

fn is_about_for(kind: PolicyKind, resource: &str, called: &str) -> bool {
    let principal = if kind == PolicyKind::Resource { r#""Principal": "*", "# } else { "" };
    let text = |effect: &str, name: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement":
            {{"Effect": "{effect}", {principal}"Action": "*", "{name}": "{resource}"}}}}"#
        )
    };
    let caller = Caller { resource: called, ..Caller::ANONYMOUS };
    let allowed = caller.asks(&parse(&text("Allow", "Resource"), kind)) == allowed(0);
    let denied = Decision::ExplicitDeny { statement: 0 };
    assert_eq!(
        caller.asks(&parse(&text("Deny", "Resource"), kind)) == denied,
        allowed,
        "{resource} {called}"
    );
    assert_eq!(
        caller.asks(&parse(&text("Deny", "NotResource"), kind)) != denied,
        allowed,
        "{resource} {called}"
    );
    allowed
}

fn method(below_api: &str) -> String {
    format!("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/{below_api}")
}

#[test]
fn arns_with_wildcards() {
    for (resource, below_api, expected) in [
        ("*", "prod/GET/pets", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets", "prod/GET/pets", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets", "prod/GET/pets/7", false),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets", "prod/GET/Pets", false),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/*", "prod/GET/pets", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/*/GET/*", "prod/GET/", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/*/GET/*", "prod/POST/pets", false),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/*/GET/*", "prod/POST/a/GET/b", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/?", "prod/GET/pets/\u{e9}", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/?", "prod/GET/pets/", false),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/*/x", "prod/GET/a/xx/x", true),
        ("arn:aws:execute-api:*:*:a1b2c3/prod/*/pets", "prod/GET/pets", true),
        ("arn:aws:execute-api:*:*:*", "prod/GET/a:b:c", true),
        ("arn:aws:execute-api:us-*-1:12345678901?:a1b2c?/prod/*", "prod/GET/pets", true),
        ("arn:aws-cn:execute-api:*:*:*", "prod/GET/pets", false),
        ("arn:aws:execute-api:eu-west-1:*:*", "prod/GET/pets", false),
        ("arn:aws:execute-api:us-east-1:123456789012:other/*", "prod/GET/pets", false),
    ] {
        assert_eq!(is_about(resource, &method(below_api)), expected, "{resource} {below_api}");
    }
}

#[test]
fn a_wildcard_at_the_end_of_a_part_stands_for_missing_parts() {
    for (resource, expected) in [
        ("arn:*", true),
        ("arn:aws:*", true),
        ("arn:aws:execute-api:*", true),
        ("arn:aws:execute-api:us-*", true),
        ("arn:aws:execute-api:eu-*", false),
        ("arn:aws:execute-api:*:a1b2c3/*", true),
        ("arn:aws:execute-api:us*:a1b2c3/prod/GET/pets", true),
        ("arn:aws:execute-api:*:other/*", false),
        ("arn:aws:exec*:123456789012:a1b2c3/*", true),
        ("arn:*:a1b2c3/*", true),
        ("arn:*:123456789012:*", true),
        ("arn:*:us-east-1:*", true),
        ("arn:*:eu-west-1:*", false),
    ] {
        assert_eq!(is_about_for(PolicyKind::Identity, resource, PETS), expected, "{resource}");
    }
}

#[test]
fn a_path_with_colons_is_never_another_api() {
    let called = method("prod/GET/x:123456789012:other/prod/GET/pets");
    for resource in [
        "arn:aws:execute-api:*:*:other/*",
        "arn:aws:execute-api:*:123456789012:other/*",
        "arn:*:other/prod/GET/pets",
    ] {
        assert!(!is_about(resource, &called), "{resource}");
    }
    assert!(is_about("arn:aws:execute-api:*:*:a1b2c3/prod/GET/x:*", &called));
}

#[test]
fn characters_of_a_path_are_themselves() {
    let resource = "execute-api:/prod/GET/pets/a";
    for path in [
        "*",
        "?",
        "prod/GET/pets/*",
        "prod/GET/pets/?",
        "prod/GET/pets/${aws:username, 'a'}",
        "prod/*/pets/a",
    ] {
        assert!(!is_about(resource, &method(path)), "{path}");
    }
    assert!(is_about("execute-api:/prod/GET/pets/${*}${?}", &method("prod/GET/pets/*?")));
    assert!(!is_about("execute-api:/prod/GET/pets/${*}", &method("prod/GET/pets/a")));
    assert!(is_about("execute-api:/prod/GET/${$}{a}", &method("prod/GET/${a}")));
}

#[test]
fn short_resources_are_below_the_policy_s_own_api() {
    for (resource, below_api, expected) in [
        ("execute-api:/*", "prod/GET/", true),
        ("execute-api:/*/*/*", "prod/GET/", true),
        ("execute-api:/prod/GET/pets", "prod/GET/pets", true),
        ("execute-api:/prod/GET/pets", "test/GET/pets", false),
        ("execute-api:/prod/*", "test/GET/prod/", false),
        ("execute-api:/prod/GET/", "prod/GET/", true),
        ("execute-api:/prod/GET/", "prod/GET/pets", false),
    ] {
        assert_eq!(is_about(resource, &method(below_api)), expected, "{resource} {below_api}");
    }
}

#[test]
fn what_names_no_path_covers_what_is_below() {
    for (resource, below_api, expected) in [
        ("execute-api:/", "prod/GET/pets", true),
        ("execute-api:/prod", "prod/GET/pets", true),
        ("execute-api:/prod/", "prod/GET/", true),
        ("execute-api:/prod", "production/GET/pets", false),
        ("execute-api:/prod/GET", "prod/GET/pets", true),
        ("execute-api:/prod/GET", "prod/POST/pets", false),
        ("execute-api:/*/GET", "prod/GET/pets", false),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3", "prod/GET/pets", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/", "prod/GET/pets", true),
        ("arn:aws:execute-api:*:*:a1b2c3/prod", "prod/GET/pets", true),
        ("arn:aws:execute-api:*:*:a1b2", "prod/GET/pets", false),
    ] {
        assert_eq!(is_about(resource, &method(below_api)), expected, "{resource} {below_api}");
    }
    for kind in [PolicyKind::Identity, PolicyKind::Authorizer] {
        for resource in ["a1b2c3", "a1b2c3/", "a1b2c3/prod", "a1b2c3/prod/GET"] {
            let resource = format!("arn:aws:execute-api:us-east-1:123456789012:{resource}");
            assert!(!is_about_for(kind, &resource, PETS), "{resource}");
        }
    }
}

#[test]
fn an_arn_has_six_parts() {
    assert_eq!(ResourceArn::parse(PETS).unwrap().as_str(), PETS);
    for arn in ["", "arn", "arn:aws:execute-api:us-east-1:123456789012", "urn:aws:execute-api:r:1:a/s/GET/"] {
        assert_eq!(ResourceArn::parse(arn), None, "{arn}");
    }
}
