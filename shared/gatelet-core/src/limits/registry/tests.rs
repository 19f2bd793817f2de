#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use crate::limits::Now;
use crate::limits::bucket::{Limit, Verdict};
use crate::limits::quota::QuotaLimit;
use crate::limits::usage::Counted;

const SECOND: i64 = 1_000_000_000;
const START: i64 = 1_700_000_000 * SECOND;

fn at(seconds: i64) -> Now {
    Now { wall: START + seconds * SECOND, monotonic: Duration::from_secs(seconds.unsigned_abs()), draw: 0 }
}

fn key(number: u32) -> Key {
    Key::of([number.to_be_bytes().as_slice()])
}

fn passes(bucket: &Bucket, limit: &Limit, now: Now) -> bool {
    matches!(bucket.judge(limit, true, false, now), Verdict::Admitted { .. })
}

#[test]
fn a_bucket_that_was_forgotten_is_not_full_again() {
    let limit = Limit::of(Throttle::new(0.01, 5).unwrap());
    let mut buckets = Buckets::new(100, 1 << 20);
    let (used, held) = (key(0), buckets.get(&key(1)));
    assert_eq!((0..9).filter(|_| passes(&buckets.get(&used), &limit, at(0))).count(), 5);
    let forgotten = Arc::downgrade(&buckets.get(&used));
    for number in 2..500 {
        assert!(passes(&buckets.get(&key(number)), &limit, at(1)));
    }
    assert!(forgotten.upgrade().is_none());
    assert!(!passes(&buckets.get(&used), &limit, at(1)));
    // No sooner than a token has come.
    assert!(!passes(&buckets.get(&used), &limit, at(99)));
    assert!(passes(&buckets.get(&used), &limit, at(101)));
    // What is used elsewhere is the same to all.
    assert!(Arc::ptr_eq(&held, &buckets.get(&key(1))));
}

#[test]
fn what_is_known_of_forgotten_buckets_ends_when_they_are_full() {
    let limit = Limit::of(Throttle::new(1.0, 5).unwrap());
    let mut buckets = Buckets::new(100, 1 << 20);
    for number in 0..1_000 {
        assert!(passes(&buckets.get(&key(number)), &limit, at(0)));
    }
    assert!(buckets.forgotten_len() >= 850);
    for number in 1_000..1_200 {
        assert!(passes(&buckets.get(&key(number)), &limit, at(60)));
    }
    assert!(buckets.forgotten_len() <= 100, "{}", buckets.forgotten_len());
}

#[test]
fn buckets_weigh_as_much_as_their_shards() {
    let limit = Limit::of(Throttle::new(1e6, 1_000_000).unwrap());
    let bytes_max = 200_000;
    let mut buckets = Buckets::new(1_000, bytes_max);
    for number in 0..200 {
        let _ = buckets.get(&key(number)).judge(&limit, true, true, at(0));
    }
    let bytes = buckets.get(&key(199)).bytes();
    assert!(bytes > 64 * 64, "{bytes}");
    assert!(buckets.len() * bytes <= bytes_max + 2 * bytes, "{} of {bytes}", buckets.len());
}

#[test]
fn clients_are_forgotten_once_nothing_is_to_be_settled() {
    let limits = Limits::default();
    let plan = PartId::parse("plan").unwrap();
    let client =
        |number: usize| limits.client(&plan, &PartId::parse(&format!("key{number}")).unwrap(), "instance");
    let now = Timestamp::from_milliseconds(START.unsigned_abs() / 1_000_000);
    let known = |number| {
        let key = PartId::parse(&format!("key{number}")).unwrap();
        limits.clients.lock().unwrap().known.contains_key(&(plan.clone(), key))
    };
    client(0).usage.count(&"a/b/c".into(), Counted::Admitted, now);
    let quota = QuotaLimit {
        period: gatelet_model::QuotaPeriod::Month,
        limit: 10,
        offset: 0,
        since: Timestamp::from_milliseconds(0),
        is_strict: false,
    };
    let _ = client(1).quota.judge(&quota, true, at(0));
    client(1).quota.give_back(quota.at(now).0.first);
    let held = client(2);
    for number in 3..CLIENTS_MAX + 2 {
        drop(client(number));
    }
    assert_eq!((0..6).filter(|number| known(*number)).count(), 3);
    assert!(known(0) && known(1) && known(2));
    assert!(Arc::ptr_eq(&held, &client(2)));
    let look_at = limits.clients.lock().unwrap().look_at;
    assert_eq!(look_at, CLIENTS_MAX);
}

#[test]
fn clients_that_all_wait_to_be_settled_are_not_looked_through_for_each_new_one() {
    let limits = Limits::default();
    let plan = PartId::parse("plan").unwrap();
    let now = Timestamp::from_milliseconds(0);
    for number in 0..CLIENTS_MAX + 5 {
        let key = PartId::parse(&format!("key{number}")).unwrap();
        limits.client(&plan, &key, "instance").usage.count(&"a/b/c".into(), Counted::Admitted, now);
    }
    let clients = limits.clients.lock().unwrap();
    assert_eq!((clients.known.len(), clients.look_at), (CLIENTS_MAX + 5, CLIENTS_MAX + CLIENTS_MORE));
}
