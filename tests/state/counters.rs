//! The table of counters: takes are exact, quotas hold whoever races, and what is said twice counts once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::dynamodb::counters::CounterTable;
use gatelet_aws::dynamodb::counters::items::{
    ItemKey, Kind, REPORT_SHARDS, StoredReport, StoredReturn, report_partition, report_shard,
    total_additions, total_expires,
};
use gatelet_aws::dynamodb::{COUNTERS_TABLE, TableDefinition, create_missing};
use gatelet_core::limits::{Day, Nanoseconds};
use gatelet_core::ports::{
    Clock, Counters, PortError, QuotaName, QuotaTake, QuotaTaken, TakeForm, Timestamp, TokenTake,
    TokensTaken, UnusedQuota, UsageCounts, UsageReport,
};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::PartId;
use gatelet_world::MemoryCounters;
use tokio::task::JoinSet;

use crate::connectors::switched_client;
use crate::fixture::{SOON, Time, region};

/// 20 November 2026, 16:00 UTC, and some: 19 digits, each of which counts.
const NOW: Nanoseconds = 1_795_190_400_123_456_789;
const EXPIRES: Timestamp = Timestamp::from_milliseconds(1_795_190_500_001);
const BUCKET: &str = "throttle#route#a1b2c3d4e5/dev/GET /pets";

struct Setup {
    store: Store,
    time: Arc<Time>,
    table: CounterTable,
    plan: PartId,
    key: PartId,
}

impl Setup {
    async fn new() -> Self {
        let store = Store::open(StateOption::Memory).await.unwrap();
        let time = Arc::new(Time::default());
        let table = store.counters(region(), Arc::clone(&time) as Arc<dyn Clock>).await.unwrap();
        let id = |text| PartId::parse(text).unwrap();
        Self { store, time, table, plan: id("plan1"), key: id("key1") }
    }

    fn deadline(&self) -> Timestamp {
        self.time.now().after(SOON)
    }

    async fn take(&self, shard: u32, form: TakeForm) -> TokensTaken {
        let take = TokenTake { form, expires: EXPIRES };
        self.table.take_tokens(BUCKET, shard, take, self.deadline()).await.unwrap()
    }

    fn quota(&self) -> QuotaName<'_> {
        QuotaName { plan: &self.plan, key: &self.key, first_day: day("2026-11-01") }
    }

    async fn take_quota(&self, tokens: u32, limit: u32) -> QuotaTaken {
        let take = QuotaTake { quota: self.quota(), tokens, limit, expires: EXPIRES };
        self.table.take_quota(take, self.deadline()).await.unwrap()
    }

    async fn report(&self, id: &str, counts: &BTreeMap<Arc<str>, UsageCounts>) {
        let report = UsageReport { id, plan: &self.plan, key: &self.key, day: day("2026-11-20"), counts };
        self.table.report_usage(report, self.deadline()).await.unwrap();
    }

    async fn reports(&self) -> Vec<StoredReport> {
        self.table.reports(day("2026-11-20"), self.deadline()).await.unwrap()
    }

    async fn item(&self, key: ItemKey) -> Option<HashMap<String, AttributeValue>> {
        let get = self.store.client(region()).get_item().table_name(COUNTERS_TABLE);
        get.set_key(Some(key.into_attributes())).send().await.unwrap().item
    }

    async fn put(&self, item: HashMap<String, AttributeValue>) {
        let put = self.store.client(region()).put_item().table_name(COUNTERS_TABLE);
        put.set_item(Some(item)).send().await.unwrap();
    }

    /// Makes an item one of a format that is not known yet.
    async fn make_unknown(&self, key: ItemKey) -> HashMap<String, AttributeValue> {
        let mut item = self.item(key).await.unwrap();
        item.insert("format".to_owned(), AttributeValue::N("2".to_owned()));
        self.put(item.clone()).await;
        item
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn counts(admitted: u64, throttled: u64) -> UsageCounts {
    UsageCounts { admitted, throttled, ..UsageCounts::default() }
}

fn is_unknown_format<T>(result: Result<T, PortError>) -> bool {
    matches!(result, Err(PortError::Unreadable { why, .. }) if why.starts_with("it is in format 2"))
}

#[tokio::test]
async fn each_form_of_a_take_has_its_condition_and_tells_what_stood_there() {
    let setup = Setup::new().await;
    let (second, later) = (1_000_000_000, NOW + 500_000_003);
    let busy = |now, latest| TakeForm::Busy { now, latest, length: 7 };
    let idle = |now, time| TakeForm::Idle { now, time };
    let unchanged = |from, time| TakeForm::Unchanged { from, time };
    let taken = |before| TokensTaken::Taken { before };
    let refused = |time| TokensTaken::Refused { time };
    for (form, outcome) in [
        // Nothing stands there.
        (busy(NOW, later), refused(None)),
        (unchanged(0, NOW), refused(None)),
        (idle(NOW, NOW + 1), taken(None)),
        // `NOW + 1` does: each bound to the nanosecond.
        (idle(NOW, NOW + 2), refused(Some(NOW + 1))),
        (busy(NOW + 1, later), refused(Some(NOW + 1))),
        (busy(NOW, NOW), refused(Some(NOW + 1))),
        (busy(NOW, NOW + 1), taken(Some(NOW + 1))),
        (idle(NOW + 7, NOW + 9), refused(Some(NOW + 8))),
        (idle(NOW + 8, NOW + 9), taken(Some(NOW + 8))),
        (unchanged(NOW + 8, 5), refused(Some(NOW + 9))),
        (unchanged(NOW + 10, 5), refused(Some(NOW + 9))),
        (unchanged(NOW + 9, NOW + second), taken(Some(NOW + 9))),
        // As far as numbers go.
        (unchanged(NOW + second, Nanoseconds::MAX - 1), taken(Some(NOW + second))),
        (unchanged(Nanoseconds::MAX, 1), refused(Some(Nanoseconds::MAX - 1))),
        (unchanged(Nanoseconds::MAX - 1, 1), taken(Some(Nanoseconds::MAX - 1))),
        (idle(1, 2), taken(Some(1))),
    ] {
        assert_eq!(setup.take(0, form).await, outcome, "{form:?}");
    }
    assert_eq!(setup.take(1, busy(NOW, later)).await, refused(None), "each shard is an item");
    let item = setup.item(ItemKey::of_bucket(BUCKET, 0)).await.unwrap();
    assert_eq!(Kind::of(item["pk"].as_s().unwrap()), Some(Kind::Bucket));
    assert_eq!(item["pk"].as_s().unwrap(), &format!("{BUCKET}#0"));
    assert_eq!(item["expires"].as_n().unwrap(), "1795190501", "seconds, never too early");
    assert_eq!(item.len(), 5, "{item:?}");
}

#[tokio::test]
async fn takes_are_what_they_are_in_memory_whatever_comes() {
    let (setup, memory) = (Setup::new().await, MemoryCounters::default());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i64::try_from((state >> 33) % below).unwrap()
    };
    let mut took = 0;
    for step in 0..400 {
        let now = NOW + step;
        let form = match draw(3) {
            0 => TakeForm::Idle { now, time: now + draw(8) },
            1 => TakeForm::Busy { now, latest: now + draw(20), length: draw(8) },
            _ => TakeForm::Unchanged { from: now + draw(4), time: now + draw(12) },
        };
        let (shard, take) = (u32::try_from(draw(2)).unwrap(), TokenTake { form, expires: EXPIRES });
        let expected = memory.take_tokens(BUCKET, shard, take, EXPIRES).await.unwrap();
        assert_eq!(setup.take(shard, form).await, expected, "step {step}: {form:?}");
        took += u32::from(matches!(expected, TokensTaken::Taken { .. }));
    }
    assert!((80..320).contains(&took), "both outcomes were met: {took}");
}

#[tokio::test]
async fn a_quota_is_taken_to_its_end_and_no_further() {
    let setup = Setup::new().await;
    let name = setup.quota();
    assert_eq!(setup.take_quota(11, 10).await, QuotaTaken::Refused { used: 0 }, "more than there ever are");
    assert!(setup.item(ItemKey::of_quota(name)).await.is_none());
    assert_eq!(setup.take_quota(4, 10).await, QuotaTaken::Taken { used: 4 });
    assert_eq!(setup.take_quota(7, 10).await, QuotaTaken::Refused { used: 4 });
    assert_eq!(setup.take_quota(6, 10).await, QuotaTaken::Taken { used: 10 });
    assert_eq!(setup.take_quota(1, 10).await, QuotaTaken::Refused { used: 10 });
    assert_eq!(setup.take_quota(1, 9).await, QuotaTaken::Refused { used: 10 }, "a limit that was lowered");
    assert_eq!(setup.take_quota(1, 12).await, QuotaTaken::Taken { used: 11 });

    let deadline = setup.deadline();
    let stored = setup.table.quota(name, deadline).await.unwrap().unwrap();
    assert_eq!((stored.used, stored.limit, stored.first_day), (11, Some(12), name.first_day));
    assert_eq!((&stored.plan, &stored.key), (&setup.plan, &setup.key));
    let other = QuotaName { first_day: day("2026-12-01"), ..name };
    assert_eq!(setup.table.quota(other, deadline).await.unwrap(), None);

    // An extension leaves less than nothing used.
    setup.table.set_quota_used(name, -5, EXPIRES, deadline).await.unwrap();
    assert_eq!(setup.take_quota(16, 10).await, QuotaTaken::Refused { used: -5 });
    assert_eq!(setup.take_quota(15, 10).await, QuotaTaken::Taken { used: 10 });
    setup.table.set_quota_used(other, -5, EXPIRES, deadline).await.unwrap();
    let stored = setup.table.quota(other, deadline).await.unwrap().unwrap();
    assert_eq!((stored.used, stored.limit), (-5, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_race_a_quota_is_never_exceeded() {
    const LIMIT: u32 = 100;
    let setup = Arc::new(Setup::new().await);
    let mut racers = JoinSet::new();
    for racer in 0..16 {
        let setup = Arc::clone(&setup);
        racers.spawn(async move {
            let mut taken = 0;
            for round in 0..8 {
                let tokens = 1 + (racer + round) % 3;
                if let QuotaTaken::Taken { used } = setup.take_quota(tokens, LIMIT).await {
                    assert!(used <= i64::from(LIMIT));
                    taken += tokens;
                }
            }
            taken
        });
    }
    let taken: u32 = racers.join_all().await.into_iter().sum();
    let stored = setup.table.quota(setup.quota(), setup.deadline()).await.unwrap().unwrap();
    assert_eq!(stored.used, i64::from(taken), "what was given is what is counted");
    assert_eq!(taken, LIMIT, "and all of it was given");
}

#[tokio::test]
async fn what_comes_back_is_said_once_whatever_became_of_it() {
    let setup = Setup::new().await;
    let after = Timestamp::from_milliseconds(1_795_190_400_123);
    let unused = |tokens| UnusedQuota { quota: setup.quota(), id: "r-1", tokens, after, expires: EXPIRES };
    setup.table.return_quota(unused(7), setup.deadline()).await.unwrap();
    let item = setup.item(ItemKey::of_return(after, "r-1")).await.unwrap();
    assert_eq!(Kind::of(item["pk"].as_s().unwrap()), Some(Kind::Return));
    assert_eq!(item["expires"].as_n().unwrap(), "1795190501");
    let read = StoredReturn::read(item.clone()).unwrap();
    assert_eq!((read.id.as_str(), read.tokens, read.after, read.is_put_back), ("r-1", 7, after, false));
    assert_eq!(read.quota(), setup.quota());

    let mut marked = item;
    marked.insert("put_back".to_owned(), AttributeValue::Bool(true));
    setup.put(marked.clone()).await;
    setup.table.return_quota(unused(7), setup.deadline()).await.unwrap();
    let item = setup.item(ItemKey::of_return(after, "r-1")).await.unwrap();
    assert_eq!(item, marked, "saying it again takes no mark away");
    assert!(StoredReturn::read(item).unwrap().is_put_back);
}

#[tokio::test]
async fn a_report_replaces_the_one_before_and_leaves_what_is_folded() {
    let setup = Setup::new().await;
    let (pets, all): (Arc<str>, Arc<str>) = ("a1/dev/GET /pets".into(), "a1/dev/ANY /{proxy+}".into());
    let first = BTreeMap::from([(Arc::clone(&pets), counts(3, 0))]);
    let more = UsageCounts { admitted: 5, throttled: 1, over_quota: 2, degraded: 4 };
    let second = BTreeMap::from([(Arc::clone(&pets), more), (all, counts(0, 0))]);
    setup.report("i-0", &first).await;
    let [stored] = &setup.reports().await[..] else { panic!("there is one") };
    assert_eq!((&stored.plan, &stored.key, stored.day), (&setup.plan, &setup.key, day("2026-11-20")));
    assert_eq!((&stored.counts, &stored.folded), (&[(pets.to_string(), counts(3, 0))].into(), &None));
    assert_eq!(stored.item_key, ItemKey::of_report(stored.day, &stored.plan, &stored.key, "i-0"));

    let mut item = setup.item(stored.item_key.clone()).await.unwrap();
    assert_eq!(Kind::of(item["pk"].as_s().unwrap()), Some(Kind::Report));
    // 31 December 2026: 40 days after the day is over.
    assert_eq!(item["expires"].as_n().unwrap(), "1798675200");
    item.insert("folded".to_owned(), item["counts"].clone());
    setup.put(item).await;
    setup.report("i-0", &second).await;
    let [stored] = &setup.reports().await[..] else { panic!("there is one") };
    let read: BTreeMap<String, UsageCounts> =
        second.iter().map(|(label, counts)| (label.to_string(), *counts)).collect();
    assert_eq!(stored.counts, read);
    assert_eq!(stored.folded, Some([(pets.to_string(), counts(3, 0))].into()));

    // One that was long under way does not displace the later one, and the same once more changes nothing.
    setup.report("i-0", &first).await;
    setup.report("i-0", &second).await;
    assert_eq!(setup.reports().await[0].counts, read);
}

#[tokio::test]
async fn reports_of_many_instances_spread_over_partitions_and_are_all_found() {
    let setup = Setup::new().await;
    let counted = BTreeMap::from([(Arc::<str>::from("a1/dev/GET /"), counts(1, 0))]);
    let ids: Vec<String> = (0..40).map(|number| format!("instance-{number}")).collect();
    for id in &ids {
        setup.report(id, &counted).await;
    }
    assert_eq!(setup.reports().await.len(), ids.len());
    let mut shards: Vec<u8> = ids.iter().map(|id| report_shard(id)).collect();
    shards.sort_unstable();
    shards.dedup();
    assert!(shards.len() > 8 && shards.iter().all(|shard| *shard < REPORT_SHARDS), "{shards:?}");
    assert_eq!(report_partition(day("2026-11-20"), 3), "reports#2026-11-20#3");
}

#[tokio::test]
async fn totals_are_read_by_key_and_day() {
    let setup = Setup::new().await;
    let client = setup.store.client(region());
    let other = PartId::parse("key10").unwrap();
    for (key, date, counted) in [
        (&setup.key, "2026-11-19", counts(1, 1)),
        (&setup.key, "2026-11-20", counts(20, 0)),
        (&setup.key, "2026-11-20", counts(2, 5)),
        (&setup.key, "2026-11-22", counts(300, 0)),
        (&other, "2026-11-20", counts(4_000, 0)),
    ] {
        let place = ItemKey::of_total(&setup.plan, key, day(date));
        for (name, more) in total_additions("a1/dev/GET /", counted) {
            let update = client.update_item().table_name(COUNTERS_TABLE);
            let update = update
                .set_key(Some(place.clone().into_attributes()))
                .update_expression("SET #format = :format ADD #name :more")
                .expression_attribute_names("#format", "format")
                .expression_attribute_names("#name", name)
                .expression_attribute_values(":format", AttributeValue::N("1".to_owned()))
                .expression_attribute_values(":more", AttributeValue::N(more.to_string()));
            update.send().await.unwrap();
        }
    }
    let range = (day("2026-11-20"), day("2026-11-22"));
    let totals = setup.table.totals(&setup.plan, &setup.key, range, setup.deadline()).await.unwrap();
    let told: Vec<_> = totals.iter().map(|total| (total.day, total.counts)).collect();
    assert_eq!(told, [(day("2026-11-20"), counts(22, 5)), (day("2026-11-22"), counts(300, 0))]);
    assert_eq!(totals[0].routes, [("a1/dev/GET /".to_owned(), counts(22, 5))].into());
    assert_eq!(total_expires(day("2026-11-20")), day("2027-12-26").start());
}

#[tokio::test]
async fn an_unknown_format_is_neither_guessed_nor_overwritten() {
    let setup = Setup::new().await;
    let deadline = setup.deadline();
    setup.take(0, TakeForm::Idle { now: NOW, time: NOW }).await;
    let bucket = setup.make_unknown(ItemKey::of_bucket(BUCKET, 0)).await;
    for form in [
        TakeForm::Idle { now: NOW + 1, time: NOW + 2 },
        TakeForm::Busy { now: NOW - 1, latest: NOW + 1, length: 1 },
        TakeForm::Unchanged { from: NOW, time: NOW + 2 },
    ] {
        let take = TokenTake { form, expires: EXPIRES };
        assert!(is_unknown_format(setup.table.take_tokens(BUCKET, 0, take, deadline).await), "{form:?}");
    }
    assert_eq!(setup.item(ItemKey::of_bucket(BUCKET, 0)).await.unwrap(), bucket);

    setup.take_quota(1, 10).await;
    let quota = setup.make_unknown(ItemKey::of_quota(setup.quota())).await;
    for tokens in [1, 11] {
        let take = QuotaTake { quota: setup.quota(), tokens, limit: 10, expires: EXPIRES };
        assert!(is_unknown_format(setup.table.take_quota(take, deadline).await));
    }
    assert!(is_unknown_format(setup.table.set_quota_used(setup.quota(), 0, EXPIRES, deadline).await));
    assert!(is_unknown_format(setup.table.quota(setup.quota(), deadline).await));
    assert_eq!(setup.item(ItemKey::of_quota(setup.quota())).await.unwrap(), quota);

    let counted = BTreeMap::from([(Arc::<str>::from("a1/dev/GET /"), counts(1, 0))]);
    setup.report("i-0", &counted).await;
    let place = ItemKey::of_report(day("2026-11-20"), &setup.plan, &setup.key, "i-0");
    let report = setup.make_unknown(place.clone()).await;
    let (plan, key) = (&setup.plan, &setup.key);
    let again = UsageReport { id: "i-0", plan, key, day: day("2026-11-20"), counts: &counted };
    assert!(is_unknown_format(setup.table.report_usage(again, deadline).await));
    assert_eq!(setup.item(place).await.unwrap(), report);
    assert_eq!(Kind::of("later#thing"), None);
}

#[tokio::test]
async fn every_decision_is_one_call() {
    let setup = Setup::new().await;
    let (client, switches) = switched_client(&setup.store);
    let table = CounterTable::new(client, COUNTERS_TABLE, Arc::clone(&setup.time) as Arc<dyn Clock>);
    assert!(table.are_shared() && !setup.table.are_shared(), "the embedded store is one process's alone");
    let deadline = setup.deadline();
    let take = |form| TokenTake { form, expires: EXPIRES };
    let idle = take(TakeForm::Idle { now: NOW, time: NOW + 1 });
    for _ in 0..2 {
        table.take_tokens(BUCKET, 0, idle, deadline).await.unwrap();
    }
    let quota = QuotaTake { quota: setup.quota(), tokens: 2, limit: 3, expires: EXPIRES };
    for _ in 0..2 {
        table.take_quota(quota, deadline).await.unwrap();
    }
    assert_eq!(switches.operations(), ["UpdateItem"; 4], "refused or not");
    switches.hangs.store(true, std::sync::atomic::Ordering::SeqCst);
    let soon = setup.time.now().after(Duration::from_millis(20));
    let late = table.take_tokens(BUCKET, 0, idle, soon).await.unwrap_err();
    assert_eq!(late, PortError::Timeout { what: "the counters table" });
}

#[tokio::test]
async fn a_transaction_at_an_item_is_waited_for() {
    let setup = Setup::new().await;
    let (client, switches) = switched_client(&setup.store);
    let table = CounterTable::new(client, COUNTERS_TABLE, Arc::clone(&setup.time) as Arc<dyn Clock>);
    let quota = QuotaTake { quota: setup.quota(), tokens: 2, limit: 3, expires: EXPIRES };
    let conflict = (400, r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}"#);
    switches.answer([conflict; 3]);
    let taken = table.take_quota(quota, setup.deadline()).await.unwrap();
    assert_eq!(
        (taken, switches.operations()),
        (QuotaTaken::Taken { used: 2 }, vec!["UpdateItem".to_owned(); 4])
    );
    // Not for ever, and not beyond the deadline.
    switches.answer([conflict; 5]);
    let error = table.take_quota(quota, setup.deadline()).await.unwrap_err().to_string();
    assert!(error.contains("TransactionConflictException"), "{error}");
    switches.answer([conflict; 5]);
    let soon = setup.time.now().after(Duration::from_millis(5));
    let error = table.take_quota(quota, soon).await.unwrap_err();
    assert_eq!(error, PortError::Timeout { what: "the counters table" });
}

#[tokio::test]
async fn without_a_table_nothing_is_counted_and_no_quota_is_given() {
    let setup = Setup::new().await;
    let none = CounterTable::default();
    assert!(!none.are_shared());
    let deadline = setup.deadline();
    let take = QuotaTake { quota: setup.quota(), tokens: 1, limit: 10, expires: EXPIRES };
    let refused = none.take_quota(take, deadline).await.unwrap_err().to_string();
    assert!(refused.ends_with("there is none; set `GATELET_COUNTERS_TABLE`"), "{refused}");
    let unused = UnusedQuota { quota: setup.quota(), id: "r", tokens: 1, after: EXPIRES, expires: EXPIRES };
    none.return_quota(unused, deadline).await.unwrap();
    let counts = BTreeMap::new();
    let (plan, key) = (&setup.plan, &setup.key);
    let report = UsageReport { id: "i", plan, key, day: day("2026-11-20"), counts: &counts };
    none.report_usage(report, deadline).await.unwrap();
}

#[tokio::test]
async fn the_table_lets_items_end_and_tells_of_changes_where_somebody_may_listen() {
    let setup = Setup::new().await;
    let client = setup.store.client(region());
    create_missing(&client, &TableDefinition::counters("told"), &*setup.time, setup.deadline())
        .await
        .unwrap();
    for (table, view) in [(COUNTERS_TABLE, None), ("told", Some("NEW_AND_OLD_IMAGES"))] {
        let ttl = client.describe_time_to_live().table_name(table).send().await.unwrap();
        let ttl = ttl.time_to_live_description.unwrap();
        assert_eq!(ttl.attribute_name.as_deref(), Some("expires"), "{table}");
        let described = client.describe_table().table_name(table).send().await.unwrap().table.unwrap();
        let stream = described.stream_specification.and_then(|stream| stream.stream_view_type);
        assert_eq!(stream.as_ref().map(|view| view.as_str()), view, "{table}");
    }
}
