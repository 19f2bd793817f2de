//! Tokens of quotas go back: when nothing can be under way that counts on them, and once.

use std::slice::from_ref;
use std::time::Duration;

use gatelet_aws::dynamodb::counters::items::{ItemKey, StoredReturn};
use serde_json::json;

use crate::fixture::{World, id, quota};

/// Longer than tokens wait.
const DUE: Duration = Duration::from_secs(911);

#[tokio::test]
async fn tokens_wait_and_go_back_once() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    world.take(name, 40, 100).await;
    let image = world.give_back(name, "i-1-7", 15).await;
    // Too soon, for the stream as for the schedule.
    assert!(world.told(from_ref(&image)).await.is_empty());
    let answer = world.asked(json!({"task": "returns"})).await.unwrap();
    assert_eq!((world.used(name).await, &answer["tokensPutBack"]), (40, &json!(0)));
    world.time.pass(DUE);
    let answer = world.asked(json!({"task": "returns"})).await.unwrap();
    assert_eq!((world.used(name).await, &answer["tokensPutBack"]), (25, &json!(15)));
    // However it is told again: by the schedules, by the stream, or said anew by the instance.
    for task in ["returns", "reports"] {
        let answer = world.asked(json!({"task": task})).await.unwrap();
        assert_eq!(answer["tokensPutBack"], json!(0));
    }
    assert!(world.told(&[image]).await.is_empty());
    assert_eq!(world.used(name).await, 25);
}

#[tokio::test]
async fn a_change_that_comes_late_puts_back_at_once() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    world.take(name, 40, 100).await;
    let image = world.give_back(name, "i-1-7", 15).await;
    world.time.pass(DUE);
    assert!(world.told(&[image.clone(), image]).await.is_empty());
    assert_eq!(world.used(name).await, 25);
}

#[tokio::test]
async fn the_hourly_schedule_finds_what_the_frequent_one_missed() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    world.take(name, 40, 100).await;
    world.give_back(name, "i-1-7", 15).await;
    // Into the next day: its partition is another.
    world.time.pass(Duration::from_secs(20 * 3_600));
    let answer = world.asked(json!({"task": "returns"})).await.unwrap();
    assert_eq!(answer["tokensPutBack"], json!(0), "it looks back two hours alone");
    let answer = world.asked(json!({"task": "reports"})).await.unwrap();
    assert_eq!((world.used(name).await, &answer["tokensPutBack"]), (25, &json!(15)));
}

#[tokio::test]
async fn a_backfill_finds_what_waited_for_longer() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    world.take(name, 40, 100).await;
    world.give_back(name, "i-1-7", 15).await;
    world.time.pass(Duration::from_secs(5 * 86_400));
    let answer = world.asked(json!({"task": "reports"})).await.unwrap();
    assert_eq!(answer["tokensPutBack"], json!(0), "it looks at yesterday");
    let today = json!({"backfill": {"from": "2026-11-26", "to": "2026-11-26"}});
    let answer = world.asked(today).await.unwrap();
    assert_eq!((world.used(name).await, &answer["tokensPutBack"]), (25, &json!(15)));
}

#[tokio::test]
async fn nothing_is_made_of_a_counter_that_has_ended() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    let image = world.give_back(name, "i-1-7", 15).await;
    world.time.pass(DUE);
    assert!(world.told(&[image]).await.is_empty());
    assert_eq!(world.item(ItemKey::of_quota(name)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_meters_and_instances_at_once_put_everything_back_once() {
    let world = World::new().await;
    let (plan, key) = (id("gold"), id("ada"));
    let name = quota(&plan, &key);
    world.take(name, 500, 1_000).await;
    let mut returns = Vec::new();
    for number in 0..20 {
        let image = world.give_back(name, &format!("i-{number}"), 3).await;
        returns.push(StoredReturn::read(image).unwrap());
    }
    world.time.pass(DUE);
    let (now, soon) = (world.soon(), world.soon());
    let meters = (0..4).map(|_| {
        let (counters, returns) = (world.counters.clone(), returns.clone());
        tokio::spawn(async move { counters.put_back(returns, now, soon).await })
    });
    let meters: Vec<_> = meters.collect();
    for _ in 0..10 {
        world.take(name, 1, 1_000).await;
    }
    let mut tokens = 0;
    for meter in meters {
        let done = meter.await.unwrap();
        assert_eq!(done.error, None);
        tokens += done.tokens;
    }
    assert_eq!((tokens, world.used(name).await), (60, 500 + 10 - 60));
}
