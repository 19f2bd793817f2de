//! Methods of lists.

use super::super::reference::{boolean, integer};
use super::super::{Halt, Item, Renderer};
use crate::heap::{ListId, ListKind, Value};
use crate::vtl::limits::PRINT_DEPTH_MAX;

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
                self.change(id, |list| list.push(*value));
                boolean(true)
            }
            ("add", [Value::Integer(index), value]) => {
                let index = self.within_list(*index, length + 1)?;
                self.work(length)?;
                self.change(id, |list| list.insert(index, *value));
                return Ok(None);
            }
            ("addAll", [from]) => {
                let Some(values) = self.collection(*from) else {
                    return Ok(None);
                };
                self.steps(values.len() as u64)?;
                let is_any = !values.is_empty();
                self.change(id, |list| list.extend(values));
                boolean(is_any)
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
                let Some(values) = self.collection(*from) else {
                    return Ok(None);
                };
                let keeps = name == "retainAll";
                let mut kept = Vec::new();
                for element in self.heap.list(id).to_vec() {
                    if self.is_among(element, &values)? == keeps {
                        kept.push(element);
                    }
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
                let Some(values) = self.collection(*from) else {
                    return Ok(None);
                };
                let all = self.heap.list(id).to_vec();
                for value in values {
                    if !self.is_among(value, &all)? {
                        return Ok(Some(boolean(false)));
                    }
                }
                boolean(true)
            }
            ("indexOf", [value]) => index_or_minus_one(self.search(id, *value, false)?),
            ("lastIndexOf", [value]) => index_or_minus_one(self.search(id, *value, true)?),
            ("subList", [Value::Integer(from), Value::Integer(to)]) => {
                let to = self.within_list(*to, length + 1)?;
                let from = self.within_list(*from, to + 1)?;
                let values = self.heap.list(id).get(from..to).unwrap_or_default().to_vec();
                self.steps(values.len() as u64)?;
                Item::Value(Value::List(self.heap.new_list_of(ListKind::Java, values)))
            }
            ("toArray", []) => {
                let values = self.heap.list(id).to_vec();
                self.steps(values.len() as u64)?;
                Item::Value(Value::List(self.heap.new_list_of(ListKind::Java, values)))
            }
            // An iterator is the list of what is still to come, from the last to the next.
            ("iterator" | "listIterator", []) => {
                let values: Vec<_> = self.heap.list(id).iter().rev().copied().collect();
                self.steps(values.len() as u64)?;
                Item::Value(Value::List(self.heap.new_list_of(ListKind::Iterator, values)))
            }
            ("hasNext", []) if self.heap.list_kind(id) == ListKind::Iterator => boolean(length > 0),
            ("next", []) if self.heap.list_kind(id) == ListKind::Iterator => {
                return match self.heap.list_mut(id).and_then(Vec::pop) {
                    Some(value) => Ok(Some(Item::Value(value))),
                    None => Err(self.error("there is no next element: ask `hasNext()` first")),
                };
            }
            ("equals", [other]) => boolean(self.same(Value::List(id), *other, PRINT_DEPTH_MAX)?),
            ("toString", []) => {
                let text = self.text_of(Value::List(id))?;
                Item::Value(Value::Text(text))
            }
            ("toJSONString", []) if self.heap.list_kind(id) == ListKind::Json => {
                let text = self.captured(|renderer| renderer.print_json(Value::List(id)))?;
                Item::Value(self.keep_value(&text)?)
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

    /// The elements of a list; none where it is something else.
    pub(super) fn collection(&self, value: Value<'a>) -> Option<Vec<Value<'a>>> {
        match value {
            Value::List(id) => Some(self.heap.list(id).to_vec()),
            _ => None,
        }
    }

    fn search(&mut self, id: ListId, value: Value<'a>, from_end: bool) -> Result<Option<usize>, Halt> {
        let all = self.heap.list(id).to_vec();
        let length = all.len();
        for at in 0..length {
            let at = if from_end { length - 1 - at } else { at };
            if let Some(element) = all.get(at)
                && self.same(*element, value, PRINT_DEPTH_MAX)?
            {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn is_among(&mut self, value: Value<'a>, all: &[Value<'a>]) -> Result<bool, Halt> {
        for element in all {
            if self.same(*element, value, PRINT_DEPTH_MAX)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn index_or_minus_one(index: Option<usize>) -> Item<'static> {
    index.map_or(Item::Value(Value::Integer(-1)), integer)
}
