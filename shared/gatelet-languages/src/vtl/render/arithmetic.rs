//! Arithmetic by the rules of Velocity's `MathUtils`: integers stay integers and grow out of 64 bits where they must.
//!
//! ASSUMPTION: a `BigInteger` beyond 128 bits and a `BigDecimal` are calculated with as doubles; nobody does this in a mapping template.

use std::cmp::Ordering;

use bumpalo::Bump;

use crate::heap::Value;
use crate::vtl::tree::Binary;

/// A number to calculate with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Integer(i128),
    Double(f64),
}

impl Number {
    /// A value as a number, if it is one.
    pub(super) fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(Self::Integer(i128::from(integer))),
            Value::Double(double) => Some(Self::Double(double)),
            Value::Big(text) => {
                text.parse().map(Self::Integer).or_else(|_| text.parse().map(Self::Double)).ok()
            }
            _ => None,
        }
    }

    pub(super) fn into_value(self, texts: &Bump) -> Value<'_> {
        match self {
            Self::Double(double) => Value::Double(double),
            Self::Integer(integer) => match i64::try_from(integer) {
                Ok(integer) => Value::Integer(integer),
                Err(_) => Value::Big(texts.alloc_str(&integer.to_string())),
            },
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "Java loses the same")]
    pub(super) const fn as_double(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Double(double) => double,
        }
    }

    const fn is_zero(self) -> bool {
        match self {
            Self::Integer(integer) => integer == 0,
            Self::Double(double) => double == 0.0,
        }
    }
}

/// None for a division by zero, which Velocity makes null.
pub(super) fn calculate(operator: Binary, left: Number, right: Number) -> Option<Number> {
    if matches!(operator, Binary::Divide | Binary::Modulo) && right.is_zero() {
        return None;
    }
    if let (Number::Integer(left), Number::Integer(right)) = (left, right) {
        let exact = match operator {
            Binary::Add => left.checked_add(right),
            Binary::Subtract => left.checked_sub(right),
            Binary::Multiply => left.checked_mul(right),
            Binary::Divide => left.checked_div(right),
            Binary::Modulo => left.checked_rem(right),
            _ => None,
        };
        if let Some(exact) = exact {
            return Some(Number::Integer(exact));
        }
    }
    let (left, right) = (left.as_double(), right.as_double());
    Some(Number::Double(match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide => left / right,
        Binary::Modulo => left % right,
        _ => return None,
    }))
}

/// None where one of them is no number at all.
pub(super) fn compare(left: Number, right: Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => Some(left.cmp(&right)),
        (left, right) => left.as_double().partial_cmp(&right.as_double()),
    }
}
