//! One text for all ways of writing a value, so that equal values have equal texts: numbers by their value, members by their names.

use crate::heap::{Heap, Value};
use crate::json::{Decimal, java_double, write_text};

/// Appends the canonical form of a value of a document, which is no deeper than documents may be.
pub(super) fn write(value: Value<'_>, heap: &Heap<'_>, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(it) => out.push_str(if it { "true" } else { "false" }),
        Value::Integer(_) | Value::Double(_) | Value::Big(_) => match decimal(value) {
            Some(number) => out.push_str(&number.canonical()),
            None => out.push('?'),
        },
        Value::Text(text) => write_text(text, out),
        Value::List(id) => {
            out.push('[');
            for value in heap.list(id) {
                write(*value, heap, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(id) => {
            let mut members: Vec<_> = heap.map(id).map(|map| map.entries().to_vec()).unwrap_or_default();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in members {
                write_text(name, out);
                out.push(':');
                write(value, heap, out);
                out.push(',');
            }
            out.push('}');
        }
    }
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
