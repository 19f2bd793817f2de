//! What the host lets in, byte by byte.

use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_core::ports::{FunctionAnswer, FunctionCall, FunctionError, Functions, InvocationMode};
use gatelet_tests::backend::PATIENCE;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::fixture::{ARN, Fixture};
use crate::soon;

const HANDLER: &str = "def handler(event, context): return event\n";

async fn fixture() -> Option<Fixture> {
    Fixture::python(&[("app.py", HANDLER)], "app.handler").await
}

/// Sends a request to the host and gives the whole answer. `{secret}` in the path is the host's own.
pub(crate) async fn raw(fixture: &Fixture, method_and_path: &str, headers: &str, body: &str) -> String {
    let endpoint = fixture.host.endpoint();
    let (address, secret) = endpoint.trim_start_matches("http://").split_once('/').unwrap();
    sent(address, &method_and_path.replace("{secret}", secret), headers, body).await
}

/// Sends a request to an address and gives the whole answer.
pub(crate) async fn sent(address: &str, method_and_path: &str, headers: &str, body: &str) -> String {
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: {address}\r\n") };
    let request = format!(
        "{method_and_path} HTTP/1.1\r\n{host}{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn lambdas_api_is_spoken() {
    let Some(fixture) = fixture().await else { return };
    let invoke = "POST /{secret}/2015-03-31/functions/hello/invocations";
    let answer = raw(&fixture, invoke, "", "{\"a\":1}").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("x-amz-executed-version: $LATEST\r\n"), "{answer}");
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{\"a\": 1}"), "{answer}");
    assert!(raw(&fixture, invoke, "", "").await.ends_with("\r\n\r\n{}"), "no event is an empty one");
    for name in ["hello:live", "hello%3A%24LATEST", "123456789012:function:hello", &ARN.replace(':', "%3A")] {
        let answer = raw(&fixture, &invoke.replace("hello", name), "", "1").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    for (path, headers, body, status, kind) in [
        (invoke, "X-Amz-Invocation-Type: DryRun\r\n", "", "204", ""),
        (invoke, "X-Amz-Invocation-Type: Event\r\n", "{}", "202", ""),
        (invoke, "X-Amz-Invocation-Type: Odd\r\n", "{}", "400", "InvalidParameterValueException"),
        (invoke, "X-Amz-Log-Type: Head\r\n", "{}", "400", "InvalidParameterValueException"),
        (invoke, "", "{", "400", "InvalidRequestContentException"),
        (&*invoke.replace("hello", "other"), "", "{}", "404", "ResourceNotFoundException"),
        (&*invoke.replace("hello", "%ff"), "", "{}", "400", "InvalidParameterValueException"),
        (&*invoke.replace("POST", "GET"), "", "", "404", "UnknownOperationException"),
        ("GET /", "", "", "403", "AccessDeniedException"),
    ] {
        let answer = raw(&fixture, path, headers, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {headers}: {answer}");
        assert!(kind.is_empty() || answer.contains(&format!("x-amzn-errortype: {kind}\r\n")), "{answer}");
    }
}

#[tokio::test]
async fn nobody_else_calls() {
    let Some(fixture) = fixture().await else { return };
    let invoke = "POST /{secret}/2015-03-31/functions/hello/invocations";
    for (path, headers) in [
        ("POST /2015-03-31/functions/hello/invocations", ""),
        ("POST /00000000000000000000000000000000/2015-03-31/functions/hello/invocations", ""),
        (invoke, "Host: rebound.example\r\n"),
        (invoke, "Host: 127.0.0.1.rebound.example:80\r\n"),
        (invoke, "Origin: http://127.0.0.1\r\n"),
        (invoke, "Sec-Fetch-Mode: no-cors\r\n"),
    ] {
        let answer = raw(&fixture, path, headers, "{}").await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{path} {headers}: {answer}");
        assert!(!answer.contains("access-control"), "{answer}");
    }
}

#[tokio::test]
async fn events_that_are_too_large_are_refused() {
    let Some(fixture) = fixture().await else { return };
    let event = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let large = fixture.call(event(6_291_456), InvocationMode::RequestResponse).await.unwrap();
    assert!(matches!(large, FunctionAnswer::Payload { function_error: None, .. }));
    for (bytes, mode) in [(6_291_457, InvocationMode::RequestResponse), (1_048_577, InvocationMode::Event)] {
        assert_eq!(fixture.call(event(bytes), mode).await.unwrap_err(), FunctionError::TooLarge(bytes));
    }
    // The host says so itself to whoever does not know.
    let invoke = "POST /{secret}/2015-03-31/functions/hello/invocations";
    let answer = raw(&fixture, invoke, "", &event(6_291_457)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("x-amzn-errortype: RequestTooLargeException"), "{answer}");
}

#[tokio::test]
async fn what_cannot_be_called_is_told_apart() {
    let Some(fixture) = fixture().await else { return };
    let call = |function: &str, credentials: Option<&str>| FunctionCall {
        function: function.into(),
        payload: json!({}).to_string().into(),
        mode: InvocationMode::RequestResponse,
        timeout: PATIENCE,
        credentials: credentials.map(Into::into),
        trace_id: None,
    };
    let at = |endpoint: &str| {
        LambdaFunctions::new(LambdaSettings::default().at(endpoint.parse().unwrap())).unwrap()
    };
    let lambda = at(&fixture.host.endpoint());
    let missing = lambda.invoke(call("other", None)).await.unwrap_err();
    assert_eq!(missing, FunctionError::NotFound("other".to_owned()));
    let role = "arn:aws:iam::123456789012:role/caller";
    // Whoever stands in for Lambda alone knows no roles: AWS is not asked for one.
    assert!(matches!(lambda.invoke(call("hello", Some(role))).await, Ok(FunctionAnswer::Payload { .. })));
    let base = fixture.host.endpoint();
    let stranger = at(base.rsplit_once('/').unwrap().0);
    let denied = stranger.invoke(call("hello", None)).await.unwrap_err();
    assert!(matches!(&denied, FunctionError::Denied(why) if why.contains("the whole URL")), "{denied}");
    soon(fixture.host.stop()).await;
    let unavailable = lambda.invoke(call("hello", None)).await.unwrap_err();
    assert!(matches!(&unavailable, FunctionError::Unavailable(_)), "{unavailable}");
    let nobody = LambdaFunctions::new(LambdaSettings::default()).unwrap();
    let denied = nobody.invoke(call(ARN, None)).await.unwrap_err();
    assert!(matches!(&denied, FunctionError::Denied(why) if why.contains("AWS_ACCESS_KEY_ID")), "{denied}");
}

#[tokio::test]
async fn the_aws_command_invokes() {
    let Some(fixture) = fixture().await else { return };
    let program = std::env::var_os("GATELET_TEST_AWS").unwrap_or_else(|| "aws".into());
    let [event, answer] = ["event.json", "answer.json"].map(|name| fixture.path(name));
    std::fs::write(&event, "{\"a\":1}").unwrap();
    let invoke = Command::new(&program)
        .args(["lambda", "invoke", "--function-name", "hello", "--endpoint-url"])
        .arg(fixture.host.endpoint())
        .arg(format!("--payload=fileb://{}", event.display()))
        .arg(&answer)
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .output();
    // What is there may be the script of a version manager that has no such program.
    let Some(output) = soon(invoke).await.ok().filter(|output| output.status.code() != Some(127)) else {
        eprintln!("skipped: `{}` does not work here", program.to_string_lossy());
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let payload = std::fs::read_to_string(answer).unwrap();
    assert_eq!(payload, "{\"a\": 1}");
}
