//! Of which parts of a quota somebody was told: marks on its counter, so that duplicates and restarts tell nobody again.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use gatelet_core::limits::meter::{QUOTA_THRESHOLDS, is_threshold_due};
use gatelet_core::ports::{PortError, QuotaName, Timestamp};
use gatelet_model::FORMAT;

use crate::dynamodb::counters::CounterTable;
use crate::dynamodb::counters::items::{ItemKey, StoredQuota, WHAT};
use crate::dynamodb::{Attributes, FORMAT_ATTRIBUTE, Failure, number, within};

/// The limits for which somebody was told of each threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToldThresholds([Option<u32>; QUOTA_THRESHOLDS.len()]);

impl ToldThresholds {
    /// Reads the marks of a counter.
    #[must_use]
    pub fn read(attributes: &Attributes) -> Self {
        Self(QUOTA_THRESHOLDS.map(|percent| {
            let digits = attributes.get(&attribute(percent))?.as_n().ok()?;
            digits.parse().ok()
        }))
    }

    /// The thresholds of which somebody is to be told, in percent and from the lowest on.
    pub fn due(self, quota: &StoredQuota) -> impl Iterator<Item = u32> {
        let (used, limit) = (quota.used, quota.limit.unwrap_or(0));
        let thresholds = QUOTA_THRESHOLDS.into_iter().zip(self.0);
        thresholds
            .filter(move |(percent, told)| is_threshold_due(used, limit, *percent, *told))
            .map(|(percent, _)| percent)
    }
}

/// The attribute that holds the limit for which somebody was told.
fn attribute(percent: u32) -> String {
    format!("told_{percent}")
}

impl CounterTable {
    /// A quota's counter as it is now and its marks; none where it has ended.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn quota_and_marks(
        &self,
        quota: QuotaName<'_>,
        deadline: Timestamp,
    ) -> Result<Option<(StoredQuota, ToldThresholds)>, PortError> {
        let table = self.table()?;
        let call = table
            .client()
            .get_item()
            .table_name(table.name())
            .set_key(Some(ItemKey::of_quota(quota).into_attributes()))
            .consistent_read(true)
            .send();
        let answer = within(&**table.clock(), deadline, WHAT, call)
            .await
            .map_err(|failure| failure.into_port_error(WHAT))?;
        let Some(item) = answer.item else { return Ok(None) };
        let told = ToldThresholds::read(&item);
        Ok(Some((StoredQuota::read(item)?, told)))
    }

    /// Marks that somebody was told of a threshold of this limit.
    ///
    /// # Errors
    /// A [`PortError`].
    pub async fn mark_told(
        &self,
        quota: QuotaName<'_>,
        percent: u32,
        limit: u32,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let table = self.table()?;
        let call = table
            .client()
            .update_item()
            .table_name(table.name())
            .set_key(Some(ItemKey::of_quota(quota).into_attributes()))
            .update_expression("SET #told = :limit")
            // A counter that has ended is not made anew.
            .condition_expression("#format = :format AND (attribute_not_exists(#told) OR #told < :limit)")
            .expression_attribute_names("#told", attribute(percent))
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_values(":limit", number(u64::from(limit)))
            .expression_attribute_values(":format", number(u64::from(FORMAT)))
            .send();
        match within(&**table.clock(), deadline, WHAT, call).await {
            Ok(_) | Err(Failure::Refused(UpdateItemError::ConditionalCheckFailedException(_))) => Ok(()),
            Err(failure) => Err(failure.into_port_error(WHAT)),
        }
    }
}
