//! What a caller hears beside the answer: the end of the log, and the trace that the call is a part of.

use serde_json::{Value, json};

use crate::api::raw;
use crate::fixture::Fixture;

const INVOKE: &str = "POST /{secret}/2015-03-31/functions/hello/invocations";
const STREAM: &str = "POST /{secret}/2021-11-15/functions/hello/response-streaming-invocations";
const TAIL: &str = "X-Amz-Log-Type: Tail\r\n";

const PYTHON: &str = r#"
import os, sys
print("loaded")
def handler(event, context):
    print("to stdout", event)
    print("to stderr", file=sys.stderr, flush=True)
    if event == "throw": raise ValueError("on purpose")
    if event == "much": print("x" * 50000); print("the end")
    os.write(1, b"no newline")
    return event
"#;

const NODE: &str = r#"
console.log("loaded");
export const handler = async (event) => {
    console.log("to stdout", event);
    console.error("to stderr");
    if (event === "throw") throw new Error("on purpose");
    if (event === "much") { console.log("x".repeat(50000)); console.log("the end"); }
    process.stdout.write("no newline");
    return event;
};
"#;

/// The text that base64 stands for.
fn decoded(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).unwrap() as u32;
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let number = group.iter().fold(0, |all, byte| all << 6 | digit(*byte)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&number.to_be_bytes()[1..group.len()]);
    }
    String::from_utf8(bytes).unwrap()
}

/// The log in an answer.
fn log(answer: &str) -> Option<String> {
    let line = answer
        .lines()
        .take_while(|line| !line.is_empty())
        .find(|line| line.starts_with("x-amz-log-result: "))?;
    Some(decoded(line.split_once(": ").unwrap().1))
}

async fn check(fixture: &Fixture) {
    let call =
        async |event: &str, headers: &str| raw(fixture, INVOKE, headers, &json!(event).to_string()).await;
    assert_eq!(log(&call("unasked", "").await), None);
    assert_eq!(log(&call("unasked", "X-Amz-Log-Type: None\r\n").await), None);
    for event in ["first", "second"] {
        let answer = call(event, TAIL).await;
        assert!(answer.ends_with(&format!("\r\n\r\n\"{event}\"")), "{answer}");
        let log = log(&answer).unwrap();
        let id = answer.lines().find_map(|line| line.strip_prefix("x-amzn-requestid: ")).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines[0], format!("START RequestId: {id} Version: $LATEST"), "{log}");
        // The two outputs are two pipes: only within each is there an order.
        let out = lines.iter().position(|line| *line == format!("to stdout {event}"));
        let end = lines.iter().position(|line| *line == format!("END RequestId: {id}"));
        assert!(out.is_some() && log.contains("to stderr\n") && log.contains("no newline"), "{log}");
        assert!(out < end && end == Some(lines.len() - 2), "{log}");
        assert!(lines[lines.len() - 1].starts_with(&format!("REPORT RequestId: {id}\tDuration: ")), "{log}");
        assert!(!log.contains("unasked") && !log.contains("loaded"), "this invocation's alone: {log}");
    }
    let answer = call("throw", TAIL).await;
    assert!(answer.contains("x-amz-function-error: Unhandled\r\n"), "{answer}");
    let thrown = log(&answer).unwrap();
    assert!(thrown.contains("to stdout throw") && thrown.contains("Error: on purpose"), "{thrown}");
    let much = log(&call("much", TAIL).await).unwrap();
    assert_eq!(much.len(), 4096);
    assert!(much.starts_with("xxx") && much.contains("\nthe end\n"), "{much}");
    // A stream has its log in its last event.
    let stream = raw(fixture, STREAM, TAIL, "\"third\"").await;
    let (_, result) = stream.split_once("\"LogResult\":\"").unwrap();
    let log = decoded(result.split('"').next().unwrap());
    assert!(log.contains("to stdout third"), "{log}");
}

#[tokio::test]
async fn the_end_of_the_log_is_told_to_whoever_asks() {
    if let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await {
        check(&fixture).await;
    }
    if let Some(fixture) = Fixture::node(&[("index.mjs", NODE)], "index.handler").await {
        check(&fixture).await;
    }
}

#[tokio::test]
async fn the_log_of_a_function_that_ends_is_told_too() {
    let text = "import os\ndef handler(event, context):\n    print('last words')\n    os._exit(3)\n";
    let Some(fixture) = Fixture::python(&[("app.py", text)], "app.handler").await else { return };
    let log = log(&raw(&fixture, INVOKE, TAIL, "{}").await).unwrap();
    assert!(log.contains("\nlast words\n") && log.contains("exit status 3"), "{log}");
}

#[tokio::test]
async fn a_trace_goes_on_in_the_function() {
    let python = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']\n";
    let node = "exports.handler = async () => process.env._X_AMZN_TRACE_ID;";
    let fixtures = [
        Fixture::python(&[("app.py", python)], "app.handler").await,
        Fixture::node(&[("app.js", node)], "app.handler").await,
    ];
    for fixture in fixtures.into_iter().flatten() {
        for trace in
            ["Root=1-5e9f0c65-1de4d666d4dd26aced652b6c", "Root=1-5e9f0c65-000000000000000000000001;Sampled=1"]
        {
            let answer = raw(&fixture, INVOKE, &format!("X-Amzn-Trace-Id: {trace}\r\n"), "{}").await;
            assert!(answer.ends_with(&format!("\r\n\r\n\"{trace}\"")), "{answer}");
            let by_adapter = fixture.traced(json!({}), trace).await.ok();
            assert_eq!(by_adapter, Value::from(trace));
        }
        // The next one is no part of it.
        assert_eq!(fixture.invoke(json!({})).await.ok(), "");
    }
}
