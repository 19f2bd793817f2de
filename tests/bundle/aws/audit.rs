//! The router's role, held against what the router does: every call allowed, nothing allowed that is never called.
//!
//! What is deployed runs under the emulator with the variables that the template gave it. All its calls of AWS go through a recorder;
//! what they are, in IAM's words, is compared with the statements of the role as CloudFormation made it.

use std::collections::{BTreeMap, BTreeSet};

use gatelet_tests::backend::{Backend, Connection, Received};
use gatelet_tests::command::{command, workspace};
use http::Method;
use serde_json::{Value, json};

use super::deploy::{Deployed, deploy};
use super::moto::Moto;
use crate::build::built;
use crate::emulator::Emulator;
use crate::machine::client::send;
use crate::machine::tools::succeed;

/// Allowed and never called by the router itself, each with who does it instead.
const REVIEWED: [(&str, &str); 13] = [
    ("ec2:AssignPrivateIpAddresses", "Lambda, where the router stands in a VPC"),
    ("ec2:CreateNetworkInterface", "Lambda, where the router stands in a VPC"),
    ("ec2:DeleteNetworkInterface", "Lambda, where the router stands in a VPC"),
    ("ec2:DescribeNetworkInterfaces", "Lambda, where the router stands in a VPC"),
    ("ec2:DescribeSubnets", "Lambda, where the router stands in a VPC"),
    ("ec2:UnassignPrivateIpAddresses", "Lambda, where the router stands in a VPC"),
    ("kms:Decrypt", "DynamoDB and Lambda, with a key of one's own"),
    ("kms:DescribeKey", "DynamoDB and Lambda, with a key of one's own"),
    ("logs:CreateLogStream", "Lambda, for what the router prints"),
    ("logs:PutLogEvents", "Lambda, for what the router prints"),
    ("sts:AssumeRole", "the router, for integrations with `credentials`, which no definition here has"),
    ("xray:PutTelemetryRecords", "Lambda, where requests are traced"),
    ("xray:PutTraceSegments", "Lambda, where requests are traced"),
];

/// What a function behind the router answers.
const FUNCTION_ANSWER: &str = r#"{"statusCode": 200, "body": "hello from a function"}"#;
/// What the function of an authorizer answers.
const JUDGEMENT: &str = r#"{"principalId": "anybody", "policyDocument": {"Version": "2012-10-17", "Statement":
    [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}}"#;
/// What is in the place of the key that CloudFormation takes from a secret, which moto does not know.
const CREDENTIALS_KEY: (&str, &str) =
    ("GATELET_CREDENTIALS_KEY", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ");
pub(super) const ACCOUNT: &str = "123456789012";
/// The name of the router's own URL.
const FUNCTION_URL: &str = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws";

/// A call of AWS, in IAM's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) action: String,
    pub(super) resource: String,
    /// The partition of the one item of a table that it is about.
    pub(super) partition: Option<String>,
}

impl Call {
    /// What a request to AWS asks for. A request that is not known here fails the test, so that nothing escapes it.
    fn of(request: &Received) -> Self {
        if let Some(target) = request.header("x-amz-target") {
            let operation = target.strip_prefix("DynamoDB_20120810.").expect("only DynamoDB is called so");
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let table =
                body["TableName"].as_str().unwrap_or_else(|| panic!("{target} names no table: {body}"));
            let resource = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}");
            let item = [&body["Key"], &body["Item"]].into_iter().find_map(|item| item["pk"]["S"].as_str());
            let partition = item.map(str::to_owned);
            return Self { action: format!("dynamodb:{operation}"), resource, partition };
        }
        let function = request.target.strip_prefix("/2015-03-31/functions/");
        let function = function.and_then(|rest| rest.strip_suffix("/invocations"));
        let function = function.unwrap_or_else(|| panic!("what is this? {request:?}")).replace("%3A", ":");
        Self { action: "lambda:InvokeFunction".to_owned(), resource: function, partition: None }
    }
}

/// Passes on what is for DynamoDB and answers for functions.
async fn recorder(aws: String) -> Backend {
    Backend::start(move |mut connection: Connection| {
        let aws = aws.clone();
        async move {
            while let Some(request) = connection.request().await? {
                let body = if request.header("x-amz-target").is_some() {
                    let headers = request.headers.iter().filter(|(name, _)| !is_of_connection(name));
                    let headers: Vec<_> = headers.map(|(name, value)| (&**name, &**value)).collect();
                    let answer = send(Method::POST, &aws, &headers, request.body).await;
                    assert_eq!(answer.status, 200, "{:?}", answer.body);
                    answer.body
                } else if request.target.contains("judge") {
                    JUDGEMENT.into()
                } else {
                    FUNCTION_ANSWER.into()
                };
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
                connection.send(format!("{head}: {}\r\n\r\n", body.len())).await?;
                connection.send(&body).await?;
            }
            Ok(())
        }
    })
    .await
}

fn is_of_connection(name: &str) -> bool {
    ["host", "content-length", "connection"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// An event of a Function URL.
fn event(host: &str, path: &str) -> String {
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": host, "authorization": "anything"},
        "requestContext": {
            "domainName": FUNCTION_URL,
            // Somebody whom AWS knows: what is attached to them is looked for.
            "authorizer": {"iam": {
                "accessKey": "AKIAIOSFODNN7EXAMPLE", "accountId": ACCOUNT, "callerId": "AIDAEXAMPLE",
                "userArn": format!("arn:aws:iam::{ACCOUNT}:user/somebody"), "userId": "AIDAEXAMPLE",
            }},
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": false,
    })
    .to_string()
}

/// Deploys an API, asks it whatever makes the router call somebody, and gives the calls.
async fn calls(deployed: &Deployed) -> BTreeSet<Call> {
    let table = deployed.resources["DefinitionsTable"].physical.as_deref().unwrap();
    // moto keeps the text of a parameter where DynamoDB has a truth value, which the SDK does not take from it.
    let protect = "import boto3, sys; boto3.client('dynamodb').update_table(TableName=sys.argv[1], DeletionProtectionEnabled=True)";
    deployed.moto.python(protect, &[table]);
    let mut publish = command(workspace());
    deployed.moto.environment(&mut publish);
    publish.args([
        "deploy",
        "tests/bundle/aws/api.yaml",
        "--stage",
        "live",
        "--table",
        table,
        "--account",
        ACCOUNT,
    ]);
    let published: Value = serde_json::from_str(&succeed(publish.arg("--json"))).unwrap();
    let api = published["stages"][0]["api"]["id"].as_str().unwrap();

    let built = built().unwrap();
    let recorder = recorder(deployed.moto.endpoint.clone()).await;
    let endpoint = recorder.url("");
    let environment = deployed.looked("RouterFunction")["environment"].as_object().unwrap();
    let mut variables: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    variables.push(("AWS_ENDPOINT_URL", &endpoint));
    variables.retain(|(name, _)| *name != CREDENTIALS_KEY.0);
    variables.push(CREDENTIALS_KEY);
    let router = Emulator::start(built, &[], &variables).await;
    let base = format!("/_aws/execute-api/{api}");
    for (host, path, expected) in [
        (FUNCTION_URL, format!("{base}/live/anything"), "the gateway"),
        (FUNCTION_URL, format!("{base}/live/function"), "hello from a function"),
        (FUNCTION_URL, format!("{base}/live/signed"), "not authorized"),
        (FUNCTION_URL, format!("{base}/live/judged"), "the gateway"),
        (FUNCTION_URL, format!("{base}/unknown/anything"), "Forbidden"),
        (FUNCTION_URL, "/_aws/execute-api/unknown/live/anything".to_owned(), "Forbidden"),
        ("api.example.com", "/".to_owned(), "Forbidden"),
    ] {
        let answer = router.invoke(event(host, &path)).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains(expected), "{host}{path}: {answer}");
    }
    recorder.requests().iter().map(Call::of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_allows_what_the_router_calls_and_nothing_else() {
    let Some(built) = built() else { return };
    let deployed = deploy(
        Moto::start(built.tools).await,
        built,
        &["AccessKeys=create", "ShareDecisions=true", "AccountThrottle=100:100"],
    );
    let calls = calls(&deployed).await;
    assert!(!calls.is_empty());
    let statements = deployed.looked("RouterRole")["statements"].as_array().unwrap();
    for call in &calls {
        assert!(is_allowed(statements, call), "the role does not allow {call:?}: {statements:#?}");
    }
    assert_narrow(statements, &calls);
    // Under conditions, too, that do not hold here: the template as a whole.
    let allowed = actions(&deployed.template["Resources"]["RouterRole"]["Properties"]["Policies"]);
    let called: BTreeSet<&str> = calls.iter().map(|call| call.action.as_str()).collect();
    let reviewed: BTreeMap<&str, &str> = REVIEWED.into();
    let never: Vec<_> = allowed.iter().filter(|action| !called.contains(action.as_str())).collect();
    for action in &never {
        assert!(reviewed.contains_key(action.as_str()), "{action} is allowed and never called: {calls:?}");
    }
    for (action, why) in REVIEWED {
        assert!(never.iter().any(|never| *never == action), "{action} ({why}) is on the list for nothing");
    }
}

/// Resources that are wider than the one that was called, each with why: the functions behind APIs are the user's to name.
const WIDE: [(&str, &str); 1] =
    [("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:*")];

/// Whether every statement that the router uses names just what it calls, under no condition that nobody has looked at.
fn assert_narrow(statements: &[Value], calls: &BTreeSet<Call>) {
    for statement in statements {
        let understood = leading_keys(statement).map(|keys| json!({LEADING_KEYS.0: {LEADING_KEYS.1: keys}}));
        let condition = &statement["Condition"];
        assert_eq!(*condition, understood.unwrap_or_default(), "what does this condition mean? {statement}");
        let actions = texts(&statement["Action"]);
        let is_meant = |call: &&Call| actions.contains(&call.action.as_str()) && holds(statement, call);
        let used: Vec<&Call> = calls.iter().filter(is_meant).collect();
        let Some(call) = used.first() else { continue };
        for resource in texts(&statement["Resource"]) {
            let is_reviewed = WIDE.contains(&(call.action.as_str(), resource));
            let is_called = used.iter().any(|call| call.resource == resource);
            assert!(is_reviewed || is_called, "`{resource}` is wider than what is called: {used:?}");
        }
    }
}

/// Whether one of the statements allows a call. None of a role of ours denies anything.
pub(super) fn is_allowed(statements: &[Value], call: &Call) -> bool {
    statements.iter().any(|statement| {
        assert_eq!(statement["Effect"], json!("Allow"));
        let one_fits = |part: &str, what: &str| texts(&statement[part]).iter().any(|text| fits(text, what));
        one_fits("Action", &call.action) && one_fits("Resource", &call.resource) && holds(statement, call)
    })
}

/// The one condition that is understood here: patterns that the partition fits.
const LEADING_KEYS: (&str, &str) = ("ForAllValues:StringLike", "dynamodb:LeadingKeys");

fn leading_keys(statement: &Value) -> Option<&Value> {
    statement["Condition"].get(LEADING_KEYS.0)?.get(LEADING_KEYS.1)
}

/// Whether the condition of a statement holds for a call.
fn holds(statement: &Value, call: &Call) -> bool {
    leading_keys(statement).is_none_or(|keys| {
        let partition = call.partition.as_deref().unwrap_or_else(|| panic!("what is {call:?} about?"));
        texts(keys).iter().any(|pattern| fits(pattern, partition))
    })
}

/// One text or several.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// Whether a text fits a pattern, in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| fits(rest, &text[at..]))
        }),
    }
}

/// Every action of policies, whatever the conditions around it.
pub(super) fn actions(policies: &Value) -> BTreeSet<String> {
    match policies {
        Value::Array(values) => values.iter().flat_map(actions).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match name.as_str() {
                "Action" => texts(value).into_iter().map(str::to_owned).collect(),
                _ => actions(value),
            })
            .collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn a_call_that_no_statement_allows_is_found() {
    let statements = [
        json!({"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "arn:aws:dynamodb:*:table/a"}),
    ];
    let call = |action: &str, table: &str| Call {
        action: action.to_owned(),
        resource: format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}"),
        partition: Some("open#1".to_owned()),
    };
    assert!(is_allowed(&statements, &call("dynamodb:GetItem", "a")));
    let keyed = |pattern: &str| {
        let mut statement = statements[0].clone();
        statement["Condition"] = json!({LEADING_KEYS.0: {LEADING_KEYS.1: ["other#*", pattern]}});
        [statement]
    };
    assert!(is_allowed(&keyed("open#*"), &call("dynamodb:GetItem", "a")));
    assert!(!is_allowed(&keyed("sealed#*"), &call("dynamodb:GetItem", "a")));
    assert!(!is_allowed(&statements, &call("dynamodb:PutItem", "a")));
    assert!(!is_allowed(&statements, &call("dynamodb:GetItem", "b")));
}

#[test]
fn actions_are_found_under_conditions_too() {
    let policies = json!([{"PolicyDocument": {"Statement": [
        {"Action": "a:B"},
        {"Fn::If": ["IsTraced", {"Action": ["c:D", "e:F"]}, {"Ref": "AWS::NoValue"}]},
    ]}}]);
    assert_eq!(actions(&policies), ["a:B", "c:D", "e:F"].map(str::to_owned).into());
}

#[test]
fn patterns_fit_as_iam_has_them() {
    assert!(fits("arn:aws:lambda:*:function:*", "arn:aws:lambda:us-east-1:1:function:greeter:live"));
    assert!(fits("*", "") && fits("a*", "a") && fits("*a", "ba"));
    assert!(!fits("dynamodb:GetItem", "dynamodb:GetItems") && !fits("a*c", "ab"));
}
