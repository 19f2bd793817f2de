//! Programs behind the APIs: no process of theirs outlives the gateway, whatever way it ends.

use std::process::Command;
use std::time::Duration;

use super::has_python;
use crate::command::Dev;
use crate::soon;

const DEFINITION: &str = "
openapi: 3.0.1
info: { title: Pets, version: '1' }
paths:
  /pets:
    get:
      responses: {}
      x-amazon-apigateway-integration: { type: http_proxy, httpMethod: GET, uri: 'http://${stageVariables.pets}/' }
";

/// Listens, starts a process of its own that hears of nothing, and tells both. It ends with its standard input, or, where
/// it is stubborn, never.
const BACKEND: &str = "
import os, socket, subprocess, sys, time
child = subprocess.Popen(['sleep', '1000'], stdin=subprocess.DEVNULL)
print('processes', os.getpid(), child.pid, flush=True)
server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))
sys.stdin.read()
while 'stubborn' in sys.argv: time.sleep(1)
";

/// A running gateway, and the processes of its backend.
async fn start(directory: &tempfile::TempDir, argument: &str) -> (Dev, Vec<String>) {
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("openapi.yaml", DEFINITION);
    write("backend.py", BACKEND);
    write("dev.toml", &format!("[backends.pets]\ncommand = ['python3', 'backend.py', '{argument}']\n"));
    let mut dev = Dev::start(directory.path(), &[".", "--state", "memory"]).await;
    let found = |lines: &[String]| {
        let told = lines.iter().find_map(|line| line.strip_prefix("pets │ processes "))?;
        Some(told.split(' ').map(str::to_owned).collect())
    };
    // What it says may come before or after the line that says that all is ready.
    let processes = match found(&dev.shown) {
        Some(processes) => processes,
        None => found(&dev.until("pets │ processes").await).unwrap(),
    };
    (dev, processes)
}

/// Waits until all of these processes have ended.
async fn gone(processes: &[String]) {
    for process in processes {
        soon(async {
            loop {
                let listed = Command::new("ps").args(["-o", "stat=", "-p", process]).output().unwrap();
                let state = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
                // One that nobody has waited for is listed, and has ended.
                if state.is_empty() || state.starts_with('Z') {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_backend_ends_with_all_that_it_started() {
    if !has_python() {
        return;
    }
    for argument in ["", "stubborn"] {
        let directory = tempfile::tempdir().unwrap();
        let (mut dev, processes) = start(&directory, argument).await;
        dev.interrupt();
        assert_eq!(dev.ended().await, Some(0));
        gone(&processes).await;
    }
}

#[tokio::test]
async fn a_second_signal_waits_for_no_backend() {
    if !has_python() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut dev, processes) = start(&directory, "stubborn").await;
    dev.interrupt();
    dev.until("stopped").await;
    dev.interrupt();
    assert_eq!(dev.ended().await, Some(0));
    let said = dev.rest().await.join("\n");
    assert!(said.contains("stopped at once"), "{said}");
    gone(&processes).await;
}

#[tokio::test]
async fn a_backend_ends_with_a_gateway_that_is_killed() {
    if !has_python() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (dev, processes) = start(&directory, "stubborn").await;
    dev.kill().await;
    gone(&processes).await;
}

#[tokio::test]
async fn a_backend_that_ends_leaves_nobody_at_its_port() {
    if !has_python() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut dev, processes) = start(&directory, "").await;
    assert!(Command::new("kill").args(["-9", &processes[0]]).status().unwrap().success());
    gone(&processes).await;
    dev.until("pets │ processes").await;
}
