//! What is no policy.

use super::*;

/// Where the error must be.
const MARK: char = '^';

fn check(marked: &str, kind: PolicyKind, why: &str) {
    let place = marked.find(MARK).unwrap_or_else(|| panic!("no place in {marked}"));
    let text = marked.replace(MARK, "");
    match Policy::parse(&text, kind) {
        Ok(_) => panic!("{text} was taken"),
        Err(error) => {
            assert_eq!(error.offset, place, "{error} in {text}");
            assert!(error.message.contains(why), "{error} in {text}");
        }
    }
}

#[test]
fn documents() {
    for (marked, why) in [
        ("^", "not JSON"),
        ("{^", "not JSON"),
        ("{\"Statement\": ^}", "not JSON"),
        ("{\n \"Id\": \"\u{e9}\", ^x}", "not JSON"),
        ("{} ^{}", "not JSON"),
        ("^[]", "must be an object"),
        ("^{}", "no `Statement`"),
        (r#"{"Version": "^2015-10-17", "Statement": []}"#, "no version"),
        (r#"{"Version": ^2012, "Statement": []}"#, "double quotes"),
        (r#"{"Id": ^1, "Statement": []}"#, "double quotes"),
        (r#"{"Statement": ^[]}"#, "empty"),
        (r#"{"Statement": [^"x"]}"#, "must be an object"),
        (r#"{^"statement": []}"#, "no element of a policy"),
        (r#"{"Id": "a", ^"Id": "b", "Statement": []}"#, "stands twice"),
        (r#"{"Id": "a", "\u0049d": ^"b", "Statement": []}"#, "stands twice"),
        (r#"{"Id": ^"\ud800", "Statement": []}"#, "not JSON"),
    ] {
        check(marked, PolicyKind::Resource, why);
    }
    check("{^\"Id\": \"a\"}", PolicyKind::Identity, "no `Id`");
}

#[test]
fn long_policies() {
    for (kind, max) in [
        (PolicyKind::Resource, POLICY_CHARACTERS_MAX),
        (PolicyKind::Authorizer, POLICY_CHARACTERS_MAX),
        (PolicyKind::Identity, IDENTITY_POLICY_CHARACTERS_MAX),
    ] {
        let policy = r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
        let policy = if kind == PolicyKind::Resource {
            policy.to_owned()
        } else {
            policy.replace(r#""Principal": "*", "#, "")
        };
        let fits = format!("{policy}{}", " ".repeat(max - policy.len()));
        assert!(Policy::parse(&fits, kind).is_ok());
        let error = Policy::parse(&format!("{fits} "), kind).unwrap_err();
        assert_eq!(error.offset, max);
    }
    let deep = "[".repeat(POLICY_CHARACTERS_MAX);
    assert!(Policy::parse(&deep, PolicyKind::Resource).unwrap_err().message.contains("not JSON"));
}

/// The whole of a statement, which is marked.
fn check_statement(marked: &str, kind: PolicyKind, why: &str) {
    check(&format!(r#"{{"Version": "2012-10-17", "Statement": {marked}}}"#), kind, why);
}

#[test]
fn statements() {
    for (marked, why) in [
        (r#"^{"Principal": "*", "Action": "*", "Resource": "*"}"#, "no `Effect`"),
        (r#"^{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, "no `Principal`"),
        (r#"^{"Effect": "Allow", "Principal": "*", "Resource": "*"}"#, "no `Action`"),
        (r#"^{"Effect": "Allow", "Principal": "*", "Action": "*"}"#, "no `Resource`"),
        (r#"{"Effect": "^allow", "Principal": "*", "Action": "*", "Resource": "*"}"#, "no effect"),
        (r#"{"Effect": ^["Allow"], "Principal": "*", "Action": "*", "Resource": "*"}"#, "double quotes"),
        (r#"{"Effect": "Allow", ^"Effect": "Deny"}"#, "stands twice"),
        (r#"{"Effect": "Allow", ^"Principals": "*"}"#, "no element of a statement"),
        (r#"{"Effect": "Allow", "Sid": ^7}"#, "double quotes"),
        (r#"{"Effect": "Deny", "Action": "*", ^"NotAction": "*"}"#, "cannot stand together"),
        (
            r#"{"Effect": "Deny", "Action": "*", "Principal": "*", "Resource": "*", ^"NotResource": "*"}"#,
            "cannot stand together",
        ),
        (
            r#"{"Effect": "Deny", "Action": "*", "Principal": "*", ^"NotPrincipal": "*", "Resource": "*"}"#,
            "cannot stand together",
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", ^"NotPrincipal": {"AWS": "123456789012"}, "Resource": "*"}"#,
            "only with `\"Effect\": \"Deny\"`",
        ),
        (
            r#"[{"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
                ^{"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]"#,
            "two statements have the `Sid` `a`",
        ),
    ] {
        check_statement(marked, PolicyKind::Resource, why);
    }
    for kind in [PolicyKind::Identity, PolicyKind::Authorizer] {
        for name in ["Principal", "NotPrincipal"] {
            let marked = format!(r#"{{"Effect": "Deny", ^"{name}": "*", "Action": "*", "Resource": "*"}}"#);
            check_statement(&marked, kind, "only in the resource policy");
        }
    }
}

#[test]
fn actions() {
    for (action, why) in [
        (r#""^""#, "no action"),
        (r#""^Invoke""#, "no action"),
        (r#""^execute-api:""#, "no action"),
        (r#""^:Invoke""#, "no action"),
        (r#""^execute-api:Invoke Cache""#, "no action"),
        (r#"["*", "^execute-api:${aws:username}"]"#, "no action"),
        (r#""^execute-api:Invok""#, "nothing that is done to an API"),
        (r#""^execute-api:Invoke?""#, "nothing that is done to an API"),
        (r#"^[]"#, "empty"),
        (r#"[^null]"#, "double quotes"),
        (r#"^{}"#, "double quotes"),
    ] {
        for name in ["Action", "NotAction"] {
            let marked = format!(r#"{{"Effect": "Deny", "{name}": {action}, "Resource": "*"}}"#);
            check_statement(&marked, PolicyKind::Authorizer, why);
        }
    }
    let foreign = r#"{"Effect": "Deny", "Principal": "*", "Action": "^s3:GetObject", "Resource": "*"}"#;
    check_statement(foreign, PolicyKind::Resource, "nothing that is done to an API");
}

#[test]
fn resources() {
    for (resource, why) in [
        (r#""^""#, "no resource"),
        (r#""^prod/GET/pets""#, "no resource"),
        (r#""^execute-api:*""#, "no resource"),
        (r#""^*/GET/pets""#, "no resource"),
        (r#""^arn:aws:execute-api""#, "3 of the six parts"),
        (r#""^arn:aws:execute-api:us-east-1:123456789012""#, "5 of the six parts"),
        (r#""^arn:aws:execute-api:*/prod/GET/pets""#, "4 of the six parts"),
        (r#""^arn:aws:execute-api:us-east-1:123456789012:""#, "names a resource"),
        (r#""^arn:aws:s3:::bucket/*""#, "no resource of an API"),
        (r#""^arn:aws:s3:*""#, "no resource of an API"),
        (r#""arn:aws:execute-api:us-east-1:^${aws:username}:*""#, "behind the fifth colon"),
        (r#""execute-api:/prod/GET/^${aws:username""#, "not closed"),
        (r#""execute-api:/prod/GET/^${}""#, "names no variable"),
        (r#""execute-api:/prod/GET/^${aws:user name}""#, "names no variable"),
        (r#""execute-api:/prod/GET/a^${aws:username,'x'}""#, "names no variable"),
        (r#""execute-api:/prod/GET/^${aws:username, x}""#, "single quotes"),
        (r#""execute-api:/prod/GET/^${aws:username, 'x'y'}""#, "single quotes"),
        (r#""execute-api:/prod/GET/^${saml:sub}""#, "no condition key"),
        (r#""execute-api:/prod/GET/^${aws:PrincipalOrgPaths}""#, "several values"),
        (r#""execute-api:/prod/GET/^${aws:PrincipalTag/}""#, "tag's key"),
        (r#"^"execute-api:/\u0061/${x:y}""#, "no condition key"),
        (r#"["*", ^1]"#, "double quotes"),
        (r#"^[]"#, "empty"),
    ] {
        for name in ["Resource", "NotResource"] {
            let marked =
                format!(r#"{{"Effect": "Deny", "Principal": "*", "Action": "*", "{name}": {resource}}}"#);
            check_statement(&marked, PolicyKind::Resource, why);
        }
    }
    let short = r#"{"Effect": "Deny", "Action": "*", "Resource": "^execute-api:/*"}"#;
    check_statement(short, PolicyKind::Authorizer, "only a resource policy");
    check_statement(short, PolicyKind::Identity, "only a resource policy");
    let longest = format!("arn:aws:execute-api:us-east-1:123456789012:{}", "a".repeat(469));
    assert_eq!(longest.len(), AUTHORIZER_RESOURCE_CHARACTERS_MAX);
    let long = format!(r#"{{"Effect": "Deny", "Action": "*", "Resource": "^{longest}a"}}"#);
    check_statement(&long, PolicyKind::Authorizer, "at most 512 characters");
    let fits = format!(r#"{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "{longest}"}}}}"#);
    assert!(Policy::parse(&fits, PolicyKind::Authorizer).is_ok());
}

#[test]
fn principals() {
    for (principal, why) in [
        (r#""^""#, "no principal"),
        (r#""^123456789012""#, "no principal"),
        (r#"^["*"]"#, "double quotes"),
        (r#"^{}"#, "names nobody"),
        (r#"{^"*": "*"}"#, "no kind of principal"),
        (r#"{^"aws": "*"}"#, "no kind of principal"),
        (r#"{"AWS": ^[]}"#, "empty"),
        (r#"{"AWS": "^12345678901"}"#, "no AWS principal"),
        (r#"{"AWS": "^AIDACKCEVSQ6C2EXAMPLE"}"#, "no AWS principal"),
        (r#"{"AWS": ["*", "^arn:aws:s3:::bucket"]}"#, "no AWS principal"),
        (r#"{"AWS": "^arn:aws:iam::123456789012:"}"#, "no AWS principal"),
        (r#"{"AWS": "^arn:aws:iam::*:root"}"#, "no single principal"),
        (r#"{"AWS": "^arn:aws:iam::123456789012:user/*"}"#, "no single principal"),
        (r#"{"AWS": "^arn:aws:iam::123456789012:user/${aws:username}"}"#, "no single principal"),
        (r#"{"Service": "^*"}"#, "no single principal"),
        (r#"{"Federated": "^"}"#, "no single principal"),
        (r#"{"CanonicalUser": ^1}"#, "double quotes"),
    ] {
        for name in ["Principal", "NotPrincipal"] {
            let marked =
                format!(r#"{{"Effect": "Deny", "{name}": {principal}, "Action": "*", "Resource": "*"}}"#);
            check_statement(&marked, PolicyKind::Resource, why);
        }
    }
}

#[test]
fn conditions() {
    for (condition, why) in [
        (r#"^"x""#, "must be an object"),
        (r#"{^"StringEqual": {"aws:SourceIp": "a"}}"#, "no condition operator"),
        (r#"{^"stringEquals": {"aws:SourceIp": "a"}}"#, "write it as `StringEquals`"),
        (r#"{^"ForAllValue:StringEquals": {"aws:SourceIp": "a"}}"#, "no condition operator"),
        (r#"{^"StringEqualsIfExistsIfExists": {"aws:SourceIp": "a"}}"#, "no condition operator"),
        (r#"{^"NullIfExists": {"aws:SourceIp": "true"}}"#, "stands alone"),
        (r#"{^"ForAnyValue:Null": {"aws:SourceIp": "true"}}"#, "stands alone"),
        (r#"{"StringEquals": ^{}}"#, "names no key"),
        (r#"{"StringEquals": ^[]}"#, "must be an object"),
        (r#"{"StringEquals": {^"aws:Source": "a"}}"#, "no condition key"),
        (r#"{"StringEquals": {^"s3:prefix": "a"}}"#, "no condition key"),
        (r#"{"StringEquals": {^"aws:PrincipalTag": "a"}}"#, "tag's key"),
        (r#"{"StringEquals": {^"aws:PrincipalTag/": "a"}}"#, "tag's key"),
        (r#"{"StringEquals": {^"aws:SourceIp/a": "a"}}"#, "no condition key"),
        (r#"{"StringEquals": {"aws:SourceIp": "a", ^"AWS:SOURCEIP": "b"}}"#, "stands twice"),
        (r#"{"StringEquals": {"aws:SourceIp": ^[]}}"#, "empty"),
        (r#"{"StringEquals": {"aws:SourceIp": ["a", ^null]}}"#, "a text, a number"),
        (r#"{"StringEquals": {"aws:SourceIp": ^{}}}"#, "a text, a number"),
        (r#"{"StringEquals": {"aws:SourceIp": [^["a"]]}}"#, "a text, a number"),
        (r#"{"NumericEquals": {"aws:MultiFactorAuthAge": "^1e3"}}"#, "no number"),
        (r#"{"NumericEquals": {"aws:MultiFactorAuthAge": ^1e3}}"#, "no number"),
        (r#"{"NumericEquals": {"aws:MultiFactorAuthAge": ^true}}"#, "no number"),
        (r#"{"DateLessThan": {"aws:CurrentTime": "^2026"}}"#, "no date"),
        (r#"{"DateLessThan": {"aws:CurrentTime": "^tomorrow"}}"#, "no date"),
        (r#"{"Bool": {"aws:SecureTransport": "^yes"}}"#, "neither"),
        (r#"{"Null": {"aws:SecureTransport": ^1}}"#, "neither"),
        (r#"{"BinaryEquals": {"aws:UserAgent": "^a"}}"#, "no base64"),
        (r#"{"IpAddress": {"aws:SourceIp": "^10.0.0.*"}}"#, "no range"),
        (r#"{"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "^10.0.0.0/33"]}}"#, "no range"),
        (r#"{"ArnLike": {"aws:PrincipalArn": "^*"}}"#, "1 of the six parts"),
        (r#"{"ArnEquals": {"aws:PrincipalArn": "^arn:aws:iam::123456789012"}}"#, "5 of the six parts"),
        (r#"{"IpAddress": {"aws:SourceIp": "^${aws:username}"}}"#, "`String` and `Arn` operators"),
        (r#"{"Bool": {"aws:SecureTransport": "^${aws:username}"}}"#, "`String` and `Arn` operators"),
        (r#"{"StringLike": {"aws:UserAgent": "a^${aws:nobody}"}}"#, "no condition key"),
    ] {
        for kind in [PolicyKind::Identity, PolicyKind::Authorizer] {
            let marked =
                format!(r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}"#);
            check_statement(&marked, kind, why);
        }
    }
}
