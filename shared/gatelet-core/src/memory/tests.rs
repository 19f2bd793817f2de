//! What is remembered, by hand: nothing here waits for anything but what a test does.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_channel::oneshot;
use proptest::prelude::{Strategy as _, any};
use proptest::{prop_assert_eq, proptest};

use super::{
    ACCESS_KEYS_BYTES_MAX, Fetched, Flights, Kept, Key, Memory, RESULTS_BYTES_MAX, Source, TOKENS_BYTES_MAX,
    Weight,
};
use crate::authorizers::iam::Attached;
use crate::authorizers::jwt::{ClaimsForm, Verified};
use crate::authorizers::lambda::Judgement;
use crate::ports::Timestamp;
use crate::snapshot::routes::Rules;

/// Enough for all that is not about size.
const BYTES: usize = 1 << 20;

macro_rules! light {
    ($($number:ty),*) => {
        $(impl Weight for $number {
            fn bytes(&self) -> usize {
                size_of::<Self>()
            }
        })*
    };
}

light!(u8, i32, u32);

/// A value that says how many bytes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heavy(usize);

impl Weight for Heavy {
    fn bytes(&self) -> usize {
        self.0
    }
}

fn key(name: &str) -> Key {
    Key::of([name.as_bytes()])
}

const fn at(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

proptest! {
    #[test]
    fn two_lists_have_the_same_key_only_if_they_are_the_same(
        one in lists(), other in lists()
    ) {
        let of = |list: &[Vec<u8>]| Key::of(list.iter().map(Vec::as_slice));
        prop_assert_eq!(of(&one) == of(&other), one == other);
    }

    #[test]
    fn never_more_than_the_bound_is_kept_and_never_another_s_value(
        max in 0_usize..9, names in proptest::collection::vec(0_u8..12, 0..60)
    ) {
        let kept = Kept::new(max, BYTES);
        for (moment, name) in (0..).zip(names) {
            let of = key(&name.to_string());
            if let Some(value) = kept.get(&of, at(moment)) {
                prop_assert_eq!(value, name);
            }
            kept.put(of, name, at(moment + 20));
            proptest::prop_assert!(kept.len() <= max.max(2), "{} of {max}", kept.len());
            prop_assert_eq!(kept.get(&of, at(moment)), Some(name));
        }
    }
}

proptest! {
    #[test]
    fn never_more_than_the_bytes_are_kept_and_they_are_counted_right(
        bytes_max in 0_usize..5_000,
        steps in proptest::collection::vec((0_u8..8, 0_usize..3_000, 0_u8..3), 0..80)
    ) {
        let kept = Kept::new(1_000, bytes_max);
        for (name, bytes, action) in steps {
            let of = key(&name.to_string());
            match action {
                0 => kept.forget(&of),
                1 => drop(kept.get(&of, at(0))),
                _ => {
                    kept.put(of, Heavy(bytes), at(1));
                    let found = kept.get(&of, at(0));
                    proptest::prop_assert!(found.is_none() || found == Some(Heavy(bytes)));
                    if bytes + PLACE > bytes_max / 2 {
                        prop_assert_eq!(found, None);
                    }
                }
            }
            proptest::prop_assert!(kept.bytes() <= bytes_max, "{} of {bytes_max}", kept.bytes());
        }
        for name in 0..8_u8 {
            kept.forget(&key(&name.to_string()));
        }
        prop_assert_eq!((kept.bytes(), kept.len()), (0, 0));
    }
}

/// The least that a value takes beside its own size.
const PLACE: usize = 32;

#[test]
fn ten_thousand_large_values_stay_under_the_bound() {
    const BYTES_MAX: usize = 8 << 20;
    let kept = Kept::new(10_000, BYTES_MAX);
    for name in 0..10_000_u32 {
        kept.put(key(&name.to_string()), Heavy(100_000), at(1));
        assert!(kept.bytes() <= BYTES_MAX);
        assert_eq!(kept.get(&key("0"), at(0)), Some(Heavy(100_000)), "what is read often stays");
    }
    assert!((40..=83).contains(&kept.len()), "{} values", kept.len());
    // One that is too large displaces nothing but what it would have replaced.
    let before = kept.len();
    kept.put(key("0"), Heavy(BYTES_MAX), at(1));
    assert_eq!((kept.get(&key("0"), at(0)), kept.len()), (None, before - 1));
}

#[test]
fn ten_thousand_large_results_tokens_and_policies_stay_under_their_bounds() {
    let memory = Memory::default();
    let text = "x".repeat(4_000);
    let answer = format!(
        r#"{{"principalId": "p", "context": {{"a": "{text}"}}, "policyDocument": {{"Version": "2012-10-17",
            "Statement": {{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}}}}}}"#
    );
    let judgement = Arc::new(Judgement::read(answer.as_bytes(), Rules::Rest, false).unwrap());
    let claims = serde_json::json!({"sub": text});
    let token = Arc::new(Verified::of_claims(&claims, ClaimsForm::Http));
    let resources = vec!["arn:aws:execute-api:*:*:abc123/????/GET/*"; 100];
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}});
    let attached = Arc::new(Attached::compile(&[policy.to_string().into()]).unwrap());
    // A policy of many wildcards takes some fifteen times its text.
    for (bytes, least) in
        [(judgement.bytes(), 12_000), (token.bytes(), 8_000), (attached.bytes(), policy.to_string().len())]
    {
        assert!((least..least * 20).contains(&bytes), "{bytes} for {least}");
    }
    for name in 0..10_000_u32 {
        let of = key(&name.to_string());
        memory.results.kept().put(of, Arc::clone(&judgement), at(1));
        memory.tokens.put(of, Arc::clone(&token), at(1));
        memory.principals.kept().put(of, Arc::clone(&attached), at(1));
    }
    for (bytes, max) in [
        (memory.results.kept().bytes(), RESULTS_BYTES_MAX),
        (memory.tokens.bytes(), TOKENS_BYTES_MAX),
        (memory.principals.kept().bytes(), ACCESS_KEYS_BYTES_MAX),
    ] {
        assert!(bytes <= max && bytes >= max / 4, "{bytes} of {max}");
    }
}

/// Short lists of short texts of few letters, so that equal concatenations are common.
fn lists() -> impl proptest::strategy::Strategy<Value = Vec<Vec<u8>>> {
    let text = proptest::collection::vec(any::<bool>().prop_map(u8::from), 0..4);
    proptest::collection::vec(text, 0..4)
}

#[test]
fn a_key_tells_apart_where_one_text_ends() {
    let of = |parts: &[&str]| Key::of(parts.iter().map(|part| part.as_bytes()));
    let keys =
        [of(&["a", "bc"]), of(&["ab", "c"]), of(&["abc"]), of(&["abc", ""]), of(&["", "abc"]), of(&[])];
    for (one, first) in keys.iter().enumerate() {
        for (other, second) in keys.iter().enumerate() {
            assert_eq!(first == second, one == other);
        }
    }
    assert!(!format!("{:?}", of(&["secret"])).contains("secret"));
}

#[test]
fn a_value_ends_at_its_moment() {
    let kept = Kept::new(4, BYTES);
    kept.put(key("a"), 1, at(100));
    assert_eq!((kept.get(&key("a"), at(99)), kept.get(&key("a"), at(100))), (Some(1), None));
    assert_eq!(kept.get(&key("b"), at(0)), None);
    kept.put(key("a"), 2, at(300));
    assert_eq!(kept.get(&key("a"), at(200)), Some(2), "in place of the one before");
    assert_eq!(kept.len(), 1);
    kept.forget(&key("a"));
    assert!(kept.get(&key("a"), at(0)).is_none() && kept.is_empty());
}

#[test]
fn what_is_read_often_stays_and_what_is_not_goes() {
    let kept = Kept::new(4, BYTES);
    kept.put(key("often"), 0, at(1_000));
    kept.put(key("seldom"), 0, at(1_000));
    for new in 1..50 {
        kept.put(key(&new.to_string()), new, at(1_000));
        assert_eq!(kept.get(&key("often"), at(0)), Some(0), "after {new}");
    }
    assert_eq!(kept.get(&key("seldom"), at(0)), None);
    assert!(kept.len() <= 4);
}

#[test]
fn a_value_of_the_old_half_ends_there_too() {
    let kept = Kept::new(2, BYTES);
    kept.put(key("a"), 1, at(100));
    kept.put(key("b"), 2, at(100));
    assert_eq!(kept.get(&key("a"), at(100)), None, "it was in the old half");
    assert_eq!(kept.get(&key("a"), at(99)), None, "and is forgotten there");
    assert_eq!(kept.get(&key("b"), at(99)), Some(2));
}

type Brought = Result<Fetched<u32>, &'static str>;

const fn brought(value: u32, keep_until: Option<Timestamp>) -> Brought {
    Ok(Fetched { value, keep_until })
}

#[test]
fn one_fetches_for_all_who_ask_meanwhile() {
    let flights: Flights<u32, &'static str> = Flights::new(10, BYTES);
    let fetches = Cell::new(0);
    let (sender, receiver) = oneshot::channel::<Brought>();
    let mut leader = pin!(flights.get_or_fetch(key("a"), at(0), async {
        fetches.set(fetches.get() + 1);
        receiver.await.unwrap()
    }));
    assert!(poll(leader.as_mut()).is_none());
    let mut others: Vec<_> = (0..99)
        .map(|_| {
            Box::pin(flights.get_or_fetch(key("a"), at(0), async {
                fetches.set(fetches.get() + 1);
                brought(0, None)
            }))
        })
        .collect();
    assert!(others.iter_mut().all(|other| poll(other.as_mut()).is_none()));
    let elsewhere = pin!(flights.get_or_fetch(key("b"), at(0), async { brought(5, None) }));
    assert_eq!(poll(elsewhere), Some(Ok((5, Source::Fetched))), "another key waits for nobody");

    sender.send(brought(7, Some(at(100)))).unwrap();
    assert_eq!(poll(leader), Some(Ok((7, Source::Fetched))));
    for other in &mut others {
        assert_eq!(poll(other.as_mut()), Some(Ok((7, Source::Shared))));
    }
    assert_eq!(fetches.get(), 1);
    let later = pin!(flights.get_or_fetch(key("a"), at(99), async { brought(8, None) }));
    assert_eq!(poll(later), Some(Ok((7, Source::Memory))));
    let after = pin!(flights.get_or_fetch(key("a"), at(100), async { brought(8, None) }));
    assert_eq!(poll(after), Some(Ok((8, Source::Fetched))));
}

#[test]
fn when_the_one_who_fetches_goes_the_next_fetches() {
    let flights: Flights<u32, &'static str> = Flights::new(10, BYTES);
    let mut leader = Box::pin(flights.get_or_fetch(key("a"), at(0), std::future::pending()));
    assert!(poll(leader.as_mut()).is_none());
    let mut first = pin!(flights.get_or_fetch(key("a"), at(0), async { brought(1, Some(at(9))) }));
    let mut second = pin!(flights.get_or_fetch(key("a"), at(0), async { brought(2, Some(at(9))) }));
    assert!(poll(first.as_mut()).is_none() && poll(second.as_mut()).is_none());
    drop(leader);
    assert_eq!(poll(first), Some(Ok((1, Source::Fetched))));
    assert_eq!(poll(second), Some(Ok((1, Source::Memory))));
}

#[test]
fn a_failure_is_theirs_who_asked_and_is_not_kept() {
    let flights: Flights<u32, &'static str> = Flights::new(10, BYTES);
    let (sender, receiver) = oneshot::channel::<Brought>();
    let mut leader = pin!(flights.get_or_fetch(key("a"), at(0), async { receiver.await.unwrap() }));
    assert!(poll(leader.as_mut()).is_none());
    let mut other = pin!(flights.get_or_fetch(key("a"), at(0), async { brought(1, None) }));
    assert!(poll(other.as_mut()).is_none());
    sender.send(Err("broken")).unwrap();
    assert_eq!((poll(leader), poll(other)), (Some(Err("broken")), Some(Err("broken"))));
    assert!(flights.kept().is_empty());
    let next = pin!(flights.get_or_fetch(key("a"), at(0), async { brought(2, None) }));
    assert_eq!(poll(next), Some(Ok((2, Source::Fetched))), "what is not to be kept is not");
    assert!(flights.kept().is_empty());
}

#[test]
fn one_who_waits_may_go_without_harm() {
    let flights: Flights<u32, &'static str> = Flights::new(10, BYTES);
    let (sender, receiver) = oneshot::channel::<Brought>();
    let mut leader = pin!(flights.get_or_fetch(key("a"), at(0), async { receiver.await.unwrap() }));
    assert!(poll(leader.as_mut()).is_none());
    let mut gone = Box::pin(flights.get_or_fetch(key("a"), at(0), async { brought(1, None) }));
    assert!(poll(gone.as_mut()).is_none());
    drop(gone);
    sender.send(brought(3, None)).unwrap();
    assert_eq!(poll(leader), Some(Ok((3, Source::Fetched))));
}
