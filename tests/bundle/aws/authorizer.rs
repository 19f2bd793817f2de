//! The authorizer as the template deploys it: what it is told, and a role that allows nothing but its log.

use std::collections::BTreeSet;

use gatelet_tests::backend::{Backend, answers};
use serde_json::{Value, json};

use super::audit::actions;
use super::deploy::deploy;
use super::moto::Moto;
use crate::authorizer::authorizer_root;
use crate::build::built;
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
        "kms:Decrypt",
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
