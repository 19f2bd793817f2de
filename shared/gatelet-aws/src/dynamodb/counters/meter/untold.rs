//! Quotas of which somebody could not be told: kept until the next schedule, so that counting does not wait.

use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, QuotaName, Timestamp};
use gatelet_model::{PartId, Problem};

use super::PARTITION;
use crate::dynamodb::counters::items::{FIRST_DAY, KEY, PLAN, WHAT, report_expires};
use crate::dynamodb::counters::{CounterTable, seconds};
use crate::dynamodb::transaction::{Transaction, Write};
use crate::dynamodb::{NewItem, SortKeys, TIME_TO_LIVE_ATTRIBUTE};

/// What the places of these begin with.
const PREFIX: &str = "untold#";
/// For how many days after its period began it is tried to tell of a quota, beside those for which a report is kept: a month.
const PERIOD_DAYS_MAX: u64 = 31;

/// A quota of which somebody is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The plan.
    pub plan: PartId,
    /// The API key's id.
    pub key: PartId,
    /// The first day of the period.
    pub first_day: Day,
}

impl Untold {
    /// The quota's counter.
    #[must_use]
    pub const fn quota(&self) -> QuotaName<'_> {
        QuotaName { plan: &self.plan, key: &self.key, first_day: self.first_day }
    }
}

fn place(quota: QuotaName<'_>) -> String {
    let QuotaName { plan, key, first_day } = quota;
    format!("{PREFIX}{plan}#{key}#{first_day}")
}

impl CounterTable {
    /// Keeps that somebody is to be told of a quota.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn keep_untold(&self, quota: QuotaName<'_>, deadline: Timestamp) -> Result<(), PortError> {
        let expires = report_expires(quota.first_day.after(PERIOD_DAYS_MAX));
        let item = NewItem::new(PARTITION.to_owned(), place(quota), 1)
            .text(PLAN, quota.plan.as_str())
            .text(KEY, quota.key.as_str())
            .text(FIRST_DAY, quota.first_day.to_string())
            .number(TIME_TO_LIVE_ATTRIBUTE, seconds(expires));
        self.table()?.put(item, deadline).await
    }

    /// The first quotas of which somebody is to be told, at most so many.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn untold(&self, limit: usize, deadline: Timestamp) -> Result<Vec<Untold>, PortError> {
        let prefix = SortKeys::Prefix(PREFIX.to_owned());
        let items = self.table()?.first(PARTITION.to_owned(), prefix, limit, deadline).await?;
        let day = |text: &str| Day::try_from(text.to_owned()).map_err(Problem::error);
        let read = items.iter().map(|item| {
            Ok(Untold {
                plan: item.parsed(PLAN, PartId::parse)?,
                key: item.parsed(KEY, PartId::parse)?,
                first_day: item.parsed(FIRST_DAY, day)?,
            })
        });
        read.collect()
    }

    /// Forgets that somebody is to be told of a quota.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn forget_untold(&self, quota: QuotaName<'_>, deadline: Timestamp) -> Result<(), PortError> {
        let write = Write::Delete(PARTITION.to_owned(), place(quota), None);
        match self.table()?.transact(vec![write], deadline).await? {
            Transaction::Done => Ok(()),
            Transaction::Cancelled(_) => Err(PortError::Unavailable {
                what: WHAT,
                why: "others write to what was to be told; it is tried again later".to_owned(),
            }),
        }
    }
}
