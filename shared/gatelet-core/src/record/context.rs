//! `$context`: what definitions and log lines can say of a request.

use std::borrow::Cow;

use super::Record;
use crate::arrival::Timestamp;

/// Names of months as `$context.requestTime` has them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Record {
    /// The value of a `$context` variable by its name without `$context.`, as far as it is known by now
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>).
    #[must_use]
    pub fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        let place = self.place.as_ref();
        let text = |text: Option<&'static str>| text.map(Cow::Borrowed);
        match name {
            "requestId" => Some(Cow::Borrowed(self.request_id())),
            "extendedRequestId" => Some(Cow::Borrowed(self.extended_request_id())),
            "requestTimeEpoch" => Some(Cow::Owned(self.arrived.milliseconds().to_string())),
            "requestTime" => Some(Cow::Owned(request_time(self.arrived))),
            "httpMethod" => Some(Cow::Borrowed(self.method.as_str())),
            "path" => self.path.as_deref().map(Cow::Borrowed),
            "protocol" => Some(Cow::Owned(format!("{:?}", self.version))),
            "identity.sourceIp" => Some(Cow::Owned(self.peer.to_string())),
            "identity.userAgent" => self.user_agent.as_deref().map(Cow::Borrowed),
            "domainName" => self.host.as_deref().map(Cow::Borrowed),
            "domainPrefix" => self.host.as_deref().and_then(|host| host.split('.').next()).map(Cow::Borrowed),
            "apiId" => place.map(|place| Cow::Borrowed(&*place.api_id)),
            "stage" => place.map(|place| Cow::Borrowed(&*place.stage)),
            "deploymentId" => place.map(|place| Cow::Borrowed(&*place.deployment_id)),
            "isCanaryRequest" => {
                place.map(|place| Cow::Borrowed(if place.canary { "true" } else { "false" }))
            }
            "routeKey" => self.route.as_deref().map(Cow::Borrowed),
            "resourcePath" => self
                .route
                .as_deref()
                .and_then(|route| route.split_once(' '))
                .map(|(_, path)| Cow::Borrowed(path)),
            "status" => self.status.map(|status| Cow::Owned(status.to_string())),
            "integrationStatus" | "integration.status" => self
                .integration
                .as_ref()
                .and_then(|call| call.status)
                .map(|status| Cow::Owned(status.to_string())),
            "integrationLatency" | "integration.latency" => {
                self.integration.as_ref().map(|call| Cow::Owned(call.latency.as_millis().to_string()))
            }
            "error.responseType" => text(self.refusal_type()),
            _ => None,
        }
    }
}

/// The moment as Apache's common log format writes it: `20/Nov/2026:16:00:00 +0000`.
pub(crate) fn request_time(moment: Timestamp) -> String {
    let seconds = moment.milliseconds() / 1_000;
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_date(days);
    let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or("Jan");
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{day:02}/{name}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Year, month and day of a number of days since 1970, by counting 400-year cycles from the first of March
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
pub(crate) const fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_PER_CYCLE: u64 = 146_097;
    let days = days_since_1970 + DAYS_TO_1970;
    let (cycle, day_of_cycle) = (days / DAYS_PER_CYCLE, days % DAYS_PER_CYCLE);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let january_or_february = if month <= 2 { 1 } else { 0 };
    (year_of_cycle + cycle * 400 + january_or_february, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_logs() {
        let request_time = |milliseconds| request_time(Timestamp::from_milliseconds(milliseconds));
        assert_eq!(request_time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(request_time(951_782_400_000), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(request_time(1_795_190_399_999), "20/Nov/2026:15:59:59 +0000");
        assert_eq!(request_time(4_107_542_399_000), "28/Feb/2100:23:59:59 +0000");
    }
}
