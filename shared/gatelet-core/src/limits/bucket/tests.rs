#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::shard::LEASE_LIFE;
use super::*;
use crate::ports::TakeForm;

const SECOND: Nanoseconds = 1_000_000_000;
const START: Nanoseconds = 1_700_000_000 * SECOND;

fn limit(rate: f64, burst: u32) -> Limit {
    Limit::of(Throttle::new(rate, burst).unwrap())
}

fn at(nanoseconds: Nanoseconds) -> Now {
    let monotonic = Duration::from_nanos(nanoseconds.max(0).unsigned_abs());
    Now { wall: START + nanoseconds, monotonic, draw: 0 }
}

/// Asks with the present, and grants what is asked for where it is asked of a store that says so.
fn granted(bucket: &Bucket, limit: &Limit, now: Now) -> Verdict {
    let Verdict::Ask { shard, asking } = bucket.judge(limit, true, true, now) else { panic!("not asked") };
    bucket.answered(shard, &asking, Some(TokensTaken::Taken { before: None }), now);
    bucket.judge(limit, false, true, now)
}

#[test]
fn what_lets_nothing_through_asks_nobody() {
    for limit in [limit(0.0, 10), limit(10.0, 0), limit(0.0, 0)] {
        assert_eq!(Bucket::default().judge(&limit, true, true, at(0)), Verdict::Refused { until: None });
    }
}

#[test]
fn shards_together_are_not_more_than_the_bucket() {
    for (rate, burst) in
        [(0.001, 1), (0.3, 7), (499.9, 3), (500.1, 1), (1_000.0, 999), (1e6, 5_000), (1e300, u32::MAX)]
    {
        let of = limit(rate, burst).rate.unwrap();
        let shards = i64::from(of.shards);
        assert!(of.span / of.interval * shards <= i64::from(burst), "{rate} {burst}");
        assert!(
            of.interval as f64 * rate >= 1e9 * shards as f64 * 0.999 || of.interval == 1,
            "{rate} {burst}"
        );
        let whole = of.whole();
        assert!(whole.interval * shards >= of.interval, "{rate} {burst}");
    }
}

#[test]
fn dividing_a_bucket_takes_next_to_nothing_of_its_burst() {
    for (rate, burst) in
        [(20_000.0, 65), (32_000.0, 127), (25_000.0, 83), (20_000.0, 41), (1e6, 5_000), (1_000.0, 3)]
    {
        let limit = limit(rate, burst);
        let of = limit.rate.unwrap();
        let (burst, shards) = (i64::from(burst), i64::from(of.shards));
        let lost = burst - of.span / of.interval * shards;
        assert!(lost * 50 <= burst + 25, "{rate} {burst}: {lost} of {shards} shards");
        // Nor is it left at one shard for that.
        assert!(shards * 2 >= burst.min(64).min((rate / 500.0) as i64), "{rate} {burst}: {shards} shards");
        let bucket = Bucket::default();
        let passes = |_: &i64| {
            let verdict = bucket.judge(&limit, true, false, at(0));
            matches!(verdict, Verdict::Admitted { .. })
        };
        assert_eq!((0..burst * 2).filter(passes).count() as i64, burst, "{rate}");
        // What nobody shares is not divided.
        assert_eq!(bucket.bytes(), size_of::<Bucket>());
    }
}

#[test]
fn a_limit_that_was_raised_counts_at_once() {
    let (old, new) = (limit(1.0, 10), limit(500.0, 500));
    // Alone.
    let bucket = Bucket::default();
    for _ in 0..11 {
        let _ = bucket.judge(&old, true, false, at(0));
    }
    assert!(matches!(bucket.judge(&new, true, false, at(0)), Verdict::Refused { .. }));
    assert_eq!(
        bucket.judge(&new, true, false, at(SECOND / 100)),
        Verdict::Admitted { degraded: false },
        "alone"
    );
    // With others, who have emptied what stands in the store.
    let bucket = Bucket::default();
    let Verdict::Ask { shard, asking } = bucket.judge(&old, true, true, at(0)) else { panic!("not asked") };
    let full = START + 10 * SECOND;
    bucket.answered(shard, &asking, Some(TokensTaken::Refused { time: Some(full) }), at(0));
    let life = Nanoseconds::try_from(LEASE_LIFE.as_nanos()).unwrap();
    let passes = (0..life).step_by(100_000_000).map(at).any(|now| {
        let Verdict::Ask { shard, asking } = bucket.judge(&new, true, true, now) else { return false };
        let answer = match asking.take.form {
            TakeForm::Unchanged { from, .. } if from == full => TokensTaken::Taken { before: Some(full) },
            _ => TokensTaken::Refused { time: Some(full) },
        };
        bucket.answered(shard, &asking, Some(answer), now);
        bucket.judge(&new, false, true, now) == Verdict::Admitted { degraded: false }
    });
    assert!(passes, "with others");
}

#[test]
fn a_bucket_alone_is_exact_at_clocks_that_step() {
    let (limit, bucket) = (limit(10.0, 5), Bucket::default());
    let passes =
        |now| matches!(bucket.judge(&limit, true, false, now), Verdict::Admitted { degraded: false });
    assert_eq!((0..10).filter(|_| passes(at(0))).count(), 5);
    // A second back: what is used stays used. A second on: as many as come in a second, and no more than it holds.
    assert!(!passes(at(-SECOND)));
    assert_eq!((0..10).filter(|_| passes(at(SECOND / 5))).count(), 2);
    assert_eq!((0..10).filter(|_| passes(at(9 * SECOND))).count(), 5);
    // Far back: it was wrong, and does not close the bucket for as long.
    assert!(!passes(at(-100 * SECOND)));
    assert!(passes(at(-100 * SECOND + SECOND / 10)));
}

#[test]
fn another_limit_ends_leases_and_what_was_asked_under_the_old_is_worth_nothing() {
    let (old, new, bucket) = (limit(100.0, 100), limit(10.0, 10), Bucket::default());
    for _ in 0..50 {
        let _ = bucket.judge(&old, true, true, at(0));
    }
    assert!(matches!(granted(&bucket, &old, at(0)), Verdict::Admitted { degraded: false }));
    assert!(bucket.left(at(0)) > 5);
    let Verdict::Ask { shard, asking } = bucket.judge(&new, true, true, at(0)) else { panic!("not asked") };
    assert_eq!(bucket.left(at(0)), 0);
    // Whoever waits meets the new one, and an answer to the old question grants nothing.
    let stale = Asking { rate: old.rate.unwrap(), ..asking };
    bucket.answered(shard, &stale, Some(TokensTaken::Taken { before: None }), at(0));
    assert!(
        matches!(bucket.judge(&old, false, true, at(0)), Verdict::Ask { asking, .. } if Some(asking.rate) == new.rate)
    );
}

#[test]
fn while_the_store_is_away_an_instance_has_its_own_bucket_less_what_it_let_through() {
    let (limit, bucket) = (limit(10.0, 5), Bucket::default());
    assert!(matches!(granted(&bucket, &limit, at(0)), Verdict::Admitted { degraded: false }));
    let Verdict::Ask { shard, asking } = bucket.judge(&limit, true, true, at(0)) else { panic!("not asked") };
    bucket.answered(shard, &asking, None, at(0));
    let passed =
        (0..10).filter(|_| bucket.judge(&limit, true, true, at(0)) == Verdict::Admitted { degraded: true });
    assert_eq!(passed.count(), 4);
    // A second later, whatever the time of day is said to be, the store is asked again.
    let later = Now { wall: START + SECOND, ..at(SECOND) };
    assert!(matches!(bucket.judge(&limit, true, true, later), Verdict::Ask { .. }));
}

#[test]
fn a_lease_is_for_what_is_expected_and_ends() {
    let (limit, bucket) = (limit(100.0, 200), Bucket::default());
    let Verdict::Ask { asking, .. } = bucket.judge(&limit, true, true, at(0)) else { panic!("not asked") };
    assert_eq!(asking.tokens, 1);
    assert!(matches!(asking.take.form, TakeForm::Idle { .. }));
    for _ in 0..100 {
        let _ = bucket.judge(&limit, true, true, at(0));
    }
    assert!(matches!(granted(&bucket, &limit, at(0)), Verdict::Admitted { .. }));
    let life = Nanoseconds::try_from(LEASE_LIFE.as_nanos()).unwrap();
    assert!((20..=100).contains(&bucket.left(at(life - 1))));
    assert_eq!(bucket.left(at(life)), 0);
    // Nor by a clock that was set back.
    assert_eq!(bucket.left(Now { wall: START - SECOND, ..at(life / 2) }), 0);
    assert_eq!(bucket.left(Now { wall: START, ..at(life) }), 0);
}
