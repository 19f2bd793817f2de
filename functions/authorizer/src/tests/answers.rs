use super::*;
use crate::answer::{ANSWER_BYTES_MAX, Known};

#[tokio::test]
async fn the_context_has_the_claims_that_every_api_takes() {
    let authorizer = authorizer(&json!({"jwt": jwt()}));
    let claims = json!({
        "email": "ada@example.com", "email_verified": true, "age": 36, "groups": ["a"], "address": {"city": "x"},
        "nothing": null, "https://example.com/tenant": "t\u{e9}", "principalId": "somebody else",
    });
    let answer = ask(&authorizer, &token_event(&token(&claims))).await.unwrap();
    let expected = json!({
        "iss": ISSUER, "aud": "app", "sub": "ada", "exp": NOW + 3_600, "scope": "read write", "email": "ada@example.com",
        "email_verified": true, "age": 36, "https://example.com/tenant": "t\u{e9}",
    });
    assert_eq!(answer["context"], expected);
    assert_eq!(answer["principalId"], json!("ada"));
}

#[tokio::test]
async fn what_is_too_long_is_left_out_before_the_answer_is() {
    let ranges: Vec<String> = (0..250).map(|number| format!("203.0.{number}.128/25")).collect();
    let authorizer = authorizer(&json!({"jwt": jwt(), "addresses": {"allow": ranges}}));
    let claims = json!({"long": "l".repeat(2_000), "middle": "m".repeat(1_500), "short": "s".repeat(300)});
    let answer = ask(&authorizer, &token_event(&token(&claims))).await.unwrap();
    assert!(answer.to_string().len() <= ANSWER_BYTES_MAX, "{}", answer.to_string().len());
    let context = &answer["context"];
    assert!(context["long"].is_null() && context["short"] == claims["short"], "{context}");
    assert!(lets_in(&answer, "live/GET/pets", Some("203.0.249.200"), NOW));
    assert!(!lets_in(&answer, "live/GET/pets", Some("203.0.249.1"), NOW));
}

#[test]
fn an_answer_that_is_too_long_without_claims_is_none() {
    let known = |claims| Known { claims, standing: None };
    let long = "p".repeat(ANSWER_BYTES_MAX);
    assert!(matches!(Answer::policy(&long, "{}".to_owned(), known("{}"), None), Err(Failure::Closed(_))));
    let claims = json!({"a": "a".repeat(5_000), "b": "b".repeat(4_000), "c": "c"}).to_string();
    let answer = Answer::simple(true, known(&claims)).unwrap();
    let answer: Value = serde_json::from_str(answer.as_str()).unwrap();
    assert_eq!(answer, json!({"isAuthorized": true, "context": {"b": "b".repeat(4_000), "c": "c"}}));
}

#[tokio::test]
async fn whoever_has_no_name_is_anonymous() {
    let authorizer = authorizer(&json!({"jwt": jwt()}));
    for sub in [json!(null), json!(7), json!("")] {
        let answer = ask(&authorizer, &token_event(&token(&json!({"sub": sub})))).await.unwrap();
        assert_eq!(answer["principalId"], json!("anonymous"), "{sub}");
    }
}
