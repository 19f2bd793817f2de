//! What instances share: an answer as it came, and never more than a convenience.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::Timestamp;
use gatelet_core::ports::{Decisions, Key, PortError};
use gatelet_core::snapshot::routes::Rules;
use gatelet_world::{MemoryDecisions, MemoryFunctions, MemoryWorld};

use super::fixture::{ALLOW, Altered, Asking, answered, rest, world};

const SOURCE: [&str; 1] = ["method.request.header.A"];

fn asking() -> Asking {
    Asking::new(Rules::Rest).header("a", "1")
}

/// Another instance of the same installation, at the same moment.
fn another(world: MemoryWorld, after: Duration) -> MemoryWorld {
    let next = self::world(|_| answered(ALLOW.replace("u1", "u2")));
    next.clock.advance(after);
    MemoryWorld { decisions: world.decisions, ..next }
}

#[test]
fn instances_share_answers_where_they_are_asked_to() {
    for (is_shared, principal) in [(true, "u1"), (false, "u2")] {
        let mut one = world(|_| answered(ALLOW));
        if is_shared {
            one.decisions = MemoryDecisions::shared();
        }
        let authorizer = rest(300, &SOURCE);
        assert_eq!(asking().judged(&authorizer, &one).principal(), "u1");
        let other = another(one, Duration::from_millis(299_999));
        let judged = asking().judged(&authorizer, &other);
        assert_eq!(judged.principal(), principal);
        assert_eq!(judged.tells("another instance asked the authorizer"), is_shared);
        assert_eq!(other.functions.seen().is_empty(), is_shared);
    }
}

#[test]
fn a_shared_answer_ends_when_it_would_have_ended() {
    let authorizer = rest(300, &SOURCE);
    let shared = || MemoryWorld { decisions: MemoryDecisions::shared(), ..world(|_| answered(ALLOW)) };
    let one = shared();
    asking().judged(&authorizer, &one).result.unwrap();
    let other = another(one, Duration::from_secs(300));
    assert_eq!(asking().judged(&authorizer, &other).principal(), "u2", "it has ended");

    let one = shared();
    asking().judged(&authorizer, &one).result.unwrap();
    let other = another(one, Duration::from_millis(299_999));
    assert_eq!(asking().judged(&authorizer, &other).principal(), "u1");
    other.clock.advance(Duration::from_millis(1));
    assert_eq!(asking().judged(&authorizer, &other).principal(), "u2", "and is not kept longer");
}

#[test]
fn a_time_to_live_that_was_made_shorter_counts_at_once() {
    let one = MemoryWorld { decisions: MemoryDecisions::shared(), ..world(|_| answered(ALLOW)) };
    asking().judged(&rest(3_600, &SOURCE), &one).result.unwrap();
    let other = another(one, Duration::ZERO);
    assert_eq!(asking().judged(&rest(1, &SOURCE), &other).principal(), "u2");
    assert_eq!(asking().judged(&rest(3_600, &SOURCE), &other).principal(), "u1");
}

/// A store of one answer for everything, or of failures.
struct Odd {
    answer: Option<Bytes>,
    expires: Timestamp,
    stored: Mutex<Vec<Bytes>>,
    deadlines: Mutex<Vec<Timestamp>>,
}

impl Decisions for Odd {
    fn are_shared(&self) -> bool {
        true
    }

    async fn get(&self, _: &Key, deadline: Timestamp) -> Result<Option<(Bytes, Timestamp)>, PortError> {
        self.deadlines.lock().unwrap().push(deadline);
        match &self.answer {
            Some(answer) => Ok(Some((answer.clone(), self.expires))),
            None => Err(PortError::Timeout { what: "the store" }),
        }
    }

    async fn put(&self, _: &Key, answer: Bytes, _: Timestamp, deadline: Timestamp) -> Result<(), PortError> {
        self.deadlines.lock().unwrap().push(deadline);
        self.stored.lock().unwrap().push(answer);
        match self.answer {
            Some(_) => Ok(()),
            None => Err(PortError::Timeout { what: "the store" }),
        }
    }
}

#[test]
fn what_the_store_cannot_do_costs_a_call_and_nothing_else() {
    for answer in [None, Some("junk"), Some("{}"), Some(r#"{"isAuthorized":true}"#), Some("")] {
        let calls = AtomicUsize::new(0);
        let world = world(|_| panic!("another function answers"));
        let functions = MemoryFunctions::answering(move |_| {
            calls.fetch_add(1, Ordering::Relaxed);
            answered(ALLOW)
        });
        let odd = Odd {
            answer: answer.map(Bytes::from),
            expires: Timestamp::from_milliseconds(u64::MAX),
            stored: Mutex::default(),
            deadlines: Mutex::default(),
        };
        let world = Altered { world: &world, functions, decisions: odd };
        let authorizer = rest(300, &SOURCE);
        let judged = asking().judged(&authorizer, &world);
        assert_eq!(judged.principal(), "u1", "{answer:?}");
        let told = if answer.is_some() { "cannot be used" } else { "the store did not answer in time" };
        assert!(judged.tells(told), "{:?}", judged.steps);
        assert_eq!(asking().judged(&authorizer, &world).principal(), "u1", "it is remembered all the same");
        assert_eq!(world.functions.seen().len(), 1);
        assert_eq!(*world.decisions.stored.lock().unwrap(), [Bytes::from(ALLOW)], "as it came");
        let latest = super::fixture::NOW.after(Duration::from_secs(1));
        assert_eq!(*world.decisions.deadlines.lock().unwrap(), [latest, latest], "nobody waits long for it");
    }
}
