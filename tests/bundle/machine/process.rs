//! A program that runs beside a test, and what it says.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use tokio::net::TcpStream;

/// How long a program may take until it is ready. `cargo lambda watch` may have to link first.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a program may take to end when it is asked to, before it is killed.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often is looked whether something has come.
const LOOKING: Duration = Duration::from_millis(20);

/// A running program with everything that it started. All of it ends when this is dropped.
pub(crate) struct Running {
    name: String,
    child: Child,
    said: NamedTempFile,
}

impl Running {
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        let said = NamedTempFile::new().unwrap();
        let file = || Stdio::from(File::options().append(true).open(said.path()).unwrap());
        // In a group of its own, so that its children can be ended with it.
        let child = command.stdin(Stdio::null()).stdout(file()).stderr(file()).process_group(0).spawn();
        let child = child.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), child, said }
    }

    /// All that it said so far.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.said.path()).unwrap()).into_owned()
    }

    /// Deletes the file of what it says, which nobody is going to ask for any more: it is never dropped.
    pub(crate) fn forget_said(&self) {
        fs::remove_file(self.said.path()).unwrap();
    }

    /// Waits until something can be found, and gives it.
    pub(crate) async fn until<T>(&mut self, what: &str, mut found: impl AsyncFnMut(&str) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            let said = self.said();
            if let Some(found) = found(&said).await {
                return found;
            }
            let name = &self.name;
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{name} ended with {status} before {what}:\n{said}");
            }
            assert!(start.elapsed() < PATIENCE, "{name}: {what} does not come:\n{said}");
            tokio::time::sleep(LOOKING).await;
        }
    }

    /// Waits until it takes connections.
    pub(crate) async fn listening(&mut self, address: SocketAddr) {
        self.until("it listens", async |_| TcpStream::connect(address).await.ok().map(drop)).await;
    }

    /// Asks it to end.
    pub(crate) fn ask_to_end(&self) {
        self.signal("-TERM");
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "{} does not end:\n{}", self.name, self.said());
            tokio::time::sleep(LOOKING).await;
        }
    }

    /// Sends a signal to it and all that it started.
    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        // Nobody may be there any more.
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal("-TERM");
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < FAREWELL {
            std::thread::sleep(LOOKING);
        }
        self.signal("-KILL");
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {} said:\n{}", self.name, self.said());
        }
    }
}

/// An address that is free now, for programs that cannot choose one themselves.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
