//! One function: its processes, and the invocations that wait for them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

use super::bootstraps::Bootstraps;
use super::code::{Build, Builder, Code, Package, Watched, stamp};
use super::host::Say;
use super::instance::{Ending, Instance, Keeper};
use super::invocation::{Failure, Invocation, Reply, Said, channel};
use super::log;
use super::settings::{FunctionSettings, HostLimits, Runtime};

/// What is decided about a function and does not change.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) settings: FunctionSettings,
    /// The code's directory, absolute.
    pub(super) directory: PathBuf,
    /// The directory that is looked at for edits, absolute: a Rust function's package, else the code's.
    pub(super) watched: PathBuf,
    pub(super) limits: HostLimits,
    pub(super) say: Say,
    pub(super) keeper: Keeper,
    pub(super) bootstraps: Arc<Bootstraps>,
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    settled: Settled,
    code: Code,
    /// Held while an invocation runs.
    permits: Arc<Semaphore>,
    /// Held while an invocation waits to run.
    places: Arc<Semaphore>,
    /// Held while an event invocation is under way, its pauses included.
    events: Arc<Semaphore>,
    /// Processes without work, the last used at the end.
    idle: Mutex<Vec<Instance>>,
    /// Which state of the code is current.
    version: AtomicU64,
    watched: Mutex<Watched>,
    builder: Option<Builder>,
}

/// So many invocations wait already that a further one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Function {
    /// A function of which nothing runs yet; a package begins to be built.
    pub(super) fn new(settled: Settled) -> Arc<Self> {
        Arc::new_cyclic(|own: &Weak<Self>| {
            let (report, build) = watch::channel(Build::Underway);
            let builder = match &settled.settings.runtime {
                Runtime::Rust { package, binary } => {
                    let package = Package {
                        label: settled.settings.name.clone(),
                        directory: package.clone(),
                        binary: binary.clone(),
                        say: settled.say.clone(),
                        keeper: settled.keeper.clone(),
                    };
                    let own = own.clone();
                    let renewed = move || {
                        if let Some(function) = own.upgrade() {
                            function.renew();
                        }
                    };
                    Some(Builder::start(package, report, renewed))
                }
                _ => None,
            };
            Self {
                code: Code::of(&settled.settings, &settled.bootstraps, build),
                permits: Arc::new(Semaphore::new(settled.limits.instances)),
                places: Arc::new(Semaphore::new(settled.limits.waiting)),
                events: Arc::new(Semaphore::new(settled.limits.waiting)),
                idle: Mutex::default(),
                version: AtomicU64::new(0),
                watched: Mutex::new(Watched::new(stamp(&settled.watched))),
                builder,
                settled,
            }
        })
    }

    /// What it was made from.
    pub(super) const fn settings(&self) -> &FunctionSettings {
        &self.settled.settings
    }

    /// Runs an invocation as soon as a process is free. What the function says comes in by what is returned. It runs
    /// to its end also where nobody listens any more.
    ///
    /// # Errors
    /// [`TooMany`] wait already.
    pub(super) fn invoke(
        self: &Arc<Self>,
        invocation: Arc<Invocation>,
    ) -> Result<mpsc::Receiver<Said>, TooMany> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| TooMany)?;
        let (reply, said) = channel();
        let function = Arc::clone(self);
        tokio::spawn(async move {
            let permits = Arc::clone(&function.permits);
            let permit = tokio::select! {
                biased;
                permit = permits.acquire_owned() => permit,
                // It has not begun: a caller who went away saves the work.
                () = reply.gone() => return,
            };
            drop(place);
            function.run(&invocation, &reply).await;
            drop(permit);
        });
        Ok(said)
    }

    /// Runs an invocation that nobody waits for, up to three times.
    ///
    /// # Errors
    /// [`TooMany`] wait already.
    pub(super) fn tell(self: &Arc<Self>, invocation: Arc<Invocation>) -> Result<(), TooMany> {
        let event = Arc::clone(&self.events).try_acquire_owned().map_err(|_| TooMany)?;
        let first = self.invoke(Arc::clone(&invocation))?;
        let function = Arc::clone(self);
        tokio::spawn(async move {
            let mut has_failed = failed(first).await;
            for pause in function.settled.limits.retry_pauses {
                if !has_failed {
                    break;
                }
                tokio::time::sleep(pause).await;
                has_failed = match function.invoke(Arc::clone(&invocation)) {
                    Ok(said) => failed(said).await,
                    Err(TooMany) => true,
                };
            }
            if has_failed {
                let message = format!("the event {} is given up after its last try", invocation.request_id);
                function.settled.say.line(&function.settings().name, &message);
            }
            drop(event);
        });
        Ok(())
    }

    /// Looks whether the code has changed; directories that were looked at already are in `stamps`.
    pub(super) fn look(&self, stamps: &mut BTreeMap<PathBuf, u64>) {
        let directory = &self.settled.watched;
        let now = match stamps.get(directory) {
            Some(now) => *now,
            None => {
                let now = stamp(directory);
                stamps.insert(directory.clone(), now);
                now
            }
        };
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if !watched.has_changed(now) {
            return;
        }
        match &self.builder {
            Some(builder) => builder.build_again(),
            None => {
                self.renew();
                self.settled.say.line(&self.settings().name, "its code changed: it starts anew");
            }
        }
    }

    /// Ends processes that have had no work for long.
    pub(super) fn reap(&self, now: Instant) {
        let limit = self.settled.limits.idle;
        self.idle().retain(|instance| instance.is_running() && now - instance.idle_since < limit);
    }

    /// From now on the code is another one: processes without work end, others when they have finished.
    fn renew(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        // Nothing is left half done while it is locked, so a panic elsewhere does not spoil it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that was used last, where one is free.
    fn take_idle(&self) -> Option<Instance> {
        let current = self.version.load(Ordering::SeqCst);
        let mut idle = self.idle();
        while let Some(instance) = idle.pop() {
            if instance.version == current && instance.is_running() {
                return Some(instance);
            }
        }
        None
    }

    fn keep(&self, instance: Instance) {
        let mut idle = self.idle();
        if instance.version == self.version.load(Ordering::SeqCst) {
            idle.push(instance);
        }
    }

    async fn run(&self, invocation: &Arc<Invocation>, reply: &Reply) {
        while !*self.settled.keeper.stop.borrow() {
            let idle = self.take_idle();
            let is_fresh = idle.is_none();
            let mut instance = match idle {
                Some(instance) => instance,
                None => match self.start(&invocation.request_id, reply).await {
                    Ok(Some(instance)) => instance,
                    Ok(None) => return,
                    Err(failure) => return self.fail(failure, reply).await,
                },
            };
            let settings = self.settings();
            let began = Instant::now();
            let outcome = instance.run(invocation, settings.timeout, &settings.arn, reply).await;
            let log = if invocation.wants_log { instance.log().await } else { Vec::new() };
            let failure = match outcome {
                (Ending::NotTaken, _) if is_fresh => {
                    let how = "Runtime exited without providing a reason";
                    Some(Failure::exited(&invocation.request_id, how))
                }
                // It ended while it had no work, so that nothing is lost.
                (Ending::NotTaken, _) => continue,
                (Ending::Lost, failure) => {
                    drop(instance);
                    failure
                }
                (Ending::Answered, failure) => {
                    self.keep(instance);
                    failure
                }
            };
            if invocation.wants_log {
                let log =
                    log::of(invocation, log, failure.as_ref(), began.elapsed(), settings.memory_megabytes);
                reply.say(Said::Log(log)).await;
            }
            return match failure {
                Some(failure) => self.fail(failure, reply).await,
                None => reply.say(Said::Done).await,
            };
        }
    }

    /// Starts an instance; none where the caller went away while the code was made ready, which may take a build.
    async fn start(&self, request_id: &str, reply: &Reply) -> Result<Option<Instance>, Failure> {
        // Read first: what changes while it starts makes it old.
        let version = self.version.load(Ordering::SeqCst);
        let entry = tokio::select! {
            biased;
            entry = self.code.entry(&self.settled.directory) => entry?,
            () = reply.gone() => return Ok(None),
        };
        Instance::start(&self.settled, &entry, version, request_id).await.map(Some)
    }

    async fn fail(&self, failure: Failure, reply: &Reply) {
        for line in failure.lines() {
            self.settled.say.line(&self.settings().name, &line);
        }
        reply.say(Said::Failed(failure)).await;
    }
}

/// Waits for an invocation's end.
async fn failed(mut said: mpsc::Receiver<Said>) -> bool {
    while let Some(said) = said.recv().await {
        match said {
            Said::Chunk(_) | Said::Log(_) => {}
            Said::Failed(_) => return true,
            Said::Done => return false,
        }
    }
    true
}
