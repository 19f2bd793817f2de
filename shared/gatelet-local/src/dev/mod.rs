//! `gatelet dev`: definitions are deployed, served, shown, and deployed again whenever they are edited.

mod backends;
mod functions;
mod https;
mod once;
mod project;
mod session;
mod settings;
mod show;
mod signals;
mod state;
mod watch;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gatelet_aws::access::{HttpIdentityProviders, KeySetUrl, ProviderSettings, UsageTables};
use gatelet_aws::backends::HttpBackends;
use gatelet_aws::environment::{Environment, EnvironmentProblem};
use gatelet_aws::functions::{LambdaFunctions, LambdaSettings};
use gatelet_aws::process::SystemClock;
use gatelet_aws::services::{AwsServices, ServiceSettings};
use gatelet_core::pipeline::{Front, OWN_NAME_SUFFIXES};
use gatelet_model::StageName;
use http::Uri;
use tokio::net::TcpListener;

use crate::definition::{Decisions, counted};
use crate::doors::{Callers, ControlDoor, ControlToken, Gateway, LocalWorld};
use crate::operations::UsagePlace;
use crate::requests::{Console, printable};
use crate::server::limits::Patience;
use crate::server::tls::TlsProblem;
use crate::server::{Server, Sink};
use backends::Backends;
pub use backends::{LinkMapping, vpc_links};
use functions::Functions;
pub use functions::{FunctionMapping, missing_code};
use https::Https;
pub use https::HttpsOptions;
pub use once::{Said, invoke};
pub use project::Projects;
use session::{Parts, Session};
pub use settings::FILE_NAME as SETTINGS_FILE_NAME;
pub use show::Look;
use signals::Signals;
use state::Counting;
pub use state::StateChoice;
use watch::Watch;

/// Names of APIs are cut after this many characters.
const NAME_CHARACTERS_MAX: usize = 120;
/// AWS's name of the service, as its endpoint variables have it.
const LAMBDA: &str = "Lambda";
/// A list of requests is cut after this many characters.
const WAITING_CHARACTERS_MAX: usize = 400;

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
    /// Where functions are called instead of being run here.
    pub lambda_endpoint: Option<Uri>,
    /// The code of functions that no template gives.
    pub functions: Vec<FunctionMapping>,
    /// Where the key sets of issuers are.
    pub issuers: Vec<KeySetUrl>,
    /// Where VPC links lead.
    pub vpc_links: Vec<LinkMapping>,
    /// The data plane's address.
    pub listen: SocketAddr,
    /// The control plane's address.
    pub control_listen: SocketAddr,
    /// Where and how HTTPS is spoken.
    pub https: Option<HttpsOptions>,
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
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsProblem),
    /// Functions cannot be run.
    #[error(transparent)]
    Functions(#[from] functions::FunctionsError),
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
    let mut signals =
        Signals::listen().map_err(|error| DevError::Machine { what: "signals", why: error.to_string() })?;
    let mut running = tokio::select! {
        started = start(&options, console) => started?,
        // What was started so far is dropped, and ends with that.
        () = signals.next() => return Ok(()),
    };
    tokio::select! {
        never = running.reload_edits(&options, console) => match never {},
        () = signals.next() => {}
    }
    running.finish(&mut signals, console).await;
    Ok(())
}

/// Everything that runs.
struct Running {
    session: Session,
    watch: Watch,
    gateway: Arc<Gateway<LocalWorld>>,
    counting: Counting,
    data: Server,
    secure: Option<Server>,
    control: Server,
    backends: Backends,
}

async fn start(options: &Options, console: &Console) -> Result<Running, DevError> {
    let began = Instant::now();
    let projects = Projects::find(&options.given)?;
    let environment = Environment::of_process().map_err(DevError::Environment)?;
    let data_listener = listen(options.listen, "--listen").await?;
    let control_listener = listen(options.control_listen, "--control-listen").await?;
    let https = match &options.https {
        Some(https) => Some(Https::listen(https).await?),
        None => None,
    };
    let (data_address, control_address) = (address(&data_listener)?, address(&control_listener)?);

    let (state, backends) = tokio::join!(
        state::open(&options.state, &options.decisions, &environment),
        Backends::start(&projects.projects, console),
    );
    let (state, backends) = (state?, backends?);
    // No integration reaches the control plane.
    let links = vpc_links(environment.vpc_links().clone(), &projects.projects, &options.vpc_links);
    let certificates = backends::certificates(&projects.projects, state.directory.as_deref());
    let settings = environment.backends().with_links(links.clone()).showing(certificates);
    let http_backends = HttpBackends::new(settings.forbidding(control_address.into()))
        .map_err(|error| DevError::Machine { what: "an HTTP client", why: error.to_string() })?;
    // Functions are run here, whatever stands in for AWS's other services.
    let elsewhere = options.lambda_endpoint.clone().or_else(|| environment.own_endpoint(LAMBDA).cloned());
    let Decisions { account, region, .. } = &options.decisions;
    let is_elsewhere = elsewhere.is_some();
    let functions = Functions::start(&options.functions, is_elsewhere, account, region, console).await?;
    let (lambda, services) = aws(&environment, elsewhere.as_ref(), &functions)?;

    let mut watch = Watch::new(projects.files.iter().map(|file| file.path.clone()));
    let tables = UsageTables::new(state.credentials.clone(), state.counters.clone());
    let token = ControlToken::make(state.directory.as_deref()).map_err(|error| DevError::Machine {
        what: "a token of the control plane",
        why: error.to_string(),
    })?;
    let usage = UsagePlace::new(tables, state.definitions.table().clone(), SystemClock::new());
    let mut session = Session::new(Parts {
        variables: variables(&projects, &backends),
        projects,
        decisions: options.decisions.clone(),
        stage: options.stage.clone(),
        functions,
        links,
        definitions: Arc::clone(&state.definitions),
        usage: usage.clone(),
        address: reachable(data_address),
        control: reachable(control_address),
        token: token.file().to_owned(),
        https: https.as_ref().map(Https::address),
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
    if state.directory.is_none() {
        console.say(format!(
            "commands are let in there by the token in {} (`--control-token`, GATELET_CONTROL_TOKEN)\n",
            token.file().display()
        ));
    }
    if let Some(https) = &https {
        console.say(https.told());
    }
    if let Some(elsewhere) = &elsewhere {
        console.say(format!(
            "functions are called at {}, none is run here\n",
            options.look.url(&elsewhere.to_string())
        ));
    }
    session.begin(&mut |text| console.say(text)).await?;
    for number in 0..session.files() {
        watch.follow(number, session.references(number));
    }

    let callers = Callers {
        identity_providers: HttpIdentityProviders::new(
            ProviderSettings::of(&environment)
                .in_region(options.decisions.region.as_str(), &environment)
                .with_key_set_urls(options.issuers.iter().cloned())
                .forbidding(&control_address.into()),
        ),
        credentials: state.credentials,
    };
    let counters = state.counters.clone();
    let world =
        LocalWorld::new(state.definitions, http_backends, lambda, services, callers, SystemClock::new())
            .counting(state.counters, environment.counters().limits);
    let gateway = Arc::new(Gateway::new(world, front(options, &session)));
    let sink: Arc<dyn Sink> = Arc::new(console.clone());
    let refused = |error: io::Error| DevError::Machine { what: "a server", why: error.to_string() };
    let data = Server::start(data_listener, Arc::clone(&gateway), Arc::clone(&sink), Patience::default())
        .map_err(refused)?;
    let secure = match https {
        Some(https) => {
            let names = session.domain_names().iter().chain(&options.allowed_hosts).cloned();
            let (listener, tls) = https.tls(names)?;
            let secure = Server::start_tls(listener, tls, Arc::clone(&gateway), sink, Patience::default());
            Some(secure.map_err(refused)?)
        }
        None => None,
    };
    let overview = Arc::clone(session.overview());
    let door = ControlDoor::new(SystemClock::new(), Arc::clone(&gateway), overview, usage, token);
    let control = Server::start(control_listener, door, Arc::new(Unlogged), Patience::default());
    let control = control.map_err(refused)?;
    if let Some(text) = earlier(options, &session) {
        console.say(text);
    }
    console.say(ready(options, &session, began));
    let counting = Counting::start(Arc::clone(&gateway), counters);
    Ok(Running { session, watch, gateway, counting, data, secure, control, backends })
}

impl Running {
    /// Reloads what is edited, without end.
    async fn reload_edits(&mut self, options: &Options, console: &Console) -> Infallible {
        loop {
            for number in self.watch.changed().await {
                let said = self.session.reload(number).await;
                self.watch.follow(number, self.session.references(number));
                // What is said is so: whoever reads it may ask at once.
                self.gateway.set_front(front(options, &self.session));
                console.say(said);
            }
        }
    }

    /// Finishes what is under way; a second signal stops at once.
    async fn finish(self, signals: &mut Signals, console: &Console) {
        let mut waiting = self.data.in_flight().list();
        waiting.extend(self.secure.iter().flat_map(|secure| secure.in_flight().list()));
        if waiting.is_empty() {
            console.say("\nstopped");
        } else {
            let count = counted(waiting.len(), "request");
            let list = printable(&waiting.join(", "), WAITING_CHARACTERS_MAX).into_owned();
            console.say(format!(
                "\nstopping: waiting for {count} under way ({list}); Ctrl-C again stops at once"
            ));
        }
        let stopping = async {
            let secure = async {
                match self.secure {
                    Some(secure) => secure.stop().await,
                    None => Vec::new(),
                }
            };
            let control = async { drop(self.control.stop().await) };
            let (mut cut_off, more, ()) = tokio::join!(self.data.stop(), secure, control);
            cut_off.extend(more);
            if !cut_off.is_empty() {
                let list = printable(&cut_off.join(", "), WAITING_CHARACTERS_MAX).into_owned();
                console.say(format!("these took too long and were cut off: {list}"));
            }
            tokio::join!(self.session.stop(), self.backends.stop(), self.counting.finish());
        };
        tokio::select! {
            () = stopping => {}
            // What is dropped ends at once.
            () = signals.next() => console.say("stopped at once"),
        }
    }
}

/// The clients of functions, those that are run here or elsewhere, and of AWS's other services.
fn aws(
    environment: &Environment,
    elsewhere: Option<&Uri>,
    functions: &Functions,
) -> Result<(LambdaFunctions, AwsServices), DevError> {
    let failed = |why: String| DevError::Machine { what: "a client of Lambda", why };
    let endpoint = match (elsewhere, functions.endpoint()) {
        (Some(elsewhere), _) => Some(elsewhere.clone()),
        (None, Some(here)) => {
            Some(here.parse().map_err(|error: http::uri::InvalidUri| failed(error.to_string()))?)
        }
        (None, None) => None,
    };
    let settings = LambdaSettings::of(environment);
    let settings = endpoint.map_or_else(|| settings.clone(), |endpoint| settings.clone().at(endpoint));
    let services =
        AwsServices::new(ServiceSettings::of(environment)).map_err(|error| failed(error.to_string()))?;
    Ok((LambdaFunctions::beside(&services, settings), services))
}

/// The control plane's requests leave no line: they are the user's own tools asking.
struct Unlogged;

impl Sink for Unlogged {
    fn take(&self, record: gatelet_core::record::SealedRecord) {
        tracing::debug!(path = record.path(), status = record.status(), "a request to the control plane");
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

/// Where this machine reaches what listens on all of its addresses.
const fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), address.port())
        }
        _ => address,
    }
}

/// Stage variables by project: those of its settings, and the addresses of its programs.
fn variables(projects: &Projects, backends: &Backends) -> Vec<BTreeMap<String, String>> {
    let of_project = |(project, addresses): (&project::Project, BTreeMap<String, SocketAddr>)| {
        let mut variables = project.settings.variables.clone();
        variables.extend(addresses.into_iter().map(|(name, address)| (name, address.to_string())));
        variables
    };
    projects.projects.iter().zip(backends.addresses()).map(of_project).collect()
}

fn front(options: &Options, session: &Session) -> Front {
    let lower = |host: &String| host.to_ascii_lowercase().into_boxed_str();
    Front {
        allowed_hosts: options.allowed_hosts.iter().map(lower).collect(),
        path_forms: true,
        own_name_suffixes: OWN_NAME_SUFFIXES.map(Into::into).to_vec(),
        only_api: session.only_api(),
        ..Front::default()
    }
}

/// What earlier runs have deployed, where nothing else was given.
fn earlier(options: &Options, session: &Session) -> Option<String> {
    let overview = session.overview().load();
    if !options.given.is_empty() || overview.apis.is_empty() {
        return None;
    }
    let mut text = String::from("deployed by earlier runs:\n");
    for (api, stage) in overview.apis.iter().flat_map(|api| api.stages.iter().map(move |stage| (api, stage)))
    {
        let name = printable(&api.name, NAME_CHARACTERS_MAX);
        text.push_str(&format!("  {name}  {}  {}  {}\n", api.kind, stage.name, options.look.url(&stage.url)));
    }
    Some(text)
}

fn ready(options: &Options, session: &Session, began: Instant) -> String {
    let milliseconds = began.elapsed().as_millis();
    let hint = match (options.given.is_empty(), session.overview().load().apis.is_empty()) {
        (true, true) => {
            "nothing is deployed yet: `gatelet dev FILE` serves a template or an OpenAPI definition"
        }
        (true, false) => "Ctrl-C stops",
        (false, _) => "an edited definition is reloaded at once; Ctrl-C stops",
    };
    format!("ready after {milliseconds} ms; {hint}\n")
}
