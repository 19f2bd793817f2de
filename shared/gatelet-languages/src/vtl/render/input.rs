//! `$input` and `$stageVariables`.

use std::borrow::Cow;

use super::{Halt, Item, Renderer};
use crate::heap::{Map, MapId, Value};
use crate::json;
use crate::json_path::{FindError, JsonPath};
use crate::vtl::tree::Method;
use crate::vtl::{Parameters, limits};

impl<'a> Renderer<'a> {
    /// `$input.body`
    pub(super) fn body(&self) -> Item<'a> {
        Item::Value(Value::Text(self.scope.body()))
    }

    /// The body as a document, read when it is first asked for. Where there is none, it is an empty map.
    fn document(&mut self) -> Result<Value<'a>, Halt> {
        if let Some(value) = self.made.body {
            return Ok(value);
        }
        let before = self.heap.bytes();
        let body = Some(self.scope.body()).filter(|body| !body.is_empty()).unwrap_or("{}");
        let read = json::read_lenient(body, &mut self.heap);
        let value = read.map_err(|error| self.error(format!("the body is not JSON: {}", error.message)))?;
        self.body_bytes += self.heap.bytes().saturating_sub(before);
        self.made.body = Some(value);
        Ok(value)
    }

    /// A method of `$input`.
    pub(super) fn input_method(
        &mut self,
        method: &'a Method,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        match (&*method.name, arguments) {
            ("path", [Value::Text(path)]) => Ok(self.find(method, path)?.map(Item::Value)),
            ("json", [Value::Text(path)]) => match self.find(method, path)? {
                Some(value) => {
                    let text = self.captured_text(0, |renderer| renderer.print_json(value))?;
                    Ok(Some(Item::Value(Value::Text(text))))
                }
                None => Ok(None),
            },
            ("params", []) => Ok(Some(Item::Parameters)),
            ("params", [Value::Text(name)]) => {
                for of in Parameters::ALL {
                    if let Some(found) = self.parameter_of(of, name)? {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// What a path means in the body: the one that the method was compiled with, if it was, else this.
    pub(super) fn find(&mut self, method: &'a Method, path: &str) -> Result<Option<Value<'a>>, Halt> {
        let document = self.document()?;
        let compiled;
        let path = match &method.path {
            Some(compiled) => compiled,
            None => {
                self.work(path.len().saturating_mul(limits::BYTES_PER_STEP))?;
                compiled = JsonPath::parse(path);
                &compiled
            }
        };
        let path = path.as_ref().map_err(|error| self.error(error.message.clone()))?;
        self.step()?;
        // A visit is a step. What would not fit into the heap is not looked for either.
        let found = path.find_within(document, &mut self.heap, &mut self.fuel);
        self.room(0)?;
        match found {
            Ok(found) => Ok(found),
            Err(FindError::Limit(error)) => Err(self.error(error.message)),
            // ASSUMPTION: Jayway is asked to suppress exceptions, as the templates of real APIs need it: data of another form is nothing, or
            // finds nothing.
            Err(FindError::Data(_)) if path.is_definite() => Ok(None),
            Err(FindError::Data(_)) => Ok(Some(Value::List(self.heap.new_list(Vec::new())))),
        }
    }

    /// `$stageVariables.name`
    pub(super) fn stage_variable(&self, name: &str) -> Option<Item<'a>> {
        match self.made.stage_variables {
            Some(id) => self.heap.map(id).and_then(|map| map.get(name)).map(Item::Value),
            None => self.scope.stage_variable(name).map(|text| Item::Value(Value::Text(text))),
        }
    }

    /// `$input.params().name`
    pub(super) fn parameters_property(&self, name: &str) -> Option<Item<'a>> {
        if let Some(id) = self.made.parameters {
            return self.heap.map(id).and_then(|map| map.get(name)).map(Item::Value);
        }
        Parameters::ALL.into_iter().find(|of| of.as_str() == name).map(Item::ParametersOf)
    }

    /// `$input.params().header.name` and its like.
    pub(super) fn parameter_of(&mut self, of: Parameters, name: &str) -> Result<Option<Item<'a>>, Halt> {
        self.step()?;
        if let Some(id) = self.made.parameters_of.get(of as usize).copied().flatten() {
            return Ok(self.heap.map(id).and_then(|map| map.get(name)).map(Item::Value));
        }
        let scope = self.scope;
        match scope.parameter(of, name) {
            Some(Cow::Borrowed(text)) => Ok(Some(Item::Value(Value::Text(text)))),
            Some(Cow::Owned(text)) => Ok(Some(Item::Value(self.keep_value(&text)?))),
            None => Ok(None),
        }
    }

    /// An item as something that a list or map can hold: what is a map to templates becomes one.
    pub(super) fn value_of_item(&mut self, item: Item<'a>) -> Result<Option<Value<'a>>, Halt> {
        Ok(Some(match item {
            Item::Value(value) => value,
            Item::Input | Item::Util | Item::Loop(_) => return Ok(None),
            Item::Context => Value::Map(self.context_map()?),
            Item::Override(place) => Value::Map(self.override_map(place)?),
            Item::StageVariables => Value::Map(self.stage_variables_map()?),
            Item::Parameters => Value::Map(self.parameters_map()?),
            Item::ParametersOf(of) => Value::Map(self.parameters_of_map(of)?),
            Item::Block(_) => Value::Text(self.captured_text(0, |renderer| renderer.print_item(item))?),
        }))
    }

    fn stage_variables_map(&mut self) -> Result<MapId, Halt> {
        if let Some(id) = self.made.stage_variables {
            return Ok(id);
        }
        let scope = self.scope;
        let map = self.gathered(|see| scope.each_stage_variable(see))?;
        self.made.stage_variables = Some(map);
        Ok(map)
    }

    fn parameters_of_map(&mut self, of: Parameters) -> Result<MapId, Halt> {
        if let Some(id) = self.made.parameters_of.get(of as usize).copied().flatten() {
            return Ok(id);
        }
        let scope = self.scope;
        let map = self.gathered(|see| scope.each_parameter(of, see))?;
        if let Some(made) = self.made.parameters_of.get_mut(of as usize) {
            *made = Some(map);
        }
        Ok(map)
    }

    fn parameters_map(&mut self) -> Result<MapId, Halt> {
        if let Some(id) = self.made.parameters {
            return Ok(id);
        }
        let mut map = Map::default();
        for of in Parameters::ALL {
            map.put(of.as_str(), Value::Map(self.parameters_of_map(of)?));
        }
        let id = self.map(map)?;
        self.made.parameters = Some(id);
        Ok(id)
    }

    fn gathered(&mut self, each: impl FnOnce(&mut dyn FnMut(&str, &str))) -> Result<MapId, Halt> {
        let mut map = Map::default();
        let heap = &self.heap;
        each(&mut |name, value| {
            map.put(heap.text(name), Value::Text(heap.text(value)));
        });
        self.map(map)
    }
}
