use gatelet_core::ports::QuotaName;
use gatelet_model::{PartId, Quota, QuotaPeriod};

use super::super::{DayCount, PlanChange};
use super::*;

const WEEK: Quota = Quota { limit: 100, offset: 10, period: QuotaPeriod::Week };

/// A shop in which ada is in `gold` since a day, with a quota.
fn counted(since: &str, quota: Option<Quota>) -> (Shop, PartId) {
    let shop = shop();
    let mut then = shop.operations();
    then.now = Day::parse(since).unwrap().start();
    run(then.add_key_to_plan(shop.gold(), &shop.keys[0])).unwrap();
    run(shop.operations().update_plan(shop.gold(), &[PlanChange::Quota(quota)], &Pets)).unwrap();
    let key = PartId::parse(&shop.keys[0]).unwrap();
    (shop, key)
}

fn count(shop: &Shop, key: &PartId, days: &[(&str, u64)]) {
    for (day, used) in days {
        shop.store.count(&shop.gold.plan.id, key, Day::parse(day).unwrap(), *used);
    }
}

fn days(shop: &Shop, first: &str, last: &str) -> Vec<(u64, Option<u64>)> {
    let usage = run(shop.operations().usage(shop.gold(), None, (first, last), None, None)).unwrap();
    assert_eq!((usage.start_date.to_string(), usage.end_date.to_string()), (first.into(), last.into()));
    let counts = usage.items.into_values().next().unwrap_or_default();
    counts.into_iter().map(|DayCount { used, remaining, .. }| (used, remaining)).collect()
}

#[test]
fn what_is_left_runs_down_through_a_period_and_begins_anew() {
    let (shop, key) = counted("2026-10-01", Some(WEEK));
    // The week before the present one began on Sunday the 8th.
    count(&shop, &key, &[("2026-11-08", 30), ("2026-11-12", 20), ("2026-11-14", 5), ("2026-11-15", 7)]);
    assert_eq!(
        days(&shop, "2026-11-12", "2026-11-16"),
        [(20, Some(50)), (0, Some(50)), (5, Some(45)), (7, Some(93)), (0, Some(93))]
    );
}

#[test]
fn today_is_as_the_counter_says() {
    let (shop, key) = counted("2026-10-01", Some(WEEK));
    count(&shop, &key, &[("2026-11-20", 4)]);
    let first_day = Day::parse("2026-11-15").unwrap();
    shop.store.take_quota(QuotaName { plan: &shop.gold.plan.id, key: &key, first_day }, 40);
    assert_eq!(days(&shop, "2026-11-20", "2026-11-22"), [(4, Some(96)), (0, Some(60)), (0, Some(100))]);
}

#[test]
fn the_offset_is_taken_off_the_period_of_entry_alone() {
    let (shop, key) = counted("2026-11-10", Some(WEEK));
    count(&shop, &key, &[("2026-11-10", 1), ("2026-11-15", 1)]);
    assert_eq!(days(&shop, "2026-11-14", "2026-11-15"), [(0, Some(89)), (1, Some(99))]);
}

#[test]
fn without_a_quota_nothing_is_left_or_gone() {
    let (shop, key) = counted("2026-10-01", None);
    assert!(days(&shop, "2026-11-20", "2026-11-20").is_empty(), "without a request no entry");
    count(&shop, &key, &[("2026-11-20", 4)]);
    assert_eq!(days(&shop, "2026-11-20", "2026-11-21"), [(4, None), (0, None)]);
    let outcome = run(shop.operations().set_remaining(shop.gold(), key.as_str(), 5));
    assert_eq!(failure(outcome).0, "bad request");
}

#[test]
fn an_extension_lasts_for_the_period() {
    let (shop, key) = counted("2026-11-17", Some(WEEK));
    count(&shop, &key, &[("2026-11-21", 90)]);
    let usage = run(shop.operations().set_remaining(shop.gold(), key.as_str(), 500)).unwrap();
    assert_eq!(usage.items[&key], [DayCount { used: 90, remaining: Some(500), refused: 0 }]);
    assert_eq!(days(&shop, "2026-11-21", "2026-11-22"), [(90, Some(500)), (0, Some(100))]);
    let usage = run(shop.operations().set_remaining(shop.gold(), key.as_str(), 0)).unwrap();
    assert_eq!(usage.items[&key][0].remaining, Some(0));
}

#[test]
fn days_are_checked() {
    let (shop, _) = counted("2026-10-01", None);
    let ask = |first: &str, last: &str| {
        failure(run(shop.operations().usage(shop.gold(), None, (first, last), None, None)))
    };
    assert_eq!(ask("yesterday", "2026-02-30").1.lines().count(), 2);
    for (first, last) in [("2026-11-21", "2026-11-20"), ("2026-01-01", "2026-04-01")] {
        assert_eq!(ask(first, last).0, "bad request");
    }
    run(shop.operations().usage(shop.gold(), None, ("2026-01-01", "2026-03-31"), None, None)).unwrap();
    let stranger = Some(shop.keys[1].as_str());
    let asked = ("2026-11-21", "2026-11-21");
    assert_eq!(
        failure(run(shop.operations().usage(shop.gold(), stranger, asked, None, None))).0,
        "not found"
    );
}

#[test]
fn usage_comes_in_pages_of_keys() {
    let (shop, ada) = counted("2026-10-01", None);
    run(shop.operations().add_key_to_plan(shop.gold(), &shop.keys[1])).unwrap();
    let bob = PartId::parse(&shop.keys[1]).unwrap();
    for key in [&ada, &bob] {
        count(&shop, key, &[("2026-11-20", 4)]);
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let asked = ("2026-11-20", "2026-11-20");
        let page = run(shop.operations().usage(shop.gold(), None, asked, after.as_ref(), Some(1))).unwrap();
        seen.extend(page.items.into_keys());
        after = page.position;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    let mut both = [ada, bob];
    both.sort();
    assert_eq!(seen, both);
}
