//! `gatelet authorize` asks a running gateway, which tells each step and calls nothing that stands behind.

use std::fs;

use gatelet_tests::backend::{Backend, answers};
use serde_json::Value;

use crate::client::Client;
use crate::command::{Dev, command};

const DEFINITION: &str = r#"
openapi: 3.0.1
info: {title: shop, version: "1"}
x-amazon-apigateway-policy:
  Version: "2012-10-17"
  Statement:
    - {Sid: everybody, Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*"}
    - {Sid: notHere, Effect: Deny, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*/GET/out"}
    - {Sid: nearAlone, Effect: Deny, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*/GET/near", Condition: {NotIpAddress: {"aws:SourceIp": "127.0.0.0/8"}}}
components:
  securitySchemes:
    key: {type: apiKey, name: x-api-key, in: header}
    signed: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
paths:
  /in: {get: {x-amazon-apigateway-integration: &backend {type: http_proxy, httpMethod: GET, uri: "BACKEND"}}}
  /out: {get: {x-amazon-apigateway-integration: *backend}}
  /near: {get: {x-amazon-apigateway-integration: *backend}}
  /keyed: {get: {security: [{key: []}], x-amazon-apigateway-integration: *backend}}
  /signed: {get: {security: [{signed: []}], x-amazon-apigateway-integration: *backend}}
"#;

#[tokio::test]
async fn a_decision_is_told_step_by_step() {
    let backend = Backend::start(answers::echo).await;
    let folder = tempfile::tempdir().unwrap();
    let definition = DEFINITION.replace("BACKEND", &backend.url("/"));
    fs::write(folder.path().join("openapi.yaml"), definition).unwrap();
    let dev = Dev::start(folder.path(), &["openapi.yaml", "--state", "memory"]).await;
    let control = format!("http://{}", dev.control);
    let ask = async |arguments: &[&str]| {
        let mut asking = command(folder.path());
        asking.arg("authorize").args(arguments).args(["--control", &control]);
        let output = tokio::task::spawn_blocking(move || asking.output().unwrap()).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, said, _) = ask(&["shop", "GET", "/dev/in"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("allows it: statement 1 (`everybody`)\nallowed\n"), "{said}");
    let (code, said, _) = ask(&["shop", "get", "/dev/out", "--json"]).await;
    assert_eq!(code, Some(1), "{said}");
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["allowed"], &told["status"]), (&false.into(), &403.into()));
    assert!(told["steps"][1].as_str().unwrap().contains("denies it: statement 2 (`notHere`)"), "{told}");
    let (code, said, _) = ask(&["shop", "GET", "/dev/near", "--from", "192.0.2.7"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("denies it: statement 3 (`nearAlone`)"), "{said}");
    assert_eq!(ask(&["shop", "GET", "/dev/near"]).await.0, Some(0));
    let (code, said, _) = ask(&["shop", "GET", "/dev/keyed"]).await;
    assert_eq!((code, said.contains("refused: 403 {\"message\":\"Forbidden\"}")), (Some(1), true), "{said}");
    // What a caller shows is not repeated.
    let header = "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=5ec3e7";
    let (code, said, _) = ask(&["shop", "GET", "/dev/signed", "-H", header]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refused: 403") && !said.contains("5ec3e7"), "{said}");
    for (arguments, expected) in [
        (["shap", "GET", "/dev/in"], "no API is called `shap`; there are:"),
        (["shop", "GET", "dev/in"], "a path begins with `/` and the stage"),
        (["shop", "G T", "/dev/in"], "this is no request"),
    ] {
        let (code, _, complained) = ask(&arguments).await;
        assert_eq!(code, Some(2), "{arguments:?}: {complained}");
        assert!(complained.contains(expected), "{arguments:?}: {complained}");
    }
    assert!(backend.requests().is_empty(), "nothing behind is called");
}

/// A page of another origin can send a form to the control plane's port, but neither JSON nor another name of it.
#[tokio::test]
async fn a_page_of_another_origin_asks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("openapi.yaml"), DEFINITION.replace("BACKEND", "http://127.0.0.1:9/"))
        .unwrap();
    let dev = Dev::start(folder.path(), &["openapi.yaml", "--state", "memory"]).await;
    let question = r#"{"api": "shop", "method": "GET", "path": "/dev/in"}"#;
    for (host, kind, expected) in [
        ("localhost", "text/plain", 400),
        ("localhost", "application/x-www-form-urlencoded", 400),
        ("evil.example", "application/json", 403),
        ("localhost", "application/json", 200),
    ] {
        let headers = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", question.len());
        let mut client = Client::connect(dev.control).await;
        let head = format!("POST /_gatelet/authorize HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        client.send(head + question).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, expected, "{host} {kind}");
    }
}
