//! Results of authorizers that instances share.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use gatelet_aws::access::DecisionTable;
use gatelet_aws::dynamodb::{TableDefinition, create_missing};
use gatelet_core::ports::{Clock, Decisions, Key, PortError, Timestamp};
use gatelet_local::store::{StateOption, Store};

use crate::fixture::{SOON, Time, region};

struct Setup {
    store: Store,
    time: Arc<Time>,
    table: DecisionTable,
}

impl Setup {
    async fn new() -> Self {
        let store = Store::open(StateOption::Memory).await.unwrap();
        let (time, client) = (Arc::new(Time::default()), store.client(region()));
        let definition = TableDefinition::decisions("decisions");
        for _ in 0..2 {
            create_missing(&client, &definition, &*time, time.now().after(SOON)).await.unwrap();
        }
        let table = DecisionTable::new(client, "decisions", Arc::clone(&time) as Arc<dyn Clock>);
        Self { store, time, table }
    }

    fn in_seconds(&self, seconds: u64) -> Timestamp {
        self.time.now().after(Duration::from_secs(seconds))
    }

    async fn get(&self, key: &Key) -> Result<Option<(Bytes, Timestamp)>, PortError> {
        self.table.get(key, self.in_seconds(60)).await
    }

    async fn put(&self, key: &Key, answer: impl Into<Bytes>, expires: Timestamp) -> Result<(), PortError> {
        self.table.put(key, answer.into(), expires, self.in_seconds(60)).await
    }
}

fn key(name: &str) -> Key {
    Key::of([name.as_bytes()])
}

#[tokio::test]
async fn a_decision_comes_back_until_it_ends() {
    let setup = Setup::new().await;
    assert!(setup.table.are_shared() && !DecisionTable::default().are_shared());
    let expires = setup.in_seconds(300);
    assert_eq!(setup.get(&key("a")).await, Ok(None));
    setup.put(&key("a"), "answer", expires).await.unwrap();
    assert_eq!(setup.get(&key("a")).await, Ok(Some(("answer".into(), expires))));
    assert_eq!(setup.get(&key("b")).await, Ok(None));
    setup.put(&key("a"), "another", expires).await.unwrap();
    assert_eq!(setup.get(&key("a")).await.unwrap().unwrap().0, "another");
    // DynamoDB removes what has ended within days; it counts no more at once.
    setup.time.pass(Duration::from_secs(301));
    assert_eq!(setup.get(&key("a")).await, Ok(None));
}

#[tokio::test]
async fn a_table_lets_its_items_end_and_tells_nothing_of_what_was_asked() {
    let setup = Setup::new().await;
    let client = setup.store.client(region());
    let ttl = client.describe_time_to_live().table_name("decisions").send().await.unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name.as_deref(), Some("expires"));
    assert_eq!(ttl.time_to_live_status.unwrap().as_str(), "ENABLED");

    setup.put(&key("a token"), "answer", Timestamp::from_milliseconds(2_000_000_000_001)).await.unwrap();
    let items = client.scan().table_name("decisions").send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["expires"], AttributeValue::N("2000000001".to_owned()), "seconds, never too early");
    assert!(!format!("{items:?}").contains("token"), "{items:?}");
}

#[tokio::test]
async fn what_is_too_large_is_not_shared() {
    let setup = Setup::new().await;
    let expires = setup.in_seconds(300);
    setup.put(&key("a"), vec![b'x'; 300 * 1024], expires).await.unwrap();
    assert_eq!(setup.get(&key("a")).await.unwrap().unwrap().0.len(), 300 * 1024);
    let error = setup.put(&key("b"), vec![b'x'; 300 * 1024 + 1], expires).await.unwrap_err().to_string();
    assert!(error.ends_with("an answer of 307201 bytes is not shared, at most 307200 are"), "{error}");
    assert_eq!(setup.get(&key("b")).await, Ok(None));
}

#[tokio::test]
async fn an_unknown_format_is_not_guessed() {
    let setup = Setup::new().await;
    setup.put(&key("a"), "answer", setup.in_seconds(300)).await.unwrap();
    let client = setup.store.client(region());
    let mut item = client.scan().table_name("decisions").send().await.unwrap().items.unwrap().remove(0);
    item.insert("format".to_owned(), AttributeValue::N("2".to_owned()));
    client.put_item().table_name("decisions").set_item(Some(item)).send().await.unwrap();
    let error = setup.get(&key("a")).await.unwrap_err();
    assert!(
        matches!(&error, PortError::Unreadable { why, .. } if why.starts_with("it is in format 2")),
        "{error}"
    );
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_error_and_no_miss() {
    let setup = Setup::new().await;
    let table = DecisionTable::new(
        setup.store.client(region()),
        "missing",
        Arc::clone(&setup.time) as Arc<dyn Clock>,
    );
    assert!(table.get(&key("a"), setup.in_seconds(60)).await.is_err());
    let late = table.get(&key("a"), setup.time.now()).await.unwrap_err();
    assert_eq!(late, PortError::Timeout { what: "the decisions table" });
}
