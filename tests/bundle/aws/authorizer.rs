//! The authorizer as the template deploys it: what it is told, and a role that allows nothing but its log.

use std::collections::BTreeSet;

use gatelet_tests::backend::{Backend, answers};
use serde_json::{Value, json};

use super::audit::actions;
use super::deploy::deploy;
use super::moto::Moto;
use crate::authorizer::authorizer_root;
use crate::build::{built, task_root_of};
use crate::emulator::Emulator;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorizer_is_deployed_on_demand_and_its_role_allows_its_log_alone() {
    let Some(built) = built() else { return };
    let deployed = deploy(Moto::start(built.tools).await, built, &["Authorizer=file"]);
    let (function, role) = (deployed.looked("AuthorizerFunction"), &deployed.resources["AuthorizerRole"]);
    assert_eq!(function["role"].as_str(), role.physical.as_deref());
    assert_eq!(function["permissions"], json!([]), "whoever attaches it lets their API call it");
    assert_eq!(deployed.looked("AuthorizerLogGroup"), &json!({"retention": 30}));
    let expected = json!({
        "Sid": "WriteItsLog",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": role.looked["statements"][0]["Resource"],
    });
    assert_eq!(role.looked, json!({"statements": [expected], "attached": []}));
    let resource = expected["Resource"].as_str().unwrap();
    // AWS itself puts `:*` behind it, moto does not.
    assert!(
        resource.trim_end_matches(":*").ends_with(":log-group:/aws/lambda/gatelet-authorizer"),
        "{resource}"
    );
    // Under conditions, too, that do not hold here.
    let allowed = actions(&deployed.template["Resources"]["AuthorizerRole"]["Properties"]["Policies"]);
    let reviewed = [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "kms:Decrypt",
        "kms:DescribeKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];
    assert_eq!(allowed, reviewed.map(str::to_owned).into_iter().collect::<BTreeSet<_>>());

    // With what it is told there, it calls nobody of AWS.
    let aws = Backend::start(answers::fixed("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")).await;
    let endpoint = aws.url("");
    let environment = function["environment"].as_object().unwrap();
    let mut variables: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    variables
        .extend([("AWS_ENDPOINT_URL", endpoint.as_str()), ("GATELET_ISSUERS", "other=http://127.0.0.1:1/")]);
    let emulator = Emulator::start_in(built, "authorizer", authorizer_root(built), &variables).await;
    let event = json!({
        "type": "TOKEN",
        "authorizationToken": "nonsense",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:a1/live/GET/",
    });
    let answer: Value = serde_json::from_slice(&emulator.invoke(event.to_string()).await).unwrap();
    assert_eq!(answer["errorMessage"], json!("Unauthorized"), "{answer}");
    assert!(aws.requests().is_empty(), "{:?}", aws.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authorizer_of_api_keys_may_look_them_up_and_count_and_nothing_else() {
    let Some(built) = built() else { return };
    let document = r#"Authorizer='{"apiKeys":{"limits":true}}'"#;
    let parameters = [document, "AuthorizerApiKeys=limits", "AccessKeys=create"];
    let deployed = deploy(Moto::start(built.tools).await, built, &parameters);
    let table = |name: &str| deployed.resources[name].physical.as_deref().unwrap().to_owned();
    let (credentials, counters) = (table("CredentialsTable"), table("CountersTable"));
    let arn = |table: &str| format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}");
    let within =
        |partitions: &[&str]| json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions}});
    let statements = deployed.looked("AuthorizerRole")["statements"].as_array().unwrap();
    let expected = [
        json!({
            "Sid": "ReadApiKeys",
            "Effect": "Allow",
            "Action": "dynamodb:GetItem",
            "Resource": arn(&credentials),
            "Condition": within(&["global#api-key#*", "global#usage-plan#*"]),
        }),
        json!({
            "Sid": "CountRequests",
            "Effect": "Allow",
            "Action": "dynamodb:UpdateItem",
            "Resource": arn(&counters),
            "Condition": within(&["throttle#*", "quota#*", "reports#*"]),
        }),
        json!({
            "Sid": "ReturnTokens",
            "Effect": "Allow",
            "Action": "dynamodb:PutItem",
            "Resource": arn(&counters),
            "Condition": within(&["returns#*"]),
        }),
    ];
    assert_eq!(statements[1..], expected, "beside its log");

    // What it is told there is enough: it looks for the key where its role lets it.
    let nothing =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}";
    let aws = Backend::start(answers::fixed(nothing)).await;
    let endpoint = aws.url("");
    let environment = deployed.looked("AuthorizerFunction")["environment"].as_object().unwrap();
    assert_eq!(environment["GATELET_COUNTERS_TABLE"], json!(counters));
    let mut variables: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    // moto does not know the secret.
    variables.retain(|(name, _)| *name != "GATELET_CREDENTIALS_KEY");
    variables.extend([
        ("GATELET_CREDENTIALS_KEY", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
    ]);
    let root = task_root_of(built, "AuthorizerFunction");
    let emulator = Emulator::start_in(built, "authorizer", root, &variables).await;
    let value = "nobodyhasthiskey0000";
    let event = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:a1/live/GET/",
        "headers": {"x-api-key": value},
        "requestContext": {"resourcePath": "/", "httpMethod": "GET"},
    });
    let answer: Value = serde_json::from_slice(&emulator.invoke(event.to_string()).await).unwrap();
    assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], json!("Deny"), "{answer}");
    let requests = aws.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.header("x-amz-target"), Some("DynamoDB_20120810.GetItem"));
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(asked["TableName"], json!(credentials));
    assert!(asked["Key"]["pk"]["S"].as_str().unwrap().starts_with("global#api-key#"), "{asked}");
    let said = emulator.said();
    assert!(!said.contains(value) && !asked.to_string().contains(value), "{said}");
}
