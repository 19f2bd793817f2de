//! Many requests of one identity ask once.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use gatelet_core::ports::{FunctionAnswer, FunctionCall, FunctionError, Functions};
use gatelet_core::refusal::Refusal;
use gatelet_core::snapshot::routes::Rules;
use gatelet_world::MemoryWorld;

use super::fixture::{ALLOW, Altered, Asking, Judged, answered, rest, world};

const SOURCE: [&str; 1] = ["method.request.header.A"];

/// A function that answers once its gate is open.
#[derive(Default)]
struct Gated {
    open: AtomicBool,
    fails: bool,
    calls: AtomicUsize,
}

impl Functions for Gated {
    async fn invoke(&self, _: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        std::future::poll_fn(|_| match self.open.load(Ordering::Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        if self.fails { Err(FunctionError::Throttled("slowly".to_owned())) } else { answered(ALLOW) }
    }
}

fn nobody() -> MemoryWorld {
    world(|_| panic!("another function answers"))
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// What a hundred requests of one identity are told that wait for one answer, and how often the function was asked.
fn hundred(ttl: u32, fails: bool) -> (Vec<Judged>, usize) {
    let world = nobody();
    let world = Altered::functions(&world, Gated { fails, ..Gated::default() });
    let authorizer = rest(ttl, &SOURCE);
    let asking = Asking::new(Rules::Rest).header("a", "1");
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(asking.judge(&authorizer, &world))).collect();
    assert!(waiting.iter_mut().all(|request| poll(request).is_none()));
    world.functions.open.store(true, Ordering::Relaxed);
    let judged = waiting.iter_mut().map(|request| poll(request).unwrap()).collect();
    (judged, world.functions.calls.load(Ordering::Relaxed))
}

#[test]
fn a_hundred_at_once_ask_once() {
    let (judged, calls) = hundred(300, false);
    assert_eq!(calls, 1);
    assert!(judged.iter().all(|judged| judged.principal() == "u1"));
    let shared = judged.iter().filter(|judged| judged.tells("another request was asking")).count();
    assert_eq!(shared, 99);
}

#[test]
fn where_nothing_is_remembered_each_asks_by_itself() {
    let (judged, calls) = hundred(0, false);
    assert_eq!(calls, 100);
    assert!(judged.iter().all(|judged| judged.result.is_ok()));
}

#[test]
fn a_failure_closes_the_gate_for_all_who_wait_and_for_nobody_later() {
    let (judged, calls) = hundred(300, true);
    assert_eq!(calls, 1);
    assert!(judged.iter().all(|judged| matches!(judged.refusal(), Refusal::AuthorizerMisconfigured(_))));
}

#[test]
fn when_the_one_who_asks_goes_the_next_asks() {
    let world = nobody();
    let world = Altered::functions(&world, Gated::default());
    let authorizer = rest(300, &SOURCE);
    let asking = Asking::new(Rules::Rest).header("a", "1");
    let mut leader = Box::pin(asking.judge(&authorizer, &world));
    let mut next = Box::pin(asking.judge(&authorizer, &world));
    assert!(poll(&mut leader).is_none() && poll(&mut next).is_none());
    assert_eq!(world.functions.calls.load(Ordering::Relaxed), 1);
    drop(leader);
    world.functions.open.store(true, Ordering::Relaxed);
    assert_eq!(poll(&mut next).unwrap().principal(), "u1");
    assert_eq!(world.functions.calls.load(Ordering::Relaxed), 2);
}

#[test]
fn another_identity_waits_for_nobody() {
    let world = nobody();
    let world = Altered::functions(&world, Gated::default());
    let authorizer = rest(300, &SOURCE);
    let (one, other) = (Asking::new(Rules::Rest).header("a", "1"), Asking::new(Rules::Rest).header("a", "2"));
    let mut one = Box::pin(one.judge(&authorizer, &world));
    assert!(poll(&mut one).is_none());
    world.functions.open.store(true, Ordering::Relaxed);
    assert!(poll(&mut Box::pin(other.judge(&authorizer, &world))).is_some());
    assert_eq!(world.functions.calls.load(Ordering::Relaxed), 2);
}
