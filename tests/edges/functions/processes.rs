//! No process of a function outlives its host, whatever way the host ends.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::fixture::{Fixture, gone, python};
use crate::soon;

/// Starts a process of its own, and tells both.
const STARTS: &str = r#"
import os, subprocess
def handler(event, context):
    child = subprocess.Popen(["sleep", "1000"])
    print("processes", [os.getpid(), child.pid], flush=True)
    if event == "exit": os._exit(0)
    return [os.getpid(), child.pid]
"#;

async fn check_gone(processes: &Value) {
    for process in processes.as_array().unwrap() {
        gone(process).await;
    }
}

#[tokio::test]
async fn a_host_that_stops_takes_all_processes_with_it() {
    let Some(fixture) = Fixture::python(&[("app.py", STARTS)], "app.handler").await else { return };
    let processes = fixture.invoke(json!({})).await.ok();
    soon(fixture.host.stop()).await;
    check_gone(&processes).await;
}

#[tokio::test]
async fn a_host_that_is_dropped_takes_all_processes_with_it() {
    let Some(fixture) = Fixture::python(&[("app.py", STARTS)], "app.handler").await else { return };
    let processes = fixture.invoke(json!({})).await.ok();
    drop(fixture);
    check_gone(&processes).await;
}

#[tokio::test]
async fn a_process_that_ends_takes_what_it_started_with_it() {
    let Some(fixture) = Fixture::python(&[("app.py", STARTS)], "app.handler").await else { return };
    fixture.invoke(json!("exit")).await.failed();
    let line = fixture.said.with("processes").await;
    check_gone(&line.trim_start_matches("processes ").parse().unwrap()).await;
}

/// Tells this test that it is to be the host that is killed.
const TO_BE_KILLED: &str = "GATELET_TEST_TO_BE_KILLED";

#[tokio::test]
async fn a_host_that_is_killed_takes_all_processes_with_it() {
    if python().is_none() {
        return;
    }
    if std::env::var_os(TO_BE_KILLED).is_some() {
        let fixture = Fixture::python(&[("app.py", STARTS)], "app.handler").await.unwrap();
        println!("these: {}", fixture.invoke(json!({})).await.ok());
        return std::future::pending().await;
    }
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_host_that_is_killed_takes_all_processes_with_it", "--nocapture"])
        .env(TO_BE_KILLED, "yes")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    let processes: Value = soon(async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the other host tells its processes");
            if let Some((_, processes)) = line.split_once("these: ") {
                return processes.parse().unwrap();
            }
        }
    })
    .await;
    other.kill().await.unwrap();
    check_gone(&processes).await;
}
