#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

const SECOND: Nanoseconds = 1_000_000_000;
const START: Nanoseconds = 1_700_000_000 * SECOND;

fn quota(limit: u32) -> QuotaLimit {
    let since = Timestamp::from_milliseconds(0);
    QuotaLimit { period: QuotaPeriod::Month, limit, offset: 0, since, is_strict: false }
}

fn at(seconds: i64) -> Now {
    let monotonic = Duration::from_secs(seconds.unsigned_abs());
    Now { wall: START + seconds * SECOND, monotonic, draw: 0 }
}

fn asked(known: &Quota, limit: &QuotaLimit, now: Now) -> Block {
    let Verdict::Ask(block) = known.judge(limit, true, now) else { panic!("not asked") };
    known.asks(now);
    block
}

fn is_admitted(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Admitted { degraded: false, .. })
}

#[test]
fn replies_that_come_too_late_cost_a_token_each_and_debts_once() {
    let (known, limit) = (Quota::default(), quota(1_000_000));
    // The store takes all that it is asked for, and nobody hears of it.
    let (mut taken, mut passed) = (0, 0);
    for second in (0..60).step_by(2) {
        let block = asked(&known, &limit, at(second));
        taken += block.tokens;
        known.answered(&block, None, at(second));
        for _ in 0..100 {
            let verdict = known.judge(&limit, true, at(second));
            passed += u32::from(matches!(verdict, Verdict::Admitted { degraded: true, .. }));
        }
    }
    assert_eq!((taken, passed), (30, 3_000));
    // It is heard of again: what passed meanwhile is paid for, with a reply that is lost or not.
    let block = asked(&known, &limit, at(60));
    known.answered(&block, Some(QuotaTaken::Taken { used: 31 }), at(60));
    assert!(is_admitted(known.judge(&limit, true, at(60))));
    let block = asked(&known, &limit, at(60));
    assert!(block.debt == 3_000 && block.tokens > 3_000, "{block:?}");
    known.answered(&block, None, at(60));
    let block = asked(&known, &limit, at(62));
    assert_eq!(block.tokens, 1);
    known.answered(&block, Some(QuotaTaken::Taken { used: 3_100 }), at(62));
    assert!(is_admitted(known.judge(&limit, true, at(62))));
    let block = asked(&known, &limit, at(63));
    assert!(block.tokens > 0 && block.debt == 0, "{block:?}");
}

#[test]
fn what_is_given_back_while_a_block_is_taken_stays() {
    let (known, limit) = (Quota::default(), quota(100));
    let block = asked(&known, &limit, at(0));
    known.give_back(block.first_day);
    known.answered(&block, Some(QuotaTaken::Taken { used: 2 }), at(0));
    let passed = (0..9).take_while(|_| is_admitted(known.judge(&limit, true, at(0)))).count();
    assert_eq!(passed, 1 + block.tokens as usize);
    // Even where there is no other.
    let block = asked(&known, &limit, at(0));
    known.give_back(block.first_day);
    known.answered(&block, Some(QuotaTaken::Refused { used: 100 }), at(0));
    assert!(is_admitted(known.judge(&limit, true, at(0))));
    assert!(matches!(known.judge(&limit, true, at(0)), Verdict::UsedUp { .. }));
}

#[test]
fn a_block_is_not_used_beyond_a_limit_that_was_lowered() {
    let (known, limit) = (Quota::default(), quota(10_000));
    known.asks(at(0));
    for _ in 0..100 {
        let _ = known.judge(&limit, true, at(1));
    }
    let block = asked(&known, &limit, at(1));
    assert!(block.tokens > 2);
    known.answered(&block, Some(QuotaTaken::Taken { used: 500 }), at(1));
    assert!(is_admitted(known.judge(&limit, true, at(1))));
    let lowered = quota(499);
    let refused = asked(&known, &lowered, at(1));
    known.answered(&refused, Some(QuotaTaken::Refused { used: 500 }), at(1));
    assert!(matches!(known.judge(&lowered, true, at(1)), Verdict::UsedUp { .. }));
    // What is held can be given back, and used where the limit is raised again.
    assert!(is_admitted(known.judge(&limit, true, at(1))));
    assert_eq!(known.take_unused(at(1).wall, Duration::ZERO).unwrap().tokens, block.tokens - 2);
    assert!(known.is_settled());
}

#[test]
fn debts_end_with_their_period() {
    let (known, limit) = (Quota::default(), quota(100));
    let block = asked(&known, &limit, at(0));
    known.answered(&block, None, at(0));
    assert!(matches!(known.judge(&limit, true, at(0)), Verdict::Admitted { degraded: true, .. }));
    assert_eq!(known.take_unused(at(0).wall, Duration::ZERO), None);
    assert!(!known.is_settled());
    let next = nanoseconds(block.next.start());
    assert_eq!(known.take_unused(next, Duration::ZERO), None);
    assert!(known.is_settled());
}
