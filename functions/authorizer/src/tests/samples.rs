//! The events that lie in the repository.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::*;

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

#[tokio::test]
async fn every_event_is_answered_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/authorizer");
    let expected = std::fs::read_to_string(folder.with_extension("toml")).unwrap();
    let expected: BTreeMap<String, Expected> = toml::from_str(&expected).unwrap();
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let names = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap());
    assert!(names.eq(expected.keys().map(String::as_str)), "each event has an answer, each answer an event");
    let configuration = serde_json::from_str(include_str!("../../example/gatelet-authorizer.json")).unwrap();
    let authorizer = authorizer(&configuration);
    for (path, (name, expected)) in paths.iter().zip(&expected) {
        let event = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        match (ask(&authorizer, &event).await, &expected.error) {
            (Err(failure), Some(error)) => assert_eq!(failure.to_string(), *error, "{name}"),
            (Ok(answer), None) => {
                assert_eq!(answer["principalId"].as_str(), expected.principal.as_deref(), "{name}");
                let (ours, denied) = (Some("192.0.2.7"), Some("192.0.2.66"));
                for method in &expected.allows {
                    assert!(lets_in(&answer, method, ours, NOW), "{name}: {method}: {answer}");
                    assert!(!lets_in(&answer, method, denied, NOW), "{name}: {method}: {answer}");
                }
                for method in &expected.denies {
                    assert!(!lets_in(&answer, method, ours, NOW), "{name}: {method}: {answer}");
                }
            }
            (answer, _) => panic!("{name}: {answer:?}"),
        }
    }
}
