//! What EventBridge is told.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use gatelet_aws::dynamodb::counters::items::StoredQuota;
use gatelet_core::ports::Timestamp;
use serde_json::json;

use crate::services::Services;

/// Who says it.
const SOURCE: &str = "gatelet";
/// What it is.
const DETAIL_TYPE: &str = "Usage Plan Quota Threshold";

/// EventBridge's default bus. Its SDK says it and not a signed call of our own, because it brings no package beside itself that
/// CloudWatch's does not bring, and knows how a call that succeeds tells of an event that failed.
#[derive(Debug, Clone)]
pub struct Announcements(Client);

impl Announcements {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(services: &Services) -> Self {
        Self(services.eventbridge())
    }

    /// Says that so many percent of a quota are used.
    ///
    /// # Errors
    /// Why EventBridge did not take it, as far as is known.
    pub(crate) async fn threshold(
        &self,
        quota: &StoredQuota,
        percent: u32,
        now: Timestamp,
    ) -> Result<(), String> {
        let detail = json!({
            "usagePlanId": quota.plan.as_str(),
            "apiKeyId": quota.key.as_str(),
            "period": quota.first_day.to_string(),
            "limit": quota.limit,
            "used": quota.used,
            "threshold": percent,
        });
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(DETAIL_TYPE)
            .time(DateTime::from_millis(i64::try_from(now.milliseconds()).unwrap_or(i64::MAX)))
            .detail(detail.to_string());
        let answer = self.0.put_events().entries(entry.build()).send().await;
        let answer = answer.map_err(|error| DisplayErrorContext(&error).to_string())?;
        match answer.failed_entry_count() {
            0 => Ok(()),
            _ => {
                let code = answer.entries().first().and_then(|entry| entry.error_code());
                Err(format!("EventBridge says {}", code.unwrap_or("no reason")))
            }
        }
    }
}
