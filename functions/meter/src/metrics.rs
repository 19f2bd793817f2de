//! Usage as CloudWatch's metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::DisplayErrorContext;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use gatelet_core::limits::Day;
use gatelet_core::ports::{Timestamp, UsageCounts};
use gatelet_model::PartId;

use crate::services::Services;

/// Where the metrics stand.
const NAMESPACE: &str = "Gatelet";
/// What parts them. Plans alone: CloudWatch takes $0.30 a month for each metric, so a plan costs at most $1.20, while keys or
/// routes would cost that each. What a key used on a route is in the totals.
const DIMENSION: &str = "UsagePlan";
/// How many metrics a call takes (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>). One is
/// far smaller than a kilobyte here, so that a call keeps below its megabyte, too.
const CALL_METRICS_MAX: usize = 1_000;
/// How old a moment may be that CloudWatch takes, from the same page: two weeks.
const AGE_MAX: Duration = Duration::from_secs(14 * 86_400);

/// One of the numbers that are counted.
type Number = fn(&UsageCounts) -> u64;

/// What is said of a plan: a metric's name and its number.
const METRICS: [(&str, Number); 4] = [
    ("Requests", |counts| counts.admitted),
    ("Throttled", |counts| counts.throttled),
    ("QuotaExceeded", |counts| counts.over_quota),
    ("ThrottleDegraded", |counts| counts.degraded),
];

/// CloudWatch.
#[derive(Debug, Clone)]
pub struct Metrics(Client);

impl Metrics {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(services: &Services) -> Self {
        Self(services.cloudwatch())
    }

    /// Says what was added to totals. What CloudWatch does not take is told in the log and lost: the totals have it.
    pub(crate) async fn publish(
        &self,
        added: &BTreeMap<(PartId, Day), UsageCounts>,
        now: Timestamp,
        limit: Duration,
    ) {
        let data = data(added, now);
        let calls = async {
            for some in data.chunks(CALL_METRICS_MAX) {
                let call = self.0.put_metric_data().namespace(NAMESPACE).set_metric_data(Some(some.to_vec()));
                if let Err(error) = call.send().await {
                    let why = DisplayErrorContext(&error).to_string();
                    tracing::warn!(why, metrics = some.len(), "CloudWatch did not take metrics");
                }
            }
        };
        if tokio::time::timeout(limit, calls).await.is_err() {
            tracing::warn!(metrics = data.len(), "CloudWatch took too long for metrics");
        }
    }
}

/// The metrics of what was added; zeros and what is too old left out. What is of an earlier day stands at its end.
fn data(added: &BTreeMap<(PartId, Day), UsageCounts>, now: Timestamp) -> Vec<MetricDatum> {
    let mut data = Vec::new();
    for ((plan, day), counts) in added {
        let last = day.after(1).start().milliseconds().saturating_sub(1);
        let moment = last.min(now.milliseconds());
        if now.since(Timestamp::from_milliseconds(moment)) >= AGE_MAX {
            continue;
        }
        let dimension = Dimension::builder().name(DIMENSION).value(plan.as_str()).build();
        let moment = DateTime::from_millis(i64::try_from(moment).unwrap_or(i64::MAX));
        for (name, of) in METRICS {
            let count = of(counts);
            if count > 0 {
                #[allow(clippy::cast_precision_loss, reason = "CloudWatch's numbers are no more exact")]
                let value = count as f64;
                let datum = MetricDatum::builder()
                    .metric_name(name)
                    .dimensions(dimension.clone())
                    .timestamp(moment)
                    .unit(StandardUnit::Count)
                    .value(value);
                data.push(datum.build());
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn metrics_stand_at_their_day_and_zeros_are_left_out() {
        let today = Day::parse("2026-11-21").unwrap();
        let now = today.start().after(Duration::from_secs(60));
        let plan = PartId::parse("gold").unwrap();
        let counts = UsageCounts { admitted: 7, over_quota: 2, ..UsageCounts::default() };
        let days = [today, today.before(1), today.before(14), today.before(15)];
        let added = days.into_iter().map(|day| ((plan.clone(), day), counts)).collect();
        let data = data(&added, now);
        let seen: Vec<_> = data
            .iter()
            .map(|datum| {
                let seconds = datum.timestamp().unwrap().secs();
                (datum.metric_name().unwrap(), datum.value().unwrap(), seconds)
            })
            .collect();
        let midnight = i64::try_from(today.start().milliseconds() / 1_000).unwrap();
        let fortnight = midnight - 13 * 86_400 - 1;
        assert_eq!(
            seen,
            [
                ("Requests", 7.0, fortnight),
                ("QuotaExceeded", 2.0, fortnight),
                ("Requests", 7.0, midnight - 1),
                ("QuotaExceeded", 2.0, midnight - 1),
                ("Requests", 7.0, midnight + 60),
                ("QuotaExceeded", 2.0, midnight + 60),
            ]
        );
        assert_eq!(data[0].dimensions()[0].value(), Some("gold"));
    }
}
