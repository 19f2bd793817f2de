//! Reports into totals, each difference once: one transaction moves what is marked as folded of reports and adds the differences.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata as _};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use gatelet_core::limits::Day;
use gatelet_core::limits::meter::{FoldStep, RouteCounts, fold, sum};
use gatelet_core::ports::{PortError, Timestamp, UsageCounts};
use gatelet_model::{FORMAT, PartId};

use super::{ATTEMPTS_MAX, BACKOFF};
use crate::dynamodb::counters::items::{
    FOLDED, ItemKey, StoredReport, WHAT, counts_value, total_additions, total_expires,
};
use crate::dynamodb::counters::{CounterTable, seconds};
use crate::dynamodb::transaction::{CONDITION_FAILED, VALIDATION_ERROR, is_expected};
use crate::dynamodb::{
    FORMAT_ATTRIBUTE, Failure, OpenTable, PARTITION_KEY, TIME_TO_LIVE_ATTRIBUTE, number, within,
};

/// How many items a transaction writes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const TRANSACTION_ITEMS_MAX: usize = 100;
/// How many routes a step adds to one total: each takes up to four numbers of the 300 operators and 4 KB of an expression
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const TOTAL_ROUTES_MAX: usize = 60;
/// How many routes the reports of a transaction have together: with their labels far below its 4 MB.
const TRANSACTION_ROUTES_MAX: usize = 4_000;

/// The code of a call that DynamoDB takes from nobody, whatever stands in the table.
const INVALID: &str = "ValidationException";

/// What came of folding.
#[derive(Debug, Default)]
pub struct Folded {
    /// What was added to totals: once, however often reports come.
    pub added: BTreeMap<(PartId, Day), UsageCounts>,
    /// How many steps of reports were done.
    pub steps: usize,
    /// Reports that may not be in their totals.
    pub failed: BTreeSet<ItemKey>,
    /// Why the last of those is not.
    pub error: Option<PortError>,
    /// How many reports were left out, because they or their totals cannot be used as they stand in the table. Each is told in the
    /// log; asked again, the same would come of it.
    pub left_out: usize,
}

impl Folded {
    fn done(&mut self, step: &Step) {
        self.steps += 1;
        let there = self.added.entry((step.report.plan.clone(), step.report.day)).or_default();
        *there = step.fold.added.values().fold(*there, |so_far, counts| sum(so_far, *counts));
    }

    fn failed(&mut self, reports: impl IntoIterator<Item = StoredReport>, error: PortError) {
        self.failed.extend(reports.into_iter().map(|report| report.item_key));
        self.error = Some(error);
    }

    fn left_out(&mut self, report: &StoredReport, error: &PortError) {
        let StoredReport { plan, key, day, .. } = report;
        tracing::error!(%error, %plan, %key, %day, "a report is left out of its total");
        self.left_out += 1;
    }

    /// Takes up what came of another part of the work.
    pub fn merge(&mut self, other: Self) {
        for (total, counts) in other.added {
            let there = self.added.entry(total).or_default();
            *there = sum(*there, counts);
        }
        self.steps += other.steps;
        self.failed.extend(other.failed);
        self.left_out += other.left_out;
        self.error = other.error.or(self.error.take());
    }
}

/// A report in a transaction.
struct Step {
    report: StoredReport,
    fold: FoldStep,
}

/// The total that a report goes into.
type Total = (PartId, PartId, Day);

fn total_of(report: &StoredReport) -> Total {
    (report.plan.clone(), report.key.clone(), report.day)
}

/// Several reports and the totals that they go into.
#[derive(Default)]
struct Batch {
    steps: Vec<Step>,
    totals: BTreeMap<Total, RouteCounts>,
    routes: usize,
}

/// What became of a batch.
enum Outcome {
    Done,
    /// What stands at each step's place, where that is not what was thought; nothing was done.
    Refused(Vec<Option<Result<Option<StoredReport>, PortError>>>),
}

impl Batch {
    /// The first of the reports that wait, as many as fit and at most so many.
    fn of_first(waiting: &mut VecDeque<StoredReport>, steps_max: usize) -> Self {
        let mut batch = Self::default();
        while batch.steps.len() < steps_max
            && let Some(report) = waiting.pop_front()
        {
            if let Some(report) = batch.take(report) {
                waiting.push_front(report);
                break;
            }
        }
        batch
    }

    /// Takes a report in, where it fits. Gives it back where it does not; nothing where there is nothing to add.
    fn take(&mut self, report: StoredReport) -> Option<StoredReport> {
        let total = total_of(&report);
        let there = self.totals.get(&total).map_or(0, RouteCounts::len);
        let items = self.steps.len() + 1 + self.totals.len() + usize::from(there == 0);
        let routes = self.routes + report.counts.len();
        let is_full = items > TRANSACTION_ITEMS_MAX
            || there >= TOTAL_ROUTES_MAX
            || (routes > TRANSACTION_ROUTES_MAX && !self.steps.is_empty());
        if is_full {
            return Some(report);
        }
        let nothing = RouteCounts::new();
        let fold =
            fold(&report.counts, report.folded.as_ref().unwrap_or(&nothing), TOTAL_ROUTES_MAX - there)?;
        let total = self.totals.entry(total).or_default();
        for (label, counts) in &fold.added {
            let so_far = total.entry(label.clone()).or_default();
            *so_far = sum(*so_far, *counts);
        }
        self.routes = routes;
        self.steps.push(Step { report, fold });
        None
    }

    fn items(&self, table: &str) -> Result<Vec<TransactWriteItem>, BuildError> {
        let steps = self.steps.iter().map(|step| step_item(step, table));
        let totals = self.totals.iter().map(|(total, counts)| total_item(total, counts, table));
        steps.chain(totals).collect()
    }

    /// Fails as [`PortError::Unreadable`] where the store is well, and something of the batch cannot be written.
    async fn write(&self, table: &OpenTable, deadline: Timestamp) -> Result<Outcome, PortError> {
        let items = self
            .items(table.name())
            .map_err(|error| PortError::Unreadable { what: WHAT, why: error.to_string() })?;
        let call = table.client().transact_write_items().set_transact_items(Some(items)).send();
        let cancelled = match within(&**table.clock(), deadline, WHAT, call).await {
            Ok(_) => return Ok(Outcome::Done),
            Err(Failure::Refused(TransactWriteItemsError::TransactionCanceledException(cancelled))) => {
                cancelled
            }
            Err(failure) => {
                let is_invalid = matches!(&failure, Failure::Refused(error) if error.code() == Some(INVALID));
                return Err(match failure.into_port_error(WHAT) {
                    PortError::Unavailable { what, why } if is_invalid => PortError::Unreadable { what, why },
                    error => error,
                });
            }
        };
        let mut reasons = cancelled.cancellation_reasons().to_vec();
        let invalid = reasons.iter().find(|reason| reason.code() == Some(VALIDATION_ERROR));
        if let Some(invalid) = invalid {
            let why = format!("DynamoDB says: {}", invalid.message().unwrap_or(VALIDATION_ERROR));
            return Err(PortError::Unreadable { what: WHAT, why });
        }
        if reasons.len() != self.steps.len() + self.totals.len() || !reasons.iter().all(is_expected) {
            let error = TransactWriteItemsError::TransactionCanceledException(cancelled);
            return Err(Failure::Refused(error).into_port_error(WHAT));
        }
        let totals = reasons.split_off(self.steps.len());
        if totals.iter().any(|reason| reason.code() == Some(CONDITION_FAILED)) {
            let why = "a total is in a format that this version does not know; use a version that knows it";
            return Err(PortError::Unreadable { what: WHAT, why: why.to_owned() });
        }
        let found = reasons.into_iter().map(|reason| {
            let is_refused = reason.code() == Some(CONDITION_FAILED);
            let item = reason.item.filter(|item| !item.is_empty());
            is_refused.then(|| item.map(StoredReport::read).transpose())
        });
        Ok(Outcome::Refused(found.collect()))
    }
}

fn step_item(step: &Step, table: &str) -> Result<TransactWriteItem, BuildError> {
    let Step { report, fold } = step;
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(report.item_key.clone().into_attributes()))
        .update_expression("SET #folded = :folded")
        .expression_attribute_names("#folded", FOLDED)
        .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
        .expression_attribute_values(":folded", counts_value(&fold.folded))
        .expression_attribute_values(":format", number(u64::from(FORMAT)))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let update = match &report.folded {
        Some(before) => update
            .condition_expression("#format = :format AND #folded = :before")
            .expression_attribute_values(":before", counts_value(before)),
        None => update.condition_expression("#format = :format AND attribute_not_exists(#folded)"),
    };
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

fn total_item(
    (plan, key, day): &Total,
    counts: &RouteCounts,
    table: &str,
) -> Result<TransactWriteItem, BuildError> {
    let mut additions = BTreeMap::<String, u64>::new();
    for (label, counts) in counts {
        for (name, count) in total_additions(label, *counts) {
            let there = additions.entry(name).or_default();
            *there = there.saturating_add(count);
        }
    }
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(ItemKey::of_total(plan, key, *day).into_attributes()))
        .condition_expression("attribute_not_exists(#pk) OR #format = :format")
        .expression_attribute_names("#pk", PARTITION_KEY)
        .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
        .expression_attribute_names("#expires", TIME_TO_LIVE_ATTRIBUTE)
        .expression_attribute_values(":format", number(u64::from(FORMAT)))
        .expression_attribute_values(":expires", number(seconds(total_expires(*day))));
    let mut added = Vec::with_capacity(additions.len());
    for (position, (name, count)) in additions.into_iter().enumerate() {
        update = update
            .expression_attribute_names(format!("#{position}"), name)
            .expression_attribute_values(format!(":{position}"), AttributeValue::N(count.to_string()));
        added.push(format!("#{position} :{position}"));
    }
    let expression = format!("ADD {} SET #format = :format, #expires = :expires", added.join(","));
    Ok(TransactWriteItem::builder().update(update.update_expression(expression).build()?).build())
}

impl CounterTable {
    /// Adds to totals what reports hold and totals do not. Reports may be older or newer than what is stored, and come twice: what
    /// is marked in the table decides. Some may fail; those are told. What the table cannot take is left out, and all others are folded.
    pub async fn fold_reports(&self, reports: Vec<StoredReport>, deadline: Timestamp) -> Folded {
        let mut folded = Folded::default();
        let table = match self.table() {
            Ok(table) => table,
            Err(error) => {
                folded.failed(reports, error);
                return folded;
            }
        };
        let mut waiting = newest(reports);
        let mut refused: u32 = 0;
        let mut steps_max = TRANSACTION_ITEMS_MAX;
        while !waiting.is_empty() {
            let batch = Batch::of_first(&mut waiting, steps_max);
            if batch.steps.is_empty() {
                continue;
            }
            match batch.write(table, deadline).await {
                Ok(Outcome::Done) => {
                    refused = 0;
                    steps_max = (steps_max * 2).min(TRANSACTION_ITEMS_MAX);
                    for step in batch.steps.into_iter().rev() {
                        folded.done(&step);
                        let Step { mut report, fold } = step;
                        if !fold.is_last {
                            report.folded = Some(fold.folded);
                            waiting.push_front(report);
                        }
                    }
                }
                Ok(Outcome::Refused(found)) if refused < ATTEMPTS_MAX => {
                    refused += 1;
                    for (step, found) in batch.steps.into_iter().zip(found).rev() {
                        match found {
                            None => waiting.push_front(step.report),
                            // What is stored is newer, or the same of which more was folded.
                            Some(Ok(Some(stored))) => waiting.push_front(stored),
                            // It has ended.
                            Some(Ok(None)) => {}
                            Some(Err(error)) => folded.left_out(&step.report, &error),
                        }
                    }
                    tokio::time::sleep(BACKOFF * refused).await;
                }
                Ok(Outcome::Refused(_)) => {
                    let why = "others write to the same totals all the time; it is tried again later";
                    refused = 0;
                    folded.failed(
                        batch.steps.into_iter().map(|step| step.report),
                        PortError::Unavailable { what: WHAT, why: why.to_owned() },
                    );
                }
                // What cannot be written holds up nobody else: fewer are tried together, until it is alone.
                Err(error @ PortError::Unreadable { .. }) => match batch.steps.as_slice() {
                    [step] => folded.left_out(&step.report, &error),
                    steps => {
                        steps_max = steps.len() / 2;
                        for step in batch.steps.into_iter().rev() {
                            waiting.push_front(step.report);
                        }
                    }
                },
                Err(error) => {
                    let is_over = matches!(error, PortError::Timeout { .. });
                    folded.failed(batch.steps.into_iter().map(|step| step.report), error.clone());
                    if is_over {
                        folded.failed(waiting.drain(..), error);
                    }
                }
            }
        }
        folded
    }
}

/// The newest of each report, those of the same total together.
fn newest(reports: Vec<StoredReport>) -> VecDeque<StoredReport> {
    let mut newest = BTreeMap::<(Total, ItemKey), StoredReport>::new();
    for report in reports {
        let key = (total_of(&report), report.item_key.clone());
        match newest.get(&key) {
            Some(other) if is_older(&report, other) => {}
            _ => {
                newest.insert(key, report);
            }
        }
    }
    newest.into_values().collect()
}

/// Whether a report was told before another: its counts are no more, and where they are the same, of what was folded.
fn is_older(report: &StoredReport, other: &StoredReport) -> bool {
    let age = |report: &StoredReport| {
        use crate::dynamodb::counters::items::counts_sum;
        let folded = report.folded.as_ref().map(|folded| counts_sum(folded.values()));
        (counts_sum(report.counts.values()), folded)
    };
    age(report) < age(other)
}
