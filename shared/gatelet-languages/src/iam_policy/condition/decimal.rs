//! Numbers, compared as they are written: no digit is lost.

use std::cmp::Ordering;

/// Whether a text is an integer or a decimal fraction, with a sign or without.
pub(super) fn is_number(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

/// How the first number stands to the second. `None` where one is none.
pub(super) fn compare(first: &str, second: &str) -> Option<Ordering> {
    Some(Decimal::parse(first)?.order(&Decimal::parse(second)?))
}

struct Decimal<'t> {
    is_negative: bool,
    /// Without zeros before it.
    integer: &'t str,
    /// Without zeros behind it.
    fraction: &'t str,
}

impl<'t> Decimal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if !is_digits(integer) || !is_digits(fraction) {
            return None;
        }
        let (integer, fraction) = (integer.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = integer.is_empty() && fraction.is_empty();
        Some(Self { is_negative: is_negative && !is_zero, integer, fraction })
    }

    fn order(&self, other: &Self) -> Ordering {
        let size = || {
            self.integer
                .len()
                .cmp(&other.integer.len())
                .then_with(|| self.integer.cmp(other.integer))
                .then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.is_negative, other.is_negative) {
            (false, false) => size(),
            (true, true) => size().reverse(),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let rising =
            ["-12345678901234567891", "-12345678901234567890", "-1.5", "-1", "0", "0.09", "0.1", "2", "10"];
        for (at, first) in rising.iter().enumerate() {
            for (other, second) in rising.iter().enumerate() {
                assert_eq!(compare(first, second), Some(at.cmp(&other)), "{first} {second}");
            }
        }
        for (first, second) in [("1", "1.0"), ("-0", "0.00"), ("007", "7"), ("0.50", "0.5")] {
            assert_eq!(compare(first, second), Some(Ordering::Equal), "{first} {second}");
        }
    }

    #[test]
    fn what_is_no_number_is_compared_with_none() {
        for text in ["", "-", "+1", "1.", ".5", "1e3", "0x1", " 1", "1,5", "\u{661}", "--1", "1.2.3"] {
            assert!(!is_number(text), "{text}");
            assert_eq!(compare(text, "1"), None, "{text}");
        }
    }
}
