//! All reports of days, read anew: what the stream lost, or never told.

use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, Timestamp};

use super::PAGE_ITEMS;
use super::fold::Folded;
use crate::dynamodb::counters::CounterTable;
use crate::dynamodb::counters::items::{REPORT_SHARDS, StoredReport, WHAT, report_partition};
use crate::dynamodb::{Attributes, OpenTable, PARTITION_KEY, SORT_KEY, within};
use aws_sdk_dynamodb::types::AttributeValue;

/// A place in the reports: from where on they are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The day.
    pub day: Day,
    /// The partition of it, from 0.
    pub shard: u8,
}

/// What came of folding days.
#[derive(Debug, Default)]
pub struct DaysFolded {
    /// What was folded.
    pub folded: Folded,
    /// How many reports were looked at.
    pub reports: usize,
    /// Where it stopped, because the time was over or the store failed; none where everything was looked at.
    pub stopped_at: Option<Place>,
}

impl CounterTable {
    /// Folds all reports from a place on to the end of the last day. It stops soon after `stop_at`, or where the store
    /// fails, and says where. What cannot be read or written is told in the log and left out.
    pub async fn fold_days(&self, from: Place, last: Day, stop_at: Timestamp) -> DaysFolded {
        let mut done = DaysFolded::default();
        let table = match self.table() {
            Ok(table) => table,
            Err(error) => {
                done.folded.error = Some(error);
                done.stopped_at = Some(from);
                return done;
            }
        };
        let mut place = from;
        while place.day <= last {
            if let Err(error) = self.fold_shard(table, place, stop_at, &mut done).await {
                done.folded.error = Some(error);
            }
            if done.folded.error.is_some() {
                done.stopped_at = Some(place);
                return done;
            }
            place = match place.shard + 1 {
                shard if shard < REPORT_SHARDS => Place { shard, ..place },
                _ => Place { day: place.day.after(1), shard: 0 },
            };
        }
        done
    }

    /// Folds all reports of today and of yesterday: as [`CounterTable::fold_days`].
    pub async fn fold_recent(&self, now: Timestamp, stop_at: Timestamp) -> DaysFolded {
        let today = Day::of(now);
        self.fold_days(Place { day: today.before(1), shard: 0 }, today, stop_at).await
    }

    async fn fold_shard(
        &self,
        table: &OpenTable,
        place: Place,
        stop_at: Timestamp,
        done: &mut DaysFolded,
    ) -> Result<(), PortError> {
        let partition = report_partition(place.day, place.shard);
        let mut after = None;
        loop {
            let (items, next) = page(table, &partition, None, after, stop_at).await?;
            let read = items.into_iter().filter_map(|item| {
                let read = StoredReport::read(item);
                read.inspect_err(|error| tracing::error!(%error, partition, "a report is left out")).ok()
            });
            let reports: Vec<StoredReport> = read.collect();
            done.reports += reports.len();
            done.folded.merge(self.fold_reports(reports, stop_at).await);
            after = next;
            if after.is_none() || done.folded.error.is_some() {
                return Ok(());
            }
        }
    }
}

/// Some items of a partition, up to a sort key or all, and behind which the next are.
pub(super) async fn page(
    table: &OpenTable,
    partition: &str,
    up_to: Option<(&str, &str)>,
    after: Option<Attributes>,
    deadline: Timestamp,
) -> Result<(Vec<Attributes>, Option<Attributes>), PortError> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let request = table
        .client()
        .query()
        .table_name(table.name())
        .consistent_read(true)
        .limit(PAGE_ITEMS)
        .set_exclusive_start_key(after)
        .expression_attribute_names("#pk", PARTITION_KEY)
        .expression_attribute_values(":pk", text(partition));
    let request = match up_to {
        Some((first, last)) => request
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last)),
        None => request.key_condition_expression("#pk = :pk"),
    };
    let answer = within(&**table.clock(), deadline, WHAT, request.send())
        .await
        .map_err(|failure| failure.into_port_error(WHAT))?;
    Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
}
