//! What the stream lost is found again: by the hourly schedule, and by a person for older days.

use std::time::Duration;

use gatelet_aws::dynamodb::counters::meter::{Backfill, Place};
use serde_json::json;

use crate::fixture::{TODAY, World, counts, day};

#[tokio::test]
async fn a_change_that_was_never_told_is_found_by_the_schedule() {
    let world = World::new().await;
    let today = day(TODAY);
    world.report(today, "ada", "i-1", 4).await;
    world.report(today.before(1), "ada", "i-1", 8).await;
    world.report(today.before(2), "ada", "i-1", 16).await;
    let answer = world.asked(json!({"task": "reports"})).await.unwrap();
    assert_eq!(answer, json!({"reports": 2, "folded": 2, "tokensPutBack": 0, "left": null}));
    assert_eq!(world.total("ada", today).await, counts(4));
    assert_eq!(world.total("ada", today.before(1)).await, counts(8));
    assert_eq!(world.total("ada", today.before(2)).await, counts(0), "older days are asked for by hand");
    let answer = world.asked(json!({"backfill": {"from": "2026-11-19", "to": "2026-11-20"}})).await.unwrap();
    assert_eq!(answer, json!({"reports": 2, "folded": 1, "tokensPutBack": 0, "left": null}));
    assert_eq!(world.total("ada", today.before(2)).await, counts(16));
}

#[tokio::test]
async fn a_backfill_that_is_cut_off_goes_on_with_the_next_schedule() {
    let world = World::new().await;
    let first = day("2026-11-10");
    for number in 0..40 {
        world.report(first, "ada", &format!("i-{number}"), 4).await;
    }
    // Half of the days are done.
    let place = Place { day: first, shard: 8 };
    let soon = world.soon();
    let asked = Backfill { from: Place { day: first, shard: 0 }, last: first };
    let stopped = world.counters.fold_days(asked.from, first, world.now()).await;
    assert_eq!(stopped.stopped_at, Some(asked.from), "no time is left at all");
    assert!(
        world.counters.keep_backfill(None, Some(Backfill { from: place, last: first }), soon).await.unwrap()
    );
    assert_eq!(world.counters.backfill(soon).await.unwrap(), Some(Backfill { from: place, last: first }));
    let answer = world.asked(json!({"task": "returns"})).await.unwrap();
    assert_eq!((&answer["left"], answer["reports"] == answer["folded"]), (&json!(null), true), "{answer}");
    let part = world.total("ada", first).await.admitted;
    assert!(part > 0 && part < 160, "{part}: the second half of the partitions alone");
    assert_eq!(world.counters.backfill(soon).await.unwrap(), None);
    world.asked(json!({"backfill": {"from": "2026-11-10", "to": "2026-11-10"}})).await.unwrap();
    assert_eq!(world.total("ada", first).await, counts(160));
}

#[tokio::test]
async fn a_call_without_time_says_where_it_stopped() {
    let world = World::new().await;
    world.report(day("2026-11-10"), "ada", "i-1", 4).await;
    let event = json!({"backfill": {"from": "2026-11-10", "to": "2026-11-12"}}).to_string();
    // Its time is over while it waits: the clock stands still, and the limit is shorter than any call.
    let failure = world.meter.invoke(&event, world.now().after(Duration::from_millis(1))).await;
    assert!(failure.is_err(), "{failure:?}");
    // Whatever it came to, asked again it is done.
    let answer = world.asked(serde_json::from_str(&event).unwrap()).await.unwrap();
    assert_eq!(answer["left"], json!(null));
    assert_eq!(world.total("ada", day("2026-11-10")).await, counts(4));
}

#[tokio::test]
async fn a_second_backfill_widens_the_one_that_is_left() {
    let world = World::new().await;
    let (first, last) = (day("2026-11-05"), day("2026-11-15"));
    let left = Backfill { from: Place { day: day("2026-11-08"), shard: 3 }, last };
    assert!(world.counters.keep_backfill(None, Some(left), world.soon()).await.unwrap());
    world.report(first, "ada", "i-1", 4).await;
    world.report(last, "ada", "i-1", 8).await;
    world.asked(json!({"backfill": {"from": "2026-11-05", "to": "2026-11-06"}})).await.unwrap();
    assert_eq!(world.total("ada", first).await, counts(4));
    assert_eq!(world.total("ada", last).await, counts(8));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_with_what_can() {
    let world = World::new().await;
    for (event, part) in [
        (json!({}), "none of changes"),
        (json!({"task": "everything"}), "unknown variant"),
        (json!({"Records": [], "task": "returns"}), "none of changes"),
        (json!({"backfill": {"from": "2026-11-20", "to": "2026-11-19"}}), "is before"),
        (json!({"backfill": {"from": "2026-11-31", "to": "2026-12-01"}}), "is no day"),
        (json!({"backfill": {"from": "2026-01-01", "to": "2026-11-01"}}), "kept for 40 days"),
    ] {
        let failure = world.asked(event.clone()).await.unwrap_err();
        assert_eq!(failure.kind(), "Gatelet.UnknownEvent", "{event}");
        assert!(failure.to_string().contains(part), "{event}: {failure}");
    }
}

#[tokio::test]
async fn what_somebody_else_asked_for_meanwhile_is_not_written_over() {
    let world = World::new().await;
    let soon = world.soon();
    let of =
        |from: &str, last: &str| Some(Backfill { from: Place { day: day(from), shard: 0 }, last: day(last) });
    let (old, new) = (of("2026-11-10", "2026-11-11"), of("2026-11-02", "2026-11-11"));
    let keep = async |read, left| world.counters.keep_backfill(read, left, soon).await.unwrap();
    assert!(keep(None, old).await);
    assert!(!keep(None, new).await, "there is one");
    assert!(keep(old, new).await);
    // Whoever knows of the old one alone.
    assert!(!keep(old, of("2026-11-11", "2026-11-11")).await);
    assert!(!keep(old, None).await);
    assert_eq!(world.counters.backfill(soon).await.unwrap(), new);
    assert!(keep(new, None).await);
    assert_eq!(world.counters.backfill(soon).await.unwrap(), None);
}
