//! Whose credentials are used.

use std::path::Path;

use gatelet_tests::backend::{Backend, Connection, Received};
use gatelet_tests::command::command;
use http::Method;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::machine::client::send;
use crate::machine::process::Running;

const OWN: &str = r#"
openapi: 3.0.1
info: {title: roles, version: "1"}
paths:
  /own:
    post: &action
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem"
        responses: {default: {statusCode: "200"}}
  /role:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        credentials: arn:aws:iam::123456789012:role/orders
        uri: "arn:aws:apigateway:eu-west-1:dynamodb:action/GetItem"
        responses: {default: {statusCode: "200"}}
  /refused:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        credentials: arn:aws:iam::123456789012:role/closed
        uri: "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem"
        responses: {default: {statusCode: "200"}}
"#;

const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAORDERS</AccessKeyId>\
                       <SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>\
                       </Credentials></AssumeRoleResult></AssumeRoleResponse>";
const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: \
                      sts:AssumeRole</Message></Error></ErrorResponse>";

/// An AWS that answers as a token service and as DynamoDB, and tells what it was sent.
async fn recorder() -> (Backend, UnboundedReceiver<Received>) {
    let (sender, receiver) = unbounded_channel();
    let backend = Backend::start(move |mut connection: Connection| {
        let sender = sender.clone();
        async move {
            while let Some(request) = connection.request().await? {
                let form = String::from_utf8_lossy(&request.body).into_owned();
                let (status, body) = match form.starts_with("Action=AssumeRole&") {
                    true if form.contains("role%2Fclosed") => ("403 Forbidden", DENIED),
                    true => ("200 OK", ASSUMED),
                    false => ("200 OK", "{}"),
                };
                sender.send(request).unwrap();
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                connection.send(head).await?;
            }
            Ok(())
        }
    })
    .await;
    (backend, receiver)
}

/// A gateway in an environment.
async fn gateway(directory: &Path, environment: &[(&str, &str)]) -> (Running, String) {
    std::fs::write(directory.join("own.yaml"), OWN).unwrap();
    let mut dev = command(directory);
    dev.args(["dev", "own.yaml", "--state", "memory"]);
    dev.args(["--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
    dev.env("AWS_REGION", "us-east-1").envs(environment.iter().copied());
    let mut running = Running::start("gatelet dev", &mut dev);
    let ready =
        running.until("it is ready", async |said| said.contains("ready after").then(|| said.to_owned()));
    let said = ready.await;
    let url = said.split_whitespace().find(|word| word.contains("/_aws/execute-api/")).unwrap();
    (running, url.trim_end_matches('/').to_owned())
}

#[tokio::test]
async fn a_role_is_assumed_once_and_its_session_signs() {
    let (aws, mut seen) = recorder().await;
    let directory = tempfile::tempdir().unwrap();
    let endpoint = aws.url("");
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAOWN"),
        ("AWS_SECRET_ACCESS_KEY", "own"),
    ];
    let (mut running, url) = gateway(directory.path(), &environment).await;
    let signed_by = |request: &Received| {
        let authorization = request.header("authorization").unwrap().to_owned();
        let credential = authorization.split("Credential=").nth(1).unwrap();
        let scope: Vec<_> = credential.split('/').collect();
        format!("{} {} {}", scope[0], scope[2], scope[3])
    };
    for path in ["/own", "/role", "/role"] {
        assert_eq!(send(Method::POST, &format!("{url}{path}"), &[], "{}").await.status, 200, "{path}");
    }
    let mut said = Vec::new();
    for _ in 0..4 {
        let request = seen.recv().await.unwrap();
        said.push(format!("{} {:?}", signed_by(&request), request.header("x-amz-security-token")));
    }
    let expected = [
        "AKIAOWN us-east-1 dynamodb None",
        "AKIAOWN us-east-1 sts None",
        "ASIAORDERS eu-west-1 dynamodb Some(\"session\")",
        "ASIAORDERS eu-west-1 dynamodb Some(\"session\")",
    ];
    assert_eq!(said, expected);
    assert!(seen.try_recv().is_err());

    let refused = send(Method::POST, &format!("{url}/refused"), &[], "{}").await;
    assert_eq!(refused.status, 500);
    assert_eq!(refused.body, r#"{"message": "Internal server error"}"#);
    let why = "the role `arn:aws:iam::123456789012:role/closed` cannot be assumed: the token service answered 403: AccessDenied";
    running.until("it says why", async |said| said.contains(why).then_some(())).await;
}

#[tokio::test]
async fn without_credentials_nobody_is_called() {
    let (aws, mut seen) = recorder().await;
    let directory = tempfile::tempdir().unwrap();
    let endpoint = aws.url("");
    let (mut running, url) = gateway(directory.path(), &[("AWS_ENDPOINT_URL", &endpoint)]).await;
    let refused = send(Method::POST, &format!("{url}/own"), &[], "{}").await;
    assert_eq!(refused.status, 500);
    let why = "no credentials are known: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`";
    running.until("it says why", async |said| said.contains(why).then_some(())).await;
    assert!(seen.try_recv().is_err());
}
