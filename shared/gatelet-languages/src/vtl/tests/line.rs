//! What a template can see, written as a JSON object.

use std::borrow::Cow;

use bumpalo::Bump;

use crate::heap::{Heap, Value};
use crate::json;
use crate::vtl::{ContextValue, Parameters, Scope};

/// What most tests see.
pub(super) const SEEN: &str = r#"{
    "body": "{\"a\":1,\"l\":[\"x\",2,{\"y\":\"z\"}],\"m\":{\"k\":\"v\"}}",
    "params": {"path": {"id": "7"}, "querystring": {}, "header": {"Accept": "x"}},
    "context": {"stage": "prod", "identity": {"sourceIp": "1.2.3.4"}},
    "stageVariables": {"env": "dev"}
}"#;

/// An object, and what is in it.
pub(super) struct Line<'a> {
    heap: Heap<'a>,
    value: Value<'a>,
}

/// Does something with what is written so.
pub(super) fn with<T>(text: &str, work: impl FnOnce(&Line<'_>) -> T) -> T {
    let texts = Bump::new();
    let mut heap = Heap::new(&texts);
    let value = json::read(text, &mut heap).unwrap();
    work(&Line { heap, value })
}

impl<'a> Line<'a> {
    pub(super) fn value(&self, names: &[&str]) -> Option<Value<'a>> {
        names.iter().try_fold(self.value, |value, name| match value {
            Value::Map(id) => self.heap.map(id)?.get(name),
            _ => None,
        })
    }

    pub(super) fn text(&self, names: &[&str]) -> Option<&'a str> {
        match self.value(names)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn entries(&self, value: Option<Value<'a>>) -> &[(&'a str, Value<'a>)] {
        match value {
            Some(Value::Map(id)) => self.heap.map(id).unwrap().entries(),
            _ => &[],
        }
    }

    fn each_text(&self, names: &[&str], see: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self.entries(self.value(names)) {
            if let Value::Text(text) = value {
                see(name, text);
            }
        }
    }

    fn each_below(&self, name: &str, value: Value<'a>, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        if let Some(plain) = context_value(value) {
            return see(name, plain);
        }
        for (key, inner) in self.entries(Some(value)) {
            let longer = if name.is_empty() { (*key).to_owned() } else { format!("{name}.{key}") };
            self.each_below(&longer, *inner, see);
        }
    }
}

fn context_value(value: Value<'_>) -> Option<ContextValue<'_>> {
    match value {
        Value::Text(text) => Some(ContextValue::Text(Cow::Borrowed(text))),
        Value::Integer(integer) => Some(ContextValue::Integer(integer)),
        Value::Boolean(boolean) => Some(ContextValue::Boolean(boolean)),
        _ => None,
    }
}

impl Scope for Line<'_> {
    fn body(&self) -> &str {
        self.text(&["body"]).unwrap_or_default()
    }
    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        self.text(&["params", of.as_str(), name]).map(Cow::Borrowed)
    }
    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        self.each_text(&["params", of.as_str()], see);
    }
    fn context(&self, name: &str) -> Option<ContextValue<'_>> {
        let names: Vec<_> = std::iter::once("context").chain(name.split('.')).collect();
        context_value(self.value(&names)?)
    }
    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        self.each_below("", self.value(&["context"]).unwrap_or(Value::Null), see);
    }
    fn stage_variable(&self, name: &str) -> Option<&str> {
        self.text(&["stageVariables", name])
    }
    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        self.each_text(&["stageVariables"], see);
    }
}
