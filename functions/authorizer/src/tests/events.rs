use super::*;
use crate::event::api_of;

/// The event of a REQUEST authorizer, with headers as API Gateway repeats them.
fn request_event(headers: &[(&str, &str)]) -> Value {
    let mut event = json!({"type": "REQUEST", "methodArn": format!("{API}live/GET/pets"), "headers": {}});
    for (name, value) in headers {
        event["headers"][*name] = json!(value);
        match event["multiValueHeaders"][*name].as_array_mut() {
            Some(values) => values.push(json!(value)),
            None => event["multiValueHeaders"][*name] = json!([value]),
        }
    }
    event
}

#[tokio::test]
async fn every_form_of_event_is_answered() {
    let authorizer = authorizer(&json!({"jwt": jwt()}));
    let token = format!("Bearer {}", good_token());
    let mut format_1_0 = request_event(&[("Authorization", &token)]);
    format_1_0["version"] = json!("1.0");
    format_1_0["identitySource"] = json!(token);
    let mut without_sources = http_event(&token, "192.0.2.1");
    without_sources["identitySource"] = Value::Null;
    for event in [
        token_event(&token),
        token_event(&good_token()),
        request_event(&[("authorization", &token)]),
        format_1_0,
        http_event(&token, "192.0.2.1"),
        without_sources,
    ] {
        let answer = ask(&authorizer, &event).await.unwrap_or_else(|failure| panic!("{event}: {failure}"));
        assert_eq!(answer["principalId"], json!("ada"), "{event}");
        assert!(lets_in(&answer, "live/GET/pets", Some("192.0.2.1"), NOW), "{event}: {answer}");
    }
}

#[tokio::test]
async fn no_token_and_a_bad_one_are_unauthorized_in_every_form() {
    let authorizer = authorizer(&json!({"jwt": jwt()}));
    let bad = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer nonsense".to_owned(),
        token(&json!({"exp": NOW - 60})),
        token(&json!({"aud": "other"})),
        token(&json!({"iss": "https://other.example.com"})),
        format!("{}x", good_token()),
        "a".repeat(20_000),
    ];
    for token in &bad {
        for event in
            [token_event(token), request_event(&[("Authorization", token)]), http_event(token, "192.0.2.1")]
        {
            assert_eq!(ask(&authorizer, &event).await, Err(Failure::Unauthorized), "{event}");
        }
    }
    let token = good_token();
    for event in [
        json!({"type": "TOKEN", "methodArn": format!("{API}live/GET/pets")}),
        request_event(&[]),
        request_event(&[("Authorization", &token), ("Authorization", &token)]),
        request_event(&[("Authorization", &token), ("authorization", "Bearer other")]),
        request_event(&[("X-Authorization", &token)]),
    ] {
        assert_eq!(ask(&authorizer, &event).await, Err(Failure::Unauthorized), "{event}");
    }
    assert_eq!(Failure::Unauthorized.to_string(), "Unauthorized", "the word that API Gateway knows");
}

#[tokio::test]
async fn a_header_of_one_s_own_must_be_what_answers_are_kept_for() {
    let mut jwt = jwt();
    jwt["identitySource"] = json!("$request.header.X-Token");
    let authorizer = authorizer(&json!({"jwt": jwt}));
    let token = good_token();
    assert!(ask(&authorizer, &request_event(&[("x-token", &token)])).await.is_ok());
    let event = request_event(&[("Authorization", &token)]);
    assert_eq!(ask(&authorizer, &event).await, Err(Failure::Unauthorized));
    assert!(ask(&authorizer, &token_event(&token)).await.is_ok(), "the event has but one");
    let mut event = http_event("anything", "192.0.2.1");
    event["headers"]["x-token"] = json!(token);
    let failure = ask(&authorizer, &event).await.unwrap_err();
    assert!(failure.to_string().contains("$request.header.x-token"), "{failure}");
    event["identitySource"] = json!(["anything", token]);
    assert!(ask(&authorizer, &event).await.is_ok());
}

#[tokio::test]
async fn an_event_of_another_kind_closes() {
    let authorizer = authorizer(&json!({"addresses": {"allow": ["0.0.0.0/0"]}}));
    let arn = format!("{API}live/GET/pets");
    for event in [
        json!({}),
        json!([]),
        json!({"version": "2.0", "routeKey": "GET /pets", "rawPath": "/pets"}),
        json!({"type": "REQUEST", "version": "3.0", "routeArn": arn, "methodArn": arn}),
        json!({"type": "TOKEN", "version": "2.0", "routeArn": arn}),
        json!({"type": "REQUEST", "version": "2.0", "methodArn": arn}),
        json!({"type": "REQUEST", "routeArn": arn}),
        json!({"type": "REQUEST", "methodArn": 7}),
        json!({"type": "REQUEST", "methodArn": "*"}),
        json!({"type": "REQUEST", "methodArn": "arn:aws:execute-api:*:123456789012:a1/live/GET/"}),
        json!({"type": "REQUEST", "methodArn": "arn:aws:lambda:eu-west-1:123456789012:function/a"}),
    ] {
        assert!(matches!(ask(&authorizer, &event).await, Err(Failure::Closed(_))), "{event}");
    }
    let secret = json!({"type": "TOKEN", "authorizationToken": {"secret": 1}, "methodArn": arn});
    let failure = ask(&authorizer, &secret).await.unwrap_err();
    assert!(!failure.to_string().contains("secret"), "{failure}");
}

#[tokio::test]
async fn keys_that_cannot_be_had_close() {
    let rules = rules(&json!({"jwt": jwt()})).unwrap();
    let authorizer = Authorizer::new(Ok(rules), Ports::new(false));
    let failure = ask(&authorizer, &token_event(&good_token())).await.unwrap_err();
    assert!(matches!(failure, Failure::Closed(_)), "{failure}");
}

#[test]
fn the_api_of_an_arn_is_found() {
    for (arn, api) in [
        (
            "arn:aws:execute-api:eu-west-1:123456789012:a1/live/GET/a/b:c",
            "arn:aws:execute-api:eu-west-1:123456789012:a1/",
        ),
        (
            "arn:aws-cn:execute-api:cn-north-1:123456789012:a1/$default/GET/",
            "arn:aws-cn:execute-api:cn-north-1:123456789012:a1/",
        ),
    ] {
        assert_eq!(api_of(arn), Some(api));
    }
    for arn in [
        "",
        "arn:aws:execute-api:eu-west-1:123456789012:a1",
        "arn:aws:execute-api:eu-west-1:123456789012:/live/GET/",
        "arn:aws:execute-api:eu-west-1::a1/live/GET/",
        "arn:aws:execute-api:eu-west-1:123456789012:a${x}/live/GET/",
        "arn:aws:execute-api:eu-west-1:123456789012:a\"/live/GET/",
        "urn:aws:execute-api:eu-west-1:123456789012:a1/live/GET/",
    ] {
        assert_eq!(api_of(arn), None, "{arn}");
    }
}
