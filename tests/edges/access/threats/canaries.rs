//! What callers show is a secret: no answer, explanation or line of a log repeats it.

use gatelet_core::ports::{FunctionAnswer, FunctionError, Secret};
use gatelet_tests::tokens::{TokenKey, key_set};
use gatelet_world::{MemoryFunctions, MemoryIdentityProviders};
use serde_json::json;

use crate::fixture::{ACCOUNT, NOW, Outcome, access_key, definition, iam, policy, request, serve};
use crate::signed::{Signing, sign_as};

/// Everything that is told of a request, to whomever.
fn told(outcome: &Outcome) -> String {
    let refusal = outcome.record.refusal();
    format!(
        "{}\n{:?}\n{:?}\n{:?}\n{refusal:?}",
        outcome.body,
        outcome.headers,
        outcome.record.explanation(),
        refusal.and_then(gatelet_core::refusal::Refusal::cause)
    )
}

fn check(what: &str, outcome: &Outcome, canaries: &[&str]) {
    let told = told(outcome);
    assert!(!outcome.record.explanation().is_empty(), "{what}: something is told");
    for canary in canaries {
        assert!(!told.contains(canary), "{what}: {canary} in {told}");
    }
}

#[tokio::test]
async fn of_signed_requests() {
    const SECRET: &str = "canary-secret-0123456789";
    const SESSION: &str = "canary-session-0123456789";
    let served = serve(&definition(&["/a"], iam()));
    let mut key = access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    served.world.credentials.insert("GTLKEXAMPLE", key.clone());
    key.session_token = Some(Secret::new(SESSION));
    served.world.credentials.insert("GTLKSESSION", key.clone());
    key.enabled = false;
    served.world.credentials.insert("GTLKDISABLED", key);
    for (id, session_token) in [
        ("GTLKEXAMPLE", None),
        ("GTLKSESSION", Some(SESSION)),
        ("GTLKDISABLED", Some(SESSION)),
        ("GTLKNOBODYS", Some(SESSION)),
        ("GTLKEXAMPLE", Some(SESSION)),
    ] {
        for presigned_seconds in [None, Some(60)] {
            let signing =
                Signing { id, secret: SECRET, session_token, presigned_seconds, ..Signing::default() };
            let signed = sign_as(&signing, &served, request("GET", "/dev/a"), "");
            let text =
                format!("{:?}", signed.headers_ref().unwrap()) + &signed.uri_ref().unwrap().to_string();
            let signature = text.split("Signature=").nth(1).unwrap().get(..64).unwrap().to_owned();
            let outcome = served.send(signed).await;
            let what = format!("{id} {session_token:?} {presigned_seconds:?}: {}", outcome.status);
            check(&what, &outcome, &[SECRET, SESSION, &signature]);
        }
    }
    // A signature that does not fit: the client is told what should have been signed, and never the signature itself.
    let signed =
        sign_as(&Signing { secret: SECRET, ..Signing::default() }, &served, request("GET", "/dev/a"), "");
    let outcome = served.send(signed.method("DELETE")).await;
    assert_eq!(outcome.status, 403);
    check("another method", &outcome, &[SECRET]);
}

#[tokio::test]
async fn of_tokens() {
    const ISSUER: &str = "https://id.example";
    let scheme = json!({
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt", "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": ISSUER, "audience": ["client"]}
        }
    });
    let mut served = serve(&json!({
        "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
        "components": {"securitySchemes": {"scheme": scheme}},
        "paths": {"/a": {"get": {
            "security": [{"scheme": []}],
            "x-amazon-apigateway-integration": {
                "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0", "uri": "http://backend/"
            }
        }}}
    }));
    let (key, stranger) = (TokenKey::es256("k"), TokenKey::es256("k"));
    let published = key_set([&key]);
    served.world.identity_providers =
        MemoryIdentityProviders::answering(move |_| Ok(published.clone().into()))
            .with_key_set_url(ISSUER, "https://id.example/keys");
    let seconds = NOW.milliseconds() / 1_000;
    let claims = json!({"iss": ISSUER, "aud": "client", "exp": seconds + 60, "email": "canary@example.com"});
    let mut ended = claims.clone();
    ended["exp"] = json!(seconds - 60);
    let (unknown, mut foreign) = (TokenKey::es256("nobody's"), claims.clone());
    foreign["iss"] = json!("https://elsewhere.example");
    for (what, token) in [
        ("good", key.token(&claims)),
        ("good, again", key.token(&claims)),
        ("forged", stranger.token(&claims)),
        ("ended", key.token(&ended)),
        ("of an unknown key", unknown.token(&claims)),
        ("of another issuer", key.token(&foreign)),
        ("no token", "canary.canary.canary".to_owned()),
        ("no JSON", "Y2FuYXJ5.Y2FuYXJ5.Y2FuYXJ5".to_owned()),
    ] {
        let parts: Vec<&str> = token.split('.').collect();
        let outcome =
            served.send(request("GET", "/a").header("authorization", format!("Bearer {token}"))).await;
        check(what, &outcome, &[&token, parts[1], parts[2], "canary"]);
    }
}

#[tokio::test]
async fn of_what_authorizers_are_told() {
    type Answers = fn() -> Result<FunctionAnswer, FunctionError>;
    const TOKEN: &str = "canary-token-0123456789";
    let scheme = json!({
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations"}
    });
    let answers: [(&str, Answers); 3] = [
        ("a policy", || {
            let policy = policy("allow", false);
            let answer = json!({"principalId": "p", "policyDocument": policy, "context": {"token": TOKEN}});
            Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
        }),
        ("no policy", || {
            let answer = json!({"principalId": "p", "policyDocument": {"Statement": TOKEN}});
            Ok(FunctionAnswer::Payload { payload: answer.to_string().into(), function_error: None })
        }),
        ("not there", || Err(FunctionError::NotFound("it is not there".to_owned()))),
    ];
    for (what, answer) in answers {
        let mut served = serve(&definition(&["/a"], Some(scheme.clone())));
        served.world = served.world.with_functions(MemoryFunctions::answering(move |_| answer()));
        for _ in 0..2 {
            let outcome = served.send(request("GET", "/dev/a").header("authorization", TOKEN)).await;
            check(what, &outcome, &[TOKEN]);
        }
    }
}
