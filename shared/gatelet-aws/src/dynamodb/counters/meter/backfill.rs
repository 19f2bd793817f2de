//! How far a backfill is that takes more than one call, kept in the table itself.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::{FORMAT, Problem};

use super::days::Place;
use crate::dynamodb::counters::items::{WHAT, report_expires};
use crate::dynamodb::counters::{CounterTable, seconds};
use crate::dynamodb::{
    Consistency, FORMAT_ATTRIBUTE, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE_ATTRIBUTE, number, within,
};

/// Where it stands: alone, and in no partition whose changes wake the meter.
const PARTITION: &str = "meter";
const SORT: &str = "backfill";
const DAY: &str = "day";
const SHARD: &str = "shard";
const LAST: &str = "last";

/// What of a backfill is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backfill {
    /// From where on.
    pub from: Place,
    /// The last day.
    pub last: Day,
}

impl CounterTable {
    /// The backfill that is not done yet.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn backfill(&self, deadline: Timestamp) -> Result<Option<Backfill>, PortError> {
        let (partition, sort) = (PARTITION.to_owned(), SORT.to_owned());
        let found = self.table()?.get(partition, sort, Consistency::Strong, deadline).await?;
        let Some(item) = found else { return Ok(None) };
        let parse = |text: &str| Day::try_from(text.to_owned()).map_err(Problem::error);
        let shard = u8::try_from(item.number(SHARD)?).map_err(|error| item.unreadable(error.to_string()))?;
        Ok(Some(Backfill {
            from: Place { day: item.parsed(DAY, parse)?, shard },
            last: item.parsed(LAST, parse)?,
        }))
    }

    /// Keeps what of a backfill is left, or that nothing is.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn keep_backfill(&self, left: Option<Backfill>, deadline: Timestamp) -> Result<(), PortError> {
        let table = self.table()?;
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let key = [(PARTITION_KEY, text(PARTITION)), (SORT_KEY, text(SORT))];
        let key = key.map(|(name, value)| (name.to_owned(), value));
        let Some(Backfill { from, last }) = left else {
            let call = table.client().delete_item().table_name(table.name()).set_key(Some(key.into())).send();
            let done = within(&**table.clock(), deadline, WHAT, call).await;
            return done.map(|_| ()).map_err(|failure| failure.into_port_error(WHAT));
        };
        // When its reports end, there is nothing left to do.
        let expires = seconds(report_expires(last));
        let call = table
            .client()
            .put_item()
            .table_name(table.name())
            .set_item(Some(key.into()))
            .item(FORMAT_ATTRIBUTE, number(u64::from(FORMAT)))
            .item(DAY, text(&from.day.to_string()))
            .item(SHARD, number(u64::from(from.shard)))
            .item(LAST, text(&last.to_string()))
            .item(TIME_TO_LIVE_ATTRIBUTE, number(expires))
            .send();
        let done = within(&**table.clock(), deadline, WHAT, call).await;
        done.map(|_| ()).map_err(|failure| failure.into_port_error(WHAT))
    }
}
