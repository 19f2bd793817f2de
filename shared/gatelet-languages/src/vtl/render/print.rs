//! How values are printed: as their `toString()` has it in Java.

use std::fmt::Write as _;

use super::{Halt, Item, Renderer};
use crate::heap::{ListKind, MapId, MapKind, Value};
use crate::json;
use crate::vtl::limits::{DEFINE_DEPTH_MAX, JSON_BYTES_PER_STEP, OUTPUT_BYTES_MAX};
use crate::vtl::tree::{Method, Node, Printed, Reference, Root, Step};

/// How long an integer is at most.
const INTEGER_BYTES_MAX: usize = "-9223372036854775808".len();

impl<'a> Renderer<'a> {
    pub(super) fn print_reference(&mut self, printed: &'a Printed) -> Result<(), Halt> {
        if let Some(method) = self.json_alone(&printed.reference)? {
            return self.print_found(method);
        }
        match self.reference(&printed.reference)? {
            None => Ok(()),
            Some(Item::Value(value)) => self.print_value(value),
            Some(Item::Block(block)) => {
                if !self.print_block(block)? {
                    self.print(&printed.literal)?;
                }
                Ok(())
            }
            Some(item) => self.print_item(item),
        }
    }

    /// `$input.json('...')` with a path that is known beforehand and nothing behind it: the usual way to print a part of the body.
    fn json_alone(&mut self, reference: &'a Reference) -> Result<Option<&'a Method>, Halt> {
        match (&reference.kind, &*reference.steps) {
            (Root::Input, [Step::Method(method)]) if method.path.is_some() && *method.name == *"json" => {
                self.offset = reference.offset;
                Ok(self.get(reference.root)?.is_none().then_some(method))
            }
            _ => Ok(None),
        }
    }

    /// Prints what a path means in the body as JSON, without keeping it.
    fn print_found(&mut self, method: &'a Method) -> Result<(), Halt> {
        match self.find(method, "")? {
            Some(value) => self.print_json(value),
            None => Ok(()),
        }
    }

    pub(super) fn print_item(&mut self, item: Item<'a>) -> Result<(), Halt> {
        match item {
            Item::Value(value) => self.print_value(value),
            Item::Block(block) => self.print_block(block).map(|_| ()),
            Item::Loop(_) => self.print("{}"),
            item => match self.value_of_item(item)? {
                Some(value) => self.print_value(value),
                None => Ok(()),
            },
        }
    }

    /// Renders a `#define`d block; false where it stands too deep in itself.
    fn print_block(&mut self, block: &'a [Node]) -> Result<bool, Halt> {
        let running = self.blocks.iter().filter(|it| std::ptr::eq(**it, block)).count();
        if running >= DEFINE_DEPTH_MAX {
            return Ok(false);
        }
        self.blocks.push(block);
        let result = self.deeper(|renderer| renderer.block(block));
        self.blocks.pop();
        match result {
            Ok(()) | Err(Halt::Break) => Ok(true),
            Err(halt) => Err(halt),
        }
    }

    /// Prints a value. One that null stands for prints nothing by itself, and `null` in a list or map.
    pub(super) fn print_value(&mut self, value: Value<'a>) -> Result<(), Halt> {
        match value {
            Value::Text(text) => {
                self.work(text.len())?;
                self.print(text)
            }
            Value::Null => Ok(()),
            value => self.print_nested(value, None),
        }
    }

    /// The text of a value, borrowed where it is one.
    pub(super) fn text_of(&mut self, value: Value<'a>) -> Result<&'a str, Halt> {
        if let Value::Text(text) = value {
            return Ok(text);
        }
        self.captured_text(0, |renderer| renderer.print_value(value))
    }

    fn print_nested(&mut self, value: Value<'a>, within: Option<Value<'a>>) -> Result<(), Halt> {
        self.step()?;
        self.descend(1)?;
        let result = self.print_element(value, within);
        self.depth -= 1;
        result
    }

    fn print_element(&mut self, value: Value<'a>, within: Option<Value<'a>>) -> Result<(), Halt> {
        match value {
            Value::Null => self.print("null"),
            Value::Boolean(boolean) => self.print(if boolean { "true" } else { "false" }),
            Value::Integer(integer) => {
                self.check_output(INTEGER_BYTES_MAX)?;
                write!(self.out, "{integer}").unwrap_or_default();
                Ok(())
            }
            Value::Double(double) => self.print(&json::java_double(double)),
            Value::Big(text) => self.print(text),
            Value::Text(text) => {
                self.work(text.len())?;
                self.print(text)
            }
            Value::List(_) if within == Some(value) => self.print("(this Collection)"),
            Value::Map(_) if within == Some(value) => self.print("(this Map)"),
            Value::List(id) if self.heap.list_kind(id) == ListKind::Json => self.print_json(value),
            Value::List(id) => {
                self.print("[")?;
                let mut position = 0;
                while let Some(element) = self.heap.list(id).get(position).copied() {
                    if position > 0 {
                        self.print(", ")?;
                    }
                    self.print_nested(element, Some(value))?;
                    position += 1;
                }
                self.print("]")
            }
            Value::Map(id) if self.heap.map_kind(id) == MapKind::Entry => {
                let part = |renderer: &Self, key| renderer.heap.map(id).and_then(|map| map.get(key));
                self.print_nested(part(self, "key").unwrap_or(Value::Null), Some(value))?;
                self.print("=")?;
                self.print_nested(part(self, "value").unwrap_or(Value::Null), Some(value))
            }
            Value::Map(id) => {
                self.print("{")?;
                let mut position = 0;
                while let Some((key, element)) = self.member(id, position) {
                    if position > 0 {
                        self.print(", ")?;
                    }
                    self.work(key.len())?;
                    self.print(key)?;
                    self.print("=")?;
                    self.print_nested(element, Some(value))?;
                    position += 1;
                }
                self.print("}")
            }
        }
    }

    /// Prints a value as JSON.
    pub(super) fn print_json(&mut self, value: Value<'a>) -> Result<(), Halt> {
        let start = self.out.len();
        // No more than can be paid for.
        let payable = usize::try_from(self.fuel).unwrap_or(usize::MAX).saturating_mul(JSON_BYTES_PER_STEP);
        let bytes_max = start.saturating_add(payable).min(OUTPUT_BYTES_MAX);
        let written = json::write_within(value, &self.heap, bytes_max, &mut self.out);
        self.steps((self.out.len().saturating_sub(start) / JSON_BYTES_PER_STEP) as u64)?;
        written.map_err(|error| self.error(error.message))
    }

    /// A member of a map by its place.
    pub(super) fn member(&self, id: MapId, position: usize) -> Option<(&'a str, Value<'a>)> {
        self.heap.map(id).and_then(|map| map.entries().get(position)).copied()
    }
}
