//! A process: started, watched, and ended with all that it started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};

use super::Guard;

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::functions) struct Launch {
    /// The executable.
    pub(in crate::functions) program: PathBuf,
    /// What it is given.
    pub(in crate::functions) arguments: Vec<OsString>,
}

/// What every process of a host has in common.
#[derive(Debug, Clone)]
pub(in crate::functions) struct Keeper {
    /// Ends groups of processes.
    pub(in crate::functions) guard: Guard,
    /// Becomes true when all processes are to end.
    pub(in crate::functions) stop: watch::Receiver<bool>,
    /// Dropped when a process has ended.
    pub(in crate::functions) _alive: mpsc::Sender<()>,
}

/// A running process; dropped, the process ends.
#[derive(Debug)]
pub(in crate::functions) struct Process {
    ended: watch::Receiver<Option<String>>,
    _kill: oneshot::Sender<()>,
}

impl Launch {
    /// A command of its own process group, which hears nothing and whose output is piped.
    pub(in crate::functions) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

impl Keeper {
    /// Watches over a process that was just started.
    pub(in crate::functions) fn watch_over(&self, mut child: Child) -> Process {
        let group = child.id();
        if let Some(group) = group {
            self.guard.began(group);
        }
        let (kill, killed) = oneshot::channel::<()>();
        let (ended, receiver) = watch::channel(None);
        let mut keeper = self.clone();
        tokio::spawn(async move {
            let status = tokio::select! {
                status = child.wait() => status,
                () = keeper.must_end(killed) => {
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            // What it started and left behind ends too.
            if let Some(group) = group {
                keeper.guard.end(group);
            }
            ended.send_replace(Some(status.map_or_else(|error| error.to_string(), how_it_ended)));
        });
        Process { ended: receiver, _kill: kill }
    }

    async fn must_end(&mut self, killed: oneshot::Receiver<()>) {
        tokio::select! {
            _ = killed => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }
}

impl Process {
    /// Whether it has not ended yet.
    pub(in crate::functions) fn is_running(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// Waits until it has ended, and says how.
    pub(in crate::functions) async fn ended(&mut self) -> String {
        match self.ended.wait_for(Option::is_some).await {
            Ok(how) => how.clone().unwrap_or_default(),
            Err(_) => "Runtime exited without providing a reason".to_owned(),
        }
    }
}

/// Lambda's words for an end.
fn how_it_ended(status: ExitStatus) -> String {
    match status.code() {
        Some(0) => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
        None => format!("Runtime exited with error: signal: {}", signal_name(status)),
    }
}

#[cfg(unix)]
fn signal_name(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(6) => "aborted".to_owned(),
        Some(9) => "killed".to_owned(),
        Some(11) => "segmentation fault".to_owned(),
        Some(15) => "terminated".to_owned(),
        Some(other) => other.to_string(),
        None => status.to_string(),
    }
}

#[cfg(not(unix))]
fn signal_name(status: ExitStatus) -> String {
    status.to_string()
}
