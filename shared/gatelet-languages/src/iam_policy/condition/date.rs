//! Times: the ISO 8601 of the W3C, or seconds since 1970
//! (<https://www.w3.org/TR/NOTE-datetime>).

const SECONDS_PER_MINUTE: i64 = 60;
const SECONDS_PER_HOUR: i64 = 3_600;
const SECONDS_PER_DAY: i64 = 86_400;

/// As many digits as seconds can have until the year 5138. More would be milliseconds.
const EPOCH_DIGITS_MAX: usize = 11;

/// Digits alone that could be a year or seconds.
const YEAR_DIGITS: usize = 4;

/// The seconds since 1970; parts of a second are dropped. `None` where the text is no time.
///
/// A year alone is none: AWS takes one, and digits alone also as seconds.
pub(super) fn parse(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|it| it.is_ascii_digit()) {
        return (digits.len() != YEAR_DIGITS && digits.len() <= EPOCH_DIGITS_MAX)
            .then(|| text.parse().ok())
            .flatten();
    }
    let mut reader = Reader(text);
    let year = reader.number(4, 0, 9_999)?;
    reader.mark('-')?;
    let month = reader.number(2, 1, 12)?;
    let day = if reader.0.is_empty() {
        1
    } else {
        reader.mark('-')?;
        reader.number(2, 1, days_of(year, month))?
    };
    let midnight = days_since_1970(year, month, day) * SECONDS_PER_DAY;
    if reader.0.is_empty() {
        return Some(midnight);
    }
    reader.mark('T')?;
    let hour = reader.number(2, 0, 23)?;
    reader.mark(':')?;
    let minute = reader.number(2, 0, 59)?;
    let mut second = 0;
    if reader.mark(':').is_some() {
        second = reader.number(2, 0, 59)?;
        if reader.mark('.').is_some() {
            let behind = reader.0.trim_start_matches(|it: char| it.is_ascii_digit());
            if behind.len() == reader.0.len() {
                return None;
            }
            reader.0 = behind;
        }
    }
    let zone = reader.zone()?;
    Some(midnight + hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE + second - zone)
}

struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn mark(&mut self, mark: char) -> Option<()> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(())
    }

    /// A number of exactly so many digits, in a range.
    fn number(&mut self, digits: usize, min: i64, max: i64) -> Option<i64> {
        let (number, behind) = self.0.split_at_checked(digits)?;
        if !number.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        self.0 = behind;
        number.parse().ok().filter(|number| (min..=max).contains(number))
    }

    /// `Z`, or how far the zone is ahead, in seconds; then nothing more.
    fn zone(&mut self) -> Option<i64> {
        if self.mark('Z').is_some() {
            return self.0.is_empty().then_some(0);
        }
        let sign = match self.mark('+') {
            Some(()) => 1,
            None => {
                self.mark('-')?;
                -1
            }
        };
        let hours = self.number(2, 0, 23)?;
        self.mark(':')?;
        let minutes = self.number(2, 0, 59)?;
        self.0.is_empty().then_some(sign * (hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE))
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Leap years before a year: of 0 too, which was one.
    let leaps = |year: i64| (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let years = (year - 1970) * 365 + leaps(year) - leaps(1970);
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_are_seconds_since_1970() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01", 0),
            ("1970-01-01T01:00+01:00", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29", 951_782_400),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2026-11-20T18:48:01.5-05:30", 1_795_220_281),
            ("2100-03-01", 4_107_542_400),
            ("0000-01-01", -62_167_219_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("1795220281", 1_795_220_281),
            ("-1", -1),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "2026",
            "1795220281000",
            "2026-13",
            "2026-00-01",
            "2026-02-29",
            "2100-02-29",
            "2026-1-1",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00+0100",
            "20260101T000000Z",
            "2026-01-01T",
            "\u{663}026-01-01",
            "202\u{e9}-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
