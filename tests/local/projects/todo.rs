//! `examples/todo`, run as its README says: functions in Python, Rust and Node behind one template.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{has_node, has_python};
use crate::client::{Client, get};
use crate::clients::{Foreign, foreign_clients};
use crate::command::{Dev, command, path, workspace};

/// How long the Rust function may take to be built for the first time.
const BUILD_PATIENCE: Duration = Duration::from_secs(120);

/// The function in Rust.
const PACKAGE: &str = "examples/todo/item";

/// Where the function in Rust is built: beside what the tests themselves are built in.
fn target() -> std::path::PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("todo")
}

/// Whether everything is here that the example takes.
fn can_run() -> bool {
    has_python() && has_node() && can_fetch()
}

/// Whether the crates of the function in Rust can be had.
fn can_fetch() -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let fetched = Command::new(cargo)
        .args(["fetch", "--quiet", "--locked"])
        .current_dir(workspace().join(PACKAGE))
        .status()
        .is_ok_and(|status| status.success());
    if !fetched {
        eprintln!("skipped: the crates of {PACKAGE} cannot be fetched");
    }
    fetched
}

async fn start(directory: &tempfile::TempDir) -> Dev {
    let file = directory.path().join("todos.json");
    let mut command = command(workspace());
    command.env("CARGO_TARGET_DIR", target());
    let parameter = format!("TodosFile={}", file.display());
    Dev::start_in(command, &["examples/todo", "--state", "memory", "--parameter", &parameter]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_todo_list_is_served_by_one_command() {
    if !can_run() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut dev = start(&directory).await;
    let shown = dev.shown.join("\n");
    assert!(!shown.contains("warning"), "what newcomers see first has no warnings: {shown}");
    let rows: Vec<String> =
        dev.shown.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in [
        "PUT /todos/{id} - AWS_PROXY todo-ItemFunction",
        "GET /lines - AWS_PROXY todo-ExportFunction",
        "todo-ExportFunction nodejs22.x index.handler examples/todo/export",
        "todo-ItemFunction provided.al2023 bootstrap examples/todo/item",
        "todo-ListFunction python3.13 app.handler examples/todo/list",
    ] {
        assert!(rows.iter().any(|line| line == row), "{row}: {shown}");
    }
    let [todos, export] = <[String; 2]>::try_from(dev.urls()).unwrap();
    dev.until_within(BUILD_PATIENCE, "todo-ItemFunction │ built").await;

    let ask = |client: &Foreign, method: &str, path: &str, body: &str| {
        client.ask(method, &format!("{todos}{path}"), body)
    };
    for client in foreign_clients() {
        let name = client.name;
        let (status, kind, body) = ask(&client, "POST", "todos", r#"{"text": "buy milk"}"#);
        assert_eq!((status, kind.as_str()), (201, "application/json"), "{name}: {body}");
        assert_eq!(value(&body), json!({"id": 1, "text": "buy milk", "done": false}), "{name}");
        assert_eq!(ask(&client, "POST", "todos", r#"{"text": "Käse"}"#).0, 201, "{name}");
        let done = json!({"id": 1, "text": "buy milk", "done": true});
        let (status, _, body) = ask(&client, "PUT", "todos/1", r#"{"done": true}"#);
        assert_eq!((status, value(&body)), (200, done.clone()), "{name}: {body}");

        let (status, _, body) = ask(&client, "GET", "todos", "");
        assert_eq!(status, 200, "{name}: {body}");
        assert_eq!(value(&body), json!([done, {"id": 2, "text": "Käse", "done": false}]), "{name}");
        let (status, kind, body) = client.ask("GET", &format!("{export}lines"), "");
        assert_eq!((status, kind.as_str()), (200, "text/plain; charset=utf-8"), "{name}");
        assert_eq!(body.trim_end(), "[x] 1 buy milk\n[ ] 2 Käse", "{name}");

        let (status, _, body) = ask(&client, "POST", "todos", "junk");
        assert_eq!((status, body.starts_with("send JSON")), (400, true), "{name}: {body}");
        assert_eq!(ask(&client, "DELETE", "todos/1", "").0, 204, "{name}");
        let (status, _, body) = ask(&client, "GET", "todos/1", "");
        assert_eq!((status, body.trim_end()), (404, "there is no such item"), "{name}");
        // The next client begins anew.
        assert_eq!(ask(&client, "DELETE", "todos/2", "").0, 204, "{name}");
    }
    the_export_comes_line_by_line(&dev, &todos, &export).await;
    #[cfg(target_os = "linux")]
    nobody_else_takes_events(&dev, &todos, directory.path()).await;
    dev.interrupt();
    assert_eq!(dev.ended().await, Some(0));
    // The output ends when the last process that writes there has ended, the functions included.
    let said = dev.rest().await.join("\n");
    assert!(said.contains("todo-ListFunction │ added 1"), "{said}");
}

async fn the_export_comes_line_by_line(dev: &Dev, todos: &str, export: &str) {
    for text in ["one", "two", "three"] {
        let mut client = Client::connect(dev.address).await;
        let body = json!({ "text": text }).to_string();
        let head = format!("POST {}todos HTTP/1.1\r\nHost: localhost\r\n", path(todos));
        client.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await;
        assert_eq!(client.answer().await.status, 201);
    }
    let mut client = Client::connect(dev.address).await;
    client.send(format!("GET {}lines HTTP/1.1\r\nHost: localhost\r\n\r\n", path(export))).await;
    client.until("[ ] 1 one\n").await;
    let first = Instant::now();
    client.until("[ ] 3 three\n").await;
    assert!(first.elapsed() > Duration::from_millis(150), "the lines came at once");
    client.until("0\r\n\r\n").await;
}

/// The function in Rust was told an address with a secret in it; without the secret there are no events.
#[cfg(target_os = "linux")]
async fn nobody_else_takes_events(dev: &Dev, todos: &str, directory: &std::path::Path) {
    let todos = path(todos);
    assert_eq!(get(dev.address, &format!("{todos}todos/1")).await.status, 200);
    let api = runtime_api(directory).expect("the function in Rust runs");
    let (address, secret) = api.strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert_eq!(secret.len(), 32, "{api}");
    let address = address.parse().unwrap();
    let next = "2018-06-01/runtime/invocation/next";
    for stranger in [format!("/{next}"), format!("/{}/{next}", "0".repeat(32)), format!("//{next}")] {
        assert_eq!(get(address, &stranger).await.status, 404, "{stranger}");
    }
    assert_eq!(get(dev.address, &format!("{todos}todos/1")).await.status, 200);
}

/// What the process of the function in Rust was told of its Runtime API.
#[cfg(target_os = "linux")]
fn runtime_api(directory: &std::path::Path) -> Option<String> {
    let file = format!("TODOS_FILE={}", directory.join("todos.json").display());
    std::fs::read_dir("/proc").unwrap().flatten().find_map(|process| {
        let told = std::fs::read(process.path().join("environ")).ok()?;
        let told = String::from_utf8_lossy(&told);
        let is_it =
            [file.as_str(), "_HANDLER=bootstrap"].iter().all(|one| told.split('\0').any(|it| it == *one));
        told.split('\0')
            .filter(|_| is_it)
            .find_map(|one| one.strip_prefix("AWS_LAMBDA_RUNTIME_API="))
            .map(str::to_owned)
    })
}

fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}
