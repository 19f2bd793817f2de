//! The programs behind the APIs that `dev.toml` names: started, watched, and ended with the gateway.

mod ways;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::project::Project;
use super::settings;
use crate::functions::{Guard, lines};
use crate::requests::{Console, printable};
pub(super) use ways::certificates;
pub use ways::{LinkMapping, vpc_links};

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
    /// There is nobody to end them.
    #[error("no backend can be started: `/bin/sh`: {0}")]
    NoGuard(std::io::Error),
    /// No port is free.
    #[error("no port is free for the backend `{name}`: {why}")]
    NoPort {
        /// The backend.
        name: String,
        /// What the machine says.
        why: std::io::Error,
    },
}

/// The running programs of all projects. Dropped, they end at once, with all that they have started.
#[derive(Debug)]
pub(super) struct Backends {
    /// By project and name.
    running: Vec<BTreeMap<String, RunningBackend>>,
    /// None where there is nothing to end.
    guard: Option<Guard>,
    all_ended: mpsc::Receiver<()>,
}

/// A running program. It ends when its standard input does, or is killed: it is in a process group of its own, so
/// that the terminal's Ctrl-C leaves it to finish what is under way.
#[derive(Debug)]
struct RunningBackend {
    address: SocketAddr,
    watching: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// A program and its standard input, which stays open for as long as it should run.
struct Started {
    child: Child,
    /// The process group that it leads.
    group: Option<u32>,
    input: Option<ChildStdin>,
}

#[derive(Debug, Clone)]
struct Program {
    name: String,
    command: Vec<String>,
    directory: PathBuf,
    port: u16,
    console: Console,
    guard: Guard,
}

impl Backends {
    /// Starts all programs that projects' settings name and waits until each listens.
    ///
    /// # Errors
    /// The first [`BackendError`]; programs that run already end.
    pub(super) async fn start(projects: &[Project], console: &Console) -> Result<Self, BackendError> {
        let (alive, all_ended) = mpsc::channel(1);
        let mut backends = Self { running: Vec::new(), guard: None, all_ended };
        if projects.iter().any(|project| !project.settings.backends.is_empty()) {
            backends.guard = Some(Guard::start(None, alive).map_err(BackendError::NoGuard)?);
        }
        for project in projects {
            let mut running = BTreeMap::new();
            if let Some(guard) = &backends.guard {
                for (name, backend) in &project.settings.backends {
                    let started = RunningBackend::start(name, backend, &project.directory, console, guard);
                    running.insert(name.clone(), started.await?);
                }
            }
            backends.running.push(running);
        }
        Ok(backends)
    }

    /// Where the programs of each project listen, by name.
    pub(super) fn addresses(&self) -> impl Iterator<Item = BTreeMap<String, SocketAddr>> {
        let address = |(name, backend): (&String, &RunningBackend)| (name.clone(), backend.address);
        self.running.iter().map(move |running| running.iter().map(address).collect())
    }

    /// Ends them, with all that they have started.
    pub(super) async fn stop(self) {
        let Self { running, guard, mut all_ended } = self;
        // All are asked before the first is waited for.
        let ending = running.into_iter().flat_map(BTreeMap::into_values).map(|backend| {
            let _ = backend.stop.send(());
            backend.watching
        });
        for watching in ending.collect::<Vec<_>>() {
            let _ = watching.await;
        }
        drop(guard);
        // The guard holds the sender while it has something to do; it never sends.
        let _ = tokio::time::timeout(END_PATIENCE, all_ended.recv()).await;
    }
}

impl RunningBackend {
    async fn start(
        name: &str,
        backend: &settings::Backend,
        directory: &Path,
        console: &Console,
        guard: &Guard,
    ) -> Result<Self, BackendError> {
        let port = free_port().await.map_err(|why| BackendError::NoPort { name: name.to_owned(), why })?;
        let program = Program {
            name: name.to_owned(),
            command: backend.command.clone(),
            directory: directory.to_owned(),
            port,
            console: console.clone(),
            guard: guard.clone(),
        };
        let mut started = program.spawn()?;
        program.wait_until_listening(&mut started.child).await?;
        let (stop, stopped) = oneshot::channel();
        let address = program.address();
        let watching = tokio::spawn(program.watch(started, stopped));
        Ok(Self { address, watching, stop })
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
        let group = child.id();
        if let Some(group) = group {
            self.guard.began(group);
        }
        if let Some(output) = child.stdout.take() {
            self.pass_on(output);
        }
        if let Some(output) = child.stderr.take() {
            self.pass_on(output);
        }
        // Waiting for a child closes its standard input, unless that is held elsewhere.
        let input = child.stdin.take();
        Ok(Started { child, group, input })
    }

    /// What the program says stands between the request lines, under its name.
    fn pass_on(&self, output: impl AsyncRead + Send + Unpin + 'static) {
        let (name, console) = (self.name.clone(), self.console.clone());
        tokio::spawn(async move {
            let say =
                |line: &str| console.say_output(format!("{name} │ {}", printable(line, LINE_CHARACTERS_MAX)));
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
    async fn watch(self, mut started: Started, mut stopped: oneshot::Receiver<()>) {
        for restarts in 0..=RESTARTS_MAX {
            let ended = tokio::select! {
                _ = &mut stopped => return self.end(started).await,
                ended = started.child.wait() => ended,
            };
            self.end_group(&started);
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            let name = &self.name;
            if restarts == RESTARTS_MAX {
                self.console
                    .say_output(format!("the backend `{name}` ended again ({status}); it is given up"));
                return;
            }
            self.console.say_output(format!("the backend `{name}` ended ({status}); it is started again"));
            tokio::select! {
                _ = &mut stopped => return,
                () = sleep(RESTART_PAUSE) => {}
            }
            match self.spawn() {
                Ok(next) => started = next,
                Err(error) => return self.console.say_output(error.to_string()),
            }
        }
    }

    /// A program that reads its standard input ends by itself when that ends; another one is killed.
    async fn end(&self, mut started: Started) {
        drop(started.input.take());
        if tokio::time::timeout(END_PATIENCE, started.child.wait()).await.is_err() {
            let _ = started.child.kill().await;
        }
        self.end_group(&started);
    }

    /// What a program started and left behind ends with it: it would hold the port.
    fn end_group(&self, started: &Started) {
        if let Some(group) = started.group {
            self.guard.end(group);
        }
    }
}

/// A port that was free a moment ago. Another program may take it before ours does; then ours says so and ends.
async fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr().map(|address| address.port())
}
