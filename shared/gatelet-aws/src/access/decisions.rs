//! What authorizers decided, shared through DynamoDB: `global#{digest}` / `decision#{digest}`, which end by themselves.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use gatelet_core::ports::{Clock, Decisions, Key, PortError, Timestamp};

use crate::dynamodb::{Item, NewItem, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE_ATTRIBUTE, global, within};

const WHAT: &str = "the decisions table";
const ANSWER: &str = "answer";
/// The moment itself: DynamoDB's own attribute counts seconds, and items outlive it by days
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
const EXPIRES: &str = "expires_milliseconds";

/// The largest answer that is stored, in bytes: an item has at most 400 KB, with its names and keys
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const ANSWER_BYTES_MAX: usize = 300 * 1024;

/// The table of decisions, or none: then they are not shared.
#[derive(Clone, Default)]
pub struct DecisionTable(Option<Arc<Table>>);

struct Table {
    client: Client,
    name: Box<str>,
    clock: Arc<dyn Clock>,
}

impl DecisionTable {
    /// A table by its name.
    #[must_use]
    pub fn new(client: Client, name: &str, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Table { client, name: name.into(), clock })))
    }
}

/// The two keys of an item: the digest alone tells what is shared, and nothing of what it was made from.
fn keys(key: &Key) -> (String, String) {
    let digest: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    (global(&digest), format!("decision#{digest}"))
}

impl Decisions for DecisionTable {
    fn are_shared(&self) -> bool {
        self.0.is_some()
    }

    async fn get(&self, key: &Key, deadline: Timestamp) -> Result<Option<(Bytes, Timestamp)>, PortError> {
        let Some(table) = &self.0 else { return Ok(None) };
        let (partition, sort) = keys(key);
        let call = table
            .client
            .get_item()
            .table_name(&*table.name)
            .key(PARTITION_KEY, AttributeValue::S(partition))
            .key(SORT_KEY, AttributeValue::S(sort))
            .send();
        let answer = within(&*table.clock, deadline, WHAT, call)
            .await
            .map_err(|failure| failure.into_port_error(WHAT))?;
        let Some(attributes) = answer.item else { return Ok(None) };
        let item = Item::read(WHAT, attributes)?;
        let expires = Timestamp::from_milliseconds(item.number(EXPIRES)?);
        if expires <= table.clock.now() {
            return Ok(None);
        }
        Ok(Some((item.into_bytes(ANSWER)?.into(), expires)))
    }

    async fn put(
        &self,
        key: &Key,
        answer: Bytes,
        expires: Timestamp,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let Some(table) = &self.0 else { return Ok(()) };
        if answer.len() > ANSWER_BYTES_MAX {
            let why =
                format!("an answer of {} bytes is not shared, at most {ANSWER_BYTES_MAX} are", answer.len());
            return Err(PortError::Unavailable { what: WHAT, why });
        }
        let (partition, sort) = keys(key);
        let item = NewItem::new(partition, sort, 1)
            .number(EXPIRES, expires.milliseconds())
            .number(TIME_TO_LIVE_ATTRIBUTE, expires.milliseconds().div_ceil(1_000))
            .bytes(ANSWER, answer.into());
        let call =
            table.client.put_item().table_name(&*table.name).set_item(Some(item.into_attributes())).send();
        match within(&*table.clock, deadline, WHAT, call).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }
}

impl fmt::Debug for DecisionTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map(|table| &table.name);
        formatter.debug_tuple("DecisionTable").field(&name).finish()
    }
}
