//! Tokens of quotas go back: one transaction marks the return and takes them off what is used.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::limits::Day;
use gatelet_core::limits::meter::goes_back_up_to;
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::FORMAT;

use super::days::page;
use super::{ATTEMPTS_MAX, BACKOFF};
use crate::dynamodb::counters::CounterTable;
use crate::dynamodb::counters::items::{
    IS_PUT_BACK, ItemKey, REPORT_SHARDS, StoredReturn, USED, WHAT, return_moment, return_partition,
};
use crate::dynamodb::transaction::{Condition, TRANSACTION_CONFLICT, Transaction, Write, refused_item};
use crate::dynamodb::{FORMAT_ATTRIBUTE, OpenTable, number};

/// How many days the longest period of a quota has: a month. What came back before has no counter any more that it could go to.
const PERIOD_DAYS_MAX: u64 = 31;
/// Behind all ids that follow a moment.
const BEHIND_IDS: char = '\u{10FFFF}';

/// What came of putting tokens back.
#[derive(Debug, Default)]
pub struct PutBack {
    /// How many tokens went back.
    pub tokens: u64,
    /// Ids of those returns that may not have been put back.
    pub failed: BTreeSet<String>,
    /// Why the last of those was not.
    pub error: Option<PortError>,
}

impl CounterTable {
    /// Puts tokens back that are due, each return once, whoever else does the same. Those that are not due yet by `now` are left
    /// alone.
    pub async fn put_back(&self, returns: Vec<StoredReturn>, now: Timestamp, deadline: Timestamp) -> PutBack {
        let mut done = PutBack::default();
        let Some(last) = goes_back_up_to(now) else { return done };
        for unused in returns.into_iter().filter(|unused| !unused.is_put_back && unused.after <= last) {
            let result = match self.table() {
                Ok(table) => put_one_back(table, &unused, deadline).await,
                Err(error) => Err(error),
            };
            match result {
                Ok(true) => done.tokens = done.tokens.saturating_add(u64::from(unused.tokens)),
                Ok(false) => {}
                Err(error) => {
                    done.failed.insert(unused.id);
                    done.error = Some(error);
                }
            }
        }
        done
    }

    /// Puts all tokens back that are due by `now` and came back after `since`. It ends with the first call of the table that fails.
    pub async fn put_back_due(&self, since: Timestamp, now: Timestamp, deadline: Timestamp) -> PutBack {
        let mut done = PutBack::default();
        let Some(last) = goes_back_up_to(now) else { return done };
        let (first_place, last_place) =
            (return_moment(since), format!("{}#{BEHIND_IDS}", return_moment(last)));
        let mut day = Day::of(since);
        while day <= Day::of(last) && done.error.is_none() {
            for shard in 0..REPORT_SHARDS {
                let partition = return_partition(day, shard);
                let result =
                    self.put_shard_back(&partition, (&first_place, &last_place), now, deadline, &mut done);
                if let Err(error) = result.await {
                    done.error = Some(error);
                }
                if done.error.is_some() {
                    return done;
                }
            }
            day = day.after(1);
        }
        done
    }

    /// Puts all tokens back that are due by `now` and came back today or yesterday: as [`CounterTable::put_back_due`].
    pub async fn put_recent_back(&self, now: Timestamp, deadline: Timestamp) -> PutBack {
        self.put_back_due(Day::of(now).before(1).start(), now, deadline).await
    }

    /// Puts all tokens back that are due by `now`, however long they have waited: as [`CounterTable::put_back_due`]. It reads a partition
    /// for each shard of each day of a period, so it is for whoever may have been away.
    pub async fn put_all_back(&self, now: Timestamp, deadline: Timestamp) -> PutBack {
        self.put_back_due(Day::of(now).before(PERIOD_DAYS_MAX).start(), now, deadline).await
    }

    async fn put_shard_back(
        &self,
        partition: &str,
        places: (&str, &str),
        now: Timestamp,
        deadline: Timestamp,
        done: &mut PutBack,
    ) -> Result<(), PortError> {
        let table = self.table()?;
        let mut after = None;
        loop {
            let (items, next) = page(table, partition, Some(places), after, deadline).await?;
            let read = items.into_iter().filter_map(|item| {
                let read = StoredReturn::read(item);
                read.inspect_err(|error| tracing::error!(%error, partition, "a return is left out")).ok()
            });
            let some = self.put_back(read.collect(), now, deadline).await;
            done.tokens = done.tokens.saturating_add(some.tokens);
            done.failed.extend(some.failed);
            done.error = some.error.or(done.error.take());
            after = next;
            if after.is_none() || done.error.is_some() {
                return Ok(());
            }
        }
    }
}

/// Whether it went back just now. It does not where it has before, or where the counter has ended.
async fn put_one_back(
    table: &OpenTable,
    unused: &StoredReturn,
    deadline: Timestamp,
) -> Result<bool, PortError> {
    for attempt in 1..=ATTEMPTS_MAX {
        let reasons = match table.transact(writes(unused), deadline).await? {
            Transaction::Done => return Ok(true),
            Transaction::Cancelled(reasons) => reasons,
        };
        if refused_item(&reasons, 0).is_some() || refused_item(&reasons, 1).is_some() {
            return Ok(false);
        }
        if !reasons.iter().any(|reason| reason.code() == Some(TRANSACTION_CONFLICT)) {
            break;
        }
        tokio::time::sleep(BACKOFF * attempt).await;
    }
    let why = "others write to the same counter all the time; it is tried again later";
    Err(PortError::Unavailable { what: WHAT, why: why.to_owned() })
}

fn writes(unused: &StoredReturn) -> Vec<Write> {
    let of_return = ItemKey::of_return(unused.after, &unused.id);
    let of_quota = ItemKey::of_quota(unused.quota());
    let format = || (":format", number(u64::from(FORMAT)));
    let mark = Condition {
        expression: "#format = :format AND attribute_not_exists(#put_back)",
        names: &[("#format", FORMAT_ATTRIBUTE), ("#put_back", IS_PUT_BACK)],
        values: vec![format(), (":yes", AttributeValue::Bool(true))],
    };
    let take_off = Condition {
        expression: "#format = :format AND attribute_exists(#used)",
        names: &[("#format", FORMAT_ATTRIBUTE), ("#used", USED)],
        values: vec![format(), (":tokens", number(u64::from(unused.tokens)))],
    };
    vec![
        Write::Update(of_return.partition, of_return.sort, "SET #put_back = :yes", mark),
        Write::Update(of_quota.partition, of_quota.sort, "SET #used = #used - :tokens", take_off),
    ]
}
