//! The built router as Lambda Managed Instances run it: many requests at a time in one process, and a word before the end.
//!
//! One backend plays Lambda's Runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>) and, on the same
//! port, Lambda's own API for the function behind the route. That function answers when as many requests as may be under way have
//! come to it: a router that serves them one after another is never answered.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatelet_tests::backend::{Backend, Connection, PATIENCE, answers};
use serde_json::{Value, json};
use tokio::sync::{Barrier, mpsc};

use crate::build::{built, task_root};
use crate::machine::process::Running;

/// How many requests one process serves at a time.
const CONCURRENCY: usize = 4;
const DEFINITION: [&str; 1] = ["tests/bundle/aws/api.yaml"];

#[tokio::test]
async fn one_process_serves_many_requests_at_once_and_ends_when_it_is_told() {
    let Some(built) = built() else { return };
    let (answers, mut answered) = mpsc::unbounded_channel();
    let lambda = lambda(answers).await;
    let root = task_root(built, &DEFINITION);
    let mut command = Command::new(root.path().join("bootstrap"));
    command
        .env_clear()
        .env("LAMBDA_TASK_ROOT", root.path())
        .env("AWS_LAMBDA_RUNTIME_API", lambda.address().to_string());
    command.env("AWS_ENDPOINT_URL_LAMBDA", format!("http://{}", lambda.address()));
    command.env("AWS_LAMBDA_FUNCTION_NAME", "router").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048").env("AWS_REGION", "us-east-1");
    command.env("AWS_LAMBDA_MAX_CONCURRENCY", CONCURRENCY.to_string());
    let mut running = Running::start("the router", &mut command);

    for _ in 0..CONCURRENCY {
        let answer = tokio::time::timeout(PATIENCE, answered.recv()).await;
        let answer: Value = answer.unwrap_or_else(|_| panic!("{}", running.said())).unwrap();
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!("together")), "{answer}");
    }
    running.ask_to_end();
    let status = running.ended().await;
    assert!(status.success(), "{status}: {}", running.said());
    let lines = running.said().lines().filter(|line| line.contains(r#""status":200"#)).count();
    assert_eq!(lines, CONCURRENCY, "{}", running.said());
}

/// Hands out one event for each request that may be under way, and passes on what they are answered with.
async fn lambda(answers: mpsc::UnboundedSender<Value>) -> Backend {
    let handed_out = Arc::new(AtomicUsize::new(0));
    let together = Arc::new(Barrier::new(CONCURRENCY));
    Backend::start(move |mut connection: Connection| {
        let (handed_out, together, answers) =
            (Arc::clone(&handed_out), Arc::clone(&together), answers.clone());
        async move {
            while let Some(request) = connection.request().await? {
                let target = request.target.as_str();
                let (head, body) = if target.ends_with("/invocation/next") {
                    let number = handed_out.fetch_add(1, Ordering::Relaxed);
                    if number >= CONCURRENCY {
                        connection.until_closed().await;
                        return Ok(());
                    }
                    (
                        answers::invocation_head(number),
                        json!({"httpMethod": "GET", "path": "/dev/function"}).to_string(),
                    )
                } else if target.ends_with("/extension/register") {
                    ("Lambda-Extension-Identifier: 1\r\n".to_owned(), "{}".to_owned())
                } else if target.ends_with("/extension/event/next") {
                    connection.until_closed().await;
                    return Ok(());
                } else if target.ends_with("/response") {
                    answers.send(serde_json::from_slice(&request.body).unwrap()).unwrap();
                    (String::new(), "{}".to_owned())
                } else {
                    assert!(target.ends_with("/invocations"), "{request:?}");
                    together.wait().await;
                    (String::new(), json!({"statusCode": 200, "body": "together"}).to_string())
                };
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {length}\r\n\r\n");
                connection.send(format!("{head}{body}")).await?;
            }
            Ok(())
        }
    })
    .await
}
