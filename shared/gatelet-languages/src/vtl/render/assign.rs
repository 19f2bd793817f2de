//! `#set`.

use super::reference::position;
use super::{Halt, Item, Renderer};
use crate::heap::Value;
use crate::vtl::tree::{Reference, Step};

impl<'a> Renderer<'a> {
    /// Sets what a reference means. What cannot be set stays as it is, as in Velocity.
    pub(super) fn assign(&mut self, target: &'a Reference, item: Item<'a>) -> Result<(), Halt> {
        let Some((last, _)) = target.steps.split_last() else {
            return self.put(target.root, Some(item));
        };
        let Some(owner) = self.owner(target)? else {
            return Ok(());
        };
        self.offset = target.offset;
        match last {
            Step::Property(name) => self.put_key(owner, name, item).map(|_| ()),
            Step::Index(index) => {
                let index = self.parameter(index)?;
                if let (Item::Value(Value::List(id)), Value::Integer(index)) = (owner, index) {
                    let value = self.value_of_item(item)?.unwrap_or(Value::Null);
                    let length = self.heap.list(id).len();
                    let element = position(index, length).and_then(|at| self.heap.list_mut(id)?.get_mut(at));
                    return match element {
                        Some(element) => {
                            *element = value;
                            Ok(())
                        }
                        None => {
                            Err(self.error(format!("the list has {length} elements, and none at {index}")))
                        }
                    };
                }
                if matches!(owner, Item::Value(Value::List(_))) {
                    return Ok(());
                }
                let key = self.text_of(index)?;
                self.put_key(owner, key, item).map(|_| ())
            }
            Step::Method(_) => Ok(()),
        }
    }

    /// What the reference means without its last step.
    fn owner(&mut self, target: &'a Reference) -> Result<Option<Item<'a>>, Halt> {
        let root = match self.get(target.root)? {
            Some(item) => Some(item),
            None => self.root_alone(&target.kind),
        };
        let Some(mut item) = root else {
            return Ok(None);
        };
        let count = target.steps.len().saturating_sub(1);
        for step in target.steps.iter().take(count) {
            match self.walk(item, step)? {
                Some(next) => item = next,
                None => return Ok(None),
            }
        }
        Ok(Some(item))
    }

    /// Sets a key of what is a map to templates; returns what it had before.
    pub(super) fn put_key(
        &mut self,
        owner: Item<'a>,
        key: &'a str,
        item: Item<'a>,
    ) -> Result<Option<Value<'a>>, Halt> {
        if let Item::Override(place) = owner {
            self.override_once(place, key, item)?;
            return Ok(None);
        }
        let Some(Value::Map(id)) = self.value_of_item(owner)? else {
            return Ok(None);
        };
        let value = self.value_of_item(item)?.unwrap_or(Value::Null);
        self.put_member(id, key, value)
    }
}
