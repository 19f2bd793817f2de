//! How filters compare: texts by what the other side is, numbers by their value however long. Nothing is copied for it, and as much is looked at
//! as is taken from the budget.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::find::{Stop, take_bytes, unfit};
use crate::error::shown;
use crate::heap::Value;
use crate::json::{Decimal, java_double};

/// Compares what is wanted with what is there; `None` where the two cannot be compared.
///
/// # Errors
/// Where a number is there and the wanted text is none, and where the budget ends.
pub(super) fn compare(
    wanted: Value<'_>,
    there: Value<'_>,
    visits_left: &mut u64,
) -> Result<Option<Ordering>, Stop> {
    Ok(match (is_nothing(wanted), is_nothing(there)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => match (wanted, there) {
            (Value::Text(wanted), Value::Text(there)) => {
                let (order, units) = by_java(wanted, there);
                take_bytes(visits_left, units)?;
                Some(order)
            }
            (Value::Integer(wanted), Value::Integer(there)) => Some(wanted.cmp(&there)),
            (Value::Text(wanted), Value::Boolean(there)) => {
                Some(wanted.eq_ignore_ascii_case("true").cmp(&there))
            }
            (Value::Boolean(wanted), Value::Boolean(there)) => Some(wanted.cmp(&there)),
            // Java finds two that are the same object equal, and cannot compare others.
            (Value::List(wanted), Value::List(there)) => (wanted == there).then_some(Ordering::Equal),
            (Value::Map(wanted), Value::Map(there)) => (wanted == there).then_some(Ordering::Equal),
            (wanted, there) => match (number_of(wanted, true), number_of(there, false)) {
                (Some(wanted), Some(there)) => {
                    take_bytes(visits_left, wanted.len() + there.len())?;
                    Some(by_value(&wanted, &there)?)
                }
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

/// Java compares texts by their UTF-16 units; in the wanted one `\'` stands for `'`. Also tells how many units it has looked at.
fn by_java(wanted: &str, there: &str) -> (Ordering, usize) {
    const BACKSLASH: u16 = b'\\' as u16;
    const QUOTE: u16 = b'\'' as u16;
    let (mut wanted, mut there) = (wanted.encode_utf16().peekable(), there.encode_utf16());
    let mut units = 0;
    loop {
        let mut one = wanted.next();
        if one == Some(BACKSLASH) && wanted.peek() == Some(&QUOTE) {
            one = wanted.next();
        }
        units += 1;
        let other = there.next();
        match one.cmp(&other) {
            Ordering::Equal if one.is_none() => return (Ordering::Equal, units),
            Ordering::Equal => {}
            order => return (order, units),
        }
    }
}

fn number_of(value: Value<'_>, or_text: bool) -> Option<Cow<'_, str>> {
    match value {
        Value::Integer(number) => Some(number.to_string().into()),
        Value::Double(number) => Some(java_double(number).into()),
        Value::Big(number) => Some(number.into()),
        Value::Text(text) if or_text => Some(text.into()),
        _ => None,
    }
}

fn by_value(one: &str, other: &str) -> Result<Ordering, Stop> {
    let read = |text: &str| {
        Decimal::parse(text)
            .ok_or_else(|| unfit(format!("a filter compares a number with {}, which is none", shown(text))))
    };
    Ok(read(one)?.cmp(&read(other)?))
}
