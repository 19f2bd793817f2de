//! The table of definitions: the control plane's store, and where the data plane reads.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use gatelet_control::deploy::{Action, AuditEntry, DefinitionStore, Move, StoredDeployment};
use gatelet_core::ports::{Clock, PortError, Timestamp};
use gatelet_model::{ApiId, PartId, StageName, StagePointer};

use super::call::{Failure, refusal, within};
use super::item::{Attributes, Item, NewItem};
use super::keys::Scope;
use super::tables::{PARTITION_KEY, SORT_KEY};

/// The table of definitions, as one account and region writes it. Reads reach every account's.
///
/// All reads are strongly consistent: a pointer that was seen to move is not seen back where it was.
#[derive(Clone)]
pub struct DefinitionTable {
    client: Client,
    name: Arc<str>,
    scope: Scope,
    clock: Arc<dyn Clock>,
}

/// Which sort keys a query reads.
pub(super) enum SortKeys {
    /// Those that begin so.
    Prefix(String),
    /// Those between two, both included.
    Between(String, String),
}

/// A condition and what stands for the names and values in it.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) expression: &'static str,
    pub(super) names: &'static [(&'static str, &'static str)],
    pub(super) values: Vec<(&'static str, AttributeValue)>,
}

/// What is done to one item in a transaction.
pub(super) enum Write {
    /// It is written, where the condition holds.
    Put(NewItem, Option<Condition>),
    /// It is removed, where the condition holds.
    Delete(String, String, Option<Condition>),
}

/// How a transaction ended.
pub(super) enum Transaction {
    /// Everything was done.
    Done,
    /// Nothing was done, for these reasons, one for each write.
    Cancelled(Vec<CancellationReason>),
}

/// The code of a cancelled transaction's reason where a condition did not hold.
pub(super) const CONDITION_FAILED: &str = "ConditionalCheckFailed";
/// The same where another transaction was at the same item.
pub(super) const TRANSACTION_CONFLICT: &str = "TransactionConflict";

impl DefinitionTable {
    /// A table by its name, written for an account and region.
    #[must_use]
    pub fn new(client: Client, name: &str, scope: Scope, clock: Arc<dyn Clock>) -> Self {
        Self { client, name: name.into(), scope, clock }
    }

    /// The same table, written for another account and region.
    #[must_use]
    pub fn of(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }

    /// The account and region for which it is written.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// One item.
    pub(super) async fn get(
        &self,
        what: &'static str,
        partition: String,
        sort: String,
        deadline: Timestamp,
    ) -> Result<Option<Item>, PortError> {
        let call = self
            .client
            .get_item()
            .table_name(&*self.name)
            .key(PARTITION_KEY, AttributeValue::S(partition))
            .key(SORT_KEY, AttributeValue::S(sort))
            .consistent_read(true)
            .send();
        let answer = within(&*self.clock, deadline, what, call)
            .await
            .map_err(|failure| failure.into_port_error(what))?;
        answer.item.map(|attributes| Item::read(what, attributes)).transpose()
    }

    /// All items of a range, by sort key.
    pub(super) async fn query(
        &self,
        what: &'static str,
        partition: String,
        keys: SortKeys,
        deadline: Timestamp,
    ) -> Result<Vec<Item>, PortError> {
        let mut request = self
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(partition));
        request = match keys {
            SortKeys::Prefix(prefix) => request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix)),
            SortKeys::Between(first, last) => request
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", AttributeValue::S(first))
                .expression_attribute_values(":last", AttributeValue::S(last)),
        };
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let call = request.clone().set_exclusive_start_key(after).send();
            let page = within(&*self.clock, deadline, what, call)
                .await
                .map_err(|failure| failure.into_port_error(what))?;
            for attributes in page.items.unwrap_or_default() {
                items.push(Item::read(what, attributes)?);
            }
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Writes one item over whatever stands there.
    pub(super) async fn put(
        &self,
        what: &'static str,
        item: NewItem,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let call =
            self.client.put_item().table_name(&*self.name).set_item(Some(item.into_attributes())).send();
        match within(&*self.clock, deadline, what, call).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.into_port_error(what)),
        }
    }

    /// Does all of several writes or none. The SDK gives each call a token of its own, so that a second attempt
    /// whose first was done after all is not done twice.
    pub(super) async fn transact(
        &self,
        what: &'static str,
        writes: Vec<Write>,
        deadline: Timestamp,
    ) -> Result<Transaction, PortError> {
        let mut request = self.client.transact_write_items();
        for write in writes {
            request = request.transact_items(self.transact_item(what, write)?);
        }
        match within(&*self.clock, deadline, what, request.send()).await {
            Ok(_) => Ok(Transaction::Done),
            Err(Failure::Refused(TransactWriteItemsError::TransactionCanceledException(cancelled))) => {
                match cancelled.cancellation_reasons {
                    Some(reasons) if reasons.iter().all(is_expected) => Ok(Transaction::Cancelled(reasons)),
                    _ => {
                        Err(refusal(what, &TransactWriteItemsError::TransactionCanceledException(cancelled)))
                    }
                }
            }
            Err(failure) => Err(failure.into_port_error(what)),
        }
    }

    fn transact_item(&self, what: &'static str, write: Write) -> Result<TransactWriteItem, PortError> {
        let incomplete = |error: aws_sdk_dynamodb::error::BuildError| PortError::Unavailable {
            what,
            why: error.to_string(),
        };
        let with_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let item = TransactWriteItem::builder();
        Ok(match write {
            Write::Put(new, condition) => {
                let mut put = Put::builder().table_name(&*self.name).set_item(Some(new.into_attributes()));
                if let Some(condition) = condition {
                    put = put
                        .condition_expression(condition.expression)
                        .return_values_on_condition_check_failure(with_old);
                    for (name, attribute) in condition.names {
                        put = put.expression_attribute_names(*name, *attribute);
                    }
                    for (name, value) in condition.values {
                        put = put.expression_attribute_values(name, value);
                    }
                }
                item.put(put.build().map_err(incomplete)?).build()
            }
            Write::Delete(partition, sort, condition) => {
                let mut delete = Delete::builder()
                    .table_name(&*self.name)
                    .key(PARTITION_KEY, AttributeValue::S(partition))
                    .key(SORT_KEY, AttributeValue::S(sort));
                if let Some(condition) = condition {
                    delete = delete
                        .condition_expression(condition.expression)
                        .return_values_on_condition_check_failure(with_old);
                    for (name, attribute) in condition.names {
                        delete = delete.expression_attribute_names(*name, *attribute);
                    }
                    for (name, value) in condition.values {
                        delete = delete.expression_attribute_values(name, value);
                    }
                }
                item.delete(delete.build().map_err(incomplete)?).build()
            }
        })
    }
}

/// Whether a cancelled transaction's reason is an answer, and no failure.
fn is_expected(reason: &CancellationReason) -> bool {
    matches!(reason.code(), None | Some("None" | CONDITION_FAILED | TRANSACTION_CONFLICT))
}

/// The reason of the write at a position, where its condition did not hold: the item that stands there.
pub(super) fn refused_item(reasons: &[CancellationReason], position: usize) -> Option<Option<Attributes>> {
    let reason = reasons.get(position)?;
    (reason.code() == Some(CONDITION_FAILED)).then(|| reason.item.clone())
}

impl DefinitionStore for DefinitionTable {
    async fn put_deployment(
        &self,
        deployment: &StoredDeployment,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        self.write_deployment(deployment, deadline).await
    }

    async fn deployment(
        &self,
        api_id: &ApiId,
        id: &PartId,
        deadline: Timestamp,
    ) -> Result<Option<StoredDeployment>, PortError> {
        self.read_deployment(&self.scope, api_id, id, deadline).await
    }

    async fn stage_pointer(
        &self,
        api_id: &ApiId,
        stage: &StageName,
        deadline: Timestamp,
    ) -> Result<Option<StagePointer>, PortError> {
        self.read_pointer(api_id, stage, deadline).await
    }

    async fn stage_pointers(
        &self,
        api_id: &ApiId,
        deadline: Timestamp,
    ) -> Result<Vec<StagePointer>, PortError> {
        self.read_pointers(&self.scope, api_id, deadline).await
    }

    async fn move_pointer(
        &self,
        api_id: &ApiId,
        pointer: &StagePointer,
        action: Action,
        description: Option<&str>,
        deadline: Timestamp,
    ) -> Result<Move, PortError> {
        self.write_pointer(api_id, pointer, action, description, deadline).await
    }

    async fn apis(&self, deadline: Timestamp) -> Result<Vec<ApiId>, PortError> {
        self.list_apis(deadline).await
    }

    async fn remove_api(&self, api_id: &ApiId, deadline: Timestamp) -> Result<(), PortError> {
        self.remove_stages(api_id, deadline).await
    }

    async fn audit_trail(&self, api_id: &ApiId, deadline: Timestamp) -> Result<Vec<AuditEntry>, PortError> {
        self.read_audit_trail(api_id, deadline).await
    }
}
