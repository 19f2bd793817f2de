//! Reports into totals: each request once, however the stream tells of them.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::dynamodb::COUNTERS_TABLE;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::counters::items::{ItemKey, StoredReport};
use gatelet_core::ports::{PortError, UsageCounts};

use serde_json::json;

use crate::fixture::{TODAY, World, counts, day, id, stream_event};

#[tokio::test]
async fn reports_of_several_instances_are_one_total() {
    let world = World::new().await;
    let today = day(TODAY);
    let first = world.report(today, "ada", "i-1", 8).await;
    let second = world.report(today, "ada", "i-2", 4).await;
    let other = world.report(today, "bob", "i-1", 100).await;
    let yesterday = world.report(today.before(1), "ada", "i-1", 40).await;
    assert!(world.told(&[first, second, other, yesterday]).await.is_empty());
    assert_eq!(world.total("ada", today).await, counts(12));
    assert_eq!(world.total("bob", today).await, counts(100));
    assert_eq!(world.total("ada", today.before(1)).await, counts(40));
}

#[tokio::test]
async fn duplicates_old_and_reordered_changes_add_nothing_twice() {
    let world = World::new().await;
    let today = day(TODAY);
    let mut images = Vec::new();
    for admitted in [4, 8, 20] {
        images.push(world.report(today, "ada", "i-1", admitted).await);
    }
    // The last first, then an old one, then all of them twice.
    for order in [&[2][..], &[0], &[1, 0], &[0, 1, 2, 2, 1, 0]] {
        let told: Vec<_> = order.iter().map(|position| images[*position].clone()).collect();
        assert!(world.told(&told).await.is_empty());
        assert_eq!(world.total("ada", today).await, counts(20), "{order:?}");
    }
    // The meter's own mark comes through the stream, too.
    let marked = world.item(ItemKey::of_report(today, &id("gold"), &id("ada"), "i-1")).await.unwrap();
    assert!(world.told(&[marked]).await.is_empty());
    assert_eq!(world.total("ada", today).await, counts(20));
    let shown = world.shown();
    assert_eq!(shown.0[&("gold".to_owned(), "Requests".to_owned())], 20.0);
    assert_eq!(shown.1, [2], "one call, of requests and throttled ones");
}

#[tokio::test]
async fn what_comes_late_is_added_and_takes_nothing_back() {
    let world = World::new().await;
    let today = day(TODAY);
    let early = world.report(today, "ada", "i-1", 4).await;
    assert!(world.told(&[early]).await.is_empty());
    assert_eq!(world.total("ada", today).await, counts(4));
    let late = world.report(today, "ada", "i-1", 12).await;
    // Days later: the reports are still there.
    world.time.pass(std::time::Duration::from_secs(3 * 86_400));
    assert!(world.told(&[late]).await.is_empty());
    assert_eq!(world.total("ada", today).await, counts(12));
}

#[tokio::test]
async fn a_report_with_hundreds_of_routes_is_folded_in_steps() {
    let world = World::new().await;
    let today = day(TODAY);
    let labels: Vec<String> = (0..200).map(|number| format!("a1/live/GET /route/{number}")).collect();
    let routes: Vec<_> = labels.iter().map(|label| (label.as_str(), 4)).collect();
    let image = world.report_routes(today, "ada", "i-1", &routes).await;
    assert!(world.told(&[image]).await.is_empty());
    let (plan, key) = (id("gold"), id("ada"));
    let totals = world.counters.totals(&plan, &key, (today, today), world.soon()).await.unwrap();
    assert_eq!(totals[0].counts, UsageCounts { admitted: 800, throttled: 200, ..UsageCounts::default() });
    assert_eq!(totals[0].routes.len(), 200);
    assert!(totals[0].routes.values().all(|route| *route == counts(4)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_meters_at_once_add_everything_once() {
    let world = World::new().await;
    let today = day(TODAY);
    let mut reports = Vec::new();
    for number in 0..30 {
        let key = if number % 3 == 0 { "ada" } else { "bob" };
        reports.push(StoredReport::read(world.report(today, key, &format!("i-{number}"), 4).await).unwrap());
    }
    let meters = (0..4).map(|_| {
        let (counters, reports, soon) = (world.counters.clone(), reports.clone(), world.soon());
        tokio::spawn(async move { counters.fold_reports(reports, soon).await })
    });
    let mut added = 0;
    for meter in meters.collect::<Vec<_>>() {
        let folded = meter.await.unwrap();
        assert_eq!(folded.error, None);
        added += folded.added.values().map(|counts| counts.admitted).sum::<u64>();
    }
    assert_eq!(added, 120, "what several say they added, they added");
    assert_eq!(world.total("ada", today).await.admitted + world.total("bob", today).await.admitted, 120);
}

#[tokio::test]
async fn ten_thousand_reports_are_folded_once() {
    let world = World::new().await;
    let today = day(TODAY);
    for number in 0..10_000 {
        world.write_report(today, &format!("key{}", number % 40), &format!("i-{number}")).await;
    }
    let reports = world.images_of(today).await;
    assert_eq!(reports.len(), 10_000);
    for some in reports.chunks(1_000) {
        assert!(world.told(some).await.is_empty());
    }
    let again = world.counters.fold_recent(world.now(), world.soon()).await;
    assert_eq!((again.reports, again.folded.steps, again.stopped_at), (10_000, 0, None));
    for number in 0..40 {
        assert_eq!(
            world.total(&format!("key{number}"), today).await,
            UsageCounts { admitted: 1_000, throttled: 250, ..UsageCounts::default() }
        );
    }
    assert_eq!(world.shown().0[&("gold".to_owned(), "Requests".to_owned())], 40_000.0);
}

#[tokio::test]
async fn without_its_table_everything_comes_again_and_nothing_is_shown() {
    let world = World::new().await;
    let image = world.report(day(TODAY), "ada", "i-1", 4).await;
    let meter = world.meter_of(CounterTable::default());
    let answer = meter.invoke(&stream_event(&[image]), world.soon()).await.unwrap();
    assert_eq!(
        serde_json::to_value(answer).unwrap(),
        json!({"batchItemFailures": [{"itemIdentifier": "0"}]})
    );
    for task in ["returns", "reports"] {
        let failure = meter.invoke(&json!({"task": task}).to_string(), world.soon()).await.unwrap_err();
        assert_eq!(failure.kind(), "Gatelet.Unfinished");
    }
    assert!(world.shown().1.is_empty());
}

#[tokio::test]
async fn a_change_that_cannot_be_read_holds_up_nobody() {
    let world = World::new().await;
    let today = day(TODAY);
    let good = world.report(today, "ada", "i-1", 4).await;
    let mut newer = world.report(today, "bob", "i-2", 4).await;
    newer.insert("format".to_owned(), AttributeValue::N("99".to_owned()));
    assert!(world.told(&[newer, good]).await.is_empty());
    assert_eq!(world.total("ada", today).await, counts(4));
    assert_eq!(world.total("bob", today).await, counts(0));
}

#[tokio::test]
async fn time_that_is_over_is_told_and_nothing_is_lost() {
    let world = World::new().await;
    let today = day(TODAY);
    let report = StoredReport::read(world.report(today, "ada", "i-1", 4).await).unwrap();
    let folded = world.counters.fold_reports(vec![report.clone()], world.now()).await;
    assert!(matches!(folded.error, Some(PortError::Timeout { .. })), "{folded:?}");
    assert_eq!(folded.failed, [report.item_key.clone()].into());
    assert_eq!(world.counters.fold_reports(vec![report], world.soon()).await.steps, 1);
}

#[tokio::test]
async fn a_total_that_takes_nothing_holds_up_no_other() {
    let world = World::new().await;
    let today = day(TODAY);
    let mut images = Vec::new();
    for number in 0..60 {
        images.push(world.report(today, &format!("key{number}"), "i-1", 4).await);
    }
    // One is of a later version; another is as large as an item can be.
    let total = |key: &str| ItemKey::of_total(&id("gold"), &id(key), today).into_attributes();
    let mut newer = total("key7");
    newer.insert("format".to_owned(), AttributeValue::N("99".to_owned()));
    let mut large = total("key41");
    large.insert("format".to_owned(), AttributeValue::N("1".to_owned()));
    large.insert("x".to_owned(), AttributeValue::S("x".repeat(400 * 1_024 - 60)));
    for item in [newer, large] {
        let put = world.client.put_item().table_name(COUNTERS_TABLE).set_item(Some(item));
        put.send().await.unwrap();
    }
    assert!(world.told(&images).await.is_empty(), "the stream goes on");
    for number in (0..60).filter(|number| ![7, 41].contains(number)) {
        assert_eq!(world.total(&format!("key{number}"), today).await, counts(4), "{number}");
    }
    assert_eq!(world.total("key41", today).await, counts(0));
    // So do days, to their end.
    let answer = world.asked(json!({"backfill": {"from": TODAY, "to": TODAY}})).await.unwrap();
    assert_eq!((&answer["reports"], &answer["left"]), (&json!(60), &json!(null)));
}
