//! What the meter decides, after the fact: what of a report is not in a total yet, when somebody is told that a quota comes to its
//! end, and when tokens go back.
//!
//! Reports only grow and hold all that was counted so far. So what is told twice, late or in another order adds nothing: only what
//! goes beyond what was added before counts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ports::{Timestamp, UsageCounts};

/// Counts by route label.
pub type RouteCounts = BTreeMap<String, UsageCounts>;

/// The parts of a quota, in percent, of which somebody is told when they are used.
pub const QUOTA_THRESHOLDS: [u32; 2] = [80, 100];

/// By how much clocks of instances may differ: those of AWS's machines do by milliseconds.
const CLOCK_SKEW: Duration = Duration::from_secs(10);
/// The longest that a request may be under way: the longest that Lambda lets a function run.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const REQUEST_LONGEST: Duration = Duration::from_secs(900);

/// A step by which a report gets into its total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldStep {
    /// What of the report is in the total after it.
    pub folded: RouteCounts,
    /// What is added to the total.
    pub added: RouteCounts,
    /// Whether all of the report is in the total after it.
    pub is_last: bool,
}

/// What of a report is to be added to its total, for at most so many routes at once; none where all of it is there. What was
/// added before is never taken back, whatever an old report says.
#[must_use]
pub fn fold(counts: &RouteCounts, folded: &RouteCounts, routes_max: usize) -> Option<FoldStep> {
    let before = |label: &str| folded.get(label).copied().unwrap_or_default();
    let mut more = counts
        .iter()
        .map(|(label, counts)| (label, beyond(*counts, before(label))))
        .filter(|(_, more)| *more != UsageCounts::default());
    let added: RouteCounts =
        more.by_ref().take(routes_max).map(|(label, more)| (label.clone(), more)).collect();
    if added.is_empty() {
        return None;
    }
    let is_last = more.next().is_none();
    let mut folded = folded.clone();
    for (label, more) in &added {
        let there = folded.entry(label.clone()).or_default();
        *there = sum(*there, *more);
    }
    Some(FoldStep { folded, added, is_last })
}

/// By how much counts go beyond others.
fn beyond(counts: UsageCounts, before: UsageCounts) -> UsageCounts {
    UsageCounts {
        admitted: counts.admitted.saturating_sub(before.admitted),
        throttled: counts.throttled.saturating_sub(before.throttled),
        over_quota: counts.over_quota.saturating_sub(before.over_quota),
        degraded: counts.degraded.saturating_sub(before.degraded),
    }
}

/// Both together.
#[must_use]
pub fn sum(one: UsageCounts, other: UsageCounts) -> UsageCounts {
    UsageCounts {
        admitted: one.admitted.saturating_add(other.admitted),
        throttled: one.throttled.saturating_add(other.throttled),
        over_quota: one.over_quota.saturating_add(other.over_quota),
        degraded: one.degraded.saturating_add(other.degraded),
    }
}

/// Whether somebody is to be told that so many percent of a quota are used. `told` is the limit for which they were told in this
/// period: a limit that was raised since may be told of again, one that was lowered is not.
#[must_use]
pub fn is_threshold_due(used: i64, limit: u32, percent: u32, told: Option<u32>) -> bool {
    let is_crossed = limit > 0 && i128::from(used) * 100 >= i128::from(limit) * i128::from(percent);
    is_crossed && told.is_none_or(|told| told < limit)
}

/// From when on tokens go back that come back after a moment, which is one of the clock of whoever held them. They wait until
/// nothing of that instance's can be under way that counts on them, by no clock, so that no mistake of its own bookkeeping lets
/// more pass than the quota has.
#[must_use]
pub fn goes_back_from(after: Timestamp) -> Timestamp {
    after.after(CLOCK_SKEW + REQUEST_LONGEST)
}

/// The last moment of which tokens go back by now; none in the first minutes of 1970.
#[must_use]
pub const fn goes_back_up_to(now: Timestamp) -> Option<Timestamp> {
    let wait = (CLOCK_SKEW.as_secs() + REQUEST_LONGEST.as_secs()) * 1_000;
    match now.milliseconds().checked_sub(wait) {
        Some(moment) => Some(Timestamp::from_milliseconds(moment)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn admitted(counts: &[(&str, u64)]) -> RouteCounts {
        let counts =
            counts.iter().map(|(label, count)| ((*label).to_owned(), *count)).map(|(label, admitted)| {
                (label, UsageCounts { admitted, throttled: admitted / 2, ..UsageCounts::default() })
            });
        counts.collect()
    }

    #[test]
    fn what_goes_beyond_is_added_and_nothing_twice() {
        let first = fold(&admitted(&[("a", 4), ("b", 2)]), &RouteCounts::new(), 10).unwrap();
        assert_eq!(first.added, admitted(&[("a", 4), ("b", 2)]));
        assert_eq!(first.folded, first.added);
        assert!(first.is_last);
        assert_eq!(fold(&first.folded, &first.folded, 10), None);
        let second = fold(&admitted(&[("a", 10), ("b", 2)]), &first.folded, 10).unwrap();
        assert_eq!(second.added, admitted(&[("a", 6)]));
        assert_eq!(second.folded, admitted(&[("a", 10), ("b", 2)]));
    }

    #[test]
    fn an_old_report_takes_nothing_back() {
        let folded = admitted(&[("a", 10), ("b", 4)]);
        assert_eq!(fold(&admitted(&[("a", 4)]), &folded, 10), None);
        // Nor does one that is older in one number and newer in another.
        let mixed = RouteCounts::from([(
            "a".to_owned(),
            UsageCounts { admitted: 4, throttled: 9, ..UsageCounts::default() },
        )]);
        let step = fold(&mixed, &folded, 10).unwrap();
        assert_eq!(step.added["a"], UsageCounts { throttled: 4, ..UsageCounts::default() });
        assert_eq!(step.folded["a"], UsageCounts { admitted: 10, throttled: 9, ..UsageCounts::default() });
        assert_eq!(step.folded["b"], folded["b"]);
    }

    #[test]
    fn many_routes_take_several_steps() {
        let labels: Vec<String> = (0..7).map(|number| number.to_string()).collect();
        let counts = admitted(&labels.iter().map(|label| (label.as_str(), 2)).collect::<Vec<_>>());
        let (mut folded, mut steps) = (RouteCounts::new(), Vec::new());
        while let Some(step) = fold(&counts, &folded, 3) {
            assert!(step.added.keys().all(|label| !folded.contains_key(label)));
            folded = step.folded;
            steps.push(step.is_last);
        }
        assert_eq!(steps, [false, false, true]);
        assert_eq!(folded, counts);
    }

    #[test]
    fn a_threshold_is_told_once_for_a_limit() {
        for (used, limit, percent, told, is_due) in [
            (79, 100, 80, None, false),
            (80, 100, 80, None, true),
            (80, 100, 80, Some(100), false),
            (99, 100, 100, None, false),
            (100, 100, 100, None, true),
            (1, 1, 80, None, true),
            (-5, 1, 80, None, false),
            (0, 0, 80, None, false),
            (3, 4, 80, None, false),
            // The limit was raised, and its part is used again.
            (100, 120, 80, Some(100), true),
            // It was lowered.
            (100, 90, 100, Some(100), false),
            (i64::MAX, u32::MAX, 100, None, true),
        ] {
            assert_eq!(
                is_threshold_due(used, limit, percent, told),
                is_due,
                "{used} of {limit}, {percent} %"
            );
        }
    }

    #[test]
    fn tokens_wait_for_the_longest_request() {
        let after = Timestamp::from_milliseconds(1_000_000);
        let from = goes_back_from(after);
        assert_eq!(from.milliseconds(), 1_000_000 + 910_000);
        assert_eq!(goes_back_up_to(from), Some(after));
        assert_eq!(goes_back_up_to(Timestamp::from_milliseconds(909_999)), None);
    }
}
