//! What was used, for those who ask or say so; the data plane does neither.

use aws_sdk_dynamodb::types::ReturnValue;
use gatelet_core::limits::Day;
use gatelet_core::ports::{PortError, QuotaName, Timestamp};
use gatelet_model::PartId;

use super::items::{
    ItemKey, KEY, PLAN, REPORT_SHARDS, StoredQuota, StoredReport, StoredTotal, USED, report_partition,
    total_partition, total_sort,
};
use super::{CounterTable, Update, Written};
use crate::dynamodb::{Consistency, SortKeys};

impl CounterTable {
    /// What was counted of a key of a plan from the first day to the last, both included, by day.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn totals(
        &self,
        plan: &PartId,
        key: &PartId,
        (first, last): (Day, Day),
        deadline: Timestamp,
    ) -> Result<Vec<StoredTotal>, PortError> {
        let range = SortKeys::Between(total_sort(key, first), total_sort(key, last));
        let items = self.table()?.query(total_partition(plan), range, deadline).await?;
        items.into_iter().map(|item| StoredTotal::read(item.into_all_attributes())).collect()
    }

    /// All that instances reported of a day.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn reports(&self, day: Day, deadline: Timestamp) -> Result<Vec<StoredReport>, PortError> {
        let mut reports = Vec::new();
        for shard in 0..REPORT_SHARDS {
            let items = self.table()?.query(report_partition(day, shard), SortKeys::All, deadline).await?;
            for item in items {
                reports.push(StoredReport::read(item.into_all_attributes())?);
            }
        }
        Ok(reports)
    }

    /// A quota's counter; none where nobody took anything.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn quota(
        &self,
        quota: QuotaName<'_>,
        deadline: Timestamp,
    ) -> Result<Option<StoredQuota>, PortError> {
        let ItemKey { partition, sort } = ItemKey::of_quota(quota);
        let item = self.table()?.get(partition, sort, Consistency::Strong, deadline).await?;
        item.map(|item| StoredQuota::read(item.into_all_attributes())).transpose()
    }

    /// Says how many tokens of a quota are used from now on.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn set_quota_used(
        &self,
        quota: QuotaName<'_>,
        used: i64,
        expires: Timestamp,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let expression = "SET #used = :used, #plan = :plan, #key = :key";
        let update = Update::new(self.table()?, ItemKey::of_quota(quota), expression, expires)
            .condition("attribute_not_exists(#format) OR #format = :format")
            .name("#used", USED)
            .name("#plan", PLAN)
            .name("#key", KEY)
            .number(":used", used)
            .text(":plan", quota.plan)
            .text(":key", quota.key);
        match update.send(ReturnValue::None, deadline).await? {
            Written::Done(_) => Ok(()),
            // What is there is in this format, or reading it has failed.
            Written::Refused(_) => Ok(()),
        }
    }
}
