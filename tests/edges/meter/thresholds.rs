//! Events where a quota comes to its end: at least once, and no more without need.

use std::slice::from_ref;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::dynamodb::counters::items::ItemKey;
use serde_json::json;

use crate::fixture::{Aws, TODAY, World, counts, day, id, quota};

#[tokio::test]
async fn eighty_and_a_hundred_percent_are_told_once_each() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    let low = world.take(name, 79, 100).await;
    assert!(world.told(from_ref(&low)).await.is_empty());
    assert!(world.announced().is_empty());
    let high = world.take(name, 1, 100).await;
    for images in [vec![high.clone()], vec![high.clone(), high.clone()], vec![low.clone()]] {
        assert!(world.told(&images).await.is_empty());
    }
    let event = |used: u32, threshold: u32| {
        json!({
            "usagePlanId": "gold", "apiKeyId": "ada", "period": "2026-11-01", "limit": 100, "used": used, "threshold": threshold,
        })
    };
    assert_eq!(world.announced(), [event(80, 80)]);
    let full = world.take(name, 20, 100).await;
    assert!(world.told(from_ref(&full)).await.is_empty());
    // Old changes, without the marks that are there by now.
    assert!(world.told(&[high, full]).await.is_empty());
    assert_eq!(world.announced(), [event(80, 80), event(100, 100)]);
}

#[tokio::test]
async fn a_quota_that_is_used_at_once_tells_both() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let image = world.take(quota(&plan, &key), 10, 10).await;
    assert!(world.told(&[image]).await.is_empty());
    let thresholds: Vec<_> = world.announced().iter().map(|event| event["threshold"].clone()).collect();
    assert_eq!(thresholds, [json!(80), json!(100)]);
}

#[tokio::test]
async fn what_eventbridge_does_not_take_is_told_by_a_schedule() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let image = world.take(quota(&plan, &key), 9, 10).await;
    for mode in [Aws::Refuses, Aws::TakesNoEvent] {
        world.aws(mode);
        // Counting goes on, and a schedule tells.
        assert!(world.told(from_ref(&image)).await.is_empty());
        world.asked(json!({"task": "returns"})).await.unwrap();
    }
    let tries = world.announced().len();
    assert_eq!(tries, 4, "each was tried once");
    world.aws(Aws::Works);
    for task in ["returns", "returns", "reports"] {
        world.asked(json!({"task": task})).await.unwrap();
        assert_eq!(world.announced().len(), tries + 1);
    }
    assert!(world.told(from_ref(&image)).await.is_empty());
    assert_eq!(world.announced().len(), tries + 1);
    assert_eq!(world.counters.untold(10, world.soon()).await.unwrap(), []);
}

#[tokio::test]
async fn after_the_first_failure_nobody_else_is_tried() {
    let world = World::new().await;
    let plan = id("gold");
    let mut images = Vec::new();
    for number in 0..5 {
        let key = id(&format!("key{number}"));
        images.push(world.take(quota(&plan, &key), 9, 10).await);
    }
    images.push(world.report(day(TODAY), "ada", "i-1", 4).await);
    world.aws(Aws::Refuses);
    assert!(world.told(&images).await.is_empty());
    assert_eq!(world.announced().len(), 1);
    assert_eq!(world.total("ada", day(TODAY)).await, counts(4), "what was counted waits for none of it");
    world.aws(Aws::Works);
    world.asked(json!({"task": "returns"})).await.unwrap();
    assert_eq!(world.announced().len(), 1 + 5);
}

#[tokio::test]
async fn a_crash_between_telling_and_marking_tells_again() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    let image = world.take(name, 9, 10).await;
    assert!(world.told(from_ref(&image)).await.is_empty());
    // As if the mark had never been written.
    let update = world.client.update_item().table_name(gatelet_aws::dynamodb::COUNTERS_TABLE);
    let update = update.set_key(Some(ItemKey::of_quota(name).into_attributes()));
    update.update_expression("REMOVE told_80").send().await.unwrap();
    assert!(world.told(from_ref(&image)).await.is_empty());
    assert!(world.told(&[image]).await.is_empty());
    assert_eq!(world.announced().len(), 2, "once for each run that did not know");
    let marked = world.item(ItemKey::of_quota(name)).await.unwrap();
    assert_eq!(marked["told_80"], AttributeValue::N("10".to_owned()));
}

#[tokio::test]
async fn a_raised_limit_is_told_of_anew() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    let image = world.take(name, 10, 10).await;
    world.told(&[image]).await;
    let image = world.take(name, 5, 20).await;
    world.told(&[image]).await;
    assert_eq!(world.announced().len(), 2, "15 of 20 are less than 80 %");
    let image = world.take(name, 1, 20).await;
    world.told(&[image]).await;
    assert_eq!(world.announced().last().unwrap()["limit"], json!(20));
    assert_eq!(world.announced().len(), 3);
}
