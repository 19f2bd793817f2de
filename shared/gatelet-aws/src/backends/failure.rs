//! What went wrong, in the core's words.

use std::error::Error;
use std::io;
use std::time::Duration;

use gatelet_core::payload::BodyError;
use gatelet_core::ports::BackendError;
use hyper_util::client::legacy;

use super::connection::{ConnectFailure, Facts};

/// A call that failed.
pub(super) struct Failure {
    pub(super) error: BackendError,
    /// A reused connection went dead before anything of the answer came: the backend may have closed it as
    /// unused in the very moment it was used.
    pub(super) is_dead_connection: bool,
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self { error, is_dead_connection: false }
    }
}

/// What the time limit says.
pub(super) fn timed_out(limit: Duration) -> Failure {
    BackendError::Timeout(limit).into()
}

/// Names what the client reported. `body_failure` is what broke the request's own body, if anything did: over
/// HTTP/2 it is not among the sources of the error.
pub(super) fn named(error: &legacy::Error, body_failure: Option<BodyError>) -> Failure {
    let from_body = || body_failure.or_else(|| find::<BodyError>(error).cloned());
    if let Some(failure) = from_body() {
        return BackendError::RequestBody(failure).into();
    }
    if let Some(failure) = find::<ConnectFailure>(error) {
        return match failure {
            ConnectFailure::Forbidden(why) => BackendError::ForbiddenAddress(why.clone()),
            ConnectFailure::Unresolved { .. } => BackendError::Network(failure.to_string()),
            ConnectFailure::TimedOut(limit) => BackendError::Timeout(*limit),
        }
        .into();
    }
    let said = sentence(error);
    if error.is_connect() {
        let is_refusal = |problem: &io::Error| problem.kind() == io::ErrorKind::ConnectionRefused;
        let is_refused = find::<io::Error>(error).is_some_and(is_refusal);
        return if is_refused { BackendError::Refused(said) } else { BackendError::Network(said) }.into();
    }
    let problem = find::<hyper::Error>(error);
    if problem.is_some_and(hyper::Error::is_body_write_aborted) {
        // The stream ended before the length that it was announced with.
        return BackendError::RequestBody(BodyError::BrokenOff).into();
    }
    let connection = Connection::of(error);
    let (is_malformed, is_dead) = match find::<h2::Error>(error) {
        Some(problem) => {
            let is_refused = problem.reason() == Some(h2::Reason::REFUSED_STREAM);
            let is_dead = problem.is_io() || (problem.is_remote() && (problem.is_go_away() || is_refused));
            // What the other side did not say, h2 found wrong with its frames.
            (!problem.is_io() && !problem.is_remote(), is_dead)
        }
        None => {
            let has_begun = !connection.is_multiplexed && connection.facts.has_spoken();
            (problem.is_some_and(hyper::Error::is_parse) || has_begun, true)
        }
    };
    if is_malformed {
        return BackendError::BadAnswer(said).into();
    }
    let is_dead_connection = is_dead && connection.facts.has_answered();
    Failure { error: BackendError::Network(said), is_dead_connection }
}

/// What the client reported of a call to one of AWS's services, whose body is always at hand.
pub(crate) fn service_failure(error: &legacy::Error) -> BackendError {
    named(error, None).error
}

/// The connection that an error happened on.
struct Connection {
    facts: Facts,
    is_multiplexed: bool,
}

impl Connection {
    fn of(error: &legacy::Error) -> Self {
        let mut extras = http::Extensions::new();
        let Some(connection) = error.connect_info() else {
            return Self { facts: Facts::default(), is_multiplexed: false };
        };
        connection.get_extras(&mut extras);
        Self { facts: extras.remove().unwrap_or_default(), is_multiplexed: connection.is_negotiated_h2() }
    }
}

/// An error and what is behind it, outermost first.
fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An `io::Error` that carries another error names that error's source as its own.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        carried.map(|carried| carried as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    sources(error).find_map(|source| source.downcast_ref::<E>())
}

/// What the sources say, without saying anything twice. The outermost only says that a client failed.
fn sentence(error: &legacy::Error) -> String {
    let mut said = String::new();
    for source in sources(error).skip(1) {
        let text = source.to_string();
        if said.ends_with(&text) {
            continue;
        }
        if !said.is_empty() {
            said.push_str(": ");
        }
        said.push_str(&text);
    }
    if said.is_empty() { error.to_string() } else { said }
}
