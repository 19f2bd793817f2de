//! `gatelet dev`: definitions are deployed, served, shown, and deployed again whenever they are edited.

mod backends;
mod project;
mod session;
mod settings;
mod show;
mod state;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gatelet_aws::backends::HttpBackends;
use gatelet_aws::clock::SystemClock;
use gatelet_aws::environment::{Environment, EnvironmentProblem};
use gatelet_core::pipeline::Front;
use gatelet_model::StageName;
use tokio::net::TcpListener;

use crate::definition::Decisions;
use crate::doors::{ControlDoor, Gateway, LocalWorld};
use crate::requests::{Console, printable};
use crate::server::limits::Patience;
use crate::server::{Server, Sink};
use backends::RunningBackend;
pub use project::Projects;
use session::{Parts, Session};
pub use show::Look;
pub use state::StateChoice;
use watch::Watch;

/// Names of APIs are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;

/// What `gatelet dev` was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Definition files and directories.
    pub given: Vec<PathBuf>,
    /// What is decided beside the files.
    pub decisions: Decisions,
    /// The stage to deploy to.
    pub stage: Option<StageName>,
    /// Where definitions are kept.
    pub state: StateChoice,
    /// The data plane's address.
    pub listen: SocketAddr,
    /// The control plane's address.
    pub control_listen: SocketAddr,
    /// Hosts that are answered for beside loopback and the APIs' own names.
    pub allowed_hosts: Vec<String>,
    /// How things are shown.
    pub look: Look,
}

/// Why `gatelet dev` cannot go on. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// What was given is no definition.
    #[error(transparent)]
    Project(#[from] project::ProjectError),
    /// The environment cannot be understood.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Environment(Vec<EnvironmentProblem>),
    /// The state cannot be opened.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {why}; `{option} 127.0.0.1:0` takes a free port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The option that sets it.
        option: &'static str,
        /// What the machine says.
        why: String,
    },
    /// A program behind an API cannot be started.
    #[error(transparent)]
    Backend(#[from] backends::BackendError),
    /// The definitions cannot be served.
    #[error(transparent)]
    Session(#[from] session::SessionError),
    /// The machine refuses something that every process may do.
    #[error("the machine refuses {what}: {why}")]
    Machine {
        /// What was asked for.
        what: &'static str,
        /// What it says.
        why: String,
    },
}

impl DevError {
    /// Whether the definitions are at fault, rather than the command or the machine.
    #[must_use]
    pub const fn is_about_definitions(&self) -> bool {
        matches!(self, Self::Session(session::SessionError::Definitions(_)))
    }
}

/// Serves until the process is told to stop.
///
/// # Errors
/// A [`DevError`]; whatever was started has been stopped.
pub async fn run(options: Options, console: &Console) -> Result<(), DevError> {
    let began = Instant::now();
    let projects = Projects::find(&options.given)?;
    let environment = Environment::of_process().map_err(DevError::Environment)?;
    let data_listener = listen(options.listen, "--listen").await?;
    let control_listener = listen(options.control_listen, "--control-listen").await?;
    let (data_address, control_address) = (address(&data_listener)?, address(&control_listener)?);

    let (state, backends) = tokio::join!(
        state::open(&options.state, &options.decisions, &environment),
        start_backends(&projects, console),
    );
    let (state, backends) = (state?, backends?);
    // No integration reaches the control plane.
    let http_backends = HttpBackends::new(environment.backends().forbidding(control_address.into()))
        .map_err(|error| DevError::Machine { what: "an HTTP client", why: error.to_string() })?;

    let watch = Watch::new(projects.files.iter().map(|file| file.path.clone()));
    let mut session = Session::new(Parts {
        variables: variables(&projects, &backends),
        projects,
        decisions: options.decisions.clone(),
        stage: options.stage.clone(),
        definitions: Arc::clone(&state.definitions),
        address: data_address,
        look: options.look,
    });
    let url = |address: SocketAddr| options.look.url(&format!("http://{address}"));
    console.say(format!(
        "gatelet {} listens on {}, its control plane on {}, state in {}\n",
        env!("CARGO_PKG_VERSION"),
        url(data_address),
        url(control_address),
        state.shown,
    ));
    session.begin(&mut |text| console.say(text)).await?;

    let world = LocalWorld::new(state.definitions, http_backends, SystemClock::new());
    let gateway = Arc::new(Gateway::new(world, front(&options, &session)));
    let sink: Arc<dyn Sink> = Arc::new(console.clone());
    let start = |error: io::Error| DevError::Machine { what: "a server", why: error.to_string() };
    let data =
        Server::start(data_listener, Arc::clone(&gateway), sink, Patience::default()).map_err(start)?;
    let door = ControlDoor::new(SystemClock::new(), Arc::clone(session.overview()));
    let control =
        Server::start(control_listener, door, Arc::new(Unlogged), Patience::default()).map_err(start)?;
    if let Some(text) = earlier(&options, &session) {
        console.say(text);
    }
    // From here on a signal is answered by finishing what is under way; before, it simply ends the process.
    let mut signals = Signals::listen()?;
    console.say(ready(&options, &session, began));

    serve(&mut session, watch, &gateway, &options, &mut signals, console).await;
    finish(data, control, &mut signals, console).await;
    for backend in backends.into_iter().flat_map(BTreeMap::into_values) {
        backend.stop().await;
    }
    Ok(())
}

/// The control plane's requests leave no line: they are the user's own tools asking.
struct Unlogged;

impl Sink for Unlogged {
    fn take(&self, record: gatelet_core::record::SealedRecord) {
        tracing::debug!(path = record.path(), status = record.status(), "a request to the control plane");
    }
}

/// Reloads what is edited until a signal comes.
async fn serve(
    session: &mut Session,
    mut watch: Watch,
    gateway: &Gateway<LocalWorld>,
    options: &Options,
    signals: &mut Signals,
    console: &Console,
) {
    loop {
        tokio::select! {
            () = signals.next() => return,
            changed = watch.changed() => {
                for number in changed {
                    console.say(session.reload(number).await);
                }
                gateway.set_front(front(options, session));
            }
        }
    }
}

/// Finishes what is under way; a second signal stops at once.
async fn finish(data: Server, control: Server, signals: &mut Signals, console: &Console) {
    let waiting = data.in_flight().list();
    if waiting.is_empty() {
        console.say("\nstopped");
    } else {
        let count = crate::definition::counted(waiting.len(), "request");
        console.say(format!(
            "\nstopping: waiting for {count} under way ({}); Ctrl-C again stops at once",
            waiting.join(", ")
        ));
    }
    let stopping = async { tokio::join!(data.stop(), control.stop()).0 };
    tokio::select! {
        cut_off = stopping => {
            if !cut_off.is_empty() {
                console.say(format!("these took too long and were cut off: {}", cut_off.join(", ")));
            }
        }
        () = signals.next() => console.say("stopped at once"),
    }
}

struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> Result<Self, DevError> {
        use tokio::signal::unix::{SignalKind, signal};
        let refused = |error: io::Error| DevError::Machine { what: "signals", why: error.to_string() };
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(refused)?,
            interrupt: signal(SignalKind::interrupt()).map_err(refused)?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Self, DevError> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

async fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, DevError> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
            io::ErrorKind::PermissionDenied => "ports below 1024 need more rights".to_owned(),
            io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
            _ => error.to_string(),
        };
        DevError::Listen { address, option, why }
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, DevError> {
    listener
        .local_addr()
        .map_err(|error| DevError::Machine { what: "a socket's address", why: error.to_string() })
}

async fn start_backends(
    projects: &Projects,
    console: &Console,
) -> Result<Vec<BTreeMap<String, RunningBackend>>, backends::BackendError> {
    let mut running = Vec::new();
    for project in &projects.projects {
        running.push(backends::start(&project.settings.backends, &project.directory, console).await?);
    }
    Ok(running)
}

/// Stage variables by project: those of its settings, and the addresses of its programs.
fn variables(
    projects: &Projects,
    backends: &[BTreeMap<String, RunningBackend>],
) -> Vec<BTreeMap<String, String>> {
    let of_project = |(project, backends): (&project::Project, &BTreeMap<String, RunningBackend>)| {
        let mut variables = project.settings.variables.clone();
        variables.extend(backends.iter().map(|(name, backend)| (name.clone(), backend.address.to_string())));
        variables
    };
    projects.projects.iter().zip(backends).map(of_project).collect()
}

fn front(options: &Options, session: &Session) -> Front {
    let lower = |host: &String| host.to_ascii_lowercase().into_boxed_str();
    Front {
        allowed_hosts: options.allowed_hosts.iter().map(lower).collect(),
        path_forms: true,
        only_api: session.only_api(),
    }
}

/// What earlier runs have deployed, where nothing else was given.
fn earlier(options: &Options, session: &Session) -> Option<String> {
    let overview = session.overview().load();
    if !options.given.is_empty() || overview.apis.is_empty() {
        return None;
    }
    let mut text = String::from("deployed by earlier runs:\n");
    for (api, stage) in overview.apis.iter().flat_map(|api| api.stages.iter().map(move |stage| (api, stage))) {
        let name = printable(&api.name, NAME_CHARACTERS_MAX);
        text.push_str(&format!("  {name}  {}  {}  {}\n", api.kind, stage.name, options.look.url(&stage.url)));
    }
    Some(text)
}

fn ready(options: &Options, session: &Session, began: Instant) -> String {
    let milliseconds = began.elapsed().as_millis();
    let hint = match (options.given.is_empty(), session.overview().load().apis.is_empty()) {
        (true, true) => "nothing is deployed yet: `gatelet dev FILE` serves an OpenAPI definition",
        (true, false) => "Ctrl-C stops",
        (false, _) => "an edited definition is reloaded at once; Ctrl-C stops",
    };
    format!("ready after {milliseconds} ms; {hint}\n")
}
