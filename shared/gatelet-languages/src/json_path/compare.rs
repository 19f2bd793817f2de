//! How filters compare: texts by what the other side is, numbers by their value however long.

use std::cmp::Ordering;

use crate::LanguageError;
use crate::error::shown;
use crate::heap::Value;
use crate::json::{Decimal, java_double};

/// Compares what is wanted with what is there; `None` where the two cannot be compared.
///
/// # Errors
/// Where a number is there and the wanted text is none.
pub(super) fn compare(wanted: Value<'_>, there: Value<'_>) -> Result<Option<Ordering>, Box<LanguageError>> {
    Ok(match (is_nothing(wanted), is_nothing(there)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => match (wanted, there) {
            (Value::Text(wanted), Value::Text(there)) => Some(by_java(&wanted.replace("\\'", "'"), there)),
            (Value::Integer(wanted), Value::Integer(there)) => Some(wanted.cmp(&there)),
            (Value::Text(wanted), Value::Boolean(there)) => {
                Some(wanted.eq_ignore_ascii_case("true").cmp(&there))
            }
            (Value::Boolean(wanted), Value::Boolean(there)) => Some(wanted.cmp(&there)),
            // Java finds two that are the same object equal, and cannot compare others.
            (Value::List(wanted), Value::List(there)) => (wanted == there).then_some(Ordering::Equal),
            (Value::Map(wanted), Value::Map(there)) => (wanted == there).then_some(Ordering::Equal),
            (wanted, there) => match (number_of(wanted, true), number_of(there, false)) {
                (Some(wanted), Some(there)) => Some(by_value(&wanted, &there)?),
                _ => None,
            },
        },
    })
}

/// Whether a value is `null`, or the text that writes it.
pub(super) const fn is_nothing(value: Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => matches!(text.as_bytes(), b"null"),
        _ => false,
    }
}

/// Java compares texts by their UTF-16 units.
fn by_java(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

fn number_of(value: Value<'_>, or_text: bool) -> Option<String> {
    match value {
        Value::Integer(number) => Some(number.to_string()),
        Value::Double(number) => Some(java_double(number)),
        Value::Big(number) => Some(number.to_owned()),
        Value::Text(text) if or_text => Some(text.to_owned()),
        _ => None,
    }
}

fn by_value(one: &str, other: &str) -> Result<Ordering, Box<LanguageError>> {
    let read = |text: &str| {
        Decimal::parse(text).ok_or_else(|| {
            let message = format!("a filter compares a number with {}, which is none", shown(text));
            Box::new(LanguageError::new(0, message))
        })
    };
    Ok(read(one)?.cmp(&read(other)?))
}
