//! The `gatelet` command itself, started as a user starts it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use gatelet_tests::backend::{Backend, PATIENCE, answers};
pub(crate) use gatelet_tests::command::{command, workspace};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::client::{Client, get, request};
use crate::soon;

/// A running `gatelet dev`.
pub(crate) struct Dev {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
    pub(crate) control: SocketAddr,
    /// What it said until it was ready.
    pub(crate) shown: Vec<String>,
}

impl Dev {
    /// Starts it on free ports, and waits until it is ready.
    pub(crate) async fn start(directory: &Path, arguments: &[&str]) -> Self {
        Self::start_in(command(directory), arguments).await
    }

    /// Starts it in an environment of its own.
    pub(crate) async fn start_in(command: Command, arguments: &[&str]) -> Self {
        let mut command = tokio::process::Command::from(command);
        command.arg("dev").args(arguments);
        command.args(["--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut dev = Self { child, lines, address: nowhere, control: nowhere, shown: Vec::new() };
        dev.shown = dev.until("ready after").await;
        // Backends may say something before.
        let first = dev.shown.iter().find(|line| line.starts_with("gatelet ")).unwrap();
        let addresses = addresses(first);
        [dev.address, dev.control] = addresses.try_into().unwrap();
        dev
    }

    /// Reads what it says until a line holds a text, and returns all of it.
    pub(crate) async fn until(&mut self, text: &str) -> Vec<String> {
        self.until_within(PATIENCE, text).await
    }

    /// The same for what may take longer from line to line.
    pub(crate) async fn until_within(&mut self, patience: Duration, text: &str) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        loop {
            let line = tokio::time::timeout(patience, self.lines.next_line()).await;
            let line =
                line.unwrap_or_else(|_| panic!("`{text}` is not said in time, but:\n{}", said.join("\n")));
            let line = line.unwrap();
            let line = line.unwrap_or_else(|| panic!("`{text}` is never said, but:\n{}", said.join("\n")));
            let is_it = line.contains(text);
            said.push(line);
            if is_it {
                return said;
            }
        }
    }

    /// Reads what it says until it has ended.
    pub(crate) async fn rest(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(line) = soon(self.lines.next_line()).await.unwrap() {
            said.push(line);
        }
        said
    }

    /// The URLs that were shown, in their order.
    pub(crate) fn urls(&self) -> Vec<String> {
        let words = self.shown.iter().skip(1).flat_map(|line| line.split_whitespace());
        words
            .filter(|word| word.starts_with("http://127.0.0.1:") && word.contains("/_aws/execute-api/"))
            .map(str::to_owned)
            .collect()
    }

    /// Sends the signal of Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    /// Kills it as nothing else does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it ends, and returns its exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        soon(self.child.wait()).await.unwrap().code()
    }
}

/// The addresses in a line.
fn addresses(line: &str) -> Vec<SocketAddr> {
    let after = line.split("http://").skip(1);
    after.map(|text| text.split([' ', ',']).next().unwrap().parse().unwrap()).collect()
}

/// The path of a URL.
pub(crate) fn path(url: &str) -> &str {
    let after = url.strip_prefix("http://").unwrap();
    &after[after.find('/').unwrap()..]
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(directory).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A REST API with one mock by path.
fn mocks(paths: &[&str]) -> String {
    let mut text = "openapi: 3.0.1\ninfo: { title: Mocks, version: '1' }\npaths:\n".to_owned();
    for path in paths {
        text += &format!(
            "  {path}:\n    get:\n      responses: {{}}\n      x-amazon-apigateway-integration:\n        \
             type: mock\n        requestTemplates: {{ application/json: '{{\"statusCode\": 200}}' }}\n        \
             responses: {{ default: {{ statusCode: '200' }} }}\n"
        );
    }
    text
}

#[test]
fn check_shows_every_problem_at_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("good.yaml", &mocks(&["/a"]));
    write("bad.yaml", &mocks(&["/a", "/b"]).replace("type: mock", "type: mokc"));

    let good = run(directory.path(), &["check", "good.yaml"]);
    assert_eq!(good.status.code(), Some(0));
    assert_eq!(text(&good.stdout), "good.yaml: REST API `Mocks`, 1 route, no problems\n");

    let bad = run(directory.path(), &["check", "bad.yaml"]);
    assert_eq!(bad.status.code(), Some(1));
    let shown = text(&bad.stdout);
    assert!(shown.contains(" --> bad.yaml:8:15\n"), "{shown}");
    assert!(shown.contains("\n8 |         type: mokc\n  |               ^^^^\n"), "{shown}");
    assert!(shown.ends_with("bad.yaml: 2 errors; it cannot be served\n"), "{shown}");

    let json = run(directory.path(), &["check", "bad.yaml", "good.yaml", "--format", "json"]);
    assert_eq!(json.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["definitions"][0]["problems"][1]["about"], "GET /b");
    assert_eq!(json["definitions"][0]["problems"][0]["line"], 8);
    assert_eq!(json["definitions"][1]["apis"][0]["routes"][0]["path"], "/a");
}

#[test]
fn each_mistake_has_its_own_message_and_code() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    std::fs::create_dir(directory.path().join("empty")).unwrap();
    write("notes.txt", "");
    write("good.yaml", &mocks(&["/a"]));
    write("broken.yaml", "openapi: [\n");
    write(
        "template.yaml",
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  A:\n    Type: AWS::Serverless::Api\n    Properties: { StageName: !Ref Nothing }\n",
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (arguments, code, message) in [
        (vec!["dev", "nowhere.yaml"], 2, "there is no file or directory `nowhere.yaml`"),
        (vec!["dev", "notes.txt"], 2, "`notes.txt` does not end in .yaml, .yml or .json"),
        (vec!["dev", "empty"], 2, "the directory `empty` holds no template.*, openapi.* or swagger.*"),
        (vec!["dev", "good.yaml", "--listen", &taken], 2, "another program listens there"),
        (
            vec!["dev", "good.yaml", "--state", "good.yaml/state"],
            2,
            "the state directory `good.yaml/state` cannot be used",
        ),
        (vec!["dev", "good.yaml", "--rest", "--http"], 2, "cannot be used with"),
        (vec!["dev", "good.yaml", "--stage", "a b"], 2, "invalid value 'a b' for '--stage <NAME>'"),
        (vec!["dev", "broken.yaml"], 1, "`broken.yaml` cannot be"),
        (vec!["dev", "template.yaml"], 1, "`template.yaml` cannot be"),
        (vec!["dev", "template.yaml", "--parameter", "=x"], 2, "write its name and its value"),
        (vec!["dev", "good.yaml", "--function", "pets"], 2, "write the function's name and the directory"),
        (vec!["dev", "good.yaml", "--function", "pets=nowhere"], 2, "there is no directory `nowhere`"),
        (vec!["dev", "good.yaml", "--lambda-endpoint", "here"], 2, "write a URL such as"),
        (vec!["check", "nowhere.yaml"], 2, "there is no file or directory `nowhere.yaml`"),
    ] {
        let free = ["--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--state", "memory"];
        let mut all = arguments.clone();
        for pair in free.chunks(2).filter(|pair| arguments[0] == "dev" && !arguments.contains(&pair[0])) {
            all.extend(pair);
        }
        let output = run(directory.path(), &all);
        let said = text(&output.stderr);
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("error")).count(), 1, "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn an_edit_is_reloaded_and_a_broken_one_keeps_the_version_before() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("api.yaml");
    std::fs::write(&file, mocks(&["/a", "/b"])).unwrap();
    let mut dev = Dev::start(directory.path(), &["api.yaml", "--state", "memory"]).await;
    let address = dev.address;
    assert_eq!(get(address, "/dev/a").await.status, 200);

    std::fs::write(&file, mocks(&["/b", "/c"])).unwrap();
    let said = dev.until("- GET /a").await.join("\n");
    assert!(said.contains("reloaded api.yaml: 1 route added, 1 route removed"), "{said}");
    assert!(said.contains("+ GET /c"), "{said}");
    assert_eq!((get(address, "/dev/a").await.status, get(address, "/dev/c").await.status), (403, 200));

    std::fs::write(&file, mocks(&["/d"]).replace("type: mock", "type: mokc")).unwrap();
    let said = dev.until("the version before goes on being served").await.join("\n");
    assert!(said.contains("--> api.yaml:8:15"), "{said}");
    assert_eq!((get(address, "/dev/c").await.status, get(address, "/dev/d").await.status), (200, 403));

    std::fs::remove_file(&file).unwrap();
    let said = dev.until("the version before goes on being served").await.join("\n");
    assert!(said.contains("there is no such file"), "{said}");
    assert_eq!(get(address, "/dev/c").await.status, 200);

    std::fs::write(&file, mocks(&["/b", "/c"]).replace("'200' }", "'201' }")).unwrap();
    let said = dev.until("~ GET /c").await.join("\n");
    assert!(said.contains("reloaded api.yaml: 2 routes changed"), "{said}");
}

#[tokio::test]
async fn state_survives_and_is_served_without_files() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("openapi.yaml"), mocks(&["/a"])).unwrap();
    let mut first = Dev::start(directory.path(), &["."]).await;
    let urls = first.urls();
    first.interrupt();
    assert_eq!(first.ended().await, Some(0));
    assert!(directory.path().join(".gatelet").is_dir());

    let second = Dev::start(directory.path(), &[]).await;
    assert_eq!(second.urls().len(), 1);
    assert_eq!(path(&second.urls()[0]), path(&urls[0]), "URLs survive restarts");
    assert_eq!(get(second.address, &format!("{}a", path(&urls[0]))).await.status, 200);
    assert_eq!(get(second.address, "/dev/a").await.status, 200, "the only API there is stands at the root");

    let taken = run(directory.path(), &["dev", "--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
    assert!(
        text(&taken.stderr).contains("another gatelet is using the state directory"),
        "{}",
        text(&taken.stderr)
    );
}

#[tokio::test]
async fn an_empty_gateway_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let dev = Dev::start(directory.path(), &["--state", "memory"]).await;
    assert!(dev.shown.last().unwrap().contains("nothing is deployed yet"), "{:?}", dev.shown);
    assert_eq!(get(dev.address, "/").await.status, 403);
    let health = get(dev.control, "/_gatelet/health").await;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(get(dev.control, "/_gatelet/apis").await.body, r#"{"apis":[]}"#);
    for (method, path, host, status) in [
        ("GET", "/_gatelet/apis", "evil.test", 403),
        ("GET", "/_gatelet/apis", "abc.execute-api.localhost", 403),
        ("POST", "/_gatelet/apis", "localhost", 405),
        ("GET", "/", "localhost", 404),
    ] {
        let answer = request(dev.control, method, path, host, "").await;
        assert_eq!(answer.status, status, "{method} {path} {host}: {}", answer.body);
    }
    let answer = get(dev.address, "/_gatelet/health").await;
    assert_eq!(answer.status, 403, "the data plane's port has no door to the control plane");
}

#[tokio::test]
async fn every_request_is_a_line_and_no_line_can_be_forged() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("api.yaml"), mocks(&["/a"])).unwrap();
    let mut dev = Dev::start(directory.path(), &["api.yaml", "--state", "memory"]).await;
    let answer = get(dev.address, "/dev/a").await;
    let id = answer.header("x-amzn-requestid").unwrap().to_owned();
    let line = dev.until(&id).await.pop().unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[..5], ["GET", "/dev/a", "GET", "/a", "200"], "{line}");

    let answer = get(dev.address, "/dev/\u{1b}[31m").await;
    assert_eq!(answer.status, 400);
    let answer = get(dev.address, "/dev/\u{202e}%0A%1b[2J").await;
    let id = answer.header("x-amzn-requestid").unwrap().to_owned();
    let said = dev.until(&id).await.join("\n");
    assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
}

#[tokio::test]
async fn the_json_log_has_one_object_for_each_request() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("api.yaml"), mocks(&["/a"])).unwrap();
    let mut command = tokio::process::Command::from(command(directory.path()));
    command.args(["dev", "api.yaml", "--state", "memory", "--log", "json"]);
    command.args(["--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut requests = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut messages = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = soon(messages.next_line()).await.unwrap().unwrap();
    while !soon(messages.next_line()).await.unwrap().unwrap().contains("ready after") {}

    let answer = get(addresses(&first)[0], "/dev/a").await;
    let line: Value = serde_json::from_str(&soon(requests.next_line()).await.unwrap().unwrap()).unwrap();
    assert_eq!(line["requestId"], answer.header("x-amzn-requestid").unwrap());
    assert_eq!(
        (&line["httpMethod"], &line["status"], &line["stage"]),
        (&"GET".into(), &200.into(), &"dev".into())
    );
    assert_eq!((&line["identity"]["sourceIp"], &line["end"]), (&"127.0.0.1".into(), &"complete".into()));
    get(addresses(&first)[0], "/dev/\"x").await;
    let line: Value = serde_json::from_str(&soon(requests.next_line()).await.unwrap().unwrap()).unwrap();
    assert_eq!(line["error"]["responseType"], "MISSING_AUTHENTICATION_TOKEN");
}

#[tokio::test]
async fn a_signal_lets_what_is_under_way_finish_and_a_second_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::start(answers::silence).await;
    let definition = mocks(&["/a"]).replace(
        "type: mock",
        &format!("type: http_proxy\n        httpMethod: GET\n        uri: {}", backend.url("/")),
    );
    std::fs::write(directory.path().join("api.yaml"), definition).unwrap();
    let mut dev = Dev::start(directory.path(), &["api.yaml", "--state", "memory"]).await;
    let mut client = Client::connect(dev.address).await;
    client.send("GET /dev/a HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    backend.until_open_connections(1).await;
    dev.interrupt();
    let said = dev.until("stopping: waiting for").await.join("\n");
    assert!(said.contains("1 request under way (GET /dev/a)"), "{said}");
    dev.interrupt();
    assert_eq!(dev.ended().await, Some(0));
    assert_eq!(client.until_closed().await, "");
    let said = dev.rest().await.join("\n");
    assert!(said.contains("stopped at once"), "{said}");
    assert!(said.contains("the client left after 0 bytes"), "the request has its line too: {said}");
}

#[tokio::test]
async fn a_reload_never_shows_a_client_anything_but_a_whole_version() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("api.yaml");
    std::fs::write(&file, mocks(&["/a", "/b"])).unwrap();
    let mut dev = Dev::start(directory.path(), &["api.yaml", "--state", "memory"]).await;
    let address = dev.address;
    let asking = tokio::spawn(async move {
        let mut answers = 0;
        loop {
            let status = get(address, "/dev/a").await.status;
            assert_eq!(status, 200);
            answers += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
            if answers == 400 {
                return;
            }
        }
    });
    for paths in [["/a", "/c"], ["/a", "/d"], ["/a", "/e"]] {
        std::fs::write(&file, mocks(&paths)).unwrap();
        dev.until("reloaded api.yaml").await;
    }
    soon(asking).await.unwrap();
}
