//! Days and the periods of quotas, all of them in UTC.

use std::fmt;

use gatelet_model::QuotaPeriod;
use serde::{Deserialize, Serialize};

use crate::ports::Timestamp;
use crate::record::civil_date;

const DAY_MILLISECONDS: u64 = 86_400_000;
const DAYS_OF_WEEK: u64 = 7;
/// 1970 began on a Thursday, four days after a Sunday.
const WEEKDAY_OF_1970: u64 = 4;
/// The last year that is understood: its dates have four digits.
const YEAR_MAX: u64 = 9_999;

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(u64);

impl Day {
    /// The day of a moment.
    #[must_use]
    pub const fn of(moment: Timestamp) -> Self {
        Self(moment.milliseconds() / DAY_MILLISECONDS)
    }

    /// Reads `2026-11-21`. None where that is no day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next()?;
            let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse::<u64>().ok() } else { None }
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let is_whole =
            parts.next().is_none() && (1_970..=YEAR_MAX).contains(&year) && (1..=12).contains(&month);
        // Before the first day of a month there is none.
        let position = day.checked_sub(1)?;
        let found = is_whole.then(|| Self(days_before(year, month) + position));
        // A day that the month does not have is one of another.
        found.filter(|found| civil_date(found.0) == (year, month, day))
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_milliseconds(self.0.saturating_mul(DAY_MILLISECONDS))
    }

    /// The day so many days later.
    #[must_use]
    pub const fn after(self, days: u64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day before; the first day of 1970 has none and is its own.
    #[must_use]
    pub const fn before(self, days: u64) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// How many days later this is than another; 0 where it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_date(self.0);
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no day; write `2026-11-21`"))
    }
}

/// A period of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first: Day,
    /// The first day of the next.
    pub next: Day,
}

impl Period {
    /// The period that a day is in: days begin at midnight, weeks on Sunday, months on the first
    /// (<https://docs.aws.amazon.com/apigateway/latest/api/API_QuotaSettings.html>; that weeks begin on Sunday is said of the
    /// offset of <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-usageplan-quotasettings.html>).
    /// ASSUMPTION: in UTC.
    #[must_use]
    pub const fn of(period: QuotaPeriod, day: Day) -> Self {
        match period {
            QuotaPeriod::Day => Self { first: day, next: day.after(1) },
            QuotaPeriod::Week => {
                let first = day.before((day.0 + WEEKDAY_OF_1970) % DAYS_OF_WEEK);
                Self {
                    first,
                    next: first.after(DAYS_OF_WEEK - (if first.0 == 0 { WEEKDAY_OF_1970 } else { 0 })),
                }
            }
            QuotaPeriod::Month => {
                let (year, month, _) = civil_date(day.0);
                let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                Self { first: Day(days_before(year, month)), next: Day(days_before(next_year, next_month)) }
            }
        }
    }

    /// Whether a moment is in it.
    #[must_use]
    pub const fn holds(&self, moment: Timestamp) -> bool {
        let day = Day::of(moment);
        self.first.0 <= day.0 && day.0 < self.next.0
    }
}

/// How many days are between the beginning of 1970 and that of a month
/// (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
const fn days_before(year: u64, month: u64) -> u64 {
    const DAYS_TO_1970: u64 = 719_468;
    let year_from_march = if month <= 2 { year - 1 } else { year };
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let (cycle, year_of_cycle) = (year_from_march / 400, year_from_march % 400);
    let day_of_year = (153 * month_from_march + 2) / 5;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    cycle * 146_097 + day_of_cycle - DAYS_TO_1970
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn days_read_as_they_are_written() {
        for text in ["1970-01-01", "2024-02-29", "2026-02-28", "2026-11-21", "2000-12-31", "9999-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        for text in [
            "",
            "2026-2-01",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-01-32",
            "1969-12-31",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day::parse("2026-01-01-01"), None);
        assert_eq!(Day::of(day("2026-11-21").start()), day("2026-11-21"));
    }

    #[test]
    fn all_days_of_four_centuries_are_what_they_say() {
        for number in 0..146_097 {
            let day = Day(number);
            assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
    }

    #[test]
    fn periods_begin_where_calendars_say() {
        let bounds = |period, text| {
            let Period { first, next } = Period::of(period, day(text));
            (first.to_string(), next.to_string())
        };
        let pair = |first: &str, next: &str| (first.to_owned(), next.to_owned());
        assert_eq!(bounds(QuotaPeriod::Day, "2026-02-28"), pair("2026-02-28", "2026-03-01"));
        assert_eq!(bounds(QuotaPeriod::Week, "2026-11-21"), pair("2026-11-15", "2026-11-22"));
        assert_eq!(bounds(QuotaPeriod::Week, "2026-11-22"), pair("2026-11-22", "2026-11-29"));
        assert_eq!(bounds(QuotaPeriod::Week, "1970-01-01"), pair("1970-01-01", "1970-01-04"));
        assert_eq!(bounds(QuotaPeriod::Month, "2026-02-15"), pair("2026-02-01", "2026-03-01"));
        assert_eq!(bounds(QuotaPeriod::Month, "2024-02-29"), pair("2024-02-01", "2024-03-01"));
        assert_eq!(bounds(QuotaPeriod::Month, "2026-12-31"), pair("2026-12-01", "2027-01-01"));
    }
}
