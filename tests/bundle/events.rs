//! The router's events of `events/`, and what each is answered with.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use gatelet_tests::command::workspace;
use serde::Deserialize;
use serde_json::Value;

use crate::build::{Built, built};
use crate::emulator::{Emulator, streamed};

/// The definition that the events are for, as `gatelet pack` takes it.
pub(crate) const PETSTORE: [&str; 3] = ["examples/petstore/openapi.yaml", "--variable", "pets=localhost"];
/// What the Function URL of the template is told about itself.
const STREAMING: (&str, &str) = ("GATELET_RESPONSE_STREAMING", "true");

/// The folders of those that are other functions'.
pub(crate) const AUTHORIZER: &str = "authorizer";
pub(crate) const METER: &str = "meter";

/// An event that lies in the repository.
pub(crate) struct Sample {
    /// Its source and name: `alb/page.json`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expected {
    status: u64,
    content_type: String,
    /// A part of the body.
    body: String,
}

/// Every event, with what `events/expected.toml` says about it.
pub(crate) fn samples() -> Vec<Sample> {
    let folder = workspace().join("events");
    let expected = fs::read_to_string(folder.join("expected.toml")).unwrap();
    let mut expected: BTreeMap<String, Expected> = toml::from_str(&expected).unwrap();
    let mut samples = Vec::new();
    let sources = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    for source in
        sources.filter(|path| path.is_dir() && ![AUTHORIZER, METER].iter().any(|other| path.ends_with(other)))
    {
        for path in fs::read_dir(&source).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(&folder).unwrap().display().to_string();
            let expected = expected.remove(&name);
            let expected = expected.unwrap_or_else(|| panic!("events/expected.toml does not have `{name}`"));
            samples.push(Sample { name, path, expected });
        }
    }
    assert!(expected.is_empty(), "there are no such events: {:?}", expected.keys());
    assert!(!samples.is_empty());
    samples
}

impl Sample {
    pub(crate) fn event(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// Whether an answer, whole or streamed, is what is expected.
    pub(crate) fn check(&self, answer: &[u8]) {
        let name = &self.name;
        let shown = String::from_utf8_lossy(answer);
        let (head, streamed) = match streamed(answer) {
            Some((head, body)) => (head, Some(String::from_utf8_lossy(body).into_owned())),
            None => (answer, None),
        };
        let head: Value =
            serde_json::from_slice(head).unwrap_or_else(|error| panic!("{name}: {error}: {shown}"));
        assert_eq!(head["statusCode"].as_u64(), Some(self.expected.status), "{name}: {shown}");
        let kind =
            header(&head, "content-type").unwrap_or_else(|| panic!("{name}: no content type: {shown}"));
        assert!(kind.starts_with(&self.expected.content_type), "{name}: {shown}");
        let body = streamed.unwrap_or_else(|| head["body"].as_str().unwrap_or_default().to_owned());
        assert!(body.contains(&self.expected.body), "{name}: {shown}");
    }
}

/// A header's value, the first of several.
fn header<'a>(head: &'a Value, name: &str) -> Option<&'a str> {
    let members =
        ["headers", "multiValueHeaders"].into_iter().filter_map(|part| head[part].as_object()).flatten();
    let (_, value) = members.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    value.get(0).unwrap_or(value).as_str()
}

/// Sends every event whose name begins so, one after the other.
async fn invoke_all(built: &Built, source: &str, variables: &[(&str, &str)]) -> Vec<Bytes> {
    let emulator = Emulator::start(built, &PETSTORE, variables).await;
    let mut answers = Vec::new();
    for sample in samples().iter().filter(|sample| sample.name.starts_with(source)) {
        let answer = emulator.invoke(sample.event()).await;
        sample.check(&answer);
        answers.push(answer);
    }
    assert!(!answers.is_empty(), "{source}");
    answers
}

#[tokio::test]
async fn the_built_router_answers_every_event_under_the_emulator() {
    let Some(built) = built() else { return };
    let answers = invoke_all(built, "", &[]).await;
    assert!(answers.iter().all(|answer| streamed(answer).is_none()));
}

#[tokio::test]
async fn the_built_router_answers_the_events_of_a_streaming_function_url() {
    let Some(built) = built() else { return };
    let answers = invoke_all(built, "function-url/", &[STREAMING]).await;
    assert!(answers.iter().all(|answer| streamed(answer).is_some()));
}
