//! The meter as the template deploys it: every event of `events/meter/`, under the emulator and under `cargo lambda watch`, and a role
//! that allows what it calls and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use gatelet_tests::backend::{Backend, Connection, Received};
use gatelet_tests::command::workspace;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::audit::{ACCOUNT, Call, actions, is_allowed};
use super::deploy::deploy;
use super::moto::{Moto, REGION};
use crate::build::{ONE_BUILD, TARGET, builds, built, task_root_of};
use crate::emulator::Emulator;
use crate::events::METER;
use crate::machine::client::{invoke, send};
use crate::machine::process::{Running, free_address};
use crate::machine::tools::tool;

/// Puts the items of all events into a table, which is made where there is none.
const FILL: &str = r#"
import boto3, glob, json, sys
client = boto3.client("dynamodb")
table, folder = sys.argv[1:]
if table not in client.list_tables()["TableNames"]:
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
for path in glob.glob(folder + "/*.json"):
    for record in json.load(open(path)).get("Records", []):
        if "NewImage" in record["dynamodb"]:
            client.put_item(TableName=table, Item=record["dynamodb"]["NewImage"])
"#;
/// Tells what stands in a table.
const LOOK: &str = r#"
import boto3, json, sys
print(json.dumps(boto3.client("dynamodb").scan(TableName=sys.argv[1])["Items"]))
"#;
/// Allowed and never called by the meter itself: Lambda does it.
const BY_LAMBDA: [&str; 11] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "kms:Decrypt",
    "kms:DescribeKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// An event that lies in the repository, and what `events/meter.toml` says about it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: String,
    answer: String,
    announced: Option<u32>,
}

fn folder() -> PathBuf {
    workspace().join("events").join(METER)
}

fn samples() -> Vec<Sample> {
    #[derive(Deserialize)]
    struct Samples {
        event: Vec<Sample>,
    }
    let told = fs::read_to_string(folder().with_extension("toml")).unwrap();
    let samples = toml::from_str::<Samples>(&told).unwrap().event;
    let told: BTreeSet<String> = samples.iter().map(|sample| sample.name.clone()).collect();
    let there =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(told, there.collect(), "events/meter.toml tells of others than there are");
    samples
}

impl Sample {
    fn event(&self) -> Vec<u8> {
        fs::read(folder().join(&self.name)).unwrap()
    }

    fn check(&self, answer: &[u8], aws: &Backend, announced_before: usize) {
        let answer = String::from_utf8_lossy(answer);
        assert!(answer.contains(&self.answer), "{}: {answer}", self.name);
        let announced: Vec<_> = announced(aws).into_iter().skip(announced_before).collect();
        let expected: Vec<_> = self.announced.iter().map(|percent| json!(percent)).collect();
        assert_eq!(announced, expected, "{}", self.name);
    }
}

/// The thresholds that EventBridge was told of.
fn announced(aws: &Backend) -> Vec<Value> {
    let requests = aws.requests();
    let told =
        requests.iter().filter(|request| request.header("x-amz-target") == Some("AWSEvents.PutEvents"));
    told.map(|request| {
        let call: Value = serde_json::from_slice(&request.body).unwrap();
        let detail: Value = serde_json::from_str(call["Entries"][0]["Detail"].as_str().unwrap()).unwrap();
        detail["threshold"].clone()
    })
    .collect()
}

/// What all events have come to.
fn check_table(items: &str) {
    let items: Vec<Value> = serde_json::from_str(items).unwrap();
    let with = |partition: &str| {
        let found = items.iter().find(|item| item["pk"]["S"] == partition);
        found.unwrap_or_else(|| panic!("there is no {partition}: {items:#?}"))
    };
    let total = with("usage#gold");
    assert_eq!((&total["admitted"]["N"], &total["throttled"]["N"]), (&json!("100"), &json!("2")), "{total}");
    assert_eq!(total["a#a1b2c3d4e5/live/POST /pets"]["N"], json!("3"));
    let quota = with("quota#gold#ada");
    assert_eq!((&quota["used"]["N"], &quota["told_80"]["N"]), (&json!("794"), &json!("1000")), "{quota}");
    assert_eq!(with("returns#2026-11-20#4")["put_back"]["BOOL"], json!(true));
    assert!(!items.iter().any(|item| item["pk"]["S"] == "meter"), "the backfill is done");
}

/// Passes on what is for DynamoDB and answers for CloudWatch and EventBridge.
async fn recorder(dynamodb: String) -> Backend {
    Backend::start(move |mut connection: Connection| {
        let dynamodb = dynamodb.clone();
        async move {
            while let Some(request) = connection.request().await? {
                let target = request.header("x-amz-target").unwrap_or_default().to_owned();
                let (status, kind, body) = if target.starts_with("DynamoDB") {
                    let is_passed_on = |name: &str| {
                        !["host", "content-length", "connection"]
                            .contains(&name.to_ascii_lowercase().as_str())
                    };
                    let headers = request.headers.iter().filter(|(name, _)| is_passed_on(name));
                    let headers: Vec<_> = headers.map(|(name, value)| (&**name, &**value)).collect();
                    let answer = send(Method::POST, &dynamodb, &headers, request.body).await;
                    (answer.status, "application/x-amz-json-1.0", answer.body.to_vec())
                } else if target.is_empty() {
                    // An empty map of CBOR.
                    (200, "application/cbor", vec![0xa0])
                } else {
                    let body = json!({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}).to_string();
                    (200, "application/x-amz-json-1.1", body.into_bytes())
                };
                let head = format!(
                    "HTTP/1.1 {status} Said\r\nSmithy-Protocol: rpc-v2-cbor\r\nContent-Type: {kind}\r\n"
                );
                connection.send(format!("{head}Content-Length: {}\r\n\r\n", body.len())).await?;
                connection.send(&body).await?;
            }
            Ok(())
        }
    })
    .await
}

/// What a request to AWS asks for, in IAM's words: one for each write of a transaction.
fn calls_of(request: &Received) -> Vec<Call> {
    let call = |action: &str, resource: String, partition: Option<&Value>| Call {
        action: action.to_owned(),
        resource,
        partition: partition.map(|it| it.as_str().unwrap().to_owned()),
    };
    let Some(target) = request.header("x-amz-target") else {
        assert!(request.target.ends_with("/operation/PutMetricData"), "what is this? {request:?}");
        return vec![call("cloudwatch:PutMetricData", "*".to_owned(), None)];
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    if target == "AWSEvents.PutEvents" {
        let bus = format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default");
        return vec![call("events:PutEvents", bus, None)];
    }
    let table = |part: &Value| {
        let name = part["TableName"].as_str().unwrap();
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
    };
    let key = |part: &Value| part["Key"]["pk"]["S"].clone();
    match target.strip_prefix("DynamoDB_20120810.").expect("DynamoDB") {
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array().unwrap().iter();
            let writes = writes.flat_map(|write| write.as_object().unwrap());
            let calls = writes.map(|(kind, write)| match kind.as_str() {
                "Put" => call("dynamodb:PutItem", table(write), Some(&write["Item"]["pk"]["S"])),
                kind => call(&format!("dynamodb:{kind}Item"), table(write), Some(&key(write))),
            });
            calls.collect()
        }
        "Query" => {
            let partition = &body["ExpressionAttributeValues"][":pk"]["S"];
            vec![call("dynamodb:Query", table(&body), Some(partition))]
        }
        "PutItem" => vec![call("dynamodb:PutItem", table(&body), Some(&body["Item"]["pk"]["S"]))],
        operation => vec![call(&format!("dynamodb:{operation}"), table(&body), Some(&key(&body)))],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deployed_meter_answers_every_event_and_its_role_allows_what_it_calls() {
    let Some(built) = built() else { return };
    let deployed = deploy(Moto::start(built.tools).await, built, &["AccessKeys=create"]);
    let function = deployed.looked("MeterFunction");
    let table = function["environment"]["GATELET_COUNTERS_TABLE"].as_str().unwrap();
    deployed.moto.python(FILL, &[table, folder().to_str().unwrap()]);
    let aws = recorder(deployed.moto.endpoint.clone()).await;
    let endpoint = aws.url("");
    let variables = [("GATELET_COUNTERS_TABLE", table), ("AWS_ENDPOINT_URL", endpoint.as_str())];
    let root = task_root_of(built, "MeterFunction");
    let emulator = Emulator::start_in(built, "meter", root, &variables).await;
    for sample in samples() {
        let before = announced(&aws).len();
        let answer = emulator.invoke(sample.event()).await;
        sample.check(&answer, &aws, before);
    }
    check_table(&deployed.moto.python(LOOK, &[table]));

    let role = &deployed.resources["MeterRole"];
    assert_eq!(function["role"].as_str(), role.physical.as_deref());
    assert_eq!(role.looked["attached"], json!([]));
    let statements = role.looked["statements"].as_array().unwrap();
    let calls: BTreeSet<Call> = aws.requests().iter().flat_map(calls_of).collect();
    for call in &calls {
        assert!(is_allowed(statements, call), "the role does not allow {call:?}: {statements:#?}");
    }
    let called: BTreeSet<&str> = calls.iter().map(|call| call.action.as_str()).collect();
    let by_lambda: BTreeSet<&str> = BY_LAMBDA.into();
    let expected = called.union(&by_lambda).map(|action| (*action).to_owned()).collect();
    let allowed = actions(&deployed.template["Resources"]["MeterRole"]["Properties"]["Policies"]);
    assert_eq!(allowed, expected, "what is allowed and what is called");
    for statement in statements.iter().filter(|statement| statement["Resource"] == "*") {
        let condition = json!({"StringEquals": {"cloudwatch:namespace": "Gatelet"}});
        assert_eq!(statement["Condition"], condition, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cargo_lambda_watch_runs_the_meter() {
    let Some(built) = built() else { return };
    let moto = Moto::start(built.tools).await;
    moto.python(FILL, &["counters", folder().to_str().unwrap()]);
    let aws = recorder(moto.endpoint.clone()).await;
    let address = free_address();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut watch = tool(built.tools, "cargo-lambda");
    builds(&mut watch);
    moto.environment(&mut watch);
    watch.env("CARGO_BUILD_TARGET", TARGET).env("AWS_ENDPOINT_URL", aws.url(""));
    watch.env("GATELET_COUNTERS_TABLE", "counters");
    watch.args(["lambda", "watch", "--package", "meter", "--invoke-address", &host]);
    watch.args(["--invoke-port", &port, "--ignore-changes"]);
    let mut running = Running::start("cargo lambda watch", &mut watch);
    running.listening(address).await;
    let alone = ONE_BUILD.lock().await;
    for sample in samples() {
        let before = announced(&aws).len();
        // The first builds.
        let answer = invoke(&format!("http://{address}"), "meter", sample.event()).await;
        assert_eq!(answer.status, 200, "{}: {:?}\n{}", sample.name, answer.body, running.said());
        sample.check(&answer.body, &aws, before);
    }
    drop(alone);
    check_table(&moto.python(LOOK, &["counters"]));
}

#[tokio::test]
async fn a_built_meter_without_its_table_says_so() {
    let Some(built) = built() else { return };
    let emulator = Emulator::start_in(built, "meter", task_root_of(built, "MeterFunction"), &[]).await;
    for sample in samples() {
        let answer: Value = serde_json::from_slice(&emulator.invoke(sample.event()).await).unwrap();
        assert_eq!(answer["errorType"], json!("Gatelet.Unconfigured"), "{}: {answer}", sample.name);
        assert!(answer["errorMessage"].as_str().unwrap().contains("GATELET_COUNTERS_TABLE"), "{answer}");
    }
}
