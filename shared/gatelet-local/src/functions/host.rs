//! The host itself.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::api::{self, invoke};
use super::bootstraps::Bootstraps;
use super::function::{Function, Settled};
use super::ids;
use super::instance::{Guard, Keeper, shown};
use super::settings::{FunctionSettings, HostLimits, Runtime};

/// How long processes may take to end when the host stops.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
#[error("the function host cannot be started: {what}: {why}")]
pub struct HostError {
    what: &'static str,
    why: io::Error,
}

/// Where what functions say is shown, line by line.
#[derive(Clone)]
pub struct Say(Arc<dyn Fn(String) + Send + Sync>);

/// The functions of a host, by ARN.
#[derive(Debug, Default)]
pub(super) struct Registry(ArcSwap<BTreeMap<String, Arc<Function>>>);

/// A function host that serves. Dropped, it stops at once and takes all processes with it.
#[derive(Debug)]
pub struct Host {
    address: SocketAddr,
    token: String,
    registry: Arc<Registry>,
    limits: HostLimits,
    say: Say,
    bootstraps: Arc<Bootstraps>,
    /// `None` when it stops.
    keeper: Option<Keeper>,
    stop: watch::Sender<bool>,
    all_ended: mpsc::Receiver<()>,
    serving: JoinHandle<()>,
    watching: JoinHandle<()>,
}

impl Say {
    /// Shows lines in this way. It must not block.
    pub fn new(show: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self(Arc::new(show))
    }

    pub(super) fn line(&self, label: &str, line: &str) {
        (self.0)(shown(label, line));
    }
}

impl fmt::Debug for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Say(..)")
    }
}

impl Registry {
    /// The function of an ARN, a partial ARN or a name, whatever its qualifier; by its own ARN before another's name.
    pub(super) fn find(&self, wanted: &str) -> Option<Arc<Function>> {
        let functions = self.0.load();
        let is_arn =
            |arn: &str| wanted.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        let by_arn = functions.values().find(|function| is_arn(&function.settings().arn));
        let name = wanted.rsplit_once("function:").map_or(wanted, |(_, name)| name);
        let name = name.split(':').next().unwrap_or_default();
        by_arn.or_else(|| functions.values().find(|function| function.settings().name == name)).cloned()
    }
}

impl Host {
    /// Begins to serve functions at a port that is free. None of them is started before it is called; packages begin
    /// to be built.
    ///
    /// # Errors
    /// A [`HostError`] where the machine lacks what is needed.
    pub async fn start(
        functions: Vec<FunctionSettings>,
        limits: HostLimits,
        say: Say,
    ) -> Result<Self, HostError> {
        let failed = |what: &'static str| move |why: io::Error| HostError { what, why };
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed("no port is free"))?;
        let address = listener.local_addr().map_err(failed("no port is free"))?;
        let token = ids::token().map_err(failed("the machine has no randomness"))?;
        let bootstraps = Bootstraps::write().map_err(failed("the bootstraps cannot be written"))?;
        let (stop, stopped) = watch::channel(false);
        let (alive, all_ended) = mpsc::channel(1);
        let guard = Guard::start(Some(bootstraps.directory()), alive.clone())
            .map_err(failed("`/bin/sh` cannot be started"))?;
        let registry = Arc::new(Registry::default());
        let door = invoke::Door::new(token.clone(), Arc::clone(&registry));
        let host = Self {
            address,
            token,
            registry: Arc::clone(&registry),
            limits,
            say,
            bootstraps: Arc::new(bootstraps),
            keeper: Some(Keeper { guard, stop: stopped, _alive: alive }),
            stop,
            all_ended,
            serving: tokio::spawn(api::serve(listener, Arc::new(door))),
            watching: tokio::spawn(watch_code(registry, limits.look)),
        };
        host.update(functions);
        Ok(host)
    }

    /// The URL by which functions are called: what `--endpoint-url` and `AWS_ENDPOINT_URL_LAMBDA` take. Its path is
    /// a secret, so that nobody else on this machine calls them.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}/{}", self.address, self.token)
    }

    /// Serves these functions from now on. Those that are the same keep their processes; what others do is finished.
    pub fn update(&self, functions: Vec<FunctionSettings>) {
        let Some(keeper) = &self.keeper else { return };
        let before = self.registry.0.load_full();
        let mut after = BTreeMap::new();
        for settings in functions {
            let same = before.get(&settings.arn).filter(|function| *function.settings() == settings);
            let function = same.cloned().unwrap_or_else(|| {
                let watched = match &settings.runtime {
                    Runtime::Rust { package, .. } => package,
                    _ => &settings.directory,
                };
                Function::new(Settled {
                    directory: absolute(&settings.directory),
                    watched: absolute(watched),
                    settings: settings.clone(),
                    limits: self.limits,
                    say: self.say.clone(),
                    keeper: keeper.clone(),
                    bootstraps: Arc::clone(&self.bootstraps),
                })
            });
            after.insert(settings.arn, function);
        }
        self.registry.0.store(Arc::new(after));
    }

    /// Stops, and waits until all processes have ended.
    pub async fn stop(mut self) {
        self.end();
        self.keeper = None;
        // Whoever is left holds a sender; none is ever used.
        let _ = tokio::time::timeout(STOP_PATIENCE, self.all_ended.recv()).await;
    }

    fn end(&self) {
        self.stop.send_replace(true);
        self.serving.abort();
        self.watching.abort();
        self.registry.0.store(Arc::default());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

/// One directory has one path: what is seen of it is compared by path too.
fn absolute(directory: &Path) -> PathBuf {
    std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned())
}

/// Looks again and again whether code has changed, and whether processes have had no work for long.
async fn watch_code(registry: Arc<Registry>, every: Duration) {
    let mut look = interval(every);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let functions = registry.0.load_full();
        let looked = tokio::task::spawn_blocking(move || {
            let mut stamps: BTreeMap<PathBuf, u64> = BTreeMap::new();
            for function in functions.values() {
                function.look(&mut stamps);
                function.reap(Instant::now());
            }
        });
        let _ = looked.await;
    }
}
