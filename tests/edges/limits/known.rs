//! What an instance remembers of keys and plans.

use std::time::Duration;

use gatelet_world::MemoryCounters;

use crate::gateway::{Gateway, VALUE};

fn limited(throttle: Option<(f64, u32)>) -> Gateway {
    let gateway = Gateway::new();
    gateway.put_plan("gold", throttle, None);
    gateway.put_key(VALUE, "k1", "gold", true);
    gateway
}

#[tokio::test]
async fn a_key_is_looked_up_once_and_a_plan_about_once_a_second() {
    let gateway = limited(None);
    for _ in 0..50 {
        assert_eq!(gateway.send("GET", VALUE).await.status, 200);
        gateway.pass(Duration::from_millis(100));
    }
    assert_eq!(gateway.look_ups("api-key"), 1);
    assert!((4..=6).contains(&gateway.look_ups("usage-plan")), "{}", gateway.look_ups("usage-plan"));
}

#[tokio::test]
async fn an_unknown_key_is_remembered_for_a_while() {
    let gateway = limited(None);
    for _ in 0..10 {
        assert_eq!(gateway.send("GET", "nosuchkey00000000000").await.status, 403);
    }
    assert_eq!(gateway.look_ups("api-key"), 1);
    gateway.put_key("nosuchkey00000000000", "k2", "gold", true);
    assert_eq!(gateway.send("GET", "nosuchkey00000000000").await.status, 403);
    gateway.pass(Duration::from_secs(5));
    assert_eq!(gateway.send("GET", "nosuchkey00000000000").await.status, 200);
}

#[tokio::test]
async fn a_flood_of_random_keys_is_no_flood_of_reads() {
    let gateway = limited(None);
    assert_eq!(gateway.send("GET", VALUE).await.status, 200);
    let mut refused = 0;
    for number in 0..5_000 {
        let status = gateway.send("GET", &format!("random{number:020}")).await.status;
        assert!(matches!(status, 403 | 429), "{status}");
        refused += u32::from(status == 429);
    }
    assert!(gateway.look_ups("api-key") <= 501, "{}", gateway.look_ups("api-key"));
    assert!(refused >= 4_400);
    // Whose key is known passes all the while, also when the key is to be looked at again.
    gateway.pass(Duration::from_secs(15));
    for number in 0..5_000 {
        gateway.send("GET", &format!("other{number:020}")).await;
    }
    assert_eq!(gateway.send("GET", VALUE).await.status, 200);
}

#[tokio::test]
async fn a_disabled_or_removed_key_opens_nothing_within_seconds() {
    for removed in [false, true] {
        let gateway = limited(None);
        assert_eq!(gateway.send("GET", VALUE).await.status, 200);
        match removed {
            true => gateway.world.credentials.remove_api_key(VALUE),
            false => gateway.put_key(VALUE, "k1", "gold", false),
        }
        // However it was used meanwhile.
        for _ in 0..10 {
            gateway.pass(Duration::from_secs(1));
            gateway.send("GET", VALUE).await;
        }
        assert_eq!(gateway.send("GET", VALUE).await.status, 403);
    }
}

#[tokio::test]
async fn a_plan_that_is_edited_in_use_holds_within_the_life_of_a_lease() {
    for counters in [MemoryCounters::default(), MemoryCounters::default().shared()] {
        let gateway = limited(Some((1_000.0, 1_000))).with_counters(counters);
        // So that the instance holds a lease of many tokens.
        for _ in 0..100 {
            assert_eq!(gateway.burst(5).await, 5);
            gateway.pass(Duration::from_millis(50));
        }
        gateway.put_plan("gold", Some((1.0, 1)), None);
        gateway.pass(gatelet_core::limits::LEASE_LIFE);
        assert!(gateway.burst(200).await <= 1);
        gateway.put_plan("gold", Some((1_000.0, 1_000)), None);
        gateway.pass(gatelet_core::limits::LEASE_LIFE);
        assert!(gateway.burst(200).await >= 100);
    }
}

#[tokio::test]
async fn steps_tell_key_plan_and_limit_and_never_the_value() {
    let gateway = limited(Some((1.0, 1)));
    let first = gateway.send("GET", VALUE).await.steps.join("\n");
    assert!(first.contains("the API key is `k1` (k1), and the plan `gold` (gold)"), "{first}");
    assert!(first.contains("the limit of the plan (1 requests a second, 1 at once) passes"), "{first}");
    let second = gateway.send("GET", VALUE).await.steps.join("\n");
    assert!(
        second.contains("the limit of the plan (1 requests a second, 1 at once) has no token"),
        "{second}"
    );
    let unknown = gateway.send("GET", "nosuchkey00000000000").await.steps.join("\n");
    assert!(unknown.contains("nobody has this API key"), "{unknown}");
    for steps in [first, second, unknown] {
        assert!(!steps.contains(VALUE) && !steps.contains("nosuchkey"), "{steps}");
    }
}

#[tokio::test]
async fn while_nothing_can_be_known_it_is_asked_about_once_in_a_while() {
    let gateway = limited(None);
    assert_eq!(gateway.send("GET", VALUE).await.status, 200);
    gateway.world.credentials.fail(true);
    gateway.pass(Duration::from_secs(60));
    for _ in 0..20 {
        assert_eq!(gateway.send("GET", VALUE).await.status, 200);
        gateway.pass(Duration::from_millis(10));
    }
    assert_eq!((gateway.look_ups("api-key"), gateway.look_ups("usage-plan")), (2, 2));
    gateway.pass(Duration::from_secs(1));
    assert_eq!(gateway.send("GET", VALUE).await.status, 200);
    assert_eq!((gateway.look_ups("api-key"), gateway.look_ups("usage-plan")), (3, 3));
}

#[tokio::test]
async fn a_plan_that_is_not_there_is_not_asked_for_by_every_request() {
    let gateway = Gateway::new();
    gateway.put_key(VALUE, "k1", "gone", true);
    for _ in 0..10 {
        assert_eq!(gateway.send("GET", VALUE).await.status, 403);
    }
    assert_eq!(gateway.look_ups("usage-plan"), 1);
    gateway.put_plan("gone", None, None);
    gateway.pass(Duration::from_secs(2));
    assert_eq!(gateway.send("GET", VALUE).await.status, 200);
}
