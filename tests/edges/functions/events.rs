//! Functions that are only told.

use gatelet_core::ports::{FunctionAnswer, InvocationMode};
use serde_json::json;

use crate::fixture::Fixture;
use crate::soon;

/// Fails as often as the event says, and counts in a file.
const COUNTS: &str = r#"
import os
def handler(event, context):
    with open("../" + os.path.basename(os.getcwd()) + ".count", "a+") as file:
        file.write("x")
        file.seek(0)
        tries = len(file.read())
    print("try", tries, "of", context.aws_request_id, flush=True)
    if tries <= event: raise ValueError("try again")
    print("done after", tries, flush=True)
"#;

async fn tell(fixture: &Fixture, failures: u32) {
    let told = soon(fixture.call(json!(failures).to_string(), InvocationMode::Event)).await.unwrap();
    assert!(matches!(told, FunctionAnswer::Accepted), "{told:?}");
}

fn forget(fixture: &Fixture) {
    std::fs::remove_file(fixture.directory.path().with_extension("count")).unwrap();
}

#[tokio::test]
async fn an_event_is_accepted_and_handled_later() {
    let Some(fixture) = Fixture::python(&[("app.py", COUNTS)], "app.handler").await else { return };
    tell(&fixture, 0).await;
    fixture.said.with("done after 1").await;
    forget(&fixture);
}

#[tokio::test]
async fn a_failed_event_is_tried_twice_more() {
    let Some(fixture) = Fixture::python(&[("app.py", COUNTS)], "app.handler").await else { return };
    tell(&fixture, 2).await;
    fixture.said.with("done after 3").await;
    let tries: Vec<String> =
        fixture.said.all().iter().filter_map(|line| Some(line.split_once(" of ")?.1.to_owned())).collect();
    assert_eq!(tries.len(), 3);
    assert!(tries.iter().all(|id| *id == tries[0]), "one id for all tries: {tries:?}");
    forget(&fixture);
}

#[tokio::test]
async fn an_event_that_always_fails_is_given_up() {
    let Some(fixture) = Fixture::python(&[("app.py", COUNTS)], "app.handler").await else { return };
    tell(&fixture, 9).await;
    fixture.said.with("is given up after its last try").await;
    let tries = fixture.said.all().iter().filter(|line| line.contains("ValueError: try again")).count();
    assert_eq!(tries, 3);
    forget(&fixture);
}
