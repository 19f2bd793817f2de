//! Many requests at a time, and what becomes of the processes that served them.

use std::collections::BTreeSet;
use std::time::Duration;

use gatelet_core::ports::{FunctionError, InvocationMode};
use gatelet_local::functions::{HostLimits, Runtime};
use serde_json::{Value, json};

use crate::fixture::{Fixture, gone, limits, python};
use crate::soon;

const PYTHON: &str = r#"
import os, time
def handler(event, context):
    time.sleep(0.05)
    return os.getpid()
"#;

const NODE: &str = r#"
export const handler = async () => {
    await new Promise((next) => setTimeout(next, 50));
    return process.pid;
};
"#;

/// Waits until the test has made the file that the event names.
const WAITS: &str = r#"
import os, time
def handler(event, context):
    print("waiting for", event, flush=True)
    while not os.path.exists(event): time.sleep(0.002)
    return os.getpid()
"#;

async fn check_many(fixture: &Fixture) {
    let calls: Vec<_> = (0..200).map(|_| tokio::spawn(fixture.calling(json!({})))).collect();
    let mut processes = BTreeSet::new();
    for call in calls {
        processes.insert(soon(call).await.unwrap().ok().to_string());
    }
    let count = processes.len();
    assert!((2..=HostLimits::default().instances).contains(&count), "{count} processes");
}

#[tokio::test]
async fn two_hundred_python_requests_at_a_time_are_served() {
    let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await else { return };
    check_many(&fixture).await;
}

#[tokio::test]
async fn two_hundred_node_requests_at_a_time_are_served() {
    let Some(fixture) = Fixture::node(&[("index.mjs", NODE)], "index.handler").await else { return };
    check_many(&fixture).await;
}

#[tokio::test]
async fn one_request_after_another_is_served_by_one_process() {
    let Some(fixture) = Fixture::python(&[("app.py", PYTHON)], "app.handler").await else { return };
    let first = fixture.invoke(json!({})).await.ok();
    for _ in 0..5 {
        assert_eq!(fixture.invoke(json!({})).await.ok(), first);
    }
}

#[tokio::test]
async fn more_than_may_wait_are_refused() {
    let Some(program) = python() else { return };
    let runtime = Runtime::Python { program: program.into() };
    let limits = HostLimits { instances: 1, waiting: 1, ..limits() };
    let fixture = Fixture::start(&[("app.py", WAITS)], runtime, "app.handler", limits, |_| {}).await;
    let running = tokio::spawn(fixture.calling(json!("one")));
    fixture.said.with("waiting for one").await;
    // One may wait; whichever of two comes second hears so, and only then may the first go on.
    let payload = json!("two").to_string();
    let mut first = Box::pin(fixture.call(payload.clone(), InvocationMode::RequestResponse));
    let mut second = Box::pin(fixture.call(payload, InvocationMode::RequestResponse));
    let (refused, waiting) = soon(async {
        tokio::select! {
            refused = &mut first => (refused, second),
            refused = &mut second => (refused, first),
        }
    })
    .await;
    assert!(matches!(refused, Err(FunctionError::Throttled(_))), "{refused:?}");
    std::fs::write(fixture.path("one"), "").unwrap();
    std::fs::write(fixture.path("two"), "").unwrap();
    soon(running).await.unwrap().ok();
    soon(waiting).await.unwrap();
}

#[tokio::test]
async fn processes_without_work_are_ended_after_a_while() {
    let Some(program) = python() else { return };
    let runtime = Runtime::Python { program: program.into() };
    let limits = HostLimits { idle: Duration::from_millis(1), look: Duration::from_millis(5), ..limits() };
    let fixture = Fixture::start(&[("app.py", PYTHON)], runtime, "app.handler", limits, |_| {}).await;
    let process: Value = fixture.invoke(json!({})).await.ok();
    gone(&process).await;
    fixture.invoke(json!({})).await.ok();
}
