//! Methods of lists.

use super::super::reference::{boolean, integer};
use super::super::{Halt, Item, Renderer};
use crate::heap::{ELEMENT_BYTES, ListId, ListKind, Value};

/// What lists have and other collections have not.
const OF_LISTS: [&str; 8] =
    ["get", "getFirst", "getLast", "set", "indexOf", "lastIndexOf", "subList", "listIterator"];

impl<'a> Renderer<'a> {
    pub(super) fn list_method(
        &mut self,
        id: ListId,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        let length = self.heap.list(id).len();
        match self.heap.list_kind(id) {
            ListKind::Collection if OF_LISTS.contains(&name) => return Ok(None),
            ListKind::Iterator if !matches!(name, "hasNext" | "next") => return Ok(None),
            _ => {}
        }
        let found = match (name, arguments) {
            ("size", []) => integer(length),
            ("isEmpty", []) => boolean(length == 0),
            ("get", [Value::Integer(index)]) => {
                let index = self.within_list(*index, length)?;
                return Ok(self.heap.list(id).get(index).copied().map(Item::Value));
            }
            ("getFirst", []) => return Ok(self.heap.list(id).first().copied().map(Item::Value)),
            ("getLast", []) => return Ok(self.heap.list(id).last().copied().map(Item::Value)),
            ("add", [value]) => {
                self.steps(2)?;
                self.room(ELEMENT_BYTES)?;
                self.heap.push(id, *value);
                boolean(true)
            }
            ("add", [Value::Integer(index), value]) => {
                let index = self.within_list(*index, length + 1)?;
                self.work(length)?;
                self.room(ELEMENT_BYTES)?;
                self.heap.push(id, *value);
                self.change(id, |list| {
                    if let Some(behind) = list.get_mut(index..) {
                        behind.rotate_right(1);
                    }
                });
                return Ok(None);
            }
            ("addAll", [from]) => {
                let Value::List(from) = *from else {
                    return Ok(None);
                };
                let count = self.heap.list(from).len();
                self.steps(count as u64)?;
                self.room(count.saturating_mul(ELEMENT_BYTES))?;
                for position in 0..count {
                    if let Some(value) = self.heap.list(from).get(position).copied() {
                        self.heap.push(id, value);
                    }
                }
                boolean(count > 0)
            }
            ("set", [Value::Integer(index), value]) => {
                let index = self.within_list(*index, length)?;
                let element = self.heap.list_mut(id).and_then(|list| list.get_mut(index));
                return Ok(element.map(|element| Item::Value(std::mem::replace(element, *value))));
            }
            ("remove", [Value::Integer(index)]) => {
                let index = self.within_list(*index, length)?;
                self.work(length)?;
                return Ok(self.heap.list_mut(id).map(|list| Item::Value(list.remove(index))));
            }
            ("remove", [value]) => {
                let found = self.search(id, *value, false)?;
                self.work(length)?;
                if let Some(index) = found {
                    self.change(id, |list| {
                        list.remove(index);
                    });
                }
                boolean(found.is_some())
            }
            ("removeAll" | "retainAll", [from]) => {
                let Value::List(from) = *from else {
                    return Ok(None);
                };
                let keeps = name == "retainAll";
                let mut kept = Vec::new();
                let mut position = 0;
                while let Some(element) = self.heap.list(id).get(position).copied() {
                    self.steps(2)?;
                    if self.search(from, element, false)?.is_some() == keeps {
                        kept.push(element);
                    }
                    position += 1;
                }
                let changed = kept.len() != length;
                self.change(id, |list| *list = kept);
                boolean(changed)
            }
            ("clear", []) => {
                self.change(id, Vec::clear);
                return Ok(None);
            }
            ("contains", [value]) => boolean(self.search(id, *value, false)?.is_some()),
            ("containsAll", [from]) => {
                let Value::List(from) = *from else {
                    return Ok(None);
                };
                let mut position = 0;
                while let Some(value) = self.heap.list(from).get(position).copied() {
                    self.step()?;
                    if self.search(id, value, false)?.is_none() {
                        return Ok(Some(boolean(false)));
                    }
                    position += 1;
                }
                boolean(true)
            }
            ("indexOf", [value]) => index_or_minus_one(self.search(id, *value, false)?),
            ("lastIndexOf", [value]) => index_or_minus_one(self.search(id, *value, true)?),
            ("subList", [Value::Integer(from), Value::Integer(to)]) => {
                let to = self.within_list(*to, length + 1)?;
                let from = self.within_list(*from, to + 1)?;
                self.before_list(to.saturating_sub(from))?;
                let values = self.heap.list(id).get(from..to).unwrap_or_default().to_vec();
                self.list(ListKind::Java, values)
            }
            ("toArray", []) => {
                let values = self.copied(id)?;
                self.list(ListKind::Java, values)
            }
            // An iterator is the list of what is still to come, from the last to the next.
            ("iterator" | "listIterator", []) => {
                let mut values = self.copied(id)?;
                values.reverse();
                self.list(ListKind::Iterator, values)
            }
            ("hasNext", []) if self.heap.list_kind(id) == ListKind::Iterator => boolean(length > 0),
            ("next", []) if self.heap.list_kind(id) == ListKind::Iterator => {
                return match self.heap.list_mut(id).and_then(Vec::pop) {
                    Some(value) => Ok(Some(Item::Value(value))),
                    None => Err(self.error("there is no next element: ask `hasNext()` first")),
                };
            }
            ("equals", [other]) => boolean(self.same(Value::List(id), *other)?),
            ("toString", []) => {
                let text = self.text_of(Value::List(id))?;
                Item::Value(Value::Text(text))
            }
            ("toJSONString", []) if self.heap.list_kind(id) == ListKind::Json => {
                let text = self.captured_text(0, |renderer| renderer.print_json(Value::List(id)))?;
                Item::Value(Value::Text(text))
            }
            _ => return Ok(None),
        };
        Ok(Some(found))
    }

    fn change(&mut self, id: ListId, change: impl FnOnce(&mut Vec<Value<'a>>)) {
        if let Some(list) = self.heap.list_mut(id) {
            change(list);
        }
    }

    /// An index that Java would take, below a bound.
    fn within_list(&self, index: i64, bound: usize) -> Result<usize, Halt> {
        let found = usize::try_from(index).ok().filter(|index| *index < bound);
        found.ok_or_else(|| self.error(format!("the list has no place {index}: look at its `size()` first")))
    }

    /// Where in a list a value stands, first or last. Nothing is copied: as much is looked at as is charged.
    fn search(&mut self, id: ListId, value: Value<'a>, from_end: bool) -> Result<Option<usize>, Halt> {
        let length = self.heap.list(id).len();
        for at in 0..length {
            let at = if from_end { length - 1 - at } else { at };
            if let Some(element) = self.heap.list(id).get(at).copied()
                && self.same(element, value)?
            {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

fn index_or_minus_one(index: Option<usize>) -> Item<'static> {
    index.map_or(Item::Value(Value::Integer(-1)), integer)
}
