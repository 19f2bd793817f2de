//! Templates that others wrote, served unchanged by one command.

use gatelet_tests::vectors;
use serde_json::{Value, json};

use super::{has_node, has_python};
use crate::client::{Client, get, request};
use crate::command::{Dev, path};

const PATTERNS: &str = "real-definitions/serverless-patterns";

/// A directory with a copy of a template, and code beside it.
fn copied(name: &str, code: &[(&str, &str)]) -> Option<tempfile::TempDir> {
    let template = vectors(PATTERNS)?.join(name).join("template.yaml");
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(template, directory.path().join("template.yaml")).unwrap();
    for (file, text) in code {
        let file = directory.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    Some(directory)
}

async fn served(directory: &tempfile::TempDir) -> (Dev, Vec<String>) {
    let dev = Dev::start(directory.path(), &[".", "--state", "memory"]).await;
    let paths = dev.urls().iter().map(|url| path(url).to_owned()).collect();
    (dev, paths)
}

#[tokio::test]
async fn code_inside_a_template_is_run_as_it_is() {
    if !has_python() {
        return;
    }
    let Some(http) = copied("apigw-http-api-lambda-python", &[]) else { return };
    let (dev, paths) = served(&http).await;
    // The event names no path: it is `$default`, which every request takes.
    for path in ["", "any/thing"] {
        let answer = get(dev.address, &format!("{}{path}", paths[0])).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "Hello World! This is the HTTP API"));
    }
    let rest = copied("apigw-rest-regional-lambda", &[]).unwrap();
    let (dev, paths) = served(&rest).await;
    let prod = paths.iter().find(|path| path.ends_with("/prod/")).unwrap();
    let answer = get(dev.address, prod).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, body), (200, json!({"message": "Hello World! This is the regional API"})));

    let native = copied("apigw-cors-proxy", &[]).unwrap();
    let (dev, paths) = served(&native).await;
    let answer = request(dev.address, "OPTIONS", &format!("{}helloworld", paths[0]), "localhost", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,POST,OPTIONS"));
    // The result of a function behind an integration with mappings is the body, whatever it says of a status.
    let answer = get(dev.address, &format!("{}helloworld", paths[0])).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let result = json!({"statusCode": 200, "body": "{\"message\": \"Hello from Lambda!\"}"});
    assert_eq!((answer.status, body), (200, result));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn code_beside_a_template_is_run_where_the_template_says() {
    let python = "import json\ndef lambda_handler(event, context):\n    return {'statusCode': 201, 'body': event['httpMethod'] + event['body']}\n";
    if has_python() {
        let Some(validated) = copied("apigw-data-validation", &[("src/app.py", python)]) else { return };
        let (dev, paths) = served(&validated).await;
        let prod = paths.iter().find(|path| path.ends_with("/Prod/")).unwrap();
        let mut client = Client::connect(dev.address).await;
        let head =
            format!("POST {prod}vehicle HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
        let vehicle = r#"{"make": "Citroen", "model": "2CV", "year": 2010, "color": "red"}"#;
        for (body, status, said) in [
            (vehicle, 201, format!("POST{vehicle}")),
            ("{}", 400, r#"{"message":"Invalid request body"}"#.to_owned()),
            (
                r#"{"make": "a", "model": "b", "year": 2009}"#,
                400,
                r#"{"message":"Invalid request body"}"#.to_owned(),
            ),
        ] {
            client.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await;
            let answer = client.answer().await;
            assert_eq!((answer.status, answer.body), (status, said), "{body}");
        }
    }
    let node =
        "exports.handler = async (event) => ({ statusCode: 200, body: event.requestContext.stage });\n";
    if has_node() {
        let Some(cached) = copied("apigw-method-cache", &[("src/app.js", node)]) else { return };
        let (dev, paths) = served(&cached).await;
        let answer = get(dev.address, &paths[0]).await;
        let stage = paths[0].rsplit('/').nth(1).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, stage));
    }
}
