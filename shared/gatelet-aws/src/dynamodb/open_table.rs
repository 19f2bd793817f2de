//! A table, and what every store does with its items.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::ports::{Clock, PortError, Timestamp};

use super::call::within;
use super::item::{Attributes, Item, NewItem};
use super::tables::{PARTITION_KEY, SORT_KEY};

/// A table that is there, and the clock by which its calls end.
#[derive(Clone)]
pub(crate) struct OpenTable {
    client: Client,
    name: Arc<str>,
    clock: Arc<dyn Clock>,
    what: &'static str,
}

/// What a read sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// All writes that were done before it began.
    Strong,
    /// All but perhaps those of the last moments, for half the price.
    Eventual,
}

/// Which sort keys a query reads.
pub(crate) enum SortKeys {
    /// Those that begin so.
    Prefix(String),
    /// Those between two, both included.
    Between(String, String),
    /// Those behind one.
    Behind(String),
    /// All of them.
    All,
}

impl OpenTable {
    /// A table by its name. `what` is what errors call it where nothing closer is said.
    pub(crate) fn new(client: Client, name: &str, clock: Arc<dyn Clock>, what: &'static str) -> Self {
        Self { client, name: name.into(), clock, what }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The same table, of whose items errors speak as `what`.
    pub(crate) fn called(&self, what: &'static str) -> Self {
        Self { what, ..self.clone() }
    }

    pub(crate) const fn what(&self) -> &'static str {
        self.what
    }

    /// One item.
    pub(crate) async fn get(
        &self,
        partition: String,
        sort: String,
        consistency: Consistency,
        deadline: Timestamp,
    ) -> Result<Option<Item>, PortError> {
        let call = self
            .client
            .get_item()
            .table_name(&*self.name)
            .key(PARTITION_KEY, AttributeValue::S(partition))
            .key(SORT_KEY, AttributeValue::S(sort))
            .consistent_read(consistency == Consistency::Strong)
            .send();
        let answer = within(&*self.clock, deadline, self.what, call)
            .await
            .map_err(|failure| failure.into_port_error(self.what))?;
        answer.item.map(|attributes| Item::read(self.what, attributes)).transpose()
    }

    /// All items of a range, by sort key.
    pub(crate) async fn query(
        &self,
        partition: String,
        keys: SortKeys,
        deadline: Timestamp,
    ) -> Result<Vec<Item>, PortError> {
        self.first(partition, keys, usize::MAX, deadline).await
    }

    /// The first items of a range by sort key, at most so many.
    pub(crate) async fn first(
        &self,
        partition: String,
        keys: SortKeys,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Vec<Item>, PortError> {
        let items = self.pages(partition, keys, limit, deadline).await?;
        items.into_iter().map(|attributes| Item::read(self.what, attributes)).collect()
    }

    /// All items of a partition, whatever their format.
    pub(crate) async fn query_any_format(
        &self,
        partition: String,
        deadline: Timestamp,
    ) -> Result<Vec<Attributes>, PortError> {
        self.pages(partition, SortKeys::All, usize::MAX, deadline).await
    }

    async fn pages(
        &self,
        partition: String,
        keys: SortKeys,
        limit: usize,
        deadline: Timestamp,
    ) -> Result<Vec<Attributes>, PortError> {
        let mut request = self
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(partition));
        if !matches!(keys, SortKeys::All) {
            request = request.expression_attribute_names("#sk", SORT_KEY);
        }
        request = match keys {
            SortKeys::Prefix(prefix) => request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix)),
            SortKeys::Between(first, last) => request
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", AttributeValue::S(first))
                .expression_attribute_values(":last", AttributeValue::S(last)),
            SortKeys::Behind(before) => request
                .key_condition_expression("#pk = :pk AND #sk > :before")
                .expression_attribute_values(":before", AttributeValue::S(before)),
            SortKeys::All => request.key_condition_expression("#pk = :pk"),
        };
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let wanted = i32::try_from(limit.saturating_sub(items.len())).ok();
            let call = request.clone().set_limit(wanted).set_exclusive_start_key(after).send();
            let page = within(&*self.clock, deadline, self.what, call)
                .await
                .map_err(|failure| failure.into_port_error(self.what))?;
            items.extend(page.items.unwrap_or_default());
            after = page.last_evaluated_key;
            if after.is_none() || items.len() >= limit {
                return Ok(items);
            }
        }
    }

    /// Writes one item over whatever stands there.
    pub(crate) async fn put(&self, item: NewItem, deadline: Timestamp) -> Result<(), PortError> {
        let call =
            self.client.put_item().table_name(&*self.name).set_item(Some(item.into_attributes())).send();
        match within(&*self.clock, deadline, self.what, call).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.into_port_error(self.what)),
        }
    }
}
