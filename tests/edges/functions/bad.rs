//! Functions that do what they should not: AWS's answer to the caller, the reason on the console, and the next
//! request is served.

use std::time::Duration;

use gatelet_core::ports::InvocationMode;
use serde_json::{Value, json};

use crate::fixture::{Fixture, kill, limits, node, python};
use crate::soon;
use gatelet_local::functions::Runtime;

/// Files, handler, error type, part of the message, part of what is shown.
type Bad<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str, &'a str);

#[tokio::test]
async fn python_that_cannot_be_loaded_says_why() {
    let cases: [Bad<'_>; 7] = [
        (&[], "app.handler", "Runtime.ImportModuleError", "Unable to import module 'app': No module", "app"),
        (
            &[("app.py", "x = 1\nimport no_such_module\n")],
            "app.handler",
            "Runtime.ImportModuleError",
            "No module named 'no_such_module'",
            "app.py\", line 2",
        ),
        (
            &[("app.py", "def handler(:\n    pass\n")],
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app'",
            "Line 1",
        ),
        (
            &[("app.py", "x = 1\n")],
            "app.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
            "missing",
        ),
        (
            &[("app.py", "")],
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler'",
            "file.function",
        ),
        (
            &[("app.py", "1 / 0\n")],
            "app.handler",
            "ZeroDivisionError",
            "division by zero",
            "app.py\", line 1",
        ),
        (
            &[("app.py", "import sys; sys.exit(3)\n")],
            "app.handler",
            "Runtime.ExitError",
            "exit status 3",
            "exit status 3",
        ),
    ];
    for (files, handler, kind, message, shown) in cases {
        let Some(fixture) = Fixture::python(files, handler).await else { return };
        check_unloadable(&fixture, kind, message, shown).await;
    }
}

#[tokio::test]
async fn javascript_that_cannot_be_loaded_says_why() {
    let cases: [Bad<'_>; 7] = [
        (&[], "index.handler", "Runtime.ImportModuleError", "Cannot find module 'index'", "index"),
        (
            &[("index.mjs", "import 'no-such-module';")],
            "index.handler",
            "Runtime.ImportModuleError",
            "no-such-module",
            "index.mjs",
        ),
        (
            &[("index.js", "exports.handler = async () => {\n  return [1;\n};\n")],
            "index.handler",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError",
            "index.js:2",
        ),
        (
            &[("index.mjs", "export const other = 1;")],
            "index.handler",
            "Runtime.HandlerNotFound",
            "index.handler is undefined or not exported",
            "not exported",
        ),
        (
            &[("index.mjs", "")],
            "index",
            "Runtime.MalformedHandlerName",
            "Bad handler 'index'",
            "file.function",
        ),
        (
            &[("index.mjs", "throw new RangeError('too far');")],
            "index.handler",
            "RangeError",
            "too far",
            "index.mjs:1",
        ),
        (
            &[("index.mjs", "process.exit(3);")],
            "index.handler",
            "Runtime.ExitError",
            "exit status 3",
            "exit status 3",
        ),
    ];
    for (files, handler, kind, message, shown) in cases {
        let Some(fixture) = Fixture::node(files, handler).await else { return };
        check_unloadable(&fixture, kind, message, shown).await;
    }
}

/// Twice, because a function that cannot be loaded is tried again for each request.
async fn check_unloadable(fixture: &Fixture, kind: &str, message: &str, shown: &str) {
    for _ in 0..2 {
        let (found, said) = fixture.invoke(json!({})).await.failed();
        assert_eq!(found, kind, "{said}");
        assert!(said.contains(message), "{said}");
    }
    fixture.said.with(shown).await;
}

const PYTHON: &str = r#"
import os, sys, time
class Custom(Exception): pass
def deep(): raise Custom("on purpose")
def handler(event, context):
    what = event["do"]
    if what == "throw": deep()
    if what == "exit": sys.exit(1)
    if what == "vanish": os._exit(0)
    if what == "abort": os.abort()
    if what == "object": return object()
    if what == "nan": return float("nan")
    if what == "large": return "x" * 7_000_000
    if what == "junk": print("junk \x1b[2J", "{}", "\x00", file=sys.stderr); os.write(1, b"\xff\xfe no newline")
    if what == "sleep": print("sleeping in", os.getpid(), flush=True); time.sleep(60)
    return {"did": what, "process": os.getpid()}
"#;

const NODE: &str = r#"
class Custom extends Error { constructor(m) { super(m); this.name = "Custom"; } }
function deep() { throw new Custom("on purpose"); }
export const handler = async ({ do: what }) => {
    if (what === "throw") deep();
    if (what === "exit") process.exit(1);
    if (what === "vanish") process.exit(0);
    if (what === "abort") process.abort();
    if (what === "object") { const x = {}; x.x = x; return x; }
    if (what === "text") throw "a text";
    if (what === "elsewhere") { setTimeout(() => { throw new Custom("elsewhere"); }); await new Promise(() => { setTimeout(() => {}, 60000); }); }
    if (what === "unheard") { Promise.reject(new Custom("unheard")); await new Promise(() => { setTimeout(() => {}, 60000); }); }
    if (what === "large") return "x".repeat(7_000_000);
    if (what === "junk") { console.error("junk \x1b[2J", "{}", "\x00"); process.stdout.write("no newline"); }
    if (what === "sleep") { console.log("sleeping in " + process.pid); for (;;) {} }
    return { did: what, process: process.pid };
};
"#;

/// What is done, the error's type, and a part of its message.
const BOTH: [(&str, &str, &str); 4] = [
    ("exit", "Runtime.ExitError", "Error: Runtime exited with error: exit status 1"),
    ("vanish", "Runtime.ExitError", "Error: Runtime exited without providing a reason"),
    ("abort", "Runtime.ExitError", "Error: Runtime exited with error: signal: aborted"),
    ("large", "Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size (6291556 bytes)"),
];

async fn check(fixture: &Fixture, cases: &[(&str, &str, &str)]) {
    for (what, kind, message) in cases.iter().chain(&BOTH) {
        let (found, said) = fixture.invoke(json!({ "do": what })).await.failed();
        assert_eq!(found, *kind, "{what}: {said}");
        assert!(said.contains(message), "{what}: {said}");
        assert_eq!(fixture.invoke(json!({ "do": "well" })).await.ok()["did"], "well", "after {what}");
    }
    assert_eq!(fixture.invoke(json!({ "do": "junk" })).await.ok()["did"], "junk");
    assert_eq!(fixture.said.with("junk").await, "junk \\u{1b}[2J {} \\u{0}");
    // What the function did wrong was shown, with its trace.
    fixture.said.with("on purpose").await;
    fixture.said.with("deep").await;
}

#[tokio::test]
async fn python_that_fails_is_answered_as_lambda_does() {
    let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await else { return };
    let cases = [
        ("throw", "Custom", "on purpose"),
        ("object", "Runtime.MarshalError", "Unable to marshal response: Object of type object"),
        ("nan", "Runtime.MarshalError", "Unable to marshal response"),
    ];
    check(&fixture, &cases).await;
}

#[tokio::test]
async fn javascript_that_fails_is_answered_as_lambda_does() {
    let Some(fixture) = Fixture::node(&[("index.mjs", NODE)], "index.handler").await else { return };
    let cases = [
        ("throw", "Custom", "on purpose"),
        ("text", "string", "a text"),
        ("elsewhere", "Custom", "elsewhere"),
        ("unheard", "Runtime.UnhandledPromiseRejection", "unheard"),
        ("object", "Runtime.MarshalError", "Unable to stringify response body"),
    ];
    check(&fixture, &cases).await;
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_ended_and_replaced() {
    let python = python().map(|program| (Runtime::Python { program: program.into() }, "app.py", PYTHON));
    let node = node().map(|program| (Runtime::Node { program: program.into() }, "app.mjs", NODE));
    for (runtime, file, text) in [python, node].into_iter().flatten() {
        let fixture = Fixture::start(&[(file, text)], runtime, "app.handler", limits(), |settings| {
            settings.timeout = Duration::from_millis(700);
        })
        .await;
        let answer = fixture.invoke(json!({ "do": "sleep" })).await;
        let (kind, message) = answer.failed();
        assert_eq!(kind, "");
        assert!(message.ends_with(" Task timed out after 0.70 seconds"), "{message}");
        let line = fixture.said.with("sleeping in").await;
        let process: Value = line.rsplit(' ').next().unwrap().parse().unwrap();
        crate::fixture::gone(&process).await;
        assert_eq!(fixture.invoke(json!({ "do": "well" })).await.ok()["did"], "well");
    }
}

#[tokio::test]
async fn a_function_that_is_killed_in_the_middle_of_a_request_is_replaced() {
    let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await else { return };
    let sleeping = tokio::spawn(fixture.calling(json!({ "do": "sleep" })));
    let line = fixture.said.with("sleeping in").await;
    let process: Value = line.rsplit(' ').next().unwrap().parse().unwrap();
    kill(&process);
    let (kind, message) = soon(sleeping).await.unwrap().failed();
    assert_eq!(kind, "Runtime.ExitError");
    assert!(message.ends_with("Error: Runtime exited with error: signal: killed"), "{message}");
    assert_eq!(fixture.invoke(json!({ "do": "well" })).await.ok()["did"], "well");
}

#[tokio::test]
async fn a_function_that_is_killed_without_work_is_not_missed() {
    let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await else { return };
    let before = fixture.invoke(json!({ "do": "well" })).await.ok();
    kill(&before["process"]);
    crate::fixture::gone(&before["process"]).await;
    let after = fixture.invoke(json!({ "do": "well" })).await.ok();
    assert_ne!(before["process"], after["process"]);
}

#[tokio::test]
async fn what_a_stream_asks_of_a_failing_function_is_a_failure_too() {
    let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await else { return };
    let event = json!({ "do": "throw" }).to_string();
    let answer = soon(fixture.call(event, InvocationMode::ResponseStream)).await.unwrap();
    let gatelet_core::ports::FunctionAnswer::Payload { payload, function_error } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(function_error.as_deref(), Some("Unhandled"));
    let error: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(error["errorType"], "Custom");
}
