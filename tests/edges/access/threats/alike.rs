//! Nobody learns from an answer, or from the work that it costs, what is known of a token or key that is not accepted.

use std::collections::BTreeSet;

use gatelet_control::import::ApiKind;
use gatelet_core::ports::Secret;
use gatelet_tests::tokens::{TokenKey, key_set};
use gatelet_world::MemoryIdentityProviders;
use serde_json::{Value, json};

use crate::fixture::{
    ACCOUNT, NOW, Outcome, Served, access_key, definition, iam, policy, request, serve, serve_as,
};
use crate::signed::{SECRET, Signing, sign_as};

const POOL: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool";
const OTHER_POOL: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other";

/// All that a client sees. Ids are the same in every request here.
fn seen(outcome: &Outcome) -> (u16, String, Vec<(String, String)>) {
    let headers = outcome.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    (outcome.status, outcome.body.clone(), headers)
}

fn claims(issuer: &str) -> Value {
    let seconds = NOW.milliseconds() / 1_000;
    json!({
        "iss": issuer, "sub": "somebody", "aud": "client", "token_use": "id", "iat": seconds - 10, "exp": seconds + 600
    })
}

/// A REST API that takes the tokens of a pool, and has asked for its keys a moment ago.
async fn with_tokens(scheme: Value, key: &TokenKey) -> Served {
    let mut served = serve_as(Some(ApiKind::Rest), &definition(&["/a"], Some(scheme)));
    let published = key_set([key]);
    let discovery = json!({"issuer": POOL, "jwks_uri": format!("{POOL}/.well-known/jwks.json")}).to_string();
    served.world.identity_providers = MemoryIdentityProviders::answering(move |url| {
        Ok(if url.ends_with("/openid-configuration") { discovery.clone() } else { published.clone() }.into())
    });
    let good = served.send(request("GET", "/dev/a").header("authorization", key.token(&claims(POOL)))).await;
    assert_eq!(good.status, 200, "{}", good.body);
    served
}

#[tokio::test]
async fn a_missing_an_unknown_and_a_forged_token() {
    let cognito = json!({
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {
            "type": "cognito_user_pools",
            "providerARNs": ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_pool"]
        }
    });
    let jwt = json!({
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt", "identitySource": "method.request.header.Authorization",
            "jwtConfiguration": {"issuer": POOL, "audience": ["client"]}
        }
    });
    let (key, stranger) = (TokenKey::es256("k"), TokenKey::es256("k"));
    let (rsa, forger) = (TokenKey::rs256("k"), TokenKey::rs256("k"));
    for (scheme, key, stranger) in [(cognito, &rsa, &forger), (jwt, &key, &stranger)] {
        let served = with_tokens(scheme, key).await;
        let fetched = served.world.identity_providers.seen().len();
        let good = key.token(&claims(POOL));
        let (signed, _) = good.rsplit_once('.').unwrap();
        let mut ended = claims(POOL);
        ended["aud"] = json!("nobody");
        ended["token_use"] = json!("access");
        let tokens = [
            ("no token", None),
            ("a blank token", Some(" ".to_owned())),
            ("no JWT", Some("secret".to_owned())),
            ("an unknown issuer", Some(key.token(&claims("https://id.example")))),
            ("another pool", Some(key.token(&claims(OTHER_POOL)))),
            ("an unknown key", Some(TokenKey::es256("nobody's").token(&claims(POOL)))),
            ("a forged signature", Some(stranger.token(&claims(POOL)))),
            ("no signature", Some(format!("{signed}."))),
            ("somebody else's token", Some(key.token(&ended))),
        ];
        let mut answers = BTreeSet::new();
        for (what, token) in tokens {
            let mut request = request("GET", "/dev/a");
            if let Some(token) = &token {
                request = request.header("authorization", token);
            }
            let outcome = served.send(request).await;
            assert_eq!(outcome.status, 401, "{what}: {}", outcome.body);
            answers.insert(seen(&outcome));
        }
        assert_eq!(answers.len(), 1, "{answers:#?}");
        assert_eq!(served.world.identity_providers.seen().len(), fetched, "none of them is asked about");
        assert_eq!(served.backend_calls(), 1);
    }
}

#[tokio::test]
async fn an_unknown_a_disabled_and_a_removed_access_key() {
    let served = serve(&definition(&["/a"], iam()));
    let good = || access_key(ACCOUNT, SECRET, &[policy("allow", false)]);
    let mut disabled = good();
    disabled.enabled = false;
    let mut disabled_of_a_session = good();
    disabled_of_a_session.enabled = false;
    disabled_of_a_session.session_token = Some(Secret::new("t"));
    let mut disabled_and_over = good();
    disabled_and_over.enabled = false;
    disabled_and_over.expires = Some(NOW);
    served.world.credentials.insert("GTLKDISABLED", disabled);
    served.world.credentials.insert("GTLKSESSION", disabled_of_a_session);
    served.world.credentials.insert("GTLKOVER", disabled_and_over);
    let mut answers = BTreeSet::new();
    let ids = ["GTLKNOBODYS", "GTLKDISABLED", "GTLKSESSION", "GTLKOVER", "*", "GTLKDISABLE"];
    for id in ids {
        for secret in [SECRET, "wrong"] {
            for session_token in [None, Some("t")] {
                let signing = Signing { id, secret, session_token, ..Signing::default() };
                let outcome = served.send(sign_as(&signing, &served, request("GET", "/dev/a"), "")).await;
                assert_eq!(outcome.status, 403, "{id}");
                answers.insert(seen(&outcome));
            }
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(served.world.credentials.seen(), ids, "each is looked up once");
    assert_eq!(served.backend_calls(), 0);
}
