//! What CloudWatch is told: what was added, in calls that it takes, and never at the price of anything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatelet_aws::dynamodb::counters::items::ItemKey;
use gatelet_core::ports::{Counters as _, UsageCounts, UsageReport};

use crate::fixture::{Aws, TODAY, World, counts, day, id};

fn named(plan: &str, name: &str) -> (String, String) {
    (plan.to_owned(), name.to_owned())
}

#[tokio::test]
async fn all_four_numbers_are_shown_by_plan() {
    let world = World::new().await;
    let (today, counts) = (
        day(TODAY),
        [(Arc::from("a1/live/GET /"), UsageCounts { admitted: 7, throttled: 5, over_quota: 3, degraded: 2 })],
    );
    let counts = counts.into_iter().collect();
    for plan in ["gold", "silver"] {
        let (plan, key) = (id(plan), id("ada"));
        let report = UsageReport { id: "i-1", plan: &plan, key: &key, day: today, counts: &counts };
        world.counters.report_usage(report, world.soon()).await.unwrap();
    }
    let folded = world.asked(serde_json::json!({"task": "reports"})).await.unwrap();
    assert_eq!(folded["folded"], 2);
    let mut expected = BTreeMap::new();
    for plan in ["gold", "silver"] {
        for (name, value) in
            [("Requests", 7.0), ("Throttled", 5.0), ("QuotaExceeded", 3.0), ("ThrottleDegraded", 2.0)]
        {
            expected.insert(named(plan, name), value);
        }
    }
    assert_eq!(world.shown(), (expected, vec![8]));
}

#[tokio::test]
async fn many_metrics_go_in_calls_of_a_thousand() {
    let world = World::new().await;
    let today = day(TODAY);
    let counts = BTreeMap::from([(Arc::from("a1/live/GET /"), counts(4))]);
    let mut images = Vec::new();
    for number in 0..600 {
        let (plan, key) = (id(&format!("plan{number}")), id("ada"));
        let report = UsageReport { id: "i-1", plan: &plan, key: &key, day: today, counts: &counts };
        world.counters.report_usage(report, world.soon()).await.unwrap();
        let item = ItemKey::of_report(today, &plan, &key, "i-1");
        images.push(world.item(item).await.unwrap());
    }
    assert!(world.told(&images).await.is_empty());
    let (sums, calls) = world.shown();
    assert_eq!((sums.len(), calls), (1_200, vec![1_000, 200]));
    assert!(sums.iter().all(|((_, name), sum)| *sum == if name == "Requests" { 4.0 } else { 1.0 }));
}

#[tokio::test]
async fn a_cloudwatch_that_fails_fails_nothing() {
    let world = World::new().await;
    let today = day(TODAY);
    let image = world.report(today, "ada", "i-1", 4).await;
    world.aws(Aws::Refuses);
    assert!(world.told(&[image]).await.is_empty());
    assert_eq!(world.total("ada", today).await, counts(4));
}
