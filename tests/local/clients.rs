//! Clients that others wrote, and definitions that were not written for this importer.

use std::path::PathBuf;
use std::process::Command;

use gatelet_tests::backend::{Backend, answers};
use gatelet_tests::vectors;
use serde_json::Value;

use crate::command::Dev;

/// Who sends requests.
pub(crate) struct Foreign {
    pub(crate) name: &'static str,
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
pub(crate) fn foreign_clients() -> Vec<Foreign> {
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
    pub(crate) fn ask(&self, method: &str, url: &str, body: &str) -> (u64, String, String) {
        let mut command = Command::new(&self.program);
        match self.name {
            "requests" => command.args(["-c", WITH_REQUESTS, method, url, body]),
            "fetch" => command.args(["-e", WITH_FETCH, method, url, body]),
            _ => {
                command.args([
                    "-sS",
                    "--max-time",
                    "20",
                    "-w",
                    "\n%{http_code}\n%{content_type}",
                    "-X",
                    method,
                    url,
                ]);
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

/// A definition of others, the name that its copy gets, and what is filled in.
struct Definition {
    source: &'static str,
    name: &'static str,
    blanks: &'static [(&'static str, &'static str)],
}

/// A REST API with backends over HTTP, as CloudFormation resolves it, one with mocks, and an HTTP API. Only the backend's
/// address is ours.
const DEFINITIONS: [Definition; 3] = [
    Definition {
        source: "real-definitions/serverless-patterns/apigw-rest-apigw-rest/api.yaml",
        name: "rest.yaml",
        blanks: &[
            (
                r#"{"Fn::Sub": "https://${ReportingApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"}"#,
                "BACKEND/Prod/reports",
            ),
            (
                r#"{"Fn::Sub": "https://${UserManagementApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"}"#,
                "BACKEND/Prod/users",
            ),
            (
                r#"{"Fn::Sub":["'${APIHeader}'",{"APIHeader": { "Ref": "ApiKeyValue"}}]}"#,
                r#""'a-key-of-theirs'""#,
            ),
        ],
    },
    Definition {
        source: "localstack-aws-snapshots/definitions/swagger-mock-cors.json",
        name: "mocks.json",
        blanks: &[],
    },
    Definition {
        source: "localstack-aws-snapshots/definitions/openapi.spec.json",
        name: "http.json",
        blanks: &[("http://petstore.execute-api.us-west-1.amazonaws.com", "BACKEND")],
    },
];

/// The backend answers on the other threads while this one waits for a client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_definitions_answer_real_clients() {
    let Some(root) = vectors("") else { return };
    let backend = Backend::start(answers::echo).await;
    let directory = tempfile::tempdir().unwrap();
    for Definition { source, name, blanks } in DEFINITIONS {
        let mut text = std::fs::read_to_string(root.join(source)).unwrap();
        for (blank, filled) in blanks {
            assert!(text.contains(blank), "{source} has changed");
            text = text.replace(blank, &filled.replace("BACKEND", &backend.url("")));
        }
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let dev =
        Dev::start(directory.path(), &["rest.yaml", "mocks.json", "http.json", "--state", "memory"]).await;
    let [rest, mocks, http] = <[String; 3]>::try_from(dev.urls()).unwrap();
    let clients = foreign_clients();
    for client in &clients {
        let name = client.name;
        let echoed = |body: &str| -> Value {
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{name}: {error}: {body}"))
        };
        let (status, kind, body) = client.ask("GET", &format!("{rest}admin/reports"), "");
        let echo = echoed(&body);
        assert_eq!(
            (status, kind.as_str(), &echo["target"]),
            (200, "application/json", &"/Prod/reports".into()),
            "{name}"
        );
        assert!(body.contains("a-key-of-theirs"), "{name}: the mapped header is missing: {body}");
        let (status, kind, body) = client.ask("POST", &format!("{rest}admin/reports"), "{}");
        let refused = r#"{"message":"Missing Authentication Token"}"#;
        assert_eq!((status, kind.as_str(), body.as_str()), (403, "application/json", refused), "{name}");

        let (status, _, body) = client.ask("OPTIONS", &format!("{mocks}product/7"), "");
        assert_eq!((status, body.trim()), (200, "{}"), "{name}");

        let (status, _, body) = client.ask("GET", &format!("{http}pets?type=cat"), "");
        assert_eq!(
            (status, &echoed(&body)["target"]),
            (200, &"/petstore/pets?type=cat".into()),
            "{name}: {body}"
        );
        let (status, _, body) = client.ask("POST", &format!("{http}pets"), r#"{"type": "cat"}"#);
        assert_eq!((status, &echoed(&body)["body"]), (200, &r#"{"type": "cat"}"#.into()), "{name}: {body}");
        // The author asked for an authorizer, and nobody shows what it looks at.
        let (status, ..) = client.ask("GET", &format!("{http}pets/1"), "");
        assert_eq!(status, 401, "{name}");
        let (status, _, body) = client.ask("GET", &format!("{http}nothing"), "");
        assert_eq!((status, body.as_str()), (404, r#"{"message":"Not Found"}"#), "{name}");
    }
    let reached = backend.requests().iter().filter(|request| request.target.contains("/pets/1")).count();
    assert_eq!(reached, 0, "a protected backend is never reached");
    assert_eq!(backend.requests().len(), 3 * clients.len());
}
