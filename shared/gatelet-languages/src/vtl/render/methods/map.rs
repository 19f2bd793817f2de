//! Methods of maps. Keys are texts; any other is taken for how it is printed.

use super::super::reference::{boolean, integer};
use super::super::{Halt, Item, Renderer};
use crate::heap::{ListKind, Map, MapId, MapKind, Value};
use crate::vtl::limits::PRINT_DEPTH_MAX;

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
                for other in self.values(id) {
                    if self.same(other, *value, PRINT_DEPTH_MAX)? {
                        return Ok(Some(boolean(true)));
                    }
                }
                boolean(false)
            }
            ("put", [key, value]) => {
                let key = self.text_of(*key)?;
                self.steps(4)?;
                return Ok(self.heap.map_mut(id).and_then(|map| map.put(key, *value)).map(Item::Value));
            }
            ("putIfAbsent", [key, value]) => {
                let found = self.value_at(id, *key)?;
                if found.is_none() {
                    let key = self.text_of(*key)?;
                    self.steps(4)?;
                    self.heap.map_mut(id).and_then(|map| map.put(key, *value));
                }
                return Ok(found.map(Item::Value));
            }
            ("putAll", [Value::Map(from)]) => {
                let entries = self.heap.map(*from).map(|map| map.entries().to_vec()).unwrap_or_default();
                self.steps(4 * entries.len() as u64)?;
                if let Some(map) = self.heap.map_mut(id) {
                    for (key, value) in entries {
                        map.put(key, value);
                    }
                }
                return Ok(None);
            }
            ("remove", [key]) => {
                let key = self.text_of(*key)?;
                self.work(length)?;
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
                let keys = self
                    .heap
                    .map(id)
                    .map(|map| map.entries().iter().map(|(key, _)| Value::Text(key)).collect());
                self.listed(keys.unwrap_or_default())?
            }
            ("values", []) => {
                let values = self.values(id);
                self.listed(values)?
            }
            ("entrySet", []) => {
                let entries = self.heap.map(id).map(|map| map.entries().to_vec()).unwrap_or_default();
                let mut list = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let mut entry = Map::default();
                    entry.put("key", Value::Text(key));
                    entry.put("value", value);
                    list.push(Value::Map(self.heap.new_map_of(MapKind::Entry, entry)));
                }
                self.steps(2 * list.len() as u64)?;
                self.listed(list)?
            }
            ("equals", [other]) => boolean(self.same(Value::Map(id), *other, PRINT_DEPTH_MAX)?),
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
        self.step()?;
        Ok(self.heap.map(id).and_then(|map| map.get(key)))
    }

    fn values(&self, id: MapId) -> Vec<Value<'a>> {
        self.heap
            .map(id)
            .map(|map| map.entries().iter().map(|(_, value)| *value).collect())
            .unwrap_or_default()
    }

    fn listed(&mut self, values: Vec<Value<'a>>) -> Result<Item<'a>, Halt> {
        self.steps(values.len() as u64)?;
        Ok(Item::Value(Value::List(self.heap.new_list_of(ListKind::Collection, values))))
    }
}
