//! What API Gateway may do with an answer that it keeps: use it for every other request with the same token.

use super::*;

/// Everybody may read; only from the office may anything be deleted.
fn policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
         "Resource": ["execute-api:/live/GET/*", "execute-api:/live/DELETE/pets/*"]},
        {"Sid": "Office", "Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": "execute-api:Invoke",
         "Resource": "execute-api:/*/DELETE/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
    ]})
}

#[tokio::test]
async fn a_token_that_is_allowed_for_one_method_is_not_for_another() {
    let authorizer = authorizer(&json!({"jwt": jwt(), "policy": policy()}));
    for event in [token_event(&good_token()), http_event(&good_token(), "198.51.100.7")] {
        let answer = ask(&authorizer, &event).await.unwrap();
        let from = |below_api: &str, source_ip| lets_in(&answer, below_api, Some(source_ip), NOW);
        assert!(from("live/GET/pets", "198.51.100.7") && from("live/GET/pets/1", "192.0.2.1"));
        assert!(!from("live/POST/pets", "192.0.2.1") && !from("test/GET/pets", "192.0.2.1"));
        assert!(from("live/DELETE/pets/1", "192.0.2.1") && !from("live/DELETE/pets/1", "198.51.100.7"));
        assert!(!lets_in(&answer, "live/DELETE/pets/1", None, NOW));
        let statement = &answer["policyDocument"]["Statement"][0];
        assert_eq!(statement["Resource"][0], json!(format!("{API}live/GET/*")));
        assert!(statement["Principal"].is_null(), "{statement}");
    }
}

#[tokio::test]
async fn another_address_is_denied_by_the_same_answer() {
    let addresses = json!({"allow": ["192.0.2.0/24", "2001:db8::/32"], "deny": ["192.0.2.66"]});
    let authorizer = authorizer(&json!({"jwt": jwt(), "addresses": addresses}));
    // The address of the request that was asked for decides nothing.
    for event in [token_event(&good_token()), http_event(&good_token(), "198.51.100.7")] {
        let answer = ask(&authorizer, &event).await.unwrap();
        for (address, is_allowed) in [
            (Some("192.0.2.1"), true),
            (Some("2001:db8::1"), true),
            (Some("::ffff:192.0.2.1"), true),
            (Some("192.0.2.66"), false),
            (Some("::ffff:192.0.2.66"), false),
            (Some("198.51.100.7"), false),
            (Some("2001:db9::1"), false),
            (Some("nonsense"), false),
            (None, false),
        ] {
            assert_eq!(lets_in(&answer, "live/GET/pets", address, NOW), is_allowed, "{address:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn who_is_kept_out_by_address_is_so_without_a_known_one() {
    let authorizer = authorizer(&json!({"addresses": {"deny": ["198.51.100.0/24"]}}));
    let answer = ask(&authorizer, &token_event("")).await.unwrap();
    assert_eq!(answer["principalId"], json!("anonymous"));
    assert!(lets_in(&answer, "live/GET/pets", Some("192.0.2.1"), NOW));
    assert!(!lets_in(&answer, "live/GET/pets", Some("198.51.100.7"), NOW));
    assert!(!lets_in(&answer, "live/GET/pets", None, NOW), "as a private API has it");
}

#[tokio::test]
async fn an_answer_ends_with_its_token_and_is_of_one_api() {
    let authorizer = authorizer(&json!({"jwt": jwt()}));
    let answer = ask(&authorizer, &token_event(&token(&json!({"exp": NOW + 60})))).await.unwrap();
    assert!(lets_in(&answer, "live/DELETE/anything", None, NOW + 69));
    assert!(!lets_in(&answer, "live/DELETE/anything", None, NOW + 70));
    let resource = &answer["policyDocument"]["Statement"][0]["Resource"];
    assert_eq!(resource, &json!(format!("{API}*")));
}

#[tokio::test]
async fn a_token_without_the_scope_is_denied_everything() {
    let mut jwt = jwt();
    jwt["scopes"] = json!(["admin", "write"]);
    let scoped = authorizer(&json!({"jwt": jwt}));
    let answer = ask(&scoped, &token_event(&good_token())).await.unwrap();
    assert!(lets_in(&answer, "live/GET/pets", None, NOW));
    let reader = token(&json!({"scope": "read"}));
    let answer = ask(&scoped, &token_event(&reader)).await.unwrap();
    assert!(!lets_in(&answer, "live/GET/pets", None, NOW) && answer["principalId"] == "ada");
    let simple = authorizer(&json!({"jwt": jwt, "answer": "simple"}));
    let answer = ask(&simple, &http_event(&reader, "192.0.2.1")).await.unwrap();
    assert_eq!(answer["isAuthorized"], json!(false));
}

#[tokio::test]
async fn all_parts_must_agree() {
    let addresses = json!({"allow": ["198.51.100.0/24"]});
    let authorizer = authorizer(&json!({"jwt": jwt(), "addresses": addresses, "policy": policy()}));
    let answer = ask(&authorizer, &token_event(&good_token())).await.unwrap();
    assert!(lets_in(&answer, "live/GET/pets", Some("198.51.100.7"), NOW));
    assert!(!lets_in(&answer, "live/GET/pets", Some("192.0.2.1"), NOW), "the addresses say no");
    assert!(!lets_in(&answer, "live/POST/pets", Some("198.51.100.7"), NOW), "the policy says no");
    assert!(!lets_in(&answer, "live/GET/pets", Some("198.51.100.7"), NOW + 4_000), "the token says no");
    assert_eq!(ask(&authorizer, &token_event("none")).await, Err(Failure::Unauthorized));
}

#[tokio::test]
async fn simple_answers_are_for_the_request_at_hand() {
    let authorizer = authorizer(&json!({"jwt": jwt(), "policy": policy(), "answer": "simple-uncached"}));
    let asked = async |method: &str, source_ip: &str| {
        let mut event = http_event(&good_token(), source_ip);
        event["routeArn"] = json!(format!("{API}live/{method}/pets/1"));
        let answer = ask(&authorizer, &event).await.unwrap();
        assert!(answer["policyDocument"].is_null(), "{answer}");
        answer["isAuthorized"].as_bool().unwrap()
    };
    assert!(asked("GET", "198.51.100.7").await && asked("DELETE", "192.0.2.1").await);
    assert!(!asked("DELETE", "198.51.100.7").await && !asked("POST", "192.0.2.1").await);
    assert!(!asked("DELETE", "nonsense").await);
    for event in
        [token_event(&good_token()), json!({"type": "REQUEST", "methodArn": format!("{API}live/GET/pets")})]
    {
        assert!(matches!(ask(&authorizer, &event).await, Err(Failure::Closed(_))), "{event}");
    }
}

#[tokio::test]
async fn simple_answers_know_what_a_request_says_of_itself() {
    let condition = json!({
        "StringLike": {"aws:UserAgent": "curl/*", "aws:Referer": "https://example.com/*"},
        "Bool": {"aws:SecureTransport": "true"},
        "DateLessThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"},
        "NumericLessThan": {"aws:EpochTime": NOW + 1},
    });
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*", "Condition": condition,
    }});
    let authorizer = authorizer(&json!({"policy": policy, "answer": "simple-uncached"}));
    let mut event = http_event("", "192.0.2.1");
    assert_eq!(ask(&authorizer, &event).await.unwrap()["isAuthorized"], json!(true));
    event["requestContext"]["http"]["userAgent"] = json!("wget");
    assert_eq!(ask(&authorizer, &event).await.unwrap()["isAuthorized"], json!(false));
}
