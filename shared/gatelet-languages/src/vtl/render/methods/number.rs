//! Methods of numbers and booleans.

use std::cmp::Ordering;

use super::super::arithmetic::{self, Number};
use super::super::reference::boolean;
use super::super::{Halt, Item, Renderer};
use crate::heap::Value;

impl<'a> Renderer<'a> {
    pub(super) fn number_method(
        &mut self,
        value: Value<'a>,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        let found = match (name, arguments) {
            ("toString", []) => Value::Text(self.text_of(value)?),
            // Static methods, which Velocity calls on any value of the class.
            ("toString" | "valueOf", [of @ (Value::Integer(_) | Value::Double(_))]) if name == "toString" => {
                Value::Text(self.text_of(*of)?)
            }
            ("equals", [other]) => return Ok(Some(boolean(value == *other))),
            ("parseInt" | "parseLong" | "valueOf", [Value::Text(text)])
                if matches!(value, Value::Integer(_)) =>
            {
                match text.parse() {
                    Ok(integer) => Value::Integer(integer),
                    Err(_) => return Err(self.error("the text is not an integer")),
                }
            }
            ("parseDouble" | "valueOf", [Value::Text(text)]) if matches!(value, Value::Double(_)) => {
                match text.trim().parse() {
                    Ok(double) => Value::Double(double),
                    Err(_) => return Err(self.error("the text is not a number")),
                }
            }
            ("parseBoolean" | "valueOf", [Value::Text(text)]) if matches!(value, Value::Boolean(_)) => {
                Value::Boolean(text.eq_ignore_ascii_case("true"))
            }
            ("booleanValue", []) if matches!(value, Value::Boolean(_)) => value,
            _ => match Number::of(value) {
                Some(number) => match calculated(number, name, arguments) {
                    Some(value) => value,
                    None => return Ok(None),
                },
                None => return Ok(None),
            },
        };
        Ok(Some(Item::Value(found)))
    }
}

fn calculated<'a>(number: Number, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    Some(match (name, arguments) {
        ("intValue", []) => Value::Integer(i64::from(int_value(number))),
        ("longValue", []) => Value::Integer(long_value(number)),
        ("doubleValue" | "floatValue", []) => Value::Double(number.as_double()),
        ("hashCode", []) => match number {
            Number::Integer(integer) => Value::Integer(i64::from(hash(i64::try_from(integer).ok()?))),
            Number::Double(double) => {
                let bits = double.to_bits().cast_signed();
                Value::Integer(i64::from(folded(bits)))
            }
        },
        ("isNaN", []) => Value::Boolean(number.as_double().is_nan()),
        ("isInfinite", []) => Value::Boolean(number.as_double().is_infinite()),
        ("compareTo" | "compare", [other]) => {
            Value::Integer(match arithmetic::compare(number, Number::of(*other)?)? {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })
        }
        ("max", [left, right]) => extreme(*left, *right, Ordering::Greater)?,
        ("min", [left, right]) => extreme(*left, *right, Ordering::Less)?,
        _ => return None,
    })
}

fn extreme<'a>(left: Value<'a>, right: Value<'a>, wanted: Ordering) -> Option<Value<'a>> {
    let order = arithmetic::compare(Number::of(left)?, Number::of(right)?)?;
    Some(if order == wanted { left } else { right })
}

#[expect(clippy::cast_possible_truncation, reason = "Java cuts an integer off and saturates a double")]
const fn int_value(number: Number) -> i32 {
    match number {
        Number::Integer(integer) => integer as i32,
        Number::Double(double) => double as i32,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Java cuts an integer off and saturates a double")]
const fn long_value(number: Number) -> i64 {
    match number {
        Number::Integer(integer) => integer as i64,
        Number::Double(double) => double as i64,
    }
}

/// An `Integer` is its own hash, a `Long` is folded.
fn hash(integer: i64) -> i32 {
    i32::try_from(integer).unwrap_or_else(|_| folded(integer))
}

#[expect(clippy::cast_possible_truncation, reason = "the hash is the lower half")]
const fn folded(bits: i64) -> i32 {
    (bits ^ ((bits.cast_unsigned() >> 32).cast_signed())) as i32
}
