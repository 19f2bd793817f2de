//! Several writes as one step.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use gatelet_core::ports::{PortError, Timestamp};

use super::call::{Failure, refusal, within};
use super::item::{Attributes, NewItem};
use super::open_table::OpenTable;
use super::tables::{PARTITION_KEY, SORT_KEY};

/// An expression and what stands for the names and values in it.
#[derive(Default)]
pub(crate) struct Condition {
    pub(crate) expression: &'static str,
    pub(crate) names: &'static [(&'static str, &'static str)],
    pub(crate) values: Vec<(&'static str, AttributeValue)>,
}

/// What is done to one item in a transaction.
pub(crate) enum Write {
    /// It is written, where the condition holds.
    Put(NewItem, Option<Condition>),
    /// It is removed, where the condition holds.
    Delete(String, String, Option<Condition>),
    /// Nothing is done to it, but the condition must hold.
    Check(String, String, Condition),
    /// The expression is done to it, where the condition holds. Names and values are the condition's for both.
    Update(String, String, &'static str, Condition),
}

/// How a transaction ended.
pub(crate) enum Transaction {
    /// Everything was done.
    Done,
    /// Nothing was done, for these reasons, one for each write.
    Cancelled(Vec<CancellationReason>),
}

/// The code of a cancelled transaction's reason where a condition did not hold.
pub(crate) const CONDITION_FAILED: &str = "ConditionalCheckFailed";
/// The same where what the write makes of the item cannot be, as where it grows too large.
pub(crate) const VALIDATION_ERROR: &str = "ValidationError";
/// The same where another transaction was at the same item.
pub(crate) const TRANSACTION_CONFLICT: &str = "TransactionConflict";

impl OpenTable {
    /// Does all of several writes or none. The SDK gives each call a token of its own, so that a second attempt
    /// whose first was done after all is not done twice.
    pub(crate) async fn transact(
        &self,
        writes: Vec<Write>,
        deadline: Timestamp,
    ) -> Result<Transaction, PortError> {
        let what = self.what();
        let mut request = self.client().transact_write_items();
        for write in writes {
            let item = write
                .into_item(self.name())
                .map_err(|error| PortError::Unavailable { what, why: error.to_string() })?;
            request = request.transact_items(item);
        }
        match within(&**self.clock(), deadline, what, request.send()).await {
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
}

/// A condition goes into a builder the same way whatever is built.
macro_rules! conditioned {
    ($builder:expr, $condition:expr) => {{
        let mut builder = $builder;
        if let Some(condition) = $condition {
            builder = builder
                .condition_expression(condition.expression)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            for (name, attribute) in condition.names {
                builder = builder.expression_attribute_names(*name, *attribute);
            }
            for (name, value) in condition.values {
                builder = builder.expression_attribute_values(name, value);
            }
        }
        builder.build()?
    }};
}

impl Write {
    fn into_item(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let text = AttributeValue::S;
        let item = TransactWriteItem::builder();
        Ok(match self {
            Self::Put(new, condition) => {
                let put = Put::builder().table_name(table).set_item(Some(new.into_attributes()));
                item.put(conditioned!(put, condition)).build()
            }
            Self::Delete(partition, sort, condition) => {
                let delete = Delete::builder()
                    .table_name(table)
                    .key(PARTITION_KEY, text(partition))
                    .key(SORT_KEY, text(sort));
                item.delete(conditioned!(delete, condition)).build()
            }
            Self::Check(partition, sort, condition) => {
                let check = ConditionCheck::builder()
                    .table_name(table)
                    .key(PARTITION_KEY, text(partition))
                    .key(SORT_KEY, text(sort));
                item.condition_check(conditioned!(check, Some(condition))).build()
            }
            Self::Update(partition, sort, expression, condition) => {
                let update = Update::builder()
                    .table_name(table)
                    .key(PARTITION_KEY, text(partition))
                    .key(SORT_KEY, text(sort))
                    .update_expression(expression);
                item.update(conditioned!(update, Some(condition))).build()
            }
        })
    }
}

/// Whether a cancelled transaction's reason is an answer, and no failure.
pub(crate) fn is_expected(reason: &CancellationReason) -> bool {
    matches!(reason.code(), None | Some("None" | CONDITION_FAILED | TRANSACTION_CONFLICT))
}

/// The reason of the write at a position, where its condition did not hold: the item that stands there.
pub(crate) fn refused_item(reasons: &[CancellationReason], position: usize) -> Option<Option<Attributes>> {
    let reason = reasons.get(position)?;
    (reason.code() == Some(CONDITION_FAILED)).then(|| reason.item.clone())
}
