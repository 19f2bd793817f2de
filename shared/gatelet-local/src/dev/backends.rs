//! The programs behind the APIs that `dev.toml` names: started, watched, and ended with the gateway.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::settings;
use crate::functions::lines;
use crate::requests::{Console, printable};

/// How long a program may take until it listens.
const START_PATIENCE: Duration = Duration::from_secs(15);
/// How often it is tried meanwhile.
const START_LOOK: Duration = Duration::from_millis(10);
/// How long a program may take to end by itself.
const END_PATIENCE: Duration = Duration::from_secs(2);
/// How long a program that ended is left alone before it is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// How often it is started again before it is given up.
const RESTARTS_MAX: u32 = 5;
/// A line that a program says is cut after this many characters.
const LINE_CHARACTERS_MAX: usize = 400;

/// Why a program does not stand behind its API.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No command is given.
    #[error("the backend `{0}` in {file} has an empty `command`; give a program and its arguments", file = settings::FILE_NAME)]
    NoCommand(String),
    /// The program cannot be started.
    #[error("the backend `{name}` cannot be started: `{program}`: {why}")]
    NotStarted {
        /// The backend.
        name: String,
        /// The program.
        program: String,
        /// What the machine says.
        why: String,
    },
    /// The program ended before it listened.
    #[error(
        "the backend `{name}` ended before it listened on port {port} ({status}); see what it said above"
    )]
    EndedEarly {
        /// The backend.
        name: String,
        /// Where it should have listened.
        port: u16,
        /// How it ended.
        status: String,
    },
    /// The program does not listen.
    #[error(
        "the backend `{name}` does not listen on 127.0.0.1:{port} after {seconds} s; it should listen at the port in the variable PORT",
        seconds = START_PATIENCE.as_secs()
    )]
    DoesNotListen {
        /// The backend.
        name: String,
        /// Where it should listen.
        port: u16,
    },
    /// No port is free.
    #[error("no port is free for the backend `{name}`: {why}")]
    NoPort {
        /// The backend.
        name: String,
        /// What the machine says.
        why: std::io::Error,
    },
}

/// A running program. It ends when its standard input does, or is killed: it is in a process group of its own, so
/// that the terminal's Ctrl-C leaves it to finish what is under way.
#[derive(Debug)]
pub(super) struct RunningBackend {
    /// Where it listens.
    pub address: SocketAddr,
    watching: JoinHandle<()>,
    stop: tokio::sync::oneshot::Sender<()>,
}

/// A program and its standard input, which stays open for as long as it should run.
struct Started {
    child: Child,
    input: Option<ChildStdin>,
}

#[derive(Debug, Clone)]
struct Program {
    name: String,
    command: Vec<String>,
    directory: PathBuf,
    port: u16,
    console: Console,
}

/// Starts all programs of a directory's settings and waits until each listens.
///
/// # Errors
/// The first [`BackendError`]; programs that run already end.
pub(super) async fn start(
    backends: &BTreeMap<String, settings::Backend>,
    directory: &Path,
    console: &Console,
) -> Result<BTreeMap<String, RunningBackend>, BackendError> {
    let mut running = BTreeMap::new();
    for (name, backend) in backends {
        let port = free_port().await.map_err(|why| BackendError::NoPort { name: name.clone(), why })?;
        let program = Program {
            name: name.clone(),
            command: backend.command.clone(),
            directory: directory.to_owned(),
            port,
            console: console.clone(),
        };
        let mut started = program.spawn()?;
        program.wait_until_listening(&mut started.child).await?;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let address = program.address();
        let watching = tokio::spawn(program.watch(started, stopped));
        running.insert(name.clone(), RunningBackend { address, watching, stop });
    }
    Ok(running)
}

impl RunningBackend {
    /// Ends the program.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.watching.await;
    }
}

impl Program {
    const fn address(&self) -> SocketAddr {
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), self.port)
    }

    fn spawn(&self) -> Result<Started, BackendError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(BackendError::NoCommand(self.name.clone()));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("PORT", self.port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| BackendError::NotStarted {
            name: self.name.clone(),
            program: program.clone(),
            why: match error.kind() {
                std::io::ErrorKind::NotFound => "it is not on the PATH".to_owned(),
                _ => error.to_string(),
            },
        })?;
        if let Some(output) = child.stdout.take() {
            self.pass_on(output);
        }
        if let Some(output) = child.stderr.take() {
            self.pass_on(output);
        }
        // Waiting for a child closes its standard input, unless that is held elsewhere.
        let input = child.stdin.take();
        Ok(Started { child, input })
    }

    /// What the program says stands between the request lines, under its name.
    fn pass_on(&self, output: impl AsyncRead + Send + Unpin + 'static) {
        let (name, console) = (self.name.clone(), self.console.clone());
        tokio::spawn(async move {
            let say = |line: &str| console.say(format!("{name} │ {}", printable(line, LINE_CHARACTERS_MAX)));
            let _ = lines(output, say).await;
        });
    }

    async fn wait_until_listening(&self, child: &mut Child) -> Result<(), BackendError> {
        let (name, port) = (self.name.clone(), self.port);
        let until = Instant::now() + START_PATIENCE;
        loop {
            if TcpStream::connect(self.address()).await.is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(BackendError::EndedEarly { name, port, status: status.to_string() });
            }
            if Instant::now() > until {
                return Err(BackendError::DoesNotListen { name, port });
            }
            sleep(START_LOOK).await;
        }
    }

    /// Starts the program again when it ends, until the gateway stops.
    async fn watch(self, mut started: Started, mut stopped: tokio::sync::oneshot::Receiver<()>) {
        for restarts in 0..=RESTARTS_MAX {
            let ended = tokio::select! {
                _ = &mut stopped => return end(started).await,
                ended = started.child.wait() => ended,
            };
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            let name = &self.name;
            if restarts == RESTARTS_MAX {
                self.console.say(format!("the backend `{name}` ended again ({status}); it is given up"));
                return;
            }
            self.console.say(format!("the backend `{name}` ended ({status}); it is started again"));
            tokio::select! {
                _ = &mut stopped => return,
                () = sleep(RESTART_PAUSE) => {}
            }
            match self.spawn() {
                Ok(next) => started = next,
                Err(error) => return self.console.say(error.to_string()),
            }
        }
    }
}

/// A program that reads its standard input ends by itself when that ends; another one is killed.
async fn end(mut started: Started) {
    drop(started.input.take());
    if tokio::time::timeout(END_PATIENCE, started.child.wait()).await.is_err() {
        let _ = started.child.kill().await;
    }
}

/// A port that was free a moment ago. Another program may take it before ours does; then ours says so and ends.
async fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr().map(|address| address.port())
}
