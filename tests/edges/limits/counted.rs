//! What an instance counts, reports and gives back.

use std::time::Duration;

use gatelet_core::limits::Day;
use gatelet_core::ports::{Clock as _, UsageCounts};
use gatelet_model::{Quota, QuotaPeriod};
use gatelet_world::MemoryCounters;

use crate::gateway::{Gateway, NOW, VALUE, id};

fn daily(limit: u32) -> Option<Quota> {
    Some(Quota { limit, offset: 0, period: QuotaPeriod::Day })
}

fn counted(gateway: &Gateway) -> Vec<(String, UsageCounts)> {
    gateway.world.counters.usage(&id("gold"), &id("k1"), Day::of(NOW)).into_iter().collect()
}

async fn settle(gateway: &Gateway) -> usize {
    let now = gateway.world.clock.now();
    let deadline = now.after(Duration::from_secs(1));
    gateway.world.memory.limits.settle(&gateway.world.counters, now, Duration::ZERO, deadline).await
}

#[tokio::test]
async fn usage_is_counted_by_route_and_by_what_became_of_it() {
    let gateway = Gateway::new();
    gateway.put_plan("gold", Some((0.001, 4)), daily(3));
    gateway.put_key(VALUE, "k1", "gold", true);
    let mut statuses = Vec::new();
    for method in ["GET", "POST", "GET", "GET", "GET", "POST"] {
        statuses.push(gateway.send(method, VALUE).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
    assert_eq!(counted(&gateway), [], "nothing is reported yet");
    assert_eq!(settle(&gateway).await, 0);
    let api = gateway.api.id();
    let counts =
        |admitted, throttled, over_quota| UsageCounts { admitted, throttled, over_quota, degraded: 0 };
    let expected = [
        (format!("{api}/dev/GET /pets"), counts(2, 1, 1)),
        (format!("{api}/dev/POST /pets"), counts(1, 1, 0)),
    ];
    assert_eq!(counted(&gateway), expected);
    // Reported twice, it is counted once.
    assert_eq!(settle(&gateway).await, 0);
    assert_eq!(counted(&gateway), expected);
}

#[tokio::test]
async fn usage_is_reported_by_a_request_some_time_later_and_again_where_that_failed() {
    let gateway = Gateway::new();
    gateway.put_plan("gold", None, None);
    gateway.put_key(VALUE, "k1", "gold", true);
    gateway.burst(3).await;
    gateway.pass(Duration::from_secs(29));
    gateway.burst(1).await;
    assert_eq!(counted(&gateway), []);
    gateway.pass(Duration::from_secs(1));
    gateway.world.counters.fail(true);
    gateway.burst(1).await;
    gateway.world.counters.fail(false);
    assert_eq!(counted(&gateway), []);
    gateway.pass(Duration::from_secs(30));
    gateway.burst(1).await;
    assert_eq!(counted(&gateway)[0].1.admitted, 6);
}

#[tokio::test]
async fn instances_report_beside_each_other() {
    let mut gateway = Gateway::new();
    gateway.put_plan("gold", None, None);
    gateway.put_key(VALUE, "k1", "gold", true);
    for requests in [2, 3] {
        gateway.burst(requests).await;
        settle(&gateway).await;
        gateway.forget();
    }
    assert_eq!(counted(&gateway)[0].1.admitted, 5);
}

#[tokio::test]
async fn unused_tokens_of_a_quota_are_given_back_at_the_end() {
    let mut gateway = Gateway::new().with_counters(MemoryCounters::default().shared());
    gateway.put_plan("gold", None, daily(10_000));
    gateway.put_key(VALUE, "k1", "gold", true);
    for _ in 0..50 {
        gateway.burst(4).await;
        gateway.pass(Duration::from_millis(100));
    }
    let used = || gateway.world.counters.used(&id("gold"), &id("k1"), Day::of(NOW));
    assert!(used() > 200, "blocks are larger than what is used: {}", used());
    assert!(gateway.world.counters.writes() < 60, "{}", gateway.world.counters.writes());
    assert_eq!(settle(&gateway).await, 0);
    assert_eq!(used(), 200);
    gateway.forget();
    gateway.burst(1).await;
    assert_eq!(gateway.world.counters.used(&id("gold"), &id("k1"), Day::of(NOW)), 201);
}

#[tokio::test]
async fn an_extension_counts_within_seconds() {
    let gateway = Gateway::new();
    gateway.put_plan("gold", None, daily(2));
    gateway.put_key(VALUE, "k1", "gold", true);
    assert_eq!(gateway.burst(5).await, 2);
    let writes = gateway.world.counters.writes();
    assert_eq!(gateway.burst(100).await, 0);
    assert_eq!(gateway.world.counters.writes(), writes, "what is known to be used up is asked for no more");
    gateway.world.counters.set_used(&id("gold"), &id("k1"), Day::of(NOW), -3);
    gateway.pass(Duration::from_secs(10));
    assert_eq!(gateway.burst(9).await, 5);
}

#[tokio::test]
async fn what_passed_while_the_counter_was_away_is_counted_after() {
    let gateway = Gateway::new();
    gateway.put_plan("gold", None, daily(10));
    gateway.put_key(VALUE, "k1", "gold", true);
    gateway.world.counters.fail(true);
    assert_eq!(gateway.burst(7).await, 7);
    gateway.world.counters.fail(false);
    gateway.pass(Duration::from_secs(2));
    assert_eq!(gateway.burst(9).await, 3);
}

#[tokio::test]
async fn who_asks_what_would_happen_uses_nothing() {
    let gateway = Gateway::new();
    gateway.put_plan("gold", Some((1.0, 1)), daily(1));
    gateway.put_key(VALUE, "k1", "gold", true);
    let steps = gateway.authorize("GET", VALUE).await.unwrap().join("\n");
    assert!(steps.contains("the limit of the plan (1 requests a second, 1 at once) counts"), "{steps}");
    assert!(steps.contains("the quota (1 in a DAY) counts"), "{steps}");
    assert_eq!(gateway.world.counters.writes(), 0);
    assert_eq!(gateway.send("GET", VALUE).await.status, 200);
    assert!(gateway.authorize("GET", "nosuchkey00000000000").await.is_err());
}
