//! Tokens that AWS itself makes for its roles and users (`sts:GetWebIdentityToken`), as those of any issuer
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html>).

use gatelet_core::ports::PortError;
use gatelet_tests::tokens::{TokenKey, key_set};
use gatelet_world::MemoryIdentityProviders;
use serde_json::{Value, json};

use crate::fixture::{NOW, Served, definition, request, serve};

const ISSUER: &str = "https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws";

/// An HTTP API for tokens of one account, that AWS makes for it alone; and only those of one role.
fn served(key: &TokenKey) -> Served {
    let mut served = serve(&definition(
        &["/a"],
        Some(json!({
            "type": "oauth2",
            "x-amazon-apigateway-authorizer": {
                "type": "jwt", "identitySource": "$request.header.Authorization",
                "jwtConfiguration": {"issuer": ISSUER, "audience": ["https://api.example.com"]}
            }
        })),
    ));
    let published = key_set([key]);
    served.world.identity_providers = MemoryIdentityProviders::answering(move |url| {
        let discovery = json!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}/.well-known/jwks.json")});
        match url.strip_prefix(ISSUER) {
            Some("/.well-known/openid-configuration") => Ok(discovery.to_string().into()),
            Some("/.well-known/jwks.json") => Ok(published.clone().into()),
            _ => Err(PortError::Unavailable { what: "the document", why: url.to_owned() }),
        }
    });
    served
}

fn claims(audience: &str) -> Value {
    let seconds = NOW.milliseconds() / 1_000;
    json!({
        "iss": ISSUER, "aud": audience, "sub": "arn:aws:iam::123456789012:role/DataProcessingRole",
        "iat": seconds - 10, "exp": seconds + 300, "jti": "xyz123",
        "https://sts.amazonaws.com/": {
            "aws_account": "123456789012", "source_region": "us-east-1",
            "principal_tags": {"team": "data-engineering"}
        }
    })
}

#[tokio::test]
async fn a_role_calls_with_a_token_that_aws_made_for_this_api() {
    for key in [TokenKey::es384("k"), TokenKey::rs256("k")] {
        let served = served(&key);
        let send = async |token: String| {
            served.send(request("GET", "/a").header("authorization", format!("Bearer {token}"))).await
        };
        let good = send(key.token(&claims("https://api.example.com"))).await;
        assert_eq!(good.status, 200, "{} {:?}", good.body, good.record.explanation());
        let subject = good.record.context("authorizer.claims.sub").map(|claim| claim.into_owned());
        assert_eq!(subject.as_deref(), Some("arn:aws:iam::123456789012:role/DataProcessingRole"));
        assert_eq!(send(key.token(&claims("https://other.example.com"))).await.status, 401);
        assert_eq!(served.world.identity_providers.seen().len(), 2, "discovery and keys are fetched once");
    }
}
