//! Dates as signatures have them: ISO 8601's basic format, in UTC, to the second.

use std::fmt;

use crate::ports::Timestamp;
use crate::record::civil_date;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// A moment to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    /// Seconds since 1970.
    seconds: u64,
}

impl Moment {
    /// Reads `20261120T160000Z`; nothing else is a date here.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| -> Option<u64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let days = days_since_1970(number(0, 4)?, number(4, 6)?, number(6, 8)?)?;
        let moment = Self::at(
            days * SECONDS_PER_DAY + number(9, 11)? * 3_600 + number(11, 13)? * 60 + number(13, 15)?,
        );
        // A 30th of February or a 25th hour is written otherwise than it was read.
        (moment.to_string() == text).then_some(moment)
    }

    /// The second in which a time lies.
    pub(super) fn of(time: Timestamp) -> Self {
        Self::at(time.milliseconds() / 1_000)
    }

    /// Its beginning.
    pub(super) const fn timestamp(self) -> Timestamp {
        Timestamp::from_milliseconds(self.seconds * 1_000)
    }

    const fn at(seconds: u64) -> Self {
        Self { seconds }
    }

    /// The moment so many seconds before, not before 1970.
    pub(super) const fn before(self, seconds: u64) -> Self {
        Self::at(self.seconds.saturating_sub(seconds))
    }

    /// The moment so many seconds later.
    pub(super) const fn after(self, seconds: u64) -> Self {
        Self::at(self.seconds.saturating_add(seconds))
    }

    /// The day, as scopes have it: `20261120`.
    pub(super) fn date(self) -> String {
        let (year, month, day) = civil_date(self.seconds / SECONDS_PER_DAY);
        format!("{year:04}{month:02}{day:02}")
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.seconds % SECONDS_PER_DAY;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(formatter, "{}T{hour:02}{minute:02}{second:02}Z", self.date())
    }
}

/// The inverse of [`civil_date`], for months that are none as well: what comes of those is another date.
/// (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_PER_CYCLE: u64 = 146_097;
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (cycle, year_of_cycle) = (year / 400, year % 400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    (cycle * DAYS_PER_CYCLE + day_of_cycle).checked_sub(DAYS_TO_1970)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        for (text, seconds) in [
            ("19700101T000000Z", 0),
            ("20000229T000000Z", 951_782_400),
            ("20150830T123600Z", 1_440_938_160),
            ("20261120T155959Z", 1_795_190_399),
            ("21000228T235959Z", 4_107_542_399),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!((moment.seconds, moment.to_string().as_str()), (seconds, text));
            assert_eq!(Moment::of(Timestamp::from_milliseconds(seconds * 1_000 + 999)), moment);
            assert_eq!(moment.date(), text[..8]);
        }
    }

    #[test]
    fn every_day_of_400_years_reads_back() {
        for day in 0..146_097 {
            let moment = Moment::at(day * SECONDS_PER_DAY);
            assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2015",
            "20150830",
            "20150830T123600",
            "20150830T123600z",
            "20150830t123600Z",
            "2015-08-30T12:36:00Z",
            "20150830T123600ZZ",
            " 20150830T123600Z",
            "20150230T123600Z",
            "20151330T123600Z",
            "20150030T123600Z",
            "20150800T123600Z",
            "20150830T243600Z",
            "20150830T126000Z",
            "20150830T123660Z",
            "19691231T235959Z",
            "00000101T000000Z",
            "+0150830T123600Z",
            "2015083\u{661}T12360Z",
            "Sun, 30 Aug 2015 12:36:00 GMT",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
