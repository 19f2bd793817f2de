//! Numbers of any length, compared and divided by their value.

use std::cmp::Ordering;

/// A number: `0.digits * 10^exponent`, without zeros at the ends of its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    digits: Box<str>,
    exponent: i64,
}

/// How many significant digits a number may have that others are divided by.
pub(crate) const DIVISOR_DIGITS_MAX: usize = 18;

impl Decimal {
    /// What Java's `BigDecimal` reads; none for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = all.trim_start_matches('0');
        let zeros = i64::try_from(all.len() - significant.len()).ok()?;
        let exponent = exponent + i64::try_from(whole.len()).ok()? - zeros;
        let digits: Box<str> = significant.trim_end_matches('0').into();
        match digits.is_empty() {
            true => Some(Self { negative: false, digits, exponent: i64::MIN }),
            false => Some(Self { negative, digits, exponent }),
        }
    }

    /// Whether it is zero.
    pub(crate) const fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether it is above zero.
    pub(crate) const fn is_positive(&self) -> bool {
        !self.negative && !self.is_zero()
    }

    /// How many digits it has that count.
    pub(crate) const fn digit_count(&self) -> usize {
        self.digits.len()
    }

    /// Its digits and where they stand: the same for the same number.
    pub(crate) fn canonical(&self) -> String {
        match self.is_zero() {
            true => "0".to_owned(),
            false => format!("{}{}e{}", if self.negative { "-" } else { "" }, self.digits, self.exponent),
        }
    }

    /// Whether it is a multiple of another with up to [`DIVISOR_DIGITS_MAX`] digits, exactly. Takes time in proportion to its digits.
    pub(crate) fn is_multiple_of(&self, divisor: &Self) -> bool {
        if self.is_zero() {
            return true;
        }
        let Ok(modulus) = divisor.digits.parse::<u64>() else { return false };
        let modulus = u128::from(modulus);
        let place = |number: &Self| {
            i64::try_from(number.digits.len())
                .map_or(i64::MIN, |length| number.exponent.saturating_sub(length))
        };
        // Its last digit is no zero, so it is no multiple of a number that ends further to the left.
        let Ok(shift) = u64::try_from(place(self).saturating_sub(place(divisor))) else { return false };
        let digits = self.digits.bytes();
        let rest = digits.fold(0, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % modulus);
        (rest * power_of_ten(shift, modulus)).is_multiple_of(modulus)
    }
}

fn power_of_ten(mut exponent: u64, modulus: u128) -> u128 {
    let (mut power, mut base) = (1 % modulus, 10 % modulus);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    power
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits));
        match (self.negative, other.negative) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
