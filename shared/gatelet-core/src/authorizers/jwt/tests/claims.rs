//! Claims: every one in every type, all refused that are not what they must be; and how good ones are told.

use super::*;
use gatelet_model::RequiredClaim;

fn claimed(claims: Value) -> Result<Arc<Verified>, Defect> {
    judged(&ec().signed(&claims))
}

#[test]
fn good_claims_are_accepted() {
    for good in [
        claims(),
        with("aud", json!("us")),
        with("aud", json!(["somebody", "me"])),
        with("exp", json!(NOW as f64 + 60.5)),
        with("exp", json!(NOW - 9)),
        with("nbf", json!(NOW + 9)),
        with("iat", json!(NOW + 9)),
        with("nbf", Value::Null),
        with("iat", Value::Null),
        with("client_id", json!("somebody else")),
    ] {
        let verified = claimed(good.clone());
        assert!(verified.is_ok(), "{good}: {verified:?}");
    }
    let mut of_client = with("aud", Value::Null);
    of_client["client_id"] = json!("me");
    assert!(claimed(of_client).is_ok());
}

/// A value of every type, none of which is a good value of any claim that is judged.
fn of_every_type() -> [Value; 12] {
    [
        json!(null),
        json!(true),
        json!(-1),
        json!(0.5),
        json!(1e300),
        json!(""),
        json!("1900000000"),
        json!([]),
        json!([1_900_000_000]),
        json!([["me"]]),
        json!({}),
        json!({"0": "me"}),
    ]
}

#[test]
fn whatever_is_of_another_type_is_refused() {
    for name in ["iss", "aud", "exp"] {
        for value in of_every_type() {
            let mut claims = claims();
            claims[name] = value;
            assert!(claimed(claims.clone()).is_err(), "{claims}");
        }
        assert!(claimed(with(name, Value::Null)).is_err(), "no {name}");
    }
    for name in ["nbf", "iat"] {
        for value in of_every_type().into_iter().filter(|value| *value != json!(0.5)) {
            let mut claims = claims();
            claims[name] = value;
            assert!(claimed(claims.clone()).is_err(), "{claims}");
        }
    }
    for value in of_every_type() {
        let mut claims = with("aud", Value::Null);
        claims["client_id"] = value;
        assert!(claimed(claims.clone()).is_err(), "{claims}");
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    for (claims, defect) in [
        (with("exp", json!(NOW - 10)), Defect::Expired),
        (with("exp", json!(0)), Defect::Expired),
        (with("exp", Value::Null), Defect::MissingClaim),
        (with("exp", json!("1900000000")), Defect::ClaimType),
        (with("nbf", json!(NOW + 11)), Defect::NotYetValid),
        (with("iat", json!(NOW + 11)), Defect::IssuedInFuture),
        (with("aud", json!("Me")), Defect::Audience),
        (with("aud", json!(["me", 1])), Defect::ClaimType),
        (with("iss", json!("https://issuer.example.com/")), Defect::Issuer),
        (with("iss", json!("https://ISSUER.example.com")), Defect::Issuer),
    ] {
        assert_eq!(claimed(claims.clone()).unwrap_err(), defect, "{claims}");
    }
    // `client_id` counts only where there is no `aud` at all.
    for audience in [json!("other"), json!([]), json!(null)] {
        let mut claims = claims();
        claims["aud"] = audience;
        claims["client_id"] = json!("me");
        assert!(claimed(claims).is_err());
    }
}

#[test]
fn an_issuer_without_audiences_accepts_nobody() {
    let none =
        Verifier::compile(&[JwtIssuer { audiences: Vec::new(), ..issuer() }], ClaimsForm::Http).unwrap();
    let world = world_of(&[ec()]);
    for claims in [claims(), with("aud", Value::Null), with("aud", json!([]))] {
        assert_eq!(verify_at(&world, &none, &ec().signed(&claims), NOW).unwrap_err(), Defect::Audience);
    }
}

#[test]
fn required_claims_must_be_there_and_have_one_of_the_values() {
    let rule = |name: &str, values: &[&str]| RequiredClaim {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    for (rules, claims, good) in [
        (vec![rule("tenant", &[])], with("tenant", json!("a")), true),
        (vec![rule("tenant", &[])], claims(), false),
        (vec![rule("tenant", &["a", "b"])], with("tenant", json!("b")), true),
        (vec![rule("tenant", &["a", "b"])], with("tenant", json!("c")), false),
        (vec![rule("tenant", &["a"])], with("tenant", json!(["x", "a"])), true),
        (vec![rule("tenant", &["a"])], with("tenant", json!([["a"]])), false),
        (vec![rule("tenant", &["a"])], with("tenant", json!({"a": "a"})), false),
        (vec![rule("level", &["2"])], with("level", json!(2)), true),
        (vec![rule("member", &["true"])], with("member", json!(true)), true),
        (vec![rule("member", &["true"])], with("member", json!(false)), false),
        (vec![rule("sub", &["somebody"]), rule("tenant", &[])], claims(), false),
    ] {
        let issuer = JwtIssuer { required_claims: rules.clone(), ..issuer() };
        let verifier = Verifier::compile(&[issuer], ClaimsForm::Http).unwrap();
        let result = verify_at(&world_of(&[ec()]), &verifier, &ec().signed(&claims), NOW);
        assert_eq!(result.is_ok(), good, "{rules:?} {claims}");
    }
    let mut null = claims();
    null["tenant"] = json!(null);
    let issuer = JwtIssuer { required_claims: vec![rule("tenant", &[])], ..issuer() };
    let verifier = Verifier::compile(&[issuer], ClaimsForm::Http).unwrap();
    assert!(verify_at(&world_of(&[ec()]), &verifier, &ec().signed(&null), NOW).is_err());
}

#[test]
fn scopes_are_of_scope_or_else_of_scp_and_nothing_else_grants_any() {
    for (claims, expected) in [
        (json!({"scope": "a  b"}), vec!["a", "b"]),
        (json!({"scp": "a b"}), vec!["a", "b"]),
        (json!({"scp": ["a", "b c"]}), vec!["a", "b c"]),
        (json!({"scope": "a", "scp": "b"}), vec!["a"]),
        (json!({"scope": ""}), vec![]),
        (json!({"scope": ["a"]}), vec![]),
        (json!({"scope": null, "scp": ["a"]}), vec![]),
        (json!({"scp": ["a", 1]}), vec![]),
        (json!({"scp": {"a": "a"}}), vec![]),
        (json!({"scope": 1}), vec![]),
    ] {
        let mut all = super::claims();
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let verified = claimed(all).unwrap();
        assert_eq!(verified.scopes().collect::<Vec<_>>(), expected, "{claims}");
        assert_eq!(verified.has_scope_of(&["a".to_owned(), "z".to_owned()]), expected.contains(&"a"));
        assert!(verified.has_scope_of(&[]));
    }
}

#[test]
fn claims_are_told_in_the_form_of_each_kind_of_authorizer() {
    let odd = json!({
        "name": "Doe, \"Jané\"", "iat": 1_516_239_022, "version": "42", "roles": ["user", "editor"],
        "address": {"city": "Seattle", "a": [1, null, true]}, "nothing": null, "yes": true, "deep": [["a", "b"], "c"],
        "emoji": "😀",
    });
    let members = serde_json::from_value(odd).unwrap();
    let told = |form| Verified::new(&members, form, Timestamp::from_milliseconds(0));
    let http: Value = serde_json::from_str(told(ClaimsForm::Http).claims_json()).unwrap();
    assert_eq!(
        http,
        json!({
            "name": "Doe, \"Jané\"", "iat": "1516239022", "version": "42", "roles": "[user editor]",
            "address": "map[a:[1 <nil> true] city:Seattle]", "yes": "true", "deep": "[[a b] c]", "emoji": "😀",
        })
    );
    let rest = told(ClaimsForm::RestJwt);
    for (name, value) in [
        ("name", "\"Doe, \\\"Jan\\u00E9\\\"\""),
        ("iat", "1516239022"),
        ("version", "\"42\""),
        ("roles", "[\"user\",\"editor\"]"),
        ("nothing", "null"),
        ("emoji", "\"\\uD83D\\uDE00\""),
    ] {
        assert_eq!(rest.claim(name).as_deref(), Some(value));
    }
    assert_eq!(rest.claim("address.city"), None);
    let event: Value = serde_json::from_str(rest.claims_json()).unwrap();
    assert_eq!(
        (&event["iat"], &event["name"], &event["emoji"]),
        (&json!(1_516_239_022), &json!("Doe, \"Jané\""), &json!("😀"))
    );
    assert!(rest.claims_json().is_ascii());
    let cognito: Value = serde_json::from_str(told(ClaimsForm::Cognito).claims_json()).unwrap();
    assert_eq!(cognito["iat"], "Thu Jan 18 01:30:22 UTC 2018");
    assert_eq!((&cognito["roles"], &cognito["yes"]), (&json!("user,editor"), &json!("true")));
    assert!(cognito.get("nothing").is_none());
}
