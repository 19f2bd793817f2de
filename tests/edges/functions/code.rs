//! Edits, builds, and another list of functions.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gatelet_local::functions::Runtime;
use serde_json::{Value, json};

use crate::fixture::{ARN, Fixture, gone, limits, settings, write};
use crate::soon;

/// How long cargo may take: it waits for others where they share a directory of builds.
const BUILD_PATIENCE: Duration = Duration::from_secs(600);

/// Invokes until the function answers as it should after an edit.
async fn until(fixture: &Fixture, expected: &Value) {
    let began = Instant::now();
    while fixture.invoke(json!({})).await.ok() != *expected {
        assert!(began.elapsed() < Duration::from_secs(15), "the edit is not noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn edits_are_served() {
    let python =
        |text: &str| format!("import value\ndef handler(event, context): return [{text}, value.VALUE]\n");
    let files = [("app.py", python("'one'")), ("value.py", "VALUE = 1\n".to_owned())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    if let Some(fixture) = Fixture::python(&files, "app.handler").await {
        until(&fixture, &json!(["one", 1])).await;
        write(fixture.directory.path(), &[("app.py", &python("'two'"))]);
        until(&fixture, &json!(["two", 1])).await;
        // Also where something that the handler needs was broken for a moment.
        write(fixture.directory.path(), &[("value.py", "VALUE = (\n")]);
        soon(async { while fixture.invoke(json!({})).await.function_error.is_none() {} }).await;
        fixture.said.with("UserCodeSyntaxError").await;
        write(fixture.directory.path(), &[("value.py", "VALUE = 22\n")]);
        fixture.said.with("its code changed").await;
        soon(async {
            loop {
                let answer = fixture.invoke(json!({})).await;
                if answer.function_error.is_none() && answer.ok() == json!(["two", 22]) {
                    return;
                }
            }
        })
        .await;
    }
    let node = |text: &str| format!("exports.handler = async () => '{text}';");
    if let Some(fixture) = Fixture::node(&[("index.js", &node("one"))], "index.handler").await {
        until(&fixture, &json!("one")).await;
        write(fixture.directory.path(), &[("index.js", &node("two"))]);
        until(&fixture, &json!("two")).await;
    }
}

#[tokio::test]
async fn a_request_under_way_is_finished_by_the_code_that_began_it() {
    let text = |version: u32| {
        format!(
            "import os, time\ndef handler(event, context):\n    print('waiting', flush=True)\n    while event and not \
             os.path.exists(event): time.sleep(0.002)\n    return [{version}, os.getpid()]\n"
        )
    };
    let Some(fixture) = Fixture::python(&[("app.py", &text(1))], "app.handler").await else { return };
    let release = tempfile::tempdir().unwrap();
    let file = release.path().join("go");
    let busy = tokio::spawn(fixture.calling(json!(file.to_str().unwrap())));
    fixture.said.with("waiting").await;
    write(fixture.directory.path(), &[("app.py", &text(2))]);
    soon(async { while fixture.invoke(json!(null)).await.ok()[0] != 2 {} }).await;
    std::fs::write(&file, "").unwrap();
    let answer = soon(busy).await.unwrap().ok();
    assert_eq!(answer[0], 1);
    // It served its last request.
    gone(&answer[1]).await;
}

#[tokio::test]
async fn another_list_of_functions_replaces_only_what_differs() {
    let text = "import os\ndef handler(event, context): return [os.environ['GREETING'], os.getpid()]\n";
    let Some(fixture) = Fixture::python(&[("app.py", text)], "app.handler").await else { return };
    let program = crate::fixture::python().unwrap().to_owned();
    let same = settings(fixture.directory.path(), Runtime::Python { program }, "app.handler");
    let first = fixture.invoke(json!({})).await.ok();
    fixture.host.update(vec![same.clone()]);
    assert_eq!(fixture.invoke(json!({})).await.ok(), first);
    let mut other = same;
    other.environment.insert("GREETING".into(), "good night".into());
    fixture.host.update(vec![other]);
    gone(&first[1]).await;
    let second = fixture.invoke(json!({})).await.ok();
    assert_eq!(second[0], "good night");
    fixture.host.update(Vec::new());
    let mode = gatelet_core::ports::InvocationMode::RequestResponse;
    let missing = fixture.call("{}", mode).await.unwrap_err();
    assert_eq!(missing, gatelet_core::ports::FunctionError::NotFound(ARN.to_owned()));
}

/// Speaks the Runtime API with nothing but the standard library.
const RUST: &str = r#"
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn call(head: &str, body: &str) -> (String, Vec<u8>) {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(stream, "{head} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() { break } else { continue }
        };
        match name.to_ascii_lowercase().as_str() {
            "lambda-runtime-aws-request-id" => id = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (id, body)
}

fn main() {
    loop {
        let (id, _) = call("GET /2018-06-01/runtime/invocation/next", "");
        call(&format!("POST /2018-06-01/runtime/invocation/{id}/response"), "\"VERSION\"");
    }
}
"#;

#[tokio::test]
async fn a_rust_package_is_built_and_built_again() {
    let manifest =
        "[package]\nname = 'gatelet-functions-test'\nversion = '0.0.0'\nedition = '2021'\n[workspace]\n";
    // Exactly as cargo would write it, which would be an edit too.
    let lock = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n\
                version = 4\n\n[[package]]\nname = \"gatelet-functions-test\"\nversion = \"0.0.0\"\n";
    let files = [("Cargo.toml", manifest), ("Cargo.lock", lock), ("src/main.rs", RUST)];
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::Rust { package: relative(directory.path()), binary: None };
    write(directory.path(), &files);
    let fixture = Fixture::start(&[], runtime, "bootstrap", limits(), |settings| {
        settings.directory = directory.path().to_owned();
    })
    .await;
    fixture.said.within(BUILD_PATIENCE, 1, "│ built").await;
    assert_eq!(fixture.invoke(json!({})).await.ok(), "VERSION");
    // What does not compile is shown, and what there was goes on.
    write(directory.path(), &[("src/main.rs", "fn main() { no_such_thing }")]);
    fixture.said.within(BUILD_PATIENCE, 1, "the earlier program goes on").await;
    fixture.said.with("no_such_thing").await;
    assert_eq!(fixture.invoke(json!({})).await.ok(), "VERSION");
    write(directory.path(), &[("src/main.rs", &RUST.replace("VERSION", "SECOND"))]);
    fixture.said.within(BUILD_PATIENCE, 2, "│ built").await;
    until(&fixture, &json!("SECOND")).await;
    let built = fixture.said.all().iter().filter(|line| line.ends_with("│ built")).count();
    assert_eq!(built, 2, "once for each edit: {:?}", fixture.said.all());
}

/// A path from where the tests run.
fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap();
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    up.join(path.strip_prefix("/").unwrap())
}
