//! What a scalar means: the core schema of YAML 1.2, with the two departures that `document/mod.rs` names.

use gatelet_model::Problem;
use saphyr_parser::ScalarStyle;

use crate::document::node::Value;

/// A scalar without quotes and tag.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.into()), |number| Value::Number(number.into())),
    }
}

/// A scalar with one of YAML's own tags, such as `!!str`.
pub(super) fn tagged(core: &str, text: &str, style: ScalarStyle) -> Result<Value, Problem> {
    let value = plain(text);
    let fits = match core {
        "str" => return Ok(Value::String(text.into())),
        "null" => matches!(value, Value::Null),
        "bool" => matches!(value, Value::Bool(_)),
        "int" => matches!(&value, Value::Number(number) if !number.contains(['.', 'e', 'E'])),
        "float" => matches!(value, Value::Number(_)),
        _ => return Err(super::tag::misplaced(core)),
    };
    if fits {
        return Ok(value);
    }
    let quoted = if style == ScalarStyle::Plain { "" } else { "\"" };
    Err(Problem::error(format!("{quoted}`{text}`{quoted} is not what the tag `!!{core}` says it is"))
        .help("remove the tag, or correct the value"))
}

/// The text of a number as JSON spells it, or nothing where the core schema sees none. The digits stay as they are.
fn number(text: &str) -> Option<String> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    // Hexadecimal and octal take no sign in the core schema; what does not fit 64 bits is no number anybody meant.
    let based = |prefix: &str, radix| {
        let digits = text.strip_prefix(prefix)?;
        let is_number = digits.chars().all(|digit| digit.is_digit(radix));
        is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
    };
    if let Some(number) = based("0x", 16).or_else(|| based("0o", 8)) {
        return Some(number.to_string());
    }

    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.get(1..).map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    let is_number = has_digits
        && is_digits(whole)
        && fraction.is_none_or(is_digits)
        && exponent_digits.is_none_or(|digits| !digits.is_empty() && is_digits(digits));
    let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !is_number || has_leading_zero {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = match fraction {
        Some("") => ".0".to_owned(),
        Some(fraction) => format!(".{fraction}"),
        None => String::new(),
    };
    Some(format!("{sign}{whole}{fraction}{exponent}"))
}
