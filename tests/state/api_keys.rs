//! API keys and usage plans: a value is one key's alone, is found by its digest, and comes out for whoever has the key to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::access::{CredentialKeys, CredentialTable, Sealing, UsageTables};
use gatelet_aws::dynamodb::counters::items::{ItemKey, total_additions};
use gatelet_aws::dynamodb::{COUNTERS_TABLE, CREDENTIALS_TABLE};
use gatelet_control::usage::{
    DayUsage, Outcome, PlanRead, StoredApiKey, StoredPlan, UsageStore, ValueOutcome,
};
use gatelet_core::limits::Day;
use gatelet_core::ports::{Clock, Credentials, Membership, PortError, QuotaName, Timestamp, UsageCounts};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::{ApiKey, ApiKeyValue, PartId, UsagePlan};
use tokio::task::JoinSet;

use crate::connectors::switched_client;
use crate::fixture::{SOON, Time, region};

type Item = HashMap<String, AttributeValue>;

struct Setup {
    store: Store,
    time: Arc<Time>,
    keys: CredentialKeys,
    key_text: String,
}

impl Setup {
    async fn new() -> Self {
        let made = CredentialKeys::generate().unwrap();
        let store = Store::open(StateOption::Memory).await.unwrap();
        Self { store, time: Arc::new(Time::default()), keys: made.keys, key_text: made.text }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.time) as Arc<dyn Clock>
    }

    /// The data plane's table, for whoever has these keys.
    async fn credentials(&self, keys: Option<CredentialKeys>) -> CredentialTable {
        self.store.credentials(region(), keys, self.clock()).await.unwrap()
    }

    async fn with_keys(&self, keys: Option<CredentialKeys>) -> UsageTables {
        let counters = self.store.counters(region(), self.clock()).await.unwrap();
        UsageTables::new(self.credentials(keys).await, counters)
    }

    async fn tables(&self) -> UsageTables {
        self.with_keys(Some(self.keys.clone())).await
    }

    fn deadline(&self) -> Timestamp {
        self.time.now().after(SOON)
    }

    async fn made(&self, name: &str, plans: &[&str]) -> StoredApiKey {
        let key = key(name, plans);
        let made = self.tables().await.create_key(&key, &value(name), &[], self.deadline()).await;
        assert_eq!(made, Ok(ValueOutcome::Done), "{name}");
        key
    }

    async fn opened(&self, credentials: &CredentialTable, text: &str) -> Option<PartId> {
        let entry = credentials.api_key(text, self.deadline()).await.unwrap();
        entry.map(|entry| entry.id)
    }

    async fn items(&self) -> Vec<Item> {
        self.store.client(region()).scan().table_name(CREDENTIALS_TABLE).send().await.unwrap().items.unwrap()
    }

    async fn put(&self, item: Item) {
        let put = self.store.client(region()).put_item().table_name(CREDENTIALS_TABLE);
        put.set_item(Some(item)).send().await.unwrap();
    }
}

fn id(text: &str) -> PartId {
    PartId::parse(text).unwrap()
}

/// A value that belongs to a name.
fn value(name: &str) -> ApiKeyValue {
    ApiKeyValue::parse(&format!("{name:x<40}")).unwrap()
}

fn key(name: &str, plans: &[&str]) -> StoredApiKey {
    let since = Timestamp::from_milliseconds(1_795_190_400_123);
    StoredApiKey {
        key: ApiKey {
            id: id(name),
            name: format!("{name} of a team"),
            description: Some("for \"tests\"".to_owned()),
            customer_id: None,
            enabled: true,
            tags: [("team".to_owned(), "pets".to_owned())].into(),
        },
        memberships: plans.iter().map(|plan| Membership { plan: id(plan), since }).collect(),
        created: since,
        last_updated: since,
        owner: Some("a template".to_owned()),
        version: 1,
    }
}

/// The next version of a key.
fn next(key: &StoredApiKey) -> StoredApiKey {
    StoredApiKey { version: key.version + 1, ..key.clone() }
}

fn plan(name: &str, version: u64) -> StoredPlan {
    let plan = UsagePlan {
        id: id(name),
        name: format!("{name}, version {version}"),
        description: None,
        stages: Vec::new(),
        throttle: None,
        quota: None,
        product_code: None,
        tags: Default::default(),
    };
    StoredPlan { plan, owner: None, version }
}

fn read(name: &str, version: u64) -> PlanRead {
    PlanRead { id: id(name), version }
}

fn unreadable<T: std::fmt::Debug>(result: Result<T, PortError>) -> String {
    match result.unwrap_err() {
        PortError::Unreadable { why, .. } => why,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_value_and_told_without_it() {
    let setup = Setup::new().await;
    let made = setup.made("k1", &["p1", "p2"]).await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let credentials = setup.credentials(Some(setup.keys.clone())).await;
    let entry = credentials.api_key(value("k1").expose(), deadline).await.unwrap().unwrap();
    assert_eq!((&entry.id, &*entry.name, entry.enabled), (&made.key.id, "k1 of a team", true));
    assert_eq!(entry.memberships, made.memberships);
    assert_eq!(setup.opened(&credentials, value("k2").expose()).await, None);
    assert_eq!(setup.opened(&credentials, "").await, None);

    assert_eq!(tables.key(&made.key.id, deadline).await.unwrap(), Some(made.clone()));
    assert_eq!(tables.key(&id("k2"), deadline).await.unwrap(), None);
    assert_eq!(tables.key_of_value(&value("k1"), deadline).await.unwrap(), Some(id("k1")));
    assert_eq!(tables.key_of_value(&value("k2"), deadline).await.unwrap(), None);
    setup.made("k2", &[]).await;
    let ids = [id("k2"), id("k1"), id("k1"), id("k3")];
    let mut values = tables.key_values(&ids, deadline).await.unwrap();
    values.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(values, [(id("k1"), value("k1")), (id("k2"), value("k2"))]);
    assert_eq!(tables.key_values(&[], deadline).await.unwrap(), []);

    let shown = format!("{:?} {tables:?} {entry:?}", setup.items().await);
    assert!(!shown.contains(value("k1").expose()) && !shown.contains(&setup.key_text), "{shown}");
    for item in setup.items().await {
        for bytes in item.values().filter_map(|value| value.as_b().ok()) {
            let plain = value("k1");
            assert!(!bytes.as_ref().windows(8).any(|window| window == &plain.expose().as_bytes()[..8]));
        }
    }
}

#[tokio::test]
async fn without_the_key_no_value_is_found_read_or_stored() {
    let setup = Setup::new().await;
    setup.made("k1", &[]).await;
    let deadline = setup.deadline();
    let other = CredentialKeys::generate().unwrap().keys;
    let stranger = setup.credentials(Some(other.clone())).await;
    assert_eq!(setup.opened(&stranger, value("k1").expose()).await, None);
    let why = unreadable(setup.with_keys(Some(other)).await.key_values(&[id("k1")], deadline).await);
    assert!(why.starts_with("a secret is encrypted with the key `"), "{why}");

    let keyless = setup.credentials(None).await;
    assert_eq!(setup.opened(&keyless, value("k1").expose()).await, None);
    let tables = setup.with_keys(None).await;
    assert!(tables.key(&id("k1"), deadline).await.unwrap().is_some(), "all but values is read");
    for why in [
        unreadable(tables.key_values(&[id("k1")], deadline).await),
        unreadable(tables.key_of_value(&value("k1"), deadline).await),
        unreadable(tables.create_key(&key("k2", &[]), &value("k2"), &[], deadline).await),
    ] {
        assert!(why.ends_with("set `GATELET_CREDENTIALS_KEY`"), "{why}");
    }
    let none = CredentialTable::default();
    assert_eq!(setup.opened(&none, value("k1").expose()).await, None);
    assert_eq!(none.usage_plan(&id("p1"), deadline).await.unwrap(), None);
}

#[tokio::test]
async fn a_value_that_was_moved_to_another_key_does_not_open() {
    let setup = Setup::new().await;
    setup.made("k1", &[]).await;
    setup.made("k2", &[]).await;
    let sealed = |item: &&Item| item["pk"].as_s().unwrap() == "sealed#api-key#k1";
    let mut item = setup.items().await.iter().find(sealed).unwrap().clone();
    item.insert("pk".to_owned(), AttributeValue::S("sealed#api-key#k2".to_owned()));
    setup.put(item).await;
    let why = unreadable(setup.tables().await.key_values(&[id("k2")], setup.deadline()).await);
    assert_eq!(why, "a secret does not decrypt: what is stored was changed");
}

#[tokio::test]
async fn a_value_is_one_keys_alone() {
    let setup = Setup::new().await;
    let first = setup.made("k1", &[]).await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let create =
        async |key: &StoredApiKey, of: &str| tables.create_key(key, &value(of), &[], deadline).await.unwrap();
    assert_eq!(create(&key("k2", &[]), "k1").await, ValueOutcome::ValueTaken);
    assert_eq!(create(&first, "other").await, ValueOutcome::Conflict, "an id is there already");
    assert_eq!(create(&first, "k1").await, ValueOutcome::Conflict, "by itself, not by another");
    assert_eq!(setup.items().await.len(), 3, "of a refused key nothing stays");

    let second = setup.made("k2", &[]).await;
    let replaced = tables.replace_value(&next(&second), &value("k1"), deadline).await.unwrap();
    assert_eq!(replaced, ValueOutcome::ValueTaken);
    assert_eq!(tables.key_values(&[id("k2")], deadline).await.unwrap(), [(id("k2"), value("k2"))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_who_want_a_value_at_once_one_has_it() {
    let setup = Setup::new().await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let mut racers = JoinSet::new();
    for number in 0..12 {
        let tables = tables.clone();
        racers.spawn(async move {
            tables.create_key(&key(&format!("k{number}"), &[]), &value("wanted"), &[], deadline).await
        });
    }
    let outcomes: Vec<_> = racers.join_all().await.into_iter().map(Result::unwrap).collect();
    let done = outcomes.iter().filter(|outcome| **outcome == ValueOutcome::Done).count();
    assert_eq!(done, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| *outcome != ValueOutcome::Conflict), "{outcomes:?}");
    assert_eq!(tables.keys(None, 100, deadline).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_change_is_made_whole_or_not_at_all() {
    let setup = Setup::new().await;
    let first = setup.made("k1", &["p1"]).await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let credentials = setup.credentials(Some(setup.keys.clone())).await;
    for name in ["p1", "p2"] {
        assert_eq!(tables.put_plan(&plan(name, 1), &[], deadline).await, Ok(Outcome::Done));
    }
    let members = async |plan: &str| {
        let page = tables.plan_keys(&id(plan), None, 10, deadline).await.unwrap();
        page.items
    };
    let mut second = next(&first);
    second.key.enabled = false;
    second.key.name = "another name".to_owned();
    second.memberships = vec![Membership { plan: id("p2"), since: Timestamp::from_milliseconds(5) }];
    for (plans, outcome) in [
        (vec![read("p2", 2)], Outcome::Conflict),
        (vec![read("p2", 1), read("p3", 1)], Outcome::Conflict),
        (vec![read("p2", 1)], Outcome::Done),
        // The version before is gone by then.
        (vec![read("p2", 2)], Outcome::Conflict),
    ] {
        assert_eq!(tables.update_key(&second, &plans, deadline).await, Ok(outcome), "{plans:?}");
        let now = if tables.plan(&id("p2"), deadline).await.unwrap().unwrap().version == 1 {
            assert_eq!(members("p1").await, std::slice::from_ref(&first));
            first.clone()
        } else {
            assert_eq!((members("p1").await, members("p2").await), (Vec::new(), vec![second.clone()]));
            second.clone()
        };
        assert_eq!(tables.key(&id("k1"), deadline).await.unwrap(), Some(now.clone()));
        let entry = credentials.api_key(value("k1").expose(), deadline).await.unwrap().unwrap();
        assert_eq!((entry.enabled, &*entry.name), (now.key.enabled, &*now.key.name));
        assert_eq!(entry.memberships, now.memberships);
    }
    let listed = tables.plans(None, 10, deadline).await.unwrap().items;
    let versions: Vec<u64> = listed.iter().map(|plan| plan.version).collect();
    assert_eq!(versions, [1, 2], "the plan that the key entered counts one up, wherever it is read");
    assert_eq!(tables.update_key(&next(&key("k9", &[])), &[], deadline).await, Ok(Outcome::Conflict));

    let entering = tables.create_key(&key("k2", &["p2"]), &value("k2"), &[read("p2", 1)], deadline).await;
    assert_eq!(entering, Ok(ValueOutcome::Conflict));
    let entering = tables.create_key(&key("k2", &["p2"]), &value("k2"), &[read("p2", 2)], deadline).await;
    assert_eq!(entering, Ok(ValueOutcome::Done));
    assert_eq!(members("p2").await.len(), 2);
}

#[tokio::test]
async fn a_value_is_replaced_and_the_one_before_opens_nothing() {
    let setup = Setup::new().await;
    let first = setup.made("k1", &["p1"]).await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let credentials = setup.credentials(Some(setup.keys.clone())).await;
    let second = next(&first);
    assert_eq!(tables.replace_value(&second, &value("new"), deadline).await, Ok(ValueOutcome::Done));
    assert_eq!(setup.opened(&credentials, value("k1").expose()).await, None);
    assert_eq!(setup.opened(&credentials, value("new").expose()).await, Some(id("k1")));
    assert_eq!(tables.key_values(&[id("k1")], deadline).await.unwrap(), [(id("k1"), value("new"))]);
    let members = tables.plan_keys(&id("p1"), None, 9, deadline).await.unwrap().items;
    assert_eq!(members, std::slice::from_ref(&second));
    assert_eq!(tables.replace_value(&second, &value("newer"), deadline).await, Ok(ValueOutcome::Conflict));
    // The same once more is a change like any other.
    let third = next(&second);
    assert_eq!(tables.replace_value(&third, &value("new"), deadline).await, Ok(ValueOutcome::Done));
    assert_eq!(setup.opened(&credentials, value("new").expose()).await, Some(id("k1")));
    assert_eq!(setup.items().await.len(), 4);
}

#[tokio::test]
async fn of_a_key_that_is_deleted_nothing_stays() {
    let setup = Setup::new().await;
    let made = setup.made("k1", &["p1", "p2"]).await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    assert_eq!(tables.delete_key(&made.key.id, 2, deadline).await, Ok(Outcome::Conflict));
    assert_eq!(setup.items().await.len(), 5);
    assert_eq!(tables.delete_key(&made.key.id, 1, deadline).await, Ok(Outcome::Done));
    assert!(setup.items().await.is_empty());
    assert_eq!(tables.delete_key(&made.key.id, 1, deadline).await, Ok(Outcome::Conflict));
    setup.made("k1", &[]).await;
}

#[tokio::test]
async fn plans_change_by_version_and_rest_on_others() {
    let setup = Setup::new().await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let put =
        async |plan: &StoredPlan, others: &[PlanRead]| tables.put_plan(plan, others, deadline).await.unwrap();
    assert_eq!(put(&plan("p1", 2), &[]).await, Outcome::Conflict, "there is none to be replaced");
    assert_eq!(put(&plan("p1", 1), &[]).await, Outcome::Done);
    assert_eq!(put(&plan("p1", 1), &[]).await, Outcome::Conflict);
    assert_eq!(put(&plan("p2", 1), &[read("p1", 2)]).await, Outcome::Conflict);
    assert_eq!(put(&plan("p2", 1), &[read("p1", 1)]).await, Outcome::Done);
    assert_eq!(put(&plan("p1", 2), &[read("p2", 1)]).await, Outcome::Done);
    assert_eq!(tables.plan(&id("p1"), deadline).await.unwrap(), Some(plan("p1", 2)));
    let credentials = setup.credentials(None).await;
    assert_eq!(credentials.usage_plan(&id("p1"), deadline).await.unwrap(), Some(plan("p1", 2).plan));
    assert_eq!(credentials.usage_plan(&id("p3"), deadline).await.unwrap(), None);
    assert_eq!(tables.delete_plan(&id("p1"), 1, deadline).await, Ok(Outcome::Conflict));
    assert_eq!(tables.delete_plan(&id("p1"), 2, deadline).await, Ok(Outcome::Done));
    assert_eq!(tables.delete_plan(&id("p1"), 2, deadline).await, Ok(Outcome::Conflict));
    assert_eq!(tables.plans(None, 10, deadline).await.unwrap().items, [plan("p2", 1)]);
    let crowd: Vec<PlanRead> =
        (0..gatelet_control::usage::OTHER_PLANS_MAX).map(|number| read(&format!("o{number}"), 1)).collect();
    for other in &crowd {
        assert_eq!(put(&plan(other.id.as_str(), 1), &[]).await, Outcome::Done);
    }
    assert_eq!(put(&plan("p2", 2), &crowd).await, Outcome::Done, "as many as one step may rest on");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let setup = Setup::new().await;
    for number in 0..7 {
        setup.made(&format!("k{number}"), &["p1"]).await;
    }
    setup.made("other", &["p10"]).await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let (mut seen, mut after) = (Vec::new(), None::<PartId>);
    loop {
        let page = tables.plan_keys(&id("p1"), after.as_ref(), 3, deadline).await.unwrap();
        let same = tables.keys(after.as_ref(), 3, deadline).await.unwrap();
        let of_plan = page.items.iter().all(|key| same.items.contains(key));
        assert!(of_plan, "the same keys as in the list of all");
        seen.extend(page.items.iter().map(|key| key.key.id.to_string()));
        if !page.has_more {
            break;
        }
        assert_eq!(page.items.len(), 3);
        after = page.items.last().map(|key| key.key.id.clone());
    }
    assert_eq!(seen, ["k0", "k1", "k2", "k3", "k4", "k5", "k6"]);
    let all = tables.keys(None, 8, deadline).await.unwrap();
    assert_eq!((all.items.len(), all.has_more), (8, false));
    let all = tables.keys(None, 7, deadline).await.unwrap();
    assert_eq!((all.items.len(), all.has_more), (7, true));
}

#[tokio::test]
async fn keys_move_to_the_next_encryption_key_and_are_found_all_the_while() {
    let setup = Setup::new().await;
    let made = setup.made("k1", &["p1"]).await;
    let broken = setup.made("k2", &[]).await;
    let deadline = setup.deadline();
    let new = CredentialKeys::generate().unwrap();
    let both = CredentialKeys::parse(&format!("{},{}", new.text, setup.key_text)).unwrap();
    let (tables, credentials) =
        (setup.with_keys(Some(both.clone())).await, setup.credentials(Some(both.clone())).await);
    let alone = setup.credentials(Some(new.keys.clone())).await;
    assert_eq!(setup.opened(&credentials, value("k1").expose()).await, Some(id("k1")));
    assert_eq!(setup.opened(&alone, value("k1").expose()).await, None);
    let taken = tables.create_key(&key("k3", &[]), &value("k1"), &[], deadline).await;
    assert_eq!(taken, Ok(ValueOutcome::ValueTaken), "under whichever key it is stored");

    let sealed = |item: &&Item| item["pk"].as_s().unwrap() == "sealed#api-key#k2";
    let mut item = setup.items().await.iter().find(sealed).unwrap().clone();
    item.insert("encrypted".to_owned(), AttributeValue::B(vec![1; 60].into()));
    setup.put(item).await;
    assert_eq!(credentials.api_key_ids(deadline).await.unwrap(), ["k1", "k2"]);
    let encrypt = async |id: &str| credentials.encrypt_api_key_anew(id, deadline).await.unwrap();
    assert_eq!(encrypt("k1").await, Sealing::Anew);
    assert_eq!(encrypt("k1").await, Sealing::Already);
    assert!(matches!(encrypt("k2").await, Sealing::Unreadable(_)));
    assert!(matches!(encrypt("No Id").await, Sealing::Unreadable(_)));
    assert_eq!(encrypt("k3").await, Sealing::Gone);

    assert_eq!(setup.opened(&alone, value("k1").expose()).await, Some(id("k1")));
    let before = setup.credentials(Some(setup.keys.clone())).await;
    assert_eq!(setup.opened(&before, value("k1").expose()).await, None, "nothing stays under the key before");
    let tables = setup.with_keys(Some(new.keys)).await;
    assert_eq!(tables.key_values(&[id("k1")], deadline).await.unwrap(), [(id("k1"), value("k1"))]);
    assert_eq!(tables.key(&id("k1"), deadline).await.unwrap(), Some(next(&made)));
    assert_eq!(tables.plan_keys(&id("p1"), None, 9, deadline).await.unwrap().items, [next(&made)]);
    assert_eq!(tables.key(&id("k2"), deadline).await.unwrap(), Some(broken), "what cannot be read stays");

    // Where it moves between the two reads: neither finds it.
    let (client, switches) = switched_client(&setup.store);
    let (table, clock) = (CREDENTIALS_TABLE, setup.clock());
    let credentials = CredentialTable::new(client, table, Some(both), clock);
    switches.answer([(200, "{}"); 2]);
    assert_eq!(setup.opened(&credentials, value("k1").expose()).await, Some(id("k1")));

    let keyless = setup.credentials(None).await;
    let why = unreadable(keyless.encrypt_api_key_anew("k1", deadline).await);
    assert!(why.ends_with("set `GATELET_CREDENTIALS_KEY`"), "{why}");
}

#[tokio::test]
async fn the_data_plane_reads_single_items_that_its_role_may_read() {
    let setup = Setup::new().await;
    setup.made("k1", &["p1"]).await;
    setup.tables().await.put_plan(&plan("p1", 1), &[], setup.deadline()).await.unwrap();
    let (client, switches) = switched_client(&setup.store);
    let table = CredentialTable::new(client, CREDENTIALS_TABLE, Some(setup.keys.clone()), setup.clock());
    let deadline = setup.deadline();
    assert!(table.api_key(value("k1").expose(), deadline).await.unwrap().is_some());
    assert!(table.api_key(value("k2").expose(), deadline).await.unwrap().is_none());
    assert!(table.usage_plan(&id("p1"), deadline).await.unwrap().is_some());
    assert!(table.access_key("GTLKAAAAAAAAAAAAAAAA", deadline).await.unwrap().is_none());
    assert!(table.attached_policies("arn:aws:iam::111122223333:user/ci", deadline).await.unwrap().is_empty());
    assert_eq!(switches.operations(), ["GetItem"; 5]);
    for body in switches.bodies() {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let partition = body["Key"]["pk"]["S"].as_str().unwrap();
        assert!(partition.starts_with("global#"), "{partition}");
        assert!(!partition.contains(value("k1").expose()), "a value leaves as its digest alone");
    }
    switches.fails.store(true, Ordering::SeqCst);
    assert!(table.api_key(value("k1").expose(), deadline).await.is_err(), "an error is no unknown key");
    assert!(table.usage_plan(&id("p1"), deadline).await.is_err());
}

#[tokio::test]
async fn what_was_used_is_read_from_the_counters() {
    let setup = Setup::new().await;
    let (tables, deadline) = (setup.tables().await, setup.deadline());
    let day = |text| Day::parse(text).unwrap();
    let (plan, key, date) = (id("p1"), id("k1"), day("2026-11-20"));
    let client = setup.store.client(region());
    let counted = UsageCounts { admitted: 7, throttled: 5, ..UsageCounts::default() };
    for (name, more) in total_additions("a1/dev/GET /", counted) {
        let update = client.update_item().table_name(COUNTERS_TABLE);
        let update = update
            .set_key(Some(ItemKey::of_total(&plan, &key, date).into_attributes()))
            .update_expression("SET #format = :format ADD #name :more")
            .expression_attribute_names("#format", "format")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":format", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":more", AttributeValue::N(more.to_string()));
        update.send().await.unwrap();
    }
    let usage = async |keys: &[PartId], first, last| {
        tables.usage(&plan, keys, day(first), day(last), deadline).await.unwrap()
    };
    let used = DayUsage { key: key.clone(), day: date, used: 7, refused: 5 };
    assert_eq!(usage(&[id("k0"), key.clone()], "2026-11-20", "2026-11-20").await, [used]);
    assert_eq!(usage(std::slice::from_ref(&key), "2026-11-21", "2026-11-30").await, []);

    let quota = QuotaName { plan: &plan, key: &key, first_day: day("2026-11-01") };
    assert_eq!(tables.quota_used(quota, deadline).await.unwrap(), None);
    tables.set_quota_used(quota, -3, deadline, deadline).await.unwrap();
    assert_eq!(tables.quota_used(quota, deadline).await.unwrap(), Some(-3));
}
