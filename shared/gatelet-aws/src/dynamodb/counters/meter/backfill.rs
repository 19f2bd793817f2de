//! How far a backfill is that takes more than one call, kept in the table itself.

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, Timestamp};
use gatelet_model::Problem;

use super::PARTITION;
use super::days::Place;
use crate::dynamodb::counters::items::report_expires;
use crate::dynamodb::counters::{CounterTable, seconds};
use crate::dynamodb::transaction::{Condition, Transaction, Write};
use crate::dynamodb::{Consistency, NewItem, PARTITION_KEY, TIME_TO_LIVE_ATTRIBUTE, number};

/// Where in the meter's own partition it stands.
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

impl Backfill {
    /// All days of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), last: self.last.max(other.last) }
    }
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

    /// Keeps what of a backfill is left, or that nothing is, where what stands there is what was `read`. Whether it does is the answer:
    /// where it does not, nothing is done.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn keep_backfill(
        &self,
        read: Option<Backfill>,
        left: Option<Backfill>,
        deadline: Timestamp,
    ) -> Result<bool, PortError> {
        let write = match (read, left) {
            (None, None) => return Ok(true),
            (_, Some(left)) => {
                let item = NewItem::new(PARTITION.to_owned(), SORT.to_owned(), 1)
                    .text(DAY, left.from.day.to_string())
                    .number(SHARD, u64::from(left.from.shard))
                    .text(LAST, left.last.to_string())
                    // When its reports end, there is nothing left to do.
                    .number(TIME_TO_LIVE_ATTRIBUTE, seconds(report_expires(left.last)));
                Write::Put(item, Some(standing(read)))
            }
            (Some(_), None) => Write::Delete(PARTITION.to_owned(), SORT.to_owned(), Some(standing(read))),
        };
        match self.table()?.transact(vec![write], deadline).await? {
            Transaction::Done => Ok(true),
            Transaction::Cancelled(_) => Ok(false),
        }
    }
}

/// That there stands what was read.
fn standing(read: Option<Backfill>) -> Condition {
    let Some(Backfill { from, last }) = read else {
        return Condition {
            expression: "attribute_not_exists(#pk)",
            names: &[("#pk", PARTITION_KEY)],
            values: Vec::new(),
        };
    };
    let text = |day: Day| AttributeValue::S(day.to_string());
    Condition {
        expression: "#day = :day AND #shard = :shard AND #last = :last",
        names: &[("#day", DAY), ("#shard", SHARD), ("#last", LAST)],
        values: vec![
            (":day", text(from.day)),
            (":shard", number(u64::from(from.shard))),
            (":last", text(last)),
        ],
    }
}
