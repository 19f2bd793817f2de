//! Who is told that a quota comes to its end, and when: after all that is counted, and never for long.

use std::collections::BTreeSet;
use std::time::Duration;

use gatelet_aws::dynamodb::counters::items::{ItemKey, StoredQuota};
use gatelet_core::Timestamp;
use gatelet_core::ports::QuotaName;

use crate::meter::{METRICS_MAX, Ports, key_of, name_of};

/// How long a batch of the stream tells of quotas; those that are left wait for a schedule.
const TELL_MAX: Duration = Duration::from_secs(10);
/// Of how many quotas a schedule tells again.
const TELL_AGAIN_MAX: usize = 500;

impl Ports {
    /// Tells of quotas. After the first of which EventBridge is not told, the others are kept for a schedule, as that one is. Gives
    /// those that could not even be kept.
    pub(crate) async fn tell_all<'a>(
        &self,
        quotas: impl Iterator<Item = &'a StoredQuota>,
        stop_at: Timestamp,
    ) -> BTreeSet<ItemKey> {
        let until = stop_at.min(self.clock.now().after(TELL_MAX));
        let (mut is_told, mut lost) = (true, BTreeSet::new());
        for quota in quotas {
            let name = name_of(quota);
            if is_told {
                match self.tell(name, until).await {
                    Ok(()) => continue,
                    Err(why) => {
                        tracing::warn!(why, "quotas that come to their end are told of by the next schedule");
                        is_told = false;
                    }
                }
            }
            // In the time that is left for the end.
            let end = self.clock.now().after(METRICS_MAX);
            if let Err(error) = self.counters.keep_untold(name, end).await {
                tracing::warn!(%error, plan = %quota.plan, key = %quota.key, "a quota's change comes again");
                lost.insert(key_of(quota));
            }
        }
        lost
    }

    /// Tells of quotas that batches of the stream could not tell of. What fails is told the next time.
    pub(crate) async fn tell_again(&self, stop_at: Timestamp) {
        let untold = match self.counters.untold(TELL_AGAIN_MAX, stop_at).await {
            Ok(untold) => untold,
            Err(error) => return tracing::warn!(%error, "which quotas are to be told of is not known"),
        };
        for quota in &untold {
            if let Err(why) = self.tell_and_forget(quota.quota(), stop_at).await {
                return tracing::warn!(why, "quotas that come to their end are told of later");
            }
        }
    }

    async fn tell_and_forget(&self, quota: QuotaName<'_>, stop_at: Timestamp) -> Result<(), String> {
        self.tell(quota, stop_at).await?;
        self.counters.forget_untold(quota, stop_at).await.map_err(|error| error.to_string())?;
        // What was kept between the two is forgotten with it: looked at once more, it is not lost.
        if let Err(why) = self.tell(quota, stop_at).await {
            self.counters.keep_untold(quota, stop_at).await.map_err(|error| error.to_string())?;
            return Err(why);
        }
        Ok(())
    }

    /// Says which thresholds of a quota are crossed and not told yet, and marks each: one that was told and not marked is told again.
    async fn tell(&self, name: QuotaName<'_>, until: Timestamp) -> Result<(), String> {
        // What was told may be old: the marks that count are those of now.
        let now_there = self.counters.quota_and_marks(name, until).await;
        let Some((quota, told)) = now_there.map_err(|error| error.to_string())? else { return Ok(()) };
        for percent in told.due(&quota) {
            let now = self.clock.now();
            let telling = self.announcements.threshold(&quota, percent, now);
            let told = tokio::time::timeout(until.since(now), telling).await;
            told.map_err(|_| "EventBridge takes too long".to_owned())??;
            let limit = quota.limit.unwrap_or(0);
            let marked = self.counters.mark_told(name, percent, limit, until).await;
            marked.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
