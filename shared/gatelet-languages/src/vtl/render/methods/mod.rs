//! Methods: those that Java's texts, numbers, lists and maps would have, and no others. A method that is not among them gives null, as one that
//! does not exist does in Velocity, so there is no way from a value to its class.

mod format;
mod list;
mod map;
mod number;
mod pattern;
mod replacement;
mod slices;
mod text;

pub(in crate::vtl) use pattern::Pattern;

use super::{Halt, Item, Renderer};
use crate::heap::Value;
use crate::vtl::tree::Method;

impl<'a> Renderer<'a> {
    /// Calls a method; none where it gives null or there is none.
    pub(super) fn method(&mut self, item: Item<'a>, method: &'a Method) -> Result<Option<Item<'a>>, Halt> {
        let first;
        let more;
        let arguments: &[Value<'a>] = match &*method.arguments {
            [] => &[],
            [only] => {
                first = [self.parameter(only)?];
                &first
            }
            all => {
                self.before_list(all.len())?;
                let mut values = Vec::with_capacity(all.len());
                for argument in all {
                    values.push(self.parameter(argument)?);
                }
                more = values;
                &more
            }
        };
        let name = &*method.name;
        match (item, name, arguments) {
            (Item::Input, ..) => self.input_method(method, arguments),
            (Item::Util, ..) => self.util_method(name, arguments),
            (Item::Value(Value::Null) | Item::Loop(_), ..) => Ok(None),
            (Item::Value(Value::Text(text)), ..) => self.text_method(text, method, arguments),
            (Item::Value(Value::List(id)), ..) => self.list_method(id, name, arguments),
            (
                Item::Value(
                    value @ (Value::Integer(_) | Value::Double(_) | Value::Big(_) | Value::Boolean(_)),
                ),
                ..,
            ) => self.number_method(value, name, arguments),
            (Item::Value(Value::Map(id)), ..) => self.map_method(id, name, arguments),
            // What is a map to templates need not become one for these.
            (item, "get" | "getOrDefault", [key, ..]) => {
                let key = self.text_of(*key)?;
                match (self.get_key(item, key)?, arguments) {
                    (None, [_, default]) => Ok(Some(Item::Value(*default))),
                    (found, _) => Ok(found),
                }
            }
            (item, "put", [key, value]) => {
                let key = self.text_of(*key)?;
                Ok(self.put_key(item, key, Item::Value(*value))?.map(Item::Value))
            }
            (item @ Item::Override(_), "putAll", [Value::Map(id)]) => {
                let mut position = 0;
                while let Some((key, value)) = self.member(*id, position) {
                    self.put_key(item, key, Item::Value(value))?;
                    position += 1;
                }
                Ok(None)
            }
            (item, ..) => match self.value_of_item(item)? {
                Some(Value::Map(id)) => self.map_method(id, name, arguments),
                Some(Value::Text(text)) => self.text_method(text, method, arguments),
                _ => Ok(None),
            },
        }
    }
}
