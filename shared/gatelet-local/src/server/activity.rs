//! What a connection is waiting for, and since when.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use gatelet_core::payload::HeaderNames;
use gatelet_core::refusal::Refusal;

use super::limits::{HEADS_AHEAD_MAX, Patience};

/// The state of one connection that its watch looks at.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    requests: AtomicUsize,
    /// How many requests there were, those under way included.
    begun: AtomicU64,
    /// The request that the gate refused: its number, and why.
    refused: Mutex<Option<(u64, Refusal)>>,
    /// How requests that have not begun yet spell the names of their headers, by number in rising order.
    announced: Mutex<VecDeque<(u64, HeaderNames)>>,
    /// Moments in milliseconds since the connection was opened, plus one; 0 is never.
    idle_since: AtomicU64,
    head_since: AtomicU64,
    blocked_since: AtomicU64,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stays.
    Keep,
    /// Nothing is under way, and nothing has come for too long: it is closed.
    Close,
    /// The client is too slow to send a head or to take an answer: the connection is cut.
    Cut,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            requests: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            refused: Mutex::new(None),
            announced: Mutex::new(VecDeque::new()),
            idle_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
        }
    }

    /// A request begins. Returns its number on this connection, from 0.
    pub(super) fn begin_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.idle_since.store(0, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed)
    }

    /// The gate refuses a request; a stand-in comes in its place.
    pub(super) fn refuse(&self, number: u64, refusal: Refusal) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, refusal));
    }

    /// Why the gate refused the request of a number, if it did.
    pub(super) fn refusal_of(&self, number: u64) -> Option<Refusal> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.as_ref().filter(|(refused, _)| *refused == number).map(|(_, refusal)| refusal.clone())
    }

    /// The head of a request has passed the gate, with names spelled so. Where too many wait to begin, the names are
    /// forgotten: each belongs to a number, so that no other request gets them.
    pub(super) fn announce(&self, number: u64, names: HeaderNames) {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        if announced.len() < HEADS_AHEAD_MAX {
            announced.push_back((number, names));
        }
    }

    /// How the request of a number spells the names of its headers. Those of earlier ones are forgotten.
    pub(super) fn header_names_of(&self, number: u64) -> Option<HeaderNames> {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        while announced.front().is_some_and(|(earlier, _)| *earlier < number) {
            announced.pop_front();
        }
        let is_next = announced.front().is_some_and(|(next, _)| *next == number);
        if is_next { announced.pop_front().map(|(_, names)| names) } else { None }
    }

    pub(super) fn end_request(&self) {
        if self.requests.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.idle_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// The first bytes of a head have come, but not its end.
    pub(super) fn await_head(&self) {
        self.begin(&self.head_since);
    }

    /// A head is complete.
    pub(super) fn complete_head(&self) {
        self.head_since.store(0, Ordering::Relaxed);
    }

    /// The client takes nothing at the moment.
    pub(super) fn block_write(&self) {
        self.begin(&self.blocked_since);
    }

    /// The client has taken something.
    pub(super) fn unblock_write(&self) {
        self.blocked_since.store(0, Ordering::Relaxed);
    }

    /// Holds the connection against the server's patience.
    pub(super) fn verdict(&self, patience: &Patience) -> Verdict {
        let now = self.now();
        let waits_longer = |since: &AtomicU64, than: std::time::Duration| {
            let since = since.load(Ordering::Relaxed);
            since > 0 && u128::from(now.saturating_sub(since)) >= than.as_millis()
        };
        if waits_longer(&self.head_since, patience.head) || waits_longer(&self.blocked_since, patience.write)
        {
            Verdict::Cut
        } else if waits_longer(&self.idle_since, patience.keep_alive) {
            Verdict::Close
        } else {
            Verdict::Keep
        }
    }

    fn begin(&self, moment: &AtomicU64) {
        if moment.load(Ordering::Relaxed) == 0 {
            moment.store(self.now(), Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str) -> HeaderNames {
        [name].into_iter().collect()
    }

    #[test]
    fn names_go_to_the_request_of_their_number_and_to_no_other() {
        let activity = Activity::new();
        for number in 0..3 {
            activity.announce(number, names(&format!("x-{number}")));
        }
        assert_eq!(activity.header_names_of(0), Some(names("x-0")));
        assert_eq!(activity.header_names_of(0), None);
        // One that was never asked for does not shift the others.
        assert_eq!(activity.header_names_of(2), Some(names("x-2")));
        activity.announce(4, names("x-4"));
        assert_eq!(activity.header_names_of(3), None);
        assert_eq!(activity.header_names_of(4), Some(names("x-4")));
    }

    #[test]
    fn no_client_can_make_names_pile_up() {
        let activity = Activity::new();
        let more = HEADS_AHEAD_MAX as u64 + 2;
        (0..more).for_each(|number| activity.announce(number, names(&format!("x-{number}"))));
        let found: Vec<bool> = (0..more).map(|number| activity.header_names_of(number).is_some()).collect();
        assert_eq!(found.iter().filter(|found| **found).count(), HEADS_AHEAD_MAX);
        activity.announce(more, names("x"));
        assert_eq!(activity.header_names_of(more), Some(names("x")));
    }
}
