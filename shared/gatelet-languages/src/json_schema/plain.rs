//! The keywords that look at nothing but how long or how large a value is.

use super::validate::{Stop, Told, tell};
use super::{Bound, Node, Number, canonical, cut};
use crate::heap::{Map, Value};
use crate::json;

/// `maxItems` to `minProperties`
pub(super) fn sizes(
    node: &Node,
    value: Value<'_>,
    list: Option<&[Value<'_>]>,
    map: Option<&Map<'_>>,
    holds: &mut bool,
    told: &mut Told<'_>,
) -> Result<(), Stop> {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    if let Some(found) = list.map(|list| count(list.len())) {
        if let Some(limit) = node.max_items.filter(|limit| found > *limit) {
            tell(told, holds, || {
                format!(
                    "array is too long: must have at most {limit} elements but instance has {found} elements"
                )
            })?;
        }
        if let Some(limit) = node.min_items.filter(|limit| found < *limit) {
            tell(told, holds, || {
                format!(
                    "array is too short: must have at least {limit} elements but instance has {found} elements"
                )
            })?;
        }
    }
    if let Value::Text(text) = value
        && (node.max_length.is_some() || node.min_length.is_some())
    {
        let found = count(text.chars().count());
        if let Some(limit) = node.max_length.filter(|limit| found > *limit) {
            tell(told, holds, || {
                format!("string \"{}\" is too long (length: {found}, maximum allowed: {limit})", cut(text))
            })?;
        }
        if let Some(limit) = node.min_length.filter(|limit| found < *limit) {
            tell(told, holds, || {
                format!("string \"{}\" is too short (length: {found}, required minimum: {limit})", cut(text))
            })?;
        }
    }
    if let Some(found) = map.map(|map| count(map.entries().len())) {
        if let Some(limit) = node.max_properties.filter(|limit| found > *limit) {
            tell(told, holds, || {
                format!("object has too many properties (found {found} but schema requires at most {limit})")
            })?;
        }
        if let Some(limit) = node.min_properties.filter(|limit| found < *limit) {
            tell(told, holds, || {
                format!("object has too few properties (found {found} but schema requires at least {limit})")
            })?;
        }
    }
    Ok(())
}

/// `maximum`, `minimum`, `multipleOf`
pub(super) fn numbers(
    node: &Node,
    value: Value<'_>,
    holds: &mut bool,
    told: &mut Told<'_>,
) -> Result<(), Stop> {
    let shown = || match value {
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => json::java_double(number),
        Value::Big(number) => number.to_owned(),
        _ => String::new(),
    };
    let order = |number: &Number| match (value, number.small) {
        (Value::Integer(value), Some(limit)) => Some(value.cmp(&limit)),
        // A number beyond what a `Double` holds lies beyond every bound on its side.
        (Value::Double(value), _) if value.is_infinite() => value.partial_cmp(&0.0),
        _ => canonical::decimal(value).map(|value| value.cmp(&number.value)),
    };
    if let Some(Bound { number, exclusive }) = &node.maximum
        && let Some(order) = order(number)
    {
        let limit = &number.shown;
        if order.is_gt() {
            tell(told, holds, || {
                let found = shown();
                format!(
                    "numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"
                )
            })?;
        } else if order.is_eq() && *exclusive {
            tell(told, holds, || {
                format!("numeric instance is not strictly lower than the required maximum {limit}")
            })?;
        }
    }
    if let Some(Bound { number, exclusive }) = &node.minimum
        && let Some(order) = order(number)
    {
        let limit = &number.shown;
        if order.is_lt() {
            tell(told, holds, || {
                let found = shown();
                format!(
                    "numeric instance is lower than the required minimum (minimum: {limit}, found: {found})"
                )
            })?;
        } else if order.is_eq() && *exclusive {
            tell(told, holds, || {
                format!("numeric instance is not strictly greater than the required minimum {limit}")
            })?;
        }
    }
    if let Some(divisor) = &node.multiple_of
        && !matches!(value, Value::Null | Value::Boolean(_) | Value::Text(_) | Value::List(_) | Value::Map(_))
    {
        let multiple = match canonical::decimal(value) {
            Some(number) => number.is_multiple_of(&divisor.value),
            None => false,
        };
        if !multiple {
            tell(told, holds, || {
                format!("remainder of division is not zero ({} / {})", shown(), divisor.shown)
            })?;
        }
    }
    Ok(())
}
