//! The built authorizer: every event of `events/authorizer/` under the emulator and under `cargo lambda watch`, and what stands in
//! its README.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};
use gatelet_tests::backend::{Backend, answers};
use gatelet_tests::command::workspace;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::build::{Built, ONE_BUILD, TARGET, builds, built, task_root_of};
use crate::emulator::Emulator;
use crate::events::AUTHORIZER;
use crate::machine::client::invoke;
use crate::machine::process::{Running, free_address};
use crate::machine::tools::{folder, lambda_tools, succeed, tool};

/// The API that the events are about.
const API: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/";
/// An address that the configuration allows, one that it denies, and one that it does not know.
const ADDRESSES: [&str; 3] = ["192.0.2.7", "192.0.2.66", "198.51.100.7"];
/// A moment before the events' tokens end, in seconds since 1970.
const SECONDS: &str = "1800000000";

/// An event that lies in the repository.
struct Sample {
    name: String,
    path: PathBuf,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    principal: Option<String>,
    #[serde(default)]
    allows: Vec<String>,
    #[serde(default)]
    denies: Vec<String>,
    error: Option<String>,
}

/// Every event, with what `events/authorizer.toml` says about it.
fn samples() -> Vec<Sample> {
    let folder = workspace().join("events").join(AUTHORIZER);
    let expected = fs::read_to_string(folder.with_extension("toml")).unwrap();
    let mut expected: BTreeMap<String, Expected> = toml::from_str(&expected).unwrap();
    let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let samples: Vec<Sample> = paths
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let expected = expected.remove(&name);
            let expected =
                expected.unwrap_or_else(|| panic!("events/authorizer.toml does not have `{name}`"));
            Sample { name, path, expected }
        })
        .collect();
    assert!(expected.is_empty(), "there are no such events: {:?}", expected.keys());
    assert!(!samples.is_empty());
    samples
}

impl Sample {
    fn event(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// Whether an answer is what is expected.
    fn check(&self, answer: &[u8]) {
        let name = &self.name;
        let answer: Value = serde_json::from_slice(answer).unwrap();
        if let Some(error) = &self.expected.error {
            assert_eq!(answer["errorMessage"], json!(error), "{name}: {answer}");
            return;
        }
        assert_eq!(answer["principalId"], json!(self.expected.principal), "{name}: {answer}");
        assert_eq!(answer["context"]["email"], json!("ada@example.com"), "{name}: {answer}");
        let [ours, denied, unknown] = ADDRESSES;
        for method in &self.expected.allows {
            assert!(allows(&answer, method, ours), "{name}: {method}: {answer}");
            assert!(!allows(&answer, method, denied), "{name}: {method}: {answer}");
            assert!(!allows(&answer, method, unknown), "{name}: {method}: {answer}");
        }
        for method in &self.expected.denies {
            assert!(!allows(&answer, method, ours), "{name}: {method}: {answer}");
        }
    }
}

/// Whether API Gateway would allow a method by an answer.
fn allows(answer: &Value, below_api: &str, source_ip: &str) -> bool {
    let policy = Policy::parse(&answer["policyDocument"].to_string(), PolicyKind::Authorizer).unwrap();
    let arn = format!("{API}{below_api}");
    let context = |key: &str| match key {
        "aws:sourceip" => Values::One(source_ip),
        "aws:epochtime" | "aws:currenttime" => Values::One(SECONDS),
        _ => Values::Missing,
    };
    let request = Request {
        action: "execute-api:Invoke",
        resource: ResourceArn::parse(&arn).unwrap(),
        principal: Principal::Anonymous,
        context: &context,
    };
    matches!(policy.decide(&request), Decision::Allow { .. })
}

/// Whoever has the keys of the events' tokens.
async fn issuer() -> Backend {
    let keys = fs::read_to_string(workspace().join("functions/authorizer/example/key-set.json")).unwrap();
    let length = keys.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
    Backend::start(answers::fixed(format!("{head}: {length}\r\n\r\n{keys}"))).await
}

/// Where the issuer is, as the function is told.
fn mapped(issuer: &Backend) -> String {
    format!("https://id.example.com={}", issuer.url("/keys"))
}

/// A folder as Lambda has it: the executable, and its configuration beside it.
pub(crate) fn authorizer_root(built: &Built) -> TempDir {
    let root = task_root_of(built, "AuthorizerFunction");
    let name = "gatelet-authorizer.json";
    fs::copy(workspace().join("functions/authorizer/example").join(name), root.path().join(name)).unwrap();
    root
}

#[tokio::test]
async fn the_built_authorizer_answers_every_event_under_the_emulator() {
    let Some(built) = built() else { return };
    let issuer = issuer().await;
    let issuers = mapped(&issuer);
    let variables = [("GATELET_ISSUERS", issuers.as_str()), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")];
    let emulator = Emulator::start_in(built, "authorizer", authorizer_root(built), &variables).await;
    for sample in samples() {
        sample.check(&emulator.invoke(sample.event()).await);
    }
    assert_eq!(issuer.requests().len(), 1, "the keys are remembered");
    let said = emulator.said();
    assert!(said.contains("the token is refused"), "{said}");
    assert!(!said.contains("eyJ"), "a token is in the log: {said}");
}

#[tokio::test]
async fn a_built_authorizer_without_a_good_configuration_lets_nobody_in() {
    let Some(built) = built() else { return };
    let wrong = r#"{"jwt": {"issuers": []}, "adresses": {}}"#;
    for (variables, why) in [
        (&[][..], "nothing says what is asked of callers"),
        (&[("GATELET_AUTHORIZER", wrong)], "unknown field `adresses`"),
        (&[("GATELET_ISSUERS", "nonsense")], "GATELET_ISSUERS"),
    ] {
        let root = task_root_of(built, "AuthorizerFunction");
        let emulator = Emulator::start_in(built, "authorizer", root, variables).await;
        for sample in samples() {
            let answer: Value = serde_json::from_slice(&emulator.invoke(sample.event()).await).unwrap();
            assert_eq!(answer["errorType"], json!("Gatelet.AuthorizerClosed"), "{}: {answer}", sample.name);
            assert!(answer["errorMessage"].as_str().unwrap().contains(why), "{}: {answer}", sample.name);
        }
    }
}

#[tokio::test]
async fn cargo_lambda_watch_runs_the_authorizer() {
    let Some(built) = built() else { return };
    let (issuer, root) = (issuer().await, authorizer_root(built));
    let address = free_address();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut watch = tool(built.tools, "cargo-lambda");
    builds(&mut watch);
    watch.env("CARGO_BUILD_TARGET", TARGET).env("LAMBDA_TASK_ROOT", root.path());
    watch.env("GATELET_ISSUERS", mapped(&issuer));
    watch.args(["lambda", "watch", "--package", "authorizer", "--invoke-address", &host]);
    watch.args(["--invoke-port", &port, "--ignore-changes"]);
    let mut running = Running::start("cargo lambda watch", &mut watch);
    running.listening(address).await;
    let alone = ONE_BUILD.lock().await;
    for sample in samples() {
        // The first builds.
        let answer = invoke(&format!("http://{address}"), "authorizer", sample.event()).await;
        let shown = String::from_utf8_lossy(&answer.body);
        assert!(!answer.body.is_empty(), "{}: {}: {shown}\n{}", sample.name, answer.status, running.said());
        sample.check(&answer.body);
    }
    drop(alone);
}

#[test]
fn what_the_readme_shows_is_taken() {
    let readme = fs::read_to_string(workspace().join("functions/authorizer/README.md")).unwrap();
    let example =
        fs::read_to_string(workspace().join("functions/authorizer/example/gatelet-authorizer.json"));
    let shown: Value = serde_json::from_str(block(&readme, "json")).unwrap();
    let example: Value = serde_json::from_str(&example.unwrap()).unwrap();
    assert_eq!(shown, example, "the README shows another configuration than the example has");
    let Some(tools) = lambda_tools() else { return };
    fs::create_dir_all(folder()).unwrap();
    let scratch = tempfile::tempdir_in(folder()).unwrap();
    let blocks = readme.split("```yaml\n").skip(1);
    let blocks: Vec<&str> = blocks.map(|rest| rest.split_once("```").unwrap().0).collect();
    assert_eq!(blocks.len(), 2, "tokens and API keys");
    for (number, block) in blocks.into_iter().enumerate() {
        let template = scratch.path().join(format!("template-{number}.yaml"));
        fs::write(&template, block).unwrap();
        let mut validate = tool(tools, "sam");
        validate.args(["validate", "--lint", "--region", "eu-west-1", "--template"]);
        succeed(validate.arg(template));
    }
}

/// The first block of code in a language.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let (_, rest) =
        text.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("no {language} block"));
    rest.split_once("```").unwrap().0
}
