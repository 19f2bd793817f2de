//! Roles that integrations name: assumed when first needed, renewed shortly before they end, and used until they do.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials as SigningCredentials;
use gatelet_core::ports::BackendError;
use tokio::sync::watch;

/// How long before its end a session is renewed.
const RENEWAL: Duration = Duration::from_secs(300);

/// How long before its end a session is not used any more: what is on its way must arrive before, by a clock that is not ours.
const LAST_USE: Duration = Duration::from_secs(5);

/// How long asking for a role may take, whatever the time is that the call which needs it has.
const ASKING_MAX: Duration = Duration::from_secs(10);

/// How long a failure is believed, so that what cannot work does not ask AWS with every request.
const FAILURE_KEPT: Duration = Duration::from_secs(1);

/// How many roles are remembered.
const ROLES_MAX: usize = 1_000;

/// A moment by both clocks: a function that was frozen finds the time of day gone on and monotonic time perhaps not, and a time of day can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) monotonic: Instant,
    pub(super) time_of_day: SystemTime,
}

/// A role's temporary credentials.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) credentials: SigningCredentials,
    /// When they end: at the earlier of both.
    pub(super) ends: Moment,
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AssumeError {
    /// The token service says no, or cannot be asked for such a role.
    Refused(String),
    /// The token service gave no answer that counts.
    Unreachable(BackendError),
}

/// The roles that were assumed.
pub(super) struct Roles {
    known: Mutex<BTreeMap<Box<str>, Arc<Slot>>>,
    asking_max: Duration,
}

#[derive(Default)]
struct Slot(Mutex<Role>);

/// What is known of one role.
#[derive(Default)]
struct Role {
    session: Option<Session>,
    /// The last failure since a session came, and until when it is believed.
    failure: Option<(AssumeError, Instant)>,
    /// What was asked and not answered yet.
    asking: Option<Answer>,
    /// How often was asked.
    asked: u64,
}

type Answer = watch::Receiver<Option<Result<SigningCredentials, AssumeError>>>;

impl Moment {
    pub(super) fn now() -> Self {
        Self { monotonic: Instant::now(), time_of_day: SystemTime::now() }
    }

    /// How long it is until another moment, by the clock that comes there first.
    fn until(self, other: Self) -> Duration {
        let by_day = other.time_of_day.duration_since(self.time_of_day).unwrap_or_default();
        other.monotonic.saturating_duration_since(self.monotonic).min(by_day)
    }

    #[cfg(test)]
    pub(super) fn after(self, time: Duration) -> Self {
        Self { monotonic: self.monotonic + time, time_of_day: self.time_of_day + time }
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self { known: Mutex::default(), asking_max: ASKING_MAX }
    }
}

impl Roles {
    /// The credentials of a role: remembered, or asked for by one at a time. What is asked is waited for by whoever needs it and outlives them:
    /// a call with little time leaves an answer behind for the next one.
    ///
    /// # Errors
    /// Why the role cannot be assumed.
    pub(super) async fn credentials<F>(
        &self,
        role: &str,
        now: Moment,
        ask: impl FnOnce() -> F,
    ) -> Result<SigningCredentials, AssumeError>
    where
        F: Future<Output = Result<Session, AssumeError>> + Send + 'static,
    {
        let slot = self.slot(role);
        let mut answer = {
            let mut role = slot.lock();
            let failure = role.failure.as_ref().filter(|(_, until)| now.monotonic < *until);
            let failure = failure.map(|(failure, _)| failure.clone());
            let asking = role.asking.clone().filter(|asking| asking.has_changed().is_ok());
            let left = role.session.as_ref().map(|session| (now.until(session.ends), &session.credentials));
            if let Some((left, credentials)) = left
                && left > LAST_USE
            {
                let credentials = credentials.clone();
                if left <= RENEWAL && asking.is_none() && failure.is_none() {
                    // Beside the call, which has what it needs.
                    role.ask(&slot, self.asking_max, ask());
                }
                return Ok(credentials);
            }
            match (asking, failure) {
                (Some(asking), _) => asking,
                (None, Some(failure)) => return Err(failure),
                (None, None) => role.ask(&slot, self.asking_max, ask()),
            }
        };
        match answer.wait_for(Option::is_some).await.map(|answer| (*answer).clone()) {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => {
                let why = "the asking was given up before an answer came".to_owned();
                Err(AssumeError::Unreachable(BackendError::Network(why)))
            }
        }
    }

    /// Waits for nothing any more that was asked before: its connections may be dead.
    pub(super) fn forget_asking(&self) {
        let slots: Vec<_> = self.lock().values().cloned().collect();
        for slot in slots {
            slot.lock().asking = None;
        }
    }

    fn slot(&self, role: &str) -> Arc<Slot> {
        let mut roles = self.lock();
        if let Some(slot) = roles.get(role) {
            return Arc::clone(slot);
        }
        if roles.len() >= ROLES_MAX {
            roles.clear();
        }
        Arc::clone(roles.entry(role.into()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Arc<Slot>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Role> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Role {
    /// Asks in a task of its own, which fills the slot.
    fn ask(
        &mut self,
        slot: &Arc<Slot>,
        limit: Duration,
        ask: impl Future<Output = Result<Session, AssumeError>> + Send + 'static,
    ) -> Answer {
        let (sender, receiver) = watch::channel(None);
        self.asking = Some(receiver.clone());
        self.asked += 1;
        let (slot, round) = (Arc::clone(slot), self.asked);
        tokio::spawn(async move {
            let answer = tokio::time::timeout(limit, ask).await;
            let answer = answer.unwrap_or(Err(AssumeError::Unreachable(BackendError::Timeout(limit))));
            let told = answer.as_ref().map(|session| session.credentials.clone()).map_err(Clone::clone);
            slot.lock().note(round, answer);
            // Nobody may wait any more.
            sender.send_replace(Some(told));
        });
        receiver
    }

    fn note(&mut self, round: u64, answer: Result<Session, AssumeError>) {
        let is_last = round == self.asked;
        if is_last {
            self.asking = None;
        }
        match answer {
            Ok(session) => {
                self.session = Some(session);
                self.failure = None;
            }
            Err(failure) if is_last => {
                if self.session.is_some() {
                    // Perhaps nobody waits: the session is good for a while yet.
                    tracing::warn!(?failure, "a role's session could not be renewed");
                }
                self.failure = Some((failure, Instant::now() + FAILURE_KEPT));
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
