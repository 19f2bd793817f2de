//! Every event of `events/`, answered by the function as it is deployed: the petstore packed beside it, nothing set.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gatelet_aws::definitions::{PACK_FILE, PackedApi, pack};
use gatelet_model::rest::RestStage;
use gatelet_model::{AccountId, Region, Stage, StageName};
use gatelet_tests::command::workspace;
use gatelet_tests::doors::{Answer, Records, invoke};
use router::{Reply, Router};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{ACCOUNT, NOW, STREAMING, environment, imported};

/// What an event is answered with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Expected {
    status: u16,
    content_type: String,
    body: String,
}

/// A folder with the petstore in it.
pub(crate) fn petstore() -> TempDir {
    let text = std::fs::read_to_string(workspace().join("examples/petstore/openapi.yaml")).unwrap();
    let api = PackedApi {
        account: AccountId::parse(ACCOUNT).unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        api: imported("openapi.yaml", &text),
        stages: vec![Stage::Rest(RestStage::new(StageName::parse("dev").unwrap()))],
        description: None,
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(PACK_FILE), pack(&[api], &[]).unwrap()).unwrap();
    folder
}

/// The events, by source and name, but for those of the authorizer.
fn events() -> BTreeMap<String, Value> {
    let folder = workspace().join("events");
    let mut events = BTreeMap::new();
    let sources = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    for source in
        sources.filter(|source| !["authorizer", "meter"].iter().any(|other| source.ends_with(other)))
    {
        for path in source.read_dir().into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            let event = serde_json::from_slice(&std::fs::read(&path).unwrap());
            events.insert(name, event.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
    events
}

fn function(folder: &Path, variables: &[(&str, &str)]) -> (Router, Records) {
    let root = ("LAMBDA_TASK_ROOT", folder.to_str().unwrap());
    let records = Records::default();
    (Router::new(&environment(&[&[root], variables].concat()), Arc::new(records.clone())), records)
}

#[tokio::test]
async fn every_event_is_answered_as_it_says() {
    let expected: BTreeMap<String, Expected> =
        toml::from_str(&std::fs::read_to_string(workspace().join("events/expected.toml")).unwrap()).unwrap();
    let events = events();
    assert!(events.keys().eq(expected.keys()), "each event has an answer, each answer an event");
    let folder = petstore();
    for variables in [&[][..], &[STREAMING]] {
        for (name, event) in &events {
            let (router, records) = function(folder.path(), variables);
            let reply = invoke(&router, event, NOW).await.unwrap();
            let is_streamed = matches!(reply, Reply::Streamed(..));
            assert_eq!(is_streamed, !variables.is_empty() && name.starts_with("function-url/"), "{name}");
            let answer = Answer::of(reply).await;
            let expected = &expected[name];
            assert_eq!(answer.status, expected.status, "{name}: {}", answer.text());
            assert_eq!(answer.header("content-type"), expected.content_type, "{name}");
            assert!(answer.text().contains(&expected.body), "{name}: {}", answer.text());
            let record = records.only();
            assert_eq!(record.status(), Some(expected.status), "{name}");
            assert_eq!(record.response_bytes, answer.body.len() as u64, "{name}");
        }
    }
}

#[tokio::test]
async fn one_api_can_be_pinned_and_its_stage_too() {
    let folder = petstore();
    let event = &events()["function-url/page.json"];
    let mut at_root = event.clone();
    at_root["rawPath"] = "/".into();
    let (packed, _) = function(folder.path(), &[]);
    let page = Answer::of(invoke(&packed, event, NOW).await.unwrap()).await;
    assert!(page.header("content-type").contains("html"));
    let id = gatelet_aws::definitions::PackedDefinitions::read_file(&folder.path().join(PACK_FILE))
        .unwrap()
        .unwrap()
        .only_api()
        .unwrap();
    let pinned = [("GATELET_API", id.as_str()), ("GATELET_STAGE", "dev")];
    let cases = [
        (&pinned[..1], event, 200),
        (&pinned[..1], &at_root, 403),
        (&pinned[..], &at_root, 200),
        (&pinned[..], event, 403),
    ];
    for (variables, event, status) in cases {
        let (router, records) = function(folder.path(), variables);
        let answer = Answer::of(invoke(&router, event, NOW).await.unwrap()).await;
        assert_eq!(answer.status, status, "{variables:?} {}", event["rawPath"]);
        assert_eq!(records.only().status(), Some(status));
    }
}

#[tokio::test]
async fn what_is_no_request_is_an_error_and_leaves_no_record() {
    let folder = petstore();
    let (router, records) = function(folder.path(), &[]);
    for event in ["{}", r#"{"Records": []}"#, r#"{"path": "/", "headers": null}"#] {
        let error = invoke(&router, &serde_json::from_str(event).unwrap(), NOW).await.err().unwrap();
        assert!(error.to_string().starts_with("the event is no HTTP request"), "{error}");
    }
    assert!(records.all().is_empty());
}
