//! Expressions.

use std::cmp::Ordering;

use super::arithmetic::{self, Number};
use super::{Halt, Item, Renderer};
use crate::heap::{ListKind, Map, Value};
use crate::vtl::tree::{Binary, Expression};

/// How many integers a range may have.
const RANGE_MAX: i64 = 1_000_000;

impl<'a> Renderer<'a> {
    /// The value of an expression; none where Java would have null, which no reference ever is.
    pub(super) fn expression(&mut self, expression: &'a Expression) -> Result<Option<Item<'a>>, Halt> {
        self.step()?;
        self.descend(1)?;
        let result = self.evaluate(expression);
        self.depth -= 1;
        result
    }

    fn evaluate(&mut self, expression: &'a Expression) -> Result<Option<Item<'a>>, Halt> {
        let value = match expression {
            Expression::Text(text) => Value::Text(text),
            Expression::Interpolated(interpolated) => {
                let block = &interpolated.block;
                let but = usize::from(interpolated.is_padded);
                Value::Text(
                    self.deeper(|renderer| renderer.captured_text(but, |renderer| renderer.block(block)))?,
                )
            }
            Expression::Integer(integer) => Value::Integer(*integer),
            Expression::Big(text) => Value::Big(text),
            Expression::Double(double) => Value::Double(*double),
            Expression::Boolean(boolean) => Value::Boolean(*boolean),
            Expression::List(elements) => {
                self.before_list(elements.len())?;
                let mut values = Vec::with_capacity(elements.len());
                for element in elements {
                    values.push(self.parameter(element)?);
                }
                return Ok(Some(self.list(ListKind::Java, values)));
            }
            Expression::Map(entries) => {
                let mut map = Map::default();
                for (key, value) in entries {
                    let key = self.parameter(key)?;
                    let key = self.text_of(key)?;
                    let value = self.parameter(value)?;
                    map.put(key, value);
                }
                Value::Map(self.map(map)?)
            }
            Expression::Range(bounds) => match self.range(&bounds.0, &bounds.1)? {
                Some(list) => list,
                None => return Ok(None),
            },
            Expression::Reference(reference) => {
                let found = self.reference(reference)?;
                return Ok(Some(found.unwrap_or(Item::Value(Value::Text("")))));
            }
            Expression::Nothing => return Ok(None),
            Expression::Not(of) => Value::Boolean(!self.is_true(of)?),
            Expression::Binary(operator, sides) => match self.binary(*operator, &sides.0, &sides.1)? {
                Some(value) => value,
                None => return Ok(None),
            },
        };
        Ok(Some(Item::Value(value)))
    }

    /// The value of an expression as something that lists and maps can hold.
    pub(super) fn parameter(&mut self, expression: &'a Expression) -> Result<Value<'a>, Halt> {
        match self.expression(expression)? {
            Some(item) => Ok(self.value_of_item(item)?.unwrap_or(Value::Null)),
            None => Ok(Value::Null),
        }
    }

    /// Whether a condition holds: what is not `false`, and no number, text or the like, does.
    pub(super) fn is_true(&mut self, condition: &'a Expression) -> Result<bool, Halt> {
        self.step()?;
        self.descend(1)?;
        let result = self.condition(condition);
        self.depth -= 1;
        result
    }

    fn condition(&mut self, condition: &'a Expression) -> Result<bool, Halt> {
        match condition {
            Expression::Boolean(boolean) => Ok(*boolean),
            Expression::Not(of) => Ok(!self.is_true(of)?),
            Expression::Reference(reference) => {
                let found = self.reference(reference)?;
                Ok(!matches!(found, Some(Item::Value(Value::Boolean(false)))))
            }
            Expression::Binary(
                operator @ (Binary::Or
                | Binary::And
                | Binary::Equal
                | Binary::NotEqual
                | Binary::Less
                | Binary::LessOrEqual
                | Binary::Greater
                | Binary::GreaterOrEqual),
                sides,
            ) => self.holds(*operator, &sides.0, &sides.1),
            // Velocity does not so much as look at what arithmetic or a literal would be.
            _ => Ok(false),
        }
    }

    fn holds(&mut self, operator: Binary, left: &'a Expression, right: &'a Expression) -> Result<bool, Halt> {
        match operator {
            Binary::Or => return Ok(self.is_true(left)? || self.is_true(right)?),
            Binary::And => return Ok(self.is_true(left)? && self.is_true(right)?),
            _ => {}
        }
        let left = self.expression(left)?;
        let right = self.expression(right)?;
        if matches!(operator, Binary::Equal | Binary::NotEqual) {
            let equal = match (left, right) {
                (None, None) => true,
                (Some(left), Some(right)) => self.are_equal(left, right)?,
                _ => false,
            };
            return Ok(equal == (operator == Binary::Equal));
        }
        let (Some(left), Some(right)) = (left.and_then(number), right.and_then(number)) else {
            return Ok(false);
        };
        let order = arithmetic::compare(left, right);
        Ok(match operator {
            Binary::Less => order == Some(Ordering::Less),
            Binary::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Binary::Greater => order == Some(Ordering::Greater),
            _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        })
    }

    fn binary(
        &mut self,
        operator: Binary,
        left: &'a Expression,
        right: &'a Expression,
    ) -> Result<Option<Value<'a>>, Halt> {
        if !matches!(
            operator,
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo
        ) {
            return Ok(Some(Value::Boolean(self.holds(operator, left, right)?)));
        }
        let left = self.expression(left)?;
        let right = self.expression(right)?;
        let is_text = |side: Option<Item<'_>>| matches!(side, Some(Item::Value(Value::Text(_))));
        if operator == Binary::Add && (is_text(left) || is_text(right)) {
            let text = self.captured_text(0, |renderer| {
                for side in [left, right].into_iter().flatten() {
                    renderer.print_item(side)?;
                }
                Ok(())
            })?;
            return Ok(Some(Value::Text(text)));
        }
        let (Some(left), Some(right)) = (left.and_then(number), right.and_then(number)) else {
            return Ok(None);
        };
        let texts = self.heap.texts();
        Ok(arithmetic::calculate(operator, left, right).map(|number| number.into_value(texts)))
    }

    fn range(&mut self, first: &'a Expression, last: &'a Expression) -> Result<Option<Value<'a>>, Halt> {
        let bounds = (self.parameter(first)?, self.parameter(last)?);
        let (Value::Integer(first), Value::Integer(last)) = bounds else {
            return Ok(None);
        };
        if first.saturating_sub(last).saturating_abs() >= RANGE_MAX {
            return Err(self.error(format!("a range may have {RANGE_MAX} integers at most")));
        }
        self.before_list(usize::try_from(first.abs_diff(last)).unwrap_or(usize::MAX))?;
        let values: Vec<_> = match first <= last {
            true => (first..=last).map(Value::Integer).collect(),
            false => (last..=first).rev().map(Value::Integer).collect(),
        };
        Ok(Some(Value::List(self.heap.new_list_of(ListKind::Java, values))))
    }

    /// As `==`: numbers by their value, what is of one class as Java has it, anything else by how it is printed.
    fn are_equal(&mut self, left: Item<'a>, right: Item<'a>) -> Result<bool, Halt> {
        let (Some(left), Some(right)) = (self.value_of_item(left)?, self.value_of_item(right)?) else {
            return Ok(false);
        };
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => self.same_text(left, right),
            (Value::Boolean(left), Value::Boolean(right)) => Ok(left == right),
            (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => self.same(left, right),
            _ => match (Number::of(left), Number::of(right)) {
                (Some(left), Some(right)) => Ok(arithmetic::compare(left, right) == Some(Ordering::Equal)),
                _ => Ok(self.text_of(left)? == self.text_of(right)?),
            },
        }
    }

    /// As Java's `equals`.
    pub(super) fn same(&mut self, left: Value<'a>, right: Value<'a>) -> Result<bool, Halt> {
        self.step()?;
        match (left, right) {
            (Value::List(left), Value::List(right)) => {
                if self.heap.list(left).len() != self.heap.list(right).len() {
                    return Ok(false);
                }
                self.descend(1)?;
                let mut position = 0;
                let mut are_same = true;
                while are_same
                    && let Some(left) = self.heap.list(left).get(position).copied()
                    && let Some(right) = self.heap.list(right).get(position).copied()
                {
                    are_same = self.same(left, right)?;
                    position += 1;
                }
                self.depth -= 1;
                Ok(are_same)
            }
            (Value::Map(left), Value::Map(right)) => {
                let length = |id| self.heap.map(id).map(|map| map.entries().len());
                if length(left) != length(right) {
                    return Ok(false);
                }
                self.descend(1)?;
                let mut position = 0;
                let mut are_same = true;
                while are_same && let Some((key, value)) = self.member(left, position) {
                    self.steps(2)?;
                    are_same = match self.heap.map(right).and_then(|map| map.get(key)) {
                        Some(other) => self.same(value, other)?,
                        None => false,
                    };
                    position += 1;
                }
                self.depth -= 1;
                Ok(are_same)
            }
            (Value::Text(left), Value::Text(right)) => self.same_text(left, right),
            (left, right) => Ok(left == right),
        }
    }

    fn same_text(&mut self, left: &str, right: &str) -> Result<bool, Halt> {
        if left.len() != right.len() {
            return Ok(false);
        }
        self.work(left.len())?;
        Ok(left == right)
    }
}

fn number(item: Item<'_>) -> Option<Number> {
    match item {
        Item::Value(value) => Number::of(value),
        _ => None,
    }
}
