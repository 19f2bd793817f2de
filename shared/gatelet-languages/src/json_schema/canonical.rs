//! One text for all ways of writing a value, so that equal values have equal texts: numbers by their value, members by their names.

use crate::heap::{Heap, Value};
use crate::json::{Decimal, java_double, write_text};

/// The shortest that a member of a map can be written: two quotes, a colon, a digit and a comma.
const MEMBER_BYTES_MIN: usize = 5;

/// The canonical form of a value of a document, which is no deeper than documents may be; none where it is longer than so many bytes. What is
/// longer costs no more than what is as long.
pub(super) fn written(value: Value<'_>, heap: &Heap<'_>, bytes_max: usize) -> Option<String> {
    let mut out = String::new();
    write(value, heap, bytes_max, &mut out).filter(|()| out.len() <= bytes_max).map(|()| out)
}

fn write(value: Value<'_>, heap: &Heap<'_>, bytes_max: usize, out: &mut String) -> Option<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(it) => out.push_str(if it { "true" } else { "false" }),
        Value::Integer(_) | Value::Double(_) | Value::Big(_) => match decimal(value) {
            Some(number) => out.push_str(&number.canonical()),
            None => out.push('?'),
        },
        Value::Text(text) => write_within(text, bytes_max, out)?,
        Value::List(id) => {
            out.push('[');
            for value in heap.list(id) {
                write(*value, heap, bytes_max, out)?;
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(id) => {
            let members = heap.map(id).map(|map| map.entries()).unwrap_or_default();
            has_room(members.len() * MEMBER_BYTES_MIN, bytes_max, out)?;
            let mut members = members.to_vec();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in members {
                write_within(name, bytes_max, out)?;
                out.push(':');
                write(value, heap, bytes_max, out)?;
                out.push(',');
            }
            out.push('}');
        }
    }
    has_room(0, bytes_max, out)
}

fn write_within(text: &str, bytes_max: usize, out: &mut String) -> Option<()> {
    has_room(text.len(), bytes_max, out)?;
    write_text(text, out);
    Some(())
}

fn has_room(bytes: usize, bytes_max: usize, out: &str) -> Option<()> {
    (out.len().saturating_add(bytes) <= bytes_max).then_some(())
}

/// A number's value; none for what is no number, and for infinity.
pub(super) fn decimal(value: Value<'_>) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Decimal::parse(&number.to_string()),
        Value::Double(number) => Decimal::parse(&java_double(number)),
        Value::Big(number) => Decimal::parse(number),
        _ => None,
    }
}
