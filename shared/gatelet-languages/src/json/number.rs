//! Numbers as Java holds and prints them.

use bumpalo::Bump;

use super::NUMBER_LENGTH_MAX;
use crate::LanguageError;
use crate::heap::Value;

/// From how many characters on json-smart keeps a number with a fraction or an exponent exactly, in a `BigDecimal`.
const EXACT_FROM_CHARACTERS: usize = 19;

/// How many digits always fit into 64 bits.
const DIGITS_SURE: usize = 18;

/// The value of an integer's text: an optional `-` and digits, of which the first may be zeros.
///
/// # Errors
/// Where it is too long.
pub(super) fn integer<'a>(text: &'a str, offset: usize, texts: &'a Bump) -> Result<Value<'a>, LanguageError> {
    check_length(text, offset)?;
    let (sign, digits) = split_sign(text);
    if digits.len() <= DIGITS_SURE {
        let magnitude =
            digits.bytes().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit.wrapping_sub(b'0')));
        return Ok(Value::Integer(if sign.is_empty() { magnitude } else { -magnitude }));
    }
    Ok(java_integer(text, texts))
}

/// The value of an integer's text however long: a number that Java holds in a `Long` if it fits, else one that it holds in a `BigInteger`.
#[must_use]
fn java_integer<'a>(text: &'a str, texts: &'a Bump) -> Value<'a> {
    if let Ok(fits) = text.parse() {
        return Value::Integer(fits);
    }
    let (sign, digits) = split_sign(text);
    match digits.trim_start_matches('0') {
        "" => Value::Integer(0),
        whole if whole.len() == digits.len() => Value::Big(text),
        stripped => Value::Big(texts.alloc_str(&format!("{sign}{stripped}"))),
    }
}

/// The value of a number with a fraction or an exponent.
///
/// # Errors
/// Where it is too long, or its exponent is one that a `BigDecimal` cannot have.
pub(super) fn float<'a>(text: &str, offset: usize, texts: &'a Bump) -> Result<Value<'a>, LanguageError> {
    check_length(text, offset)?;
    if text.len() < EXACT_FROM_CHARACTERS {
        return text.parse().map(Value::Double).map_err(|_| not_a_number(offset));
    }
    let exact = big_decimal(text).ok_or_else(|| not_a_number(offset))?;
    Ok(Value::Big(texts.alloc_str(&exact)))
}

/// As Java's `Double.toString` prints a number.
/// <https://docs.oracle.com/en/java/javase/19/docs/api/java.base/java/lang/Double.html#toString(double)>
#[must_use]
pub(crate) fn java_double(number: f64) -> String {
    /// Below and from which on it is written with an exponent.
    const PLAIN: std::ops::Range<f64> = 1e-3..1e7;
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if number == 0.0 || PLAIN.contains(&number.abs()) {
        return format!("{number:?}");
    }
    let written = format!("{number:e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// A decimal number as Java's `BigDecimal.toString` prints it; none where its exponent does not fit.
/// <https://docs.oracle.com/javase/8/docs/api/java/math/BigDecimal.html#toString-->
fn big_decimal(text: &str) -> Option<String> {
    /// From how many zeros behind the point on an exponent is written.
    const ADJUSTED_MIN: i64 = -6;
    let (sign, unsigned) = split_sign(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if digits == "0" { "" } else { sign };
    let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    i32::try_from(scale).ok()?;
    let count = i64::try_from(digits.len()).ok()?;
    let adjusted = count - 1 - scale;
    if scale == 0 {
        return Some(format!("{sign}{digits}"));
    }
    if scale > 0 && adjusted >= ADJUSTED_MIN {
        let point = count - scale;
        let Ok(point) = usize::try_from(point) else {
            let zeros = usize::try_from(-point).ok()?;
            return Some(format!("{sign}0.{}{digits}", "0".repeat(zeros)));
        };
        let (whole, fraction) = digits.split_at_checked(point)?;
        let whole = if whole.is_empty() { "0" } else { whole };
        return Some(format!("{sign}{whole}.{fraction}"));
    }
    let (first, rest) = digits.split_at_checked(1)?;
    let point = if rest.is_empty() { "" } else { "." };
    let plus = if adjusted > 0 { "+" } else { "" };
    let exponent = if adjusted == 0 { String::new() } else { format!("E{plus}{adjusted}") };
    Some(format!("{sign}{first}{point}{rest}{exponent}"))
}

fn split_sign(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    }
}

fn check_length(text: &str, offset: usize) -> Result<(), LanguageError> {
    if text.len() > NUMBER_LENGTH_MAX {
        let message = format!("a number has more than {NUMBER_LENGTH_MAX} characters: send it as a text");
        return Err(LanguageError::new(offset, message));
    }
    Ok(())
}

fn not_a_number(offset: usize) -> LanguageError {
    LanguageError::new(offset, "a number is none that can be held: its exponent is too large")
}
