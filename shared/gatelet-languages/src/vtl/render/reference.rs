//! References: what they mean.

use super::{Halt, Item, Renderer};
use crate::heap::{ListKind, Value};
use crate::vtl::tree::{Reference, Root, Step};

impl<'a> Renderer<'a> {
    /// What a reference means; none where it is unset, or null.
    pub(super) fn reference(&mut self, reference: &'a Reference) -> Result<Option<Item<'a>>, Halt> {
        self.offset = reference.offset;
        let steps = &*reference.steps;
        let (mut item, rest) = match self.get(reference.root)? {
            Some(item) => (item, steps),
            None => match self.root(&reference.kind)? {
                Some((item, taken)) => (item, steps.get(taken..).unwrap_or_default()),
                None => return Ok(None),
            },
        };
        for step in rest {
            match self.walk(item, step)? {
                Some(next) => item = next,
                None => return Ok(None),
            }
        }
        Ok(match item {
            Item::Value(Value::Null) => None,
            item => Some(item),
        })
    }

    /// What a root means that no variable has the name of, and how many steps behind it that includes.
    fn root(&mut self, kind: &'a Root) -> Result<Option<(Item<'a>, usize)>, Halt> {
        let innermost = self.innermost.and_then(|at| self.loops.get(at)).copied();
        Ok(match (kind, innermost) {
            (Root::Context { name, steps }, _) => Some(self.context_root(name, *steps)?),
            (Root::Count, Some(running)) => Some((integer(running.index + 1), 0)),
            (Root::HasNext, Some(running)) => Some((boolean(running.index + 1 < running.count), 0)),
            _ => self.root_alone(kind).map(|item| (item, 0)),
        })
    }

    /// What a root means by itself.
    pub(super) fn root_alone(&self, kind: &Root) -> Option<Item<'a>> {
        match kind {
            Root::Input => Some(Item::Input),
            Root::Util => Some(Item::Util),
            Root::StageVariables => Some(Item::StageVariables),
            Root::Context { .. } => Some(Item::Context),
            Root::Foreach => self.innermost.map(Item::Loop),
            Root::Variable | Root::Count | Root::HasNext => None,
        }
    }

    /// Goes one step from an item; none where that is null.
    pub(super) fn walk(&mut self, item: Item<'a>, step: &'a Step) -> Result<Option<Item<'a>>, Halt> {
        match step {
            Step::Property(name) => self.property(item, name),
            Step::Index(index) => {
                let index = self.parameter(index)?;
                self.index(item, index)
            }
            Step::Method(method) => {
                self.step()?;
                self.method(item, method)
            }
        }
    }

    /// `.name`
    pub(super) fn property(&mut self, item: Item<'a>, name: &'a str) -> Result<Option<Item<'a>>, Halt> {
        match item {
            Item::Value(Value::Map(id)) => {
                self.work(name.len())?;
                Ok(self.heap.map(id).and_then(|map| map.get(name)).map(Item::Value))
            }
            Item::Value(Value::Text(text)) if name == "empty" => Ok(Some(boolean(text.is_empty()))),
            Item::Value(Value::List(id)) if name == "empty" => {
                Ok(Some(boolean(self.heap.list(id).is_empty())))
            }
            Item::Value(_) | Item::Block(_) | Item::Util => Ok(None),
            Item::Input => Ok((name == "body").then(|| self.body())),
            Item::Loop(at) => Ok(self.loop_property(at, name)),
            item => self.get_key(item, name),
        }
    }

    /// The value of a key of what is a map to templates.
    pub(super) fn get_key(&mut self, item: Item<'a>, key: &'a str) -> Result<Option<Item<'a>>, Halt> {
        match item {
            Item::Context => self.context_property(key),
            Item::Override(place) => self.override_property(place, key),
            Item::StageVariables => Ok(self.stage_variable(key)),
            Item::Parameters => Ok(self.parameters_property(key)),
            Item::ParametersOf(of) => self.parameter_of(of, key),
            item => match self.value_of_item(item)? {
                Some(Value::Map(id)) => Ok(self.heap.map(id).and_then(|map| map.get(key)).map(Item::Value)),
                _ => Ok(None),
            },
        }
    }

    /// `[index]`: as `get`, but from the end of a list where it is negative.
    fn index(&mut self, item: Item<'a>, index: Value<'a>) -> Result<Option<Item<'a>>, Halt> {
        match (item, index) {
            (Item::Value(Value::List(id)), _)
                if matches!(self.heap.list_kind(id), ListKind::Collection | ListKind::Iterator) =>
            {
                Ok(None)
            }
            (Item::Value(Value::List(id)), Value::Integer(index)) => {
                let list = self.heap.list(id);
                let position = position(index, list.len());
                match position.and_then(|at| list.get(at)) {
                    Some(value) => Ok(Some(Item::Value(*value))),
                    None => {
                        let length = list.len();
                        Err(self.error(format!("the list has {length} elements, and none at {index}")))
                    }
                }
            }
            (Item::Value(Value::List(_) | Value::Text(_)), _) => Ok(None),
            (item, key) => {
                let key = self.text_of(key)?;
                self.get_key(item, key)
            }
        }
    }

    /// `$foreach.name`
    fn loop_property(&self, at: usize, name: &str) -> Option<Item<'a>> {
        let running = self.loops.get(at)?;
        Some(match name {
            "index" => integer(running.index),
            "count" => integer(running.index + 1),
            "hasNext" => boolean(running.index + 1 < running.count),
            "first" => boolean(running.index == 0),
            "last" => boolean(running.index + 1 >= running.count),
            "parent" => Item::Loop(running.parent?),
            "topmost" => {
                let mut top = at;
                while let Some(parent) = self.loops.get(top).and_then(|it| it.parent) {
                    top = parent;
                }
                Item::Loop(top)
            }
            _ => return None,
        })
    }
}

pub(super) fn integer(number: usize) -> Item<'static> {
    Item::Value(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
}

pub(super) const fn boolean(boolean: bool) -> Item<'static> {
    Item::Value(Value::Boolean(boolean))
}

/// Where in a list an index points, from its end where it is negative.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}
