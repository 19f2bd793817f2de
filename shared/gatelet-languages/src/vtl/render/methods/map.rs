//! Methods of maps. Keys are texts; any other is taken for how it is printed.

use super::super::reference::{boolean, integer};
use super::super::{Halt, Item, Renderer};
use crate::heap::{ELEMENT_BYTES, ListKind, MEMBER_BYTES, Map, MapId, MapKind, Value, bytes_of_map};

impl<'a> Renderer<'a> {
    pub(super) fn map_method(
        &mut self,
        id: MapId,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        if self.heap.map_kind(id) == MapKind::Entry {
            return self.entry_method(id, name, arguments);
        }
        let length = self.heap.map(id).map_or(0, |map| map.entries().len());
        let found = match (name, arguments) {
            ("get", [key]) => return Ok(self.value_at(id, *key)?.map(Item::Value)),
            ("getOrDefault", [key, default]) => Item::Value(self.value_at(id, *key)?.unwrap_or(*default)),
            ("containsKey", [key]) => boolean(self.value_at(id, *key)?.is_some()),
            ("containsValue", [value]) => {
                let mut position = 0;
                while let Some((_, other)) = self.member(id, position) {
                    if self.same(other, *value)? {
                        return Ok(Some(boolean(true)));
                    }
                    position += 1;
                }
                boolean(false)
            }
            ("put", [key, value]) => {
                let key = self.text_of(*key)?;
                return Ok(self.put_member(id, key, *value)?.map(Item::Value));
            }
            ("putIfAbsent", [key, value]) => {
                let found = self.value_at(id, *key)?;
                if found.is_none() {
                    let key = self.text_of(*key)?;
                    self.put_member(id, key, *value)?;
                }
                return Ok(found.map(Item::Value));
            }
            ("putAll", [Value::Map(from)]) => {
                let mut position = 0;
                while let Some((key, value)) = self.member(*from, position) {
                    self.put_member(id, key, value)?;
                    position += 1;
                }
                return Ok(None);
            }
            ("remove", [key]) => {
                let key = self.text_of(*key)?;
                // The index of a large map is made anew.
                self.steps(2 * length as u64)?;
                return Ok(self.heap.map_mut(id).and_then(|map| map.remove(key)).map(Item::Value));
            }
            ("clear", []) => {
                if let Some(map) = self.heap.map_mut(id) {
                    *map = Map::default();
                }
                return Ok(None);
            }
            ("size", []) => integer(length),
            ("isEmpty", []) => boolean(length == 0),
            ("keySet", []) => {
                self.before_list(length)?;
                let keys = self
                    .heap
                    .map(id)
                    .map(|map| map.entries().iter().map(|(key, _)| Value::Text(key)).collect());
                self.list(ListKind::Collection, keys.unwrap_or_default())
            }
            ("values", []) => {
                self.before_list(length)?;
                let values =
                    self.heap.map(id).map(|map| map.entries().iter().map(|(_, value)| *value).collect());
                self.list(ListKind::Collection, values.unwrap_or_default())
            }
            ("entrySet", []) => {
                self.before_list(length)?;
                self.steps(3 * length as u64)?;
                self.room(length.saturating_mul(bytes_of_map(2) + ELEMENT_BYTES))?;
                let mut list = Vec::with_capacity(length);
                for position in 0..length {
                    let Some((key, value)) = self.member(id, position) else { break };
                    let mut entry = Map::default();
                    entry.put("key", Value::Text(key));
                    entry.put("value", value);
                    list.push(Value::Map(self.heap.new_map_of(MapKind::Entry, entry)));
                }
                self.list(ListKind::Collection, list)
            }
            ("equals", [other]) => boolean(self.same(Value::Map(id), *other)?),
            ("toString", []) => Item::Value(Value::Text(self.text_of(Value::Map(id))?)),
            _ => return Ok(None),
        };
        Ok(Some(found))
    }

    fn entry_method(
        &mut self,
        id: MapId,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        let key = match (name, arguments) {
            ("getKey", []) => "key",
            ("getValue", []) => "value",
            ("toString", []) => return Ok(Some(Item::Value(Value::Text(self.text_of(Value::Map(id))?)))),
            _ => return Ok(None),
        };
        Ok(self.heap.map(id).and_then(|map| map.get(key)).map(Item::Value))
    }

    fn value_at(&mut self, id: MapId, key: Value<'a>) -> Result<Option<Value<'a>>, Halt> {
        let key = self.text_of(key)?;
        self.work(key.len())?;
        Ok(self.heap.map(id).and_then(|map| map.get(key)))
    }

    /// Sets a key of a map; returns what it had before.
    pub(in crate::vtl::render) fn put_member(
        &mut self,
        id: MapId,
        key: &'a str,
        value: Value<'a>,
    ) -> Result<Option<Value<'a>>, Halt> {
        self.steps(4)?;
        self.work(key.len())?;
        self.room(MEMBER_BYTES)?;
        Ok(self.heap.put(id, key, value))
    }
}
