//! Executables that speak the Runtime API themselves, well or badly.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use gatelet_core::ports::InvocationMode;
use gatelet_local::functions::{HostLimits, Runtime};
use serde_json::json;

use crate::fixture::{Fixture, limits, python};
use crate::soon;

/// A bootstrap whose behaviour is in the event.
const BOOTSTRAP: &str = r#"
import http.client, json, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None, headers={}):
    api.request(method, path, body, headers)
    response = api.getresponse()
    return response.status, response.headers, response.read()
# As runtimes do that want to be told of their end.
status, headers, _ = call("POST", "/2020-01-01/extension/register", "{}", {"Lambda-Extension-Name": "x"})
assert status == 200 and headers["Lambda-Extension-Identifier"]
next = "/2018-06-01/runtime/invocation/next"
while True:
    status, headers, body = call("GET", next)
    own = "/2018-06-01/runtime/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    what = json.loads(body)
    if what == "junk": call("POST", own + "/response", b"\x00junk")
    elif what == "nothing": call("POST", own + "/response", b"")
    elif what == "other": status, _, _ = call("POST", next.replace("next", "1234") + "/response", b"1"); call("POST", own + "/response", str(status))
    elif what == "again": status, _, _ = call("GET", next); call("POST", own + "/response", str(status))
    elif what == "unknown": status, _, _ = call("PUT", own); call("POST", own + "/response", str(status))
    elif what == "error": call("POST", own + "/error", b"no json", {"Lambda-Runtime-Function-Error-Type": "Own.Error"})
    elif what == "large": status, _, _ = call("POST", own + "/response", b"x" * 7_000_000); print("told", status, flush=True)
    elif what == "once": call("POST", own + "/response", b"1"); sys.exit(0)
    else: call("POST", own + "/response", json.dumps(headers["Lambda-Runtime-Trace-Id"]))
"#;

async fn fixture(text: &str, limits: HostLimits) -> Option<Fixture> {
    // The interpreter itself: a script of a version manager may be none that a script can name.
    let asked =
        std::process::Command::new(python()?).args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(asked.unwrap().stdout).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let bootstrap = directory.path().join("bootstrap");
    std::fs::write(&bootstrap, format!("#!{}\n{text}", python.trim())).unwrap();
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
    let runtime = Runtime::of("provided.al2023", directory.path()).unwrap();
    assert_eq!(runtime, Runtime::Provided { bootstrap });
    let mut fixture = Fixture::start(&[], runtime, "x", limits, |settings| {
        settings.directory = directory.path().to_owned();
    })
    .await;
    fixture.directory = directory;
    Some(fixture)
}

#[tokio::test]
async fn whatever_a_bootstrap_answers_is_passed_on() {
    let Some(fixture) = fixture(BOOTSTRAP, limits()).await else { return };
    for (what, answer) in [
        ("junk", b"\0junk".as_slice()),
        ("nothing", b""),
        // Not the moment for another event, nor for an answer to one that it does not have.
        ("other", b"403"),
        ("again", b"403"),
        ("unknown", b"404"),
        ("well", b"null"),
        // It ends after its answer; the next one finds another.
        ("once", b"1"),
        ("once", b"1"),
    ] {
        let answered = fixture.invoke(json!(what)).await;
        assert_eq!((answered.payload.as_ref(), answered.function_error), (answer, None), "{what}");
    }
    let (kind, message) = fixture.invoke(json!("error")).await.failed();
    assert_eq!((kind.as_str(), message.as_str()), ("Own.Error", "no json"));
    let (kind, _) = fixture.invoke(json!("large")).await.failed();
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
    fixture.said.with("told 413").await;
}

#[tokio::test]
async fn a_bootstrap_that_never_asks_for_an_event_is_given_up() {
    let limits = HostLimits { init: Duration::from_millis(300), ..limits() };
    let Some(fixture) = fixture("import time\ntime.sleep(60)\n", limits).await else { return };
    let (kind, _) = fixture.invoke(json!({})).await.failed();
    assert_eq!(kind, "Runtime.InitTimeout");
}

#[tokio::test]
async fn a_bootstrap_that_cannot_be_started_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::Provided { bootstrap: directory.path().join("bootstrap") };
    let fixture = Fixture::start(&[], runtime, "x", limits(), |settings| {
        settings.directory = directory.path().to_owned();
    })
    .await;
    let (kind, message) = fixture.invoke(json!({})).await.failed();
    assert_eq!(kind, "Runtime.InvalidEntrypoint");
    assert!(message.contains("is not there: build it first"), "{message}");
    // Not executable.
    std::fs::write(directory.path().join("bootstrap"), "#!/bin/sh\n").unwrap();
    let (kind, message) = fixture.invoke(json!({})).await.failed();
    assert_eq!(kind, "Runtime.InvalidEntrypoint");
    assert!(message.contains("cannot be started"), "{message}");
    std::fs::remove_file(directory.path().join("bootstrap")).unwrap();
    drop(directory);
    let (_, message) = fixture.invoke(json!({})).await.failed();
    assert!(message.contains("the code's directory"), "{message}");
    let mode = InvocationMode::Event;
    soon(fixture.call("{}", mode)).await.unwrap();
    fixture.said.with("is given up").await;
}

#[tokio::test]
async fn an_interpreter_that_is_not_there_is_told() {
    let runtime = Runtime::Python { program: "no-such-python".into() };
    let fixture = Fixture::start(&[], runtime, "app.handler", limits(), |_| {}).await;
    let (kind, message) = fixture.invoke(json!({})).await.failed();
    assert_eq!(kind, "Runtime.InvalidEntrypoint");
    assert!(message.contains("`no-such-python` is not on the PATH"), "{message}");
}
