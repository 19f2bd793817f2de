//! The requests under way, so that a server that stops can say what it waits for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatelet_core::payload::HeaderNames;
use gatelet_core::refusal::Refusal;

use super::activity::Activity;

/// All requests under way.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<Requests>>);

#[derive(Debug, Default)]
struct Requests {
    next: u64,
    open: BTreeMap<u64, Box<str>>,
}

/// One request, counted until it is dropped, here and at its connection.
#[derive(Debug)]
pub(super) struct UnderWay {
    all: InFlight,
    number: u64,
    connection: Arc<Activity>,
    number_on_connection: u64,
}

impl InFlight {
    /// Counts a request by its method and URL.
    pub(super) fn begin(&self, head: &http::request::Parts, connection: Arc<Activity>) -> UnderWay {
        let number_on_connection = connection.begin_request();
        let mut requests = self.requests();
        let number = requests.next;
        requests.next += 1;
        requests.open.insert(number, format!("{} {}", head.method, head.uri.path()).into());
        UnderWay { all: self.clone(), number, connection, number_on_connection }
    }

    /// Method and path of each request under way, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Box<str>> {
        self.requests().open.values().cloned().collect()
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        // Nothing is left half done while it is locked, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// Why the gate refused the request, if it did.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.connection.refusal_of(self.number_on_connection)
    }

    /// How the client spelled the names of the request's headers, where the gate has seen it.
    pub(super) fn header_names(&self) -> Option<HeaderNames> {
        self.connection.header_names_of(self.number_on_connection)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.requests().open.remove(&self.number);
        self.connection.end_request();
    }
}
