//! The rows of AWS's tables, each through the whole data plane
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>).

use gatelet_core::ports::FunctionAnswer;
use gatelet_tests::tokens::{TokenKey, key_set};
use gatelet_tests::vectors;
use gatelet_world::{MemoryFunctions, MemoryIdentityProviders};
use serde_json::{Value, json};

use crate::fixture::{
    ACCOUNT, NOW, OTHER_ACCOUNT, Served, access_key, definition, iam, policy, request, serve,
};
use crate::signed::{SECRET, sign};

const POOL: &str = "us-east-1_pool";

#[tokio::test]
async fn every_row_of_awss_tables_comes_out_as_aws_says() {
    let Some(folder) = vectors("apigw-authz-tables") else { return };
    let tables: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("tables.json")).unwrap()).unwrap();
    let rows = |table: &str| tables[table].as_array().unwrap().clone();
    let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let mut count = 0;
    for (table, account) in [("same_account", ACCOUNT), ("cross_account", OTHER_ACCOUNT)] {
        for row in rows(table) {
            let (of_caller, of_resource) =
                (word(&row, "identity_or_lambda_authorizer"), word(&row, "resource_policy"));
            check(&row, signed(account, &of_caller, &of_resource).await);
            // A Lambda authorizer is of the API's own account.
            if account == ACCOUNT {
                check(&row, authorized(&of_caller, &of_resource).await);
            }
            count += 1;
        }
    }
    for row in tables["cognito_user_pool"]["rows"].as_array().unwrap() {
        let accepted = row["token"] == "authenticated";
        check(row, with_token(accepted, &word(row, "resource_policy")).await);
        count += 1;
    }
    for row in rows("resource_policy_only") {
        let served = serve(&with_policy(definition(&["/a"], None), &word(&row, "resource_policy")));
        check(&row, outcome(&served, request("GET", "/dev/a")).await);
        count += 1;
    }
    assert_eq!(count, 27);
}

/// Holds the status and what is said against the row's outcome.
fn check(row: &Value, (status, explicit): (u16, bool)) {
    let expected = match row["outcome"].as_str().unwrap() {
        "allow" => (200, false),
        "implicit-deny" => (403, false),
        "explicit-deny" => (403, true),
        "401" => (401, false),
        other => panic!("{other} is no outcome"),
    };
    assert_eq!((status, explicit), expected, "{row}");
}

async fn outcome(served: &Served, request: http::request::Builder) -> (u16, bool) {
    let outcome = served.send(request).await;
    assert_eq!(served.backend_calls(), usize::from(outcome.status == 200), "{}", outcome.body);
    (outcome.status, outcome.body.contains("with an explicit deny"))
}

fn with_policy(mut definition: Value, of_resource: &str) -> Value {
    definition["x-amazon-apigateway-policy"] = policy(of_resource, true);
    definition
}

async fn signed(account: &str, of_caller: &str, of_resource: &str) -> (u16, bool) {
    let served = serve(&with_policy(definition(&["/a"], iam()), of_resource));
    let key = access_key(account, SECRET, &[policy(of_caller, false)]);
    served.world.credentials.insert("GTLKEXAMPLE", key);
    let request = sign(&served, request("GET", "/dev/a"), "");
    outcome(&served, request).await
}

async fn authorized(of_caller: &str, of_resource: &str) -> (u16, bool) {
    let scheme = json!({
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations"}
    });
    let mut served = serve(&with_policy(definition(&["/a"], Some(scheme)), of_resource));
    let answer = json!({"principalId": "somebody", "policyDocument": policy(of_caller, false)}).to_string();
    let denied_before = of_resource == "deny";
    served.world = served.world.with_functions(MemoryFunctions::answering(move |_| {
        assert!(!denied_before, "who is denied by the resource policy is not asked about");
        Ok(FunctionAnswer::Payload { payload: answer.clone().into(), function_error: None })
    }));
    outcome(&served, request("GET", "/dev/a").header("authorization", "anything")).await
}

async fn with_token(accepted: bool, of_resource: &str) -> (u16, bool) {
    let scheme = json!({
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [format!("arn:aws:cognito-idp:us-east-1:123456789012:userpool/{POOL}")]}
    });
    let mut served = serve(&with_policy(definition(&["/a"], Some(scheme)), of_resource));
    let (key, stranger) = (TokenKey::rs256("k"), TokenKey::rs256("k"));
    let published = key_set([&key]);
    served.world.identity_providers =
        MemoryIdentityProviders::answering(move |_| Ok(published.clone().into()));
    let seconds = NOW.milliseconds() / 1_000;
    let claims = json!({
        "iss": format!("https://cognito-idp.us-east-1.amazonaws.com/{POOL}"), "sub": "somebody", "aud": "client",
        "token_use": "id", "iat": seconds - 10, "exp": seconds + 3_600
    });
    let token = if accepted { key.token(&claims) } else { stranger.token(&claims) };
    outcome(&served, request("GET", "/dev/a").header("authorization", token)).await
}
