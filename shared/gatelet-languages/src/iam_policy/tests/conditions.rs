//! When a condition holds.

use super::*;

const HOLDS: Option<bool> = Some(true);
const FAILS: Option<bool> = Some(false);
/// It denies where the statement denies, and allows nothing.
const UNKNOWN: Option<bool> = None;

fn holds(condition: &str, context: &[(&str, &[&str])]) -> Option<bool> {
    let context = context.iter().map(|(key, values)| (*key, values.to_vec())).collect();
    let caller = Caller { context, ..Caller::ANONYMOUS };
    let rest = format!(r#", "Condition": {condition}"#);
    let allows = caller.asks(&resource_policy(&statement("Allow", &rest))) == allowed(0);
    let denies =
        caller.asks(&resource_policy(&statement("Deny", &rest))) == Decision::ExplicitDeny { statement: 0 };
    match (allows, denies) {
        (true, true) => HOLDS,
        (false, false) => FAILS,
        (false, true) => UNKNOWN,
        (true, false) => panic!("{condition} allows what it does not deny"),
    }
}

/// One operator, with the policy's values and one of the request.
fn check(operator: &str, key: &str, values: &str, value: &str, expected: bool) {
    let lower = key.to_lowercase();
    let of =
        |operator: &str| holds(&format!(r#"{{"{operator}": {{"{key}": {values}}}}}"#), &[(&lower, &[value])]);
    let why = format!("{operator} {values} {value}");
    assert_eq!(of(operator), Some(expected), "{why}");
    for set in ["ForAllValues:", "ForAnyValue:"] {
        assert_eq!(of(&format!("{set}{operator}IfExists")), Some(expected), "{set} {why}");
    }
    let negated = match operator {
        "IpAddress" => "NotIpAddress".to_owned(),
        "Bool" | "BinaryEquals" => return,
        other if other.contains("Than") => return,
        other => ["String", "Numeric", "Date", "Arn"]
            .iter()
            .find_map(|kind| other.strip_prefix(kind).map(|rest| format!("{kind}Not{rest}")))
            .unwrap(),
    };
    assert_eq!(of(&negated), Some(!expected), "negated {why}");
}

#[test]
fn strings() {
    let check = |operator: &str, values: &str, value: &str, expected: bool| {
        check(operator, "aws:UserAgent", values, value, expected);
    };
    for (values, value, expected) in [
        (r#""a""#, "a", true),
        (r#""a""#, "A", false),
        (r#""a*""#, "ab", false),
        (r#""a*""#, "a*", true),
        (r#"["x", "a"]"#, "a", true),
        ("5", "5", true),
        ("5.0", "5", false),
        ("true", "true", true),
        (r#""a""#, "ab", false),
        (r#""\u0061\"""#, "a\"", true),
    ] {
        check("StringEquals", values, value, expected);
    }
    for (values, value, expected) in [
        (r#""aB""#, "Ab", true),
        (r#""\u00c9""#, "\u{e9}", true),
        (r#""a""#, "ab", false),
        (r#""ab""#, "a", false),
    ] {
        check("StringEqualsIgnoreCase", values, value, expected);
    }
    for (values, value, expected) in [
        (r#""Mozilla/*""#, "Mozilla/5.0 (x)", true),
        (r#""Mozilla/*""#, "mozilla/5.0", false),
        (r#""*a*b?""#, "xxaxxabyb\u{1f600}", true),
        (r#""*a*b?""#, "xxaxxb", false),
        (r#""?""#, "\u{1f600}", true),
        (r#""*""#, "a:/ b", true),
        (r#""**a**""#, "a", true),
        (r#""ab""#, "ab", true),
        (r#""a*a""#, "a", false),
    ] {
        check("StringLike", values, value, expected);
    }
}

#[test]
fn numbers_times_and_words() {
    let age = "aws:MultiFactorAuthAge";
    for (operator, values, value, expected) in [
        ("NumericEquals", "[1, 300]", "300.0", true),
        ("NumericEquals", r#""9007199254740993""#, "9007199254740992", false),
        ("NumericLessThan", "300", "299.99", true),
        ("NumericLessThan", "300", "300", false),
        ("NumericLessThanEquals", "300", "300", true),
        ("NumericGreaterThan", "-5", "-4", true),
        ("NumericGreaterThan", "-5", "-5.0", false),
        ("NumericGreaterThanEquals", "-5", "-5.0", true),
    ] {
        check(operator, age, values, value, expected);
    }
    let now = "aws:CurrentTime";
    for (operator, values, value, expected) in [
        ("DateEquals", r#""2026-11-20T18:48:01Z""#, "1795200481", true),
        ("DateLessThan", r#""2026-11-20T18:48:01Z""#, "2026-11-20T18:48:00Z", true),
        ("DateLessThan", r#""2026-11-20""#, "2026-11-20T00:00:00Z", false),
        ("DateLessThanEquals", "1795200481", "2026-11-20T18:48:01.9Z", true),
        ("DateGreaterThan", r#""2026-11-20T18:48:01+01:00""#, "2026-11-20T18:48:01Z", true),
        ("DateGreaterThanEquals", r#""2026-11-21""#, "2026-11-20T18:48:01Z", false),
    ] {
        check(operator, now, values, value, expected);
    }
    for (values, value, expected) in [
        ("false", "false", true),
        (r#""False""#, "false", true),
        ("true", "false", false),
        ("true", "yes", false),
    ] {
        check("Bool", "aws:SecureTransport", values, value, expected);
    }
    check("BinaryEquals", "aws:Referer", r#""YWI=""#, "ab", true);
    check("BinaryEquals", "aws:Referer", r#""YWI=""#, "YWI=", false);
}

#[test]
fn addresses_and_arns() {
    for (values, value, expected) in [
        (r#"["192.0.2.0/24", "198.51.100.0/24"]"#, "198.51.100.7", true),
        (r#"["192.0.2.0/24", "198.51.100.0/24"]"#, "203.0.113.1", false),
        (r#""192.0.2.1""#, "192.0.2.1", true),
        (r#""192.0.2.0/24""#, "::ffff:192.0.2.9", true),
        (r#""2001:DB8:1234:5678::/64""#, "2001:db8:1234:5678::9", true),
        (r#""0.0.0.0/0""#, "2001:db8::9", false),
    ] {
        check("IpAddress", "aws:SourceIp", values, value, expected);
    }
    for operator in ["ArnEquals", "ArnLike"] {
        for (values, value, expected) in [
            (r#""arn:aws:iam::123456789012:role/*""#, "arn:aws:iam::123456789012:role/a/b", true),
            (r#""arn:aws:iam::*:role/x""#, "arn:aws:iam::123456789012:role/x", true),
            (r#""arn:aws:iam::*:role/x""#, "arn:aws:iam::1:a:role/x", false),
            (r#""arn:aws:iam::123456789012:role/X""#, "arn:aws:iam::123456789012:role/x", false),
            (r#""arn:*:*:*:*:*""#, "arn:aws:s3:::a:b", true),
            (r#""arn:*:*:*:*:*""#, "no arn", false),
        ] {
            check(operator, "aws:PrincipalArn", values, value, expected);
        }
    }
}

#[test]
fn a_missing_key_fails_unless_the_operator_is_negated_or_says_otherwise() {
    for (operator, value) in [
        ("StringEquals", "a"),
        ("StringEqualsIgnoreCase", "a"),
        ("StringLike", "*"),
        ("NumericLessThan", "1"),
        ("DateGreaterThan", "0"),
        ("Bool", "false"),
        ("BinaryEquals", ""),
        ("IpAddress", "0.0.0.0/0"),
        ("ArnLike", "arn:*:*:*:*:*"),
    ] {
        let of = |operator: &str| holds(&format!(r#"{{"{operator}": {{"aws:Referer": "{value}"}}}}"#), &[]);
        assert_eq!(of(operator), FAILS, "{operator}");
        assert_eq!(of(&format!("{operator}IfExists")), HOLDS, "{operator}");
        assert_eq!(of(&format!("ForAllValues:{operator}")), HOLDS, "{operator}");
        assert_eq!(of(&format!("ForAnyValue:{operator}")), FAILS, "{operator}");
        assert_eq!(of(&format!("ForAllValues:{operator}IfExists")), HOLDS, "{operator}");
        assert_eq!(of(&format!("ForAnyValue:{operator}IfExists")), UNKNOWN, "{operator}");
    }
    for (operator, value) in [
        ("StringNotEquals", "a"),
        ("StringNotEqualsIgnoreCase", "a"),
        ("StringNotLike", "*"),
        ("NumericNotEquals", "1"),
        ("DateNotEquals", "0"),
        ("NotIpAddress", "0.0.0.0/0"),
        ("ArnNotEquals", "arn:*:*:*:*:*"),
        ("ArnNotLike", "arn:*:*:*:*:*"),
    ] {
        let of = |operator: &str| holds(&format!(r#"{{"{operator}": {{"aws:Referer": "{value}"}}}}"#), &[]);
        assert_eq!(of(operator), HOLDS, "{operator}");
        assert_eq!(of(&format!("{operator}IfExists")), HOLDS, "{operator}");
        assert_eq!(of(&format!("ForAllValues:{operator}")), HOLDS, "{operator}");
        assert_eq!(of(&format!("ForAnyValue:{operator}")), FAILS, "{operator}");
    }
}

#[test]
fn null_asks_whether_a_key_is_there() {
    for (wanted, values, expected) in [
        ("true", None, HOLDS),
        ("false", None, FAILS),
        (r#""true""#, Some("x"), FAILS),
        (r#""false""#, Some("x"), HOLDS),
        ("true", Some(""), HOLDS),
        (r#"["true", "false"]"#, Some("x"), HOLDS),
    ] {
        let condition = format!(r#"{{"Null": {{"aws:TokenIssueTime": {wanted}}}}}"#);
        let values: Vec<&str> = values.into_iter().collect();
        assert_eq!(holds(&condition, &[("aws:tokenissuetime", &values)]), expected, "{wanted} {values:?}");
    }
}

#[test]
fn several_values_of_a_request() {
    let key = "aws:principalorgpaths";
    for (operator, values, expected) in [
        ("ForAllValues:StringEquals", &["a", "b"][..], HOLDS),
        ("ForAllValues:StringEquals", &["a", "c"], FAILS),
        ("ForAllValues:StringEquals", &[], HOLDS),
        ("ForAllValues:StringEquals", &["", ""], HOLDS),
        ("ForAllValues:StringEquals", &["a", ""], FAILS),
        ("ForAnyValue:StringEquals", &["c", "b"], HOLDS),
        ("ForAnyValue:StringEquals", &["c", "d"], FAILS),
        ("ForAnyValue:StringEquals", &[], FAILS),
        ("ForAllValues:StringNotEquals", &["c", "d"], HOLDS),
        ("ForAllValues:StringNotEquals", &["a", "d"], FAILS),
        ("ForAnyValue:StringNotEquals", &["a", "d"], HOLDS),
        ("ForAnyValue:StringNotEquals", &["a", "b"], FAILS),
        ("StringEquals", &["a", "b"], UNKNOWN),
        ("StringNotEquals", &["c", "d"], UNKNOWN),
        ("StringEquals", &["a"], HOLDS),
        ("Null", &["a", "b"], FAILS),
    ] {
        let wanted = if operator == "Null" { r#""true""# } else { r#"["a", "b"]"# };
        let condition = format!(r#"{{"{operator}": {{"aws:PrincipalOrgPaths": {wanted}}}}}"#);
        assert_eq!(holds(&condition, &[(key, values)]), expected, "{operator} {values:?}");
    }
}

#[test]
fn what_cannot_be_compared_is_unknown() {
    for (operator, wanted) in [
        ("NumericEquals", "1"),
        ("NumericNotEquals", "1"),
        ("NumericLessThan", "1"),
        ("DateEquals", "0"),
        ("DateNotEquals", "0"),
        ("IpAddress", "0.0.0.0/0"),
        ("NotIpAddress", "0.0.0.0/0"),
        ("ForAnyValue:NumericLessThan", "1"),
    ] {
        let condition = format!(r#"{{"{operator}": {{"aws:Referer": "{wanted}"}}}}"#);
        assert_eq!(holds(&condition, &[("aws:referer", &["x"])]), UNKNOWN, "{operator}");
    }
}

#[test]
fn all_operators_and_keys_must_hold() {
    let condition =
        r#"{"StringEquals": {"aws:UserAgent": "a", "AWS:REFERER": "b"}, "Null": {"aws:username": true}}"#;
    let agent: (&str, &[&str]) = ("aws:useragent", &["a"]);
    let referer: (&str, &[&str]) = ("aws:referer", &["b"]);
    assert_eq!(holds(condition, &[agent, referer]), HOLDS);
    assert_eq!(holds(condition, &[agent]), FAILS);
    assert_eq!(holds(condition, &[agent, referer, ("aws:username", &["Bob"])]), FAILS);
    assert_eq!(holds("{}", &[]), HOLDS);
    let with_unknown = r#"{"NumericLessThan": {"aws:Referer": 1}, "StringEquals": {"aws:UserAgent": "a"}}"#;
    assert_eq!(holds(with_unknown, &[agent, referer]), UNKNOWN);
    assert_eq!(holds(with_unknown, &[referer]), FAILS);
}
