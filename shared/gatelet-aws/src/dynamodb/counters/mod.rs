//! What all instances count together, in DynamoDB: throttle buckets, quotas, and what they report of usage.
//!
//! Every call is one conditional write, and a condition that does not hold comes back with the item, so nothing is read first. A
//! call that is sent again because its answer got lost does no harm: a bucket or a quota loses tokens that nobody uses, a return and
//! a report are the same item again.

pub mod items;
pub mod meter;
mod used;

use std::fmt;
use std::sync::{Arc, Once};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use gatelet_core::limits::Nanoseconds;
use gatelet_core::ports::{
    Clock, Counters, PortError, QuotaTake, QuotaTaken, TakeForm, Timestamp, TokenTake, TokensTaken,
    UnusedQuota, UsageReport,
};
use gatelet_model::FORMAT;

use super::{
    Attributes, FORMAT_ATTRIBUTE, Failure, Item, OpenTable, PARTITION_KEY, TIME_TO_LIVE_ATTRIBUTE, number,
    within,
};
use items::{
    AFTER, COUNTS, DAY, FIRST_DAY, ItemKey, KEY, PLAN, QUOTA_LIMIT, SUM, TIME, TOKENS, USED, WHAT,
    counts_sum, counts_value, report_expires,
};

/// How often an update is sent again that found a transaction at its item, which the meter's are for some milliseconds.
const CONFLICTS_MAX: u32 = 4;
/// How long the second attempt waits; later ones wait so many times longer.
const CONFLICT_PAUSE: Duration = Duration::from_millis(8);

/// Nothing stands there, or what stands there is understood.
const FREE_OR: &str = "attribute_not_exists(#pk) OR #format = :format AND ";

/// The table of counters, or none.
///
/// Without one, each process judges throttles by its own buckets, and nothing is counted of usage. A quota cannot be kept then:
/// taking from it fails, so that a strict plan lets nobody through and any other everybody, and the log says so.
#[derive(Clone, Default)]
pub struct CounterTable {
    table: Option<OpenTable>,
    are_shared: bool,
}

impl CounterTable {
    /// A table by its name, from which other processes take, too.
    #[must_use]
    pub fn new(client: Client, name: &str, clock: Arc<dyn Clock>) -> Self {
        Self { table: Some(OpenTable::new(client, name, clock, WHAT)), are_shared: true }
    }

    /// The same table for the only process that takes from it: buckets stay in its memory.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { are_shared: false, ..self }
    }

    pub(super) fn table(&self) -> Result<&OpenTable, PortError> {
        self.table.as_ref().ok_or_else(|| PortError::Unavailable {
            what: WHAT,
            why: "there is none; set `GATELET_COUNTERS_TABLE`".to_owned(),
        })
    }
}

/// What came of a conditional write.
enum Written {
    /// It is done; with the attributes that were asked for.
    Done(Option<Attributes>),
    /// Its condition does not hold for what stands there.
    Refused(Option<Item>),
}

/// An update under way: its item and when it ends.
struct Update<'a> {
    table: &'a OpenTable,
    request: UpdateItemFluentBuilder,
}

impl<'a> Update<'a> {
    /// Sets the item's format and end beside what `expression` sets.
    fn new(table: &'a OpenTable, key: ItemKey, expression: &str, expires: Timestamp) -> Self {
        let request = table
            .client()
            .update_item()
            .table_name(table.name())
            .set_key(Some(key.into_attributes()))
            .update_expression(format!("{expression}, #expires = :expires, #format = :format"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Self { table, request }
            .name("#expires", TIME_TO_LIVE_ATTRIBUTE)
            .name("#format", FORMAT_ATTRIBUTE)
            .number(":expires", seconds(expires))
            .number(":format", FORMAT)
    }

    fn name(self, placeholder: &str, name: &str) -> Self {
        Self { request: self.request.expression_attribute_names(placeholder, name), ..self }
    }

    fn value(self, placeholder: &str, value: AttributeValue) -> Self {
        Self { request: self.request.expression_attribute_values(placeholder, value), ..self }
    }

    fn number(self, placeholder: &str, value: impl fmt::Display) -> Self {
        self.value(placeholder, AttributeValue::N(value.to_string()))
    }

    fn text(self, placeholder: &str, value: impl fmt::Display) -> Self {
        self.value(placeholder, AttributeValue::S(value.to_string()))
    }

    fn condition(self, expression: impl Into<String>) -> Self {
        Self { request: self.request.condition_expression(expression), ..self }
    }

    /// The condition, where something is to stand there already or nothing at all.
    fn free_or(self, expression: &str) -> Self {
        self.name("#pk", PARTITION_KEY).condition(format!("{FREE_OR}{expression}"))
    }

    async fn send(self, returned: ReturnValue, deadline: Timestamp) -> Result<Written, PortError> {
        let Self { table, request } = self;
        let request = request.return_values(returned);
        let mut conflicts = 0;
        loop {
            match within(&**table.clock(), deadline, WHAT, request.clone().send()).await {
                Ok(answer) => return Ok(Written::Done(answer.attributes)),
                Err(Failure::Refused(UpdateItemError::ConditionalCheckFailedException(refused))) => {
                    let there = refused.item.filter(|item| !item.is_empty());
                    return Ok(Written::Refused(there.map(|item| Item::read(WHAT, item)).transpose()?));
                }
                // Nothing was done, and the store is well: the meter is at this item.
                Err(Failure::Refused(UpdateItemError::TransactionConflictException(_)))
                    if conflicts < CONFLICTS_MAX =>
                {
                    conflicts += 1;
                    let left = deadline.since(table.clock().now());
                    tokio::time::sleep((CONFLICT_PAUSE * conflicts).min(left)).await;
                }
                Err(failure) => return Err(failure.into_port_error(WHAT)),
            }
        }
    }
}

/// A moment as a time to live has it, never too early.
const fn seconds(moment: Timestamp) -> u64 {
    moment.milliseconds().div_ceil(1_000)
}

fn signed(attributes: Option<&Attributes>, name: &str) -> Result<Option<i64>, PortError> {
    let Some(value) = attributes.and_then(|attributes| attributes.get(name)) else {
        return Ok(None);
    };
    let digits = value.as_n().ok().and_then(|digits| digits.parse().ok());
    let why = || format!("its `{name}` is not a whole number");
    digits.map(Some).ok_or_else(|| PortError::Unreadable { what: WHAT, why: why() })
}

impl Counters for CounterTable {
    fn are_shared(&self) -> bool {
        self.are_shared
    }

    async fn take_tokens(
        &self,
        bucket: &str,
        shard: u32,
        take: TokenTake,
        deadline: Timestamp,
    ) -> Result<TokensTaken, PortError> {
        let key = ItemKey::of_bucket(bucket, shard);
        let update =
            |expression| Ok(Update::new(self.table()?, key, expression, take.expires).name("#tat", TIME));
        let update = match take.form {
            TakeForm::Idle { now, time } => {
                update("SET #tat = :time")?.free_or("#tat <= :now").number(":now", now).number(":time", time)
            }
            TakeForm::Busy { now, latest, length } => update("SET #tat = #tat + :length")?
                .condition("#format = :format AND #tat > :now AND #tat <= :latest")
                .number(":now", now)
                .number(":latest", latest)
                .number(":length", length),
            TakeForm::Unchanged { from, time } => update("SET #tat = :time")?
                .condition("#format = :format AND #tat = :from")
                .number(":from", from)
                .number(":time", time),
        };
        match update.send(ReturnValue::UpdatedOld, deadline).await? {
            Written::Done(before) => Ok(TokensTaken::Taken { before: signed(before.as_ref(), TIME)? }),
            Written::Refused(item) => {
                let time: Option<Nanoseconds> = item.map(|item| item.signed(TIME)).transpose()?;
                Ok(TokensTaken::Refused { time })
            }
        }
    }

    async fn take_quota(&self, take: QuotaTake<'_>, deadline: Timestamp) -> Result<QuotaTaken, PortError> {
        let table = self.table().inspect_err(|_| tell_of_quotas())?;
        let QuotaTake { quota, tokens, limit, expires } = take;
        let expression = "SET #used = if_not_exists(#used, :zero) + :tokens, #limit = :limit, #plan = :plan, \
                          #key = :key";
        let most = i64::from(limit) - i64::from(tokens);
        let update = Update::new(table, ItemKey::of_quota(quota), expression, expires)
            .name("#used", USED)
            .name("#limit", QUOTA_LIMIT)
            .name("#plan", PLAN)
            .name("#key", KEY)
            .number(":zero", 0)
            .number(":tokens", tokens)
            .number(":limit", limit)
            .number(":most", most)
            .text(":plan", quota.plan)
            .text(":key", quota.key);
        // Where nobody took any, none are used; an extension may have left less than that.
        let update = if most < 0 {
            update.condition("#format = :format AND #used <= :most")
        } else {
            update.free_or("#used <= :most")
        };
        match update.send(ReturnValue::UpdatedNew, deadline).await? {
            Written::Done(now) => match signed(now.as_ref(), USED)? {
                Some(used) => Ok(QuotaTaken::Taken { used }),
                None => {
                    Err(PortError::Unreadable { what: WHAT, why: "DynamoDB says not what it did".to_owned() })
                }
            },
            Written::Refused(item) => {
                let used = item.map_or(Ok(0), |item| item.signed(USED))?;
                Ok(QuotaTaken::Refused { used })
            }
        }
    }

    async fn return_quota(&self, unused: UnusedQuota<'_>, deadline: Timestamp) -> Result<(), PortError> {
        // Nothing was taken.
        let Some(table) = &self.table else { return Ok(()) };
        let UnusedQuota { quota, id, tokens, after, expires } = unused;
        let mut item = ItemKey::of_return(after, id).into_attributes();
        let text = AttributeValue::S;
        item.extend(
            [
                (FORMAT_ATTRIBUTE, number(u64::from(FORMAT))),
                (PLAN, text(quota.plan.to_string())),
                (KEY, text(quota.key.to_string())),
                (FIRST_DAY, text(quota.first_day.to_string())),
                (TOKENS, number(u64::from(tokens))),
                (AFTER, number(after.milliseconds())),
                (TIME_TO_LIVE_ATTRIBUTE, number(seconds(expires))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        // A second attempt of the call must not take away the mark of what is put back already.
        let call = table
            .client()
            .put_item()
            .table_name(table.name())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .send();
        match within(&**table.clock(), deadline, WHAT, call).await {
            Ok(_) | Err(Failure::Refused(PutItemError::ConditionalCheckFailedException(_))) => Ok(()),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }

    async fn report_usage(&self, report: UsageReport<'_>, deadline: Timestamp) -> Result<(), PortError> {
        // Nobody keeps it.
        let Some(table) = &self.table else { return Ok(()) };
        let UsageReport { id, plan, key, day, counts } = report;
        let expression = "SET #counts = :counts, #sum = :sum, #plan = :plan, #key = :key, #day = :day";
        let update =
            Update::new(table, ItemKey::of_report(day, plan, key, id), expression, report_expires(day))
                .free_or("#sum <= :sum")
                .name("#counts", COUNTS)
                .name("#sum", SUM)
                .name("#plan", PLAN)
                .name("#key", KEY)
                .name("#day", DAY)
                .value(":counts", counts_value(counts))
                .number(":sum", counts_sum(counts.values()))
                .text(":plan", plan)
                .text(":key", key)
                .text(":day", day);
        // Where a later report stands there already, it holds what this one does.
        update.send(ReturnValue::None, deadline).await.map(|_| ())
    }
}

/// Says once that quotas are not kept.
fn tell_of_quotas() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(
            "a usage plan has a quota, and there is no table to count in: strict plans let nobody through, all others everybody; \
             set `GATELET_COUNTERS_TABLE`"
        );
    });
}

impl fmt::Debug for CounterTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.table.as_ref().map(OpenTable::name);
        formatter
            .debug_struct("CounterTable")
            .field("name", &name)
            .field("are_shared", &self.are_shared)
            .finish()
    }
}
