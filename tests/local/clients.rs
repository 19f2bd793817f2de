//! Clients that others wrote, and definitions that were not written for this importer.

use std::path::{Path, PathBuf};
use std::process::Command;

use gatelet_tests::backend::{Backend, answers};
use serde_json::Value;

use crate::command::Dev;

/// Who sends requests.
struct Foreign {
    name: &'static str,
    program: PathBuf,
}

const WITH_REQUESTS: &str = "
import json, sys, requests
answer = requests.request(sys.argv[1], sys.argv[2], data=sys.argv[3].encode(), headers={'Content-Type': 'application/json'})
print(json.dumps([answer.status_code, answer.headers.get('content-type'), answer.text]))
";
const WITH_FETCH: &str = "
const [method, url, body] = process.argv.slice(1);
const options = { method, headers: { 'Content-Type': 'application/json' } };
if (body) options.body = body;
fetch(url, options).then(async (answer) =>
  console.log(JSON.stringify([answer.status, answer.headers.get('content-type'), await answer.text()])));
";

/// Those that are here; the others are named.
fn foreign_clients() -> Vec<Foreign> {
    let mut clients = Vec::new();
    for (name, variable) in [("requests", "GATELET_TEST_PYTHON"), ("fetch", "GATELET_TEST_NODE")] {
        match std::env::var_os(variable) {
            Some(program) => clients.push(Foreign { name, program: program.into() }),
            None => eprintln!("skipped: {name}, because {variable} is not set (`cargo xtask test` sets it)"),
        }
    }
    match Command::new("curl").arg("--version").output() {
        Ok(_) => clients.push(Foreign { name: "curl", program: "curl".into() }),
        Err(_) => eprintln!("skipped: curl is not on the PATH"),
    }
    clients
}

impl Foreign {
    /// Status, content type and body of an answer.
    fn ask(&self, method: &str, url: &str, body: &str) -> (u64, String, String) {
        let mut command = Command::new(&self.program);
        match self.name {
            "requests" => command.args(["-c", WITH_REQUESTS, method, url, body]),
            "fetch" => command.args(["-e", WITH_FETCH, method, url, body]),
            _ => {
                command.args(["-sS", "--max-time", "20", "-w", "\n%{http_code}\n%{content_type}", "-X", method, url]);
                command.args(["-H", "Content-Type: application/json"]);
                if !body.is_empty() {
                    command.args(["--data-binary", body]);
                }
                &mut command
            }
        };
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}: {said} {}", self.name, String::from_utf8_lossy(&output.stderr));
        if self.name == "curl" {
            let mut lines = said.rsplitn(3, '\n');
            let (kind, status, body) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
            return (status.parse().unwrap(), kind.to_owned(), body.to_owned());
        }
        let answer: Value = serde_json::from_str(&said).unwrap();
        let text = |position: usize| answer[position].as_str().unwrap_or_default().to_owned();
        (answer[0].as_u64().unwrap(), text(1), text(2))
    }
}

/// The folder of definitions that AWS's own tools wrote, or nothing where it is absent.
fn definitions() -> Option<PathBuf> {
    let root = std::env::var_os("GATELET_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
        PathBuf::from,
    );
    let folder = root.join("localstack-aws-snapshots/definitions");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

#[tokio::test]
async fn real_definitions_answer_real_clients() {
    let Some(folder) = definitions() else { return };
    let backend = Backend::start(answers::echo).await;
    let directory = tempfile::tempdir().unwrap();
    // Only the backend's address is ours: the one is a template's blank, the other a demonstration of AWS's.
    let copy = |name: &str, blank: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(text.contains(blank), "{name} has changed");
        std::fs::write(directory.path().join(name), text.replace(blank, &backend.url(""))).unwrap();
    };
    copy("petstore-swagger.json", "${uri}");
    copy("openapi.spec.json", "http://petstore.execute-api.us-west-1.amazonaws.com");
    let files = ["petstore-swagger.json", "openapi.spec.json", "--state", "memory"];
    let dev = Dev::start(directory.path(), &files).await;
    let shown = dev.shown.join("\n");
    assert!(shown.contains("PetStore  REST API") && shown.contains("Example Pet Store  HTTP API"), "{shown}");
    let [rest, http] = <[String; 2]>::try_from(dev.urls()).unwrap();
    for client in foreign_clients() {
        let name = client.name;
        let (status, kind, page) = client.ask("GET", &rest, "");
        assert_eq!((status, kind.as_str()), (200, "text/html"), "{name}");
        assert!(page.contains("Welcome to your Pet Store API"), "{name}: {page}");
        let (status, kind, body) = client.ask("GET", &format!("{rest}nothing"), "");
        let forbidden = r#"{"message":"Missing Authentication Token"}"#;
        assert_eq!((status, kind.as_str(), body.as_str()), (403, "application/json", forbidden), "{name}");

        let (status, _, body) = client.ask("GET", &format!("{http}pets?type=cat"), "");
        let echo: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &echo["target"]), (200, &"/petstore/pets?type=cat".into()), "{name}: {body}");
        let (status, _, body) = client.ask("POST", &format!("{http}pets"), r#"{"type": "cat"}"#);
        let echo: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &echo["body"]), (200, &r#"{"type": "cat"}"#.into()), "{name}: {body}");
        let (status, _, body) = client.ask("GET", &format!("{http}nothing"), "");
        assert_eq!((status, body.as_str()), (404, r#"{"message":"Not Found"}"#), "{name}");
    }
}
