//! A running `gatelet dev`, its callers and its commands.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use gatelet_tests::command::command;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout};

use crate::fixture::{Ended, run_in};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// An API whose only method, `GET /things`, asks for a key.
pub(crate) const SHOP: &str = "openapi: 3.0.1
info: { title: Shop, version: '1' }
paths:
  /things:
    get:
      security: [{ key: [] }]
      responses: {}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: { application/json: '{\"statusCode\": 200}' }
        responses: { default: { statusCode: '200' } }
components:
  securitySchemes:
    key: { type: apiKey, name: x-api-key, in: header }
";

/// A gateway in a directory of its own. Both go when this is dropped.
pub(crate) struct Running {
    pub(crate) directory: TempDir,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
    pub(crate) control: SocketAddr,
    /// What it said until it was ready.
    pub(crate) shown: String,
}

impl Running {
    /// Serves `openapi.yaml` with the shop at `dev`.
    pub(crate) async fn shop() -> Self {
        Self::of("openapi.yaml", SHOP).await
    }

    /// Serves a definition.
    pub(crate) async fn of(name: &str, text: &str) -> Self {
        Self::with(name, text, &[]).await
    }

    /// Serves a definition, with these variables.
    pub(crate) async fn with(name: &str, text: &str, variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(name), text).unwrap();
        let mut command = tokio::process::Command::from(command(directory.path()));
        command.args(["dev", name, "--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let shown = String::new();
        let mut running = Self { directory, child, lines, address: nowhere, control: nowhere, shown };
        running.shown = running.until("ready after").await;
        let first = running.shown.lines().find(|line| line.starts_with("gatelet ")).unwrap();
        let addresses = first.split("http://").skip(1);
        let addresses: Vec<SocketAddr> =
            addresses.map(|text| text.split([' ', ',']).next().unwrap().parse().unwrap()).collect();
        [running.address, running.control] = addresses.try_into().unwrap();
        running
    }

    /// Reads what it says until a line holds a text, and returns all of it.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut said = String::new();
        loop {
            let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("`{text}` is not said in time, but:\n{said}"));
            let line = line.unwrap().unwrap_or_else(|| panic!("`{text}` is never said, but:\n{said}"));
            writeln!(said, "{line}").unwrap();
            if line.contains(text) {
                return said;
            }
        }
    }

    /// The id of its only API.
    pub(crate) fn api(&self) -> &str {
        let (_, after) = self.shown.split_once("/_aws/execute-api/").unwrap();
        after.split('/').next().unwrap()
    }

    /// Runs a command that asks it.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        let control = format!("http://{}", self.control);
        run_in(self.directory.path(), arguments, &[("GATELET_CONTROL", &control)]).await
    }

    /// What such a command says.
    pub(crate) async fn said(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended.said
    }

    /// The same as JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let said = self.said(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// What such a command complains about.
    pub(crate) async fn complained(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert_eq!((ended.code, ended.said.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        ended.complained
    }

    /// A new plan that opens a stage, with more of it; its id.
    pub(crate) async fn plan(&self, stage: &str, more: &[&str]) -> String {
        let stage = format!("{}/{stage}", self.api());
        let arguments = [&["plans", "create", "--name", "plan", "--stage", &stage], more].concat();
        id(&self.json(&arguments).await)
    }

    /// A new key of a plan: its id and its value.
    pub(crate) async fn key(&self, plan: &str) -> (String, String) {
        let made = self.json(&["keys", "create", "--plan", plan]).await;
        (id(&made), made["value"].as_str().unwrap().to_owned())
    }

    /// The status of `GET /{stage}/things` with a key, or none.
    pub(crate) async fn call(&self, stage: &str, key: Option<&str>) -> u16 {
        self.get(&format!("{stage}/things"), key).await
    }

    /// The status of a path with a key, or none.
    pub(crate) async fn get(&self, path: &str, key: Option<&str>) -> u16 {
        let header = key.map(|key| format!("X-API-Key: {key}\r\n")).unwrap_or_default();
        let request =
            format!("GET /{path} HTTP/1.1\r\nHost: {}\r\n{header}Connection: close\r\n\r\n", self.address);
        exchange(self.address, &request).await.0
    }

    /// Calls until it is answered so.
    pub(crate) async fn call_until(&self, stage: &str, key: &str, status: u16) {
        until(async || self.call(stage, Some(key)).await == status).await;
    }

    /// Stops it, and gives its directory.
    pub(crate) async fn stop(mut self) -> TempDir {
        let id = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        assert_eq!(ended.expect("it ends").unwrap().code(), Some(0));
        self.directory
    }
}

/// Waits until something is so.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it is so in time");
}

/// Sends a whole request, and gives the status and body of the answer.
pub(crate) async fn exchange(address: SocketAddr, request: &str) -> (u16, String) {
    let exchanging = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, exchanging).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The id in what a command said.
pub(crate) fn id(told: &Value) -> String {
    told["id"].as_str().unwrap().to_owned()
}
