//! `$context`, and what it overrides
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>).

use std::borrow::Cow;

use super::{Halt, Item, Renderer};
use crate::heap::{Heap, Map, MapId, Value};
use crate::vtl::ContextValue;
use crate::vtl::limits::OVERRIDES_MAX;

/// How many overrides are compared in one step.
const OVERRIDES_PER_STEP: usize = 8;

/// A part of `$context` that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `$context.requestOverride`
    Request,
    Path,
    QueryString,
    RequestHeader,
    /// `$context.responseOverride`
    Response,
    ResponseHeader,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Request => "requestOverride",
            Self::Path => "requestOverride.path",
            Self::QueryString => "requestOverride.querystring",
            Self::RequestHeader => "requestOverride.header",
            Self::Response => "responseOverride",
            Self::ResponseHeader => "responseOverride.header",
        }
    }
}

impl<'a> Renderer<'a> {
    /// What `$context` and the properties behind it mean, and how many of these are taken. The whole is made into a map only for
    /// whoever asks for a part of it that is no plain value.
    pub(super) fn context_root(&mut self, name: &'a str, steps: usize) -> Result<(Item<'a>, usize), Halt> {
        if steps > 0 && self.made.context.is_none() {
            self.step()?;
            if let Some(value) = self.scope.context(name) {
                let value = value_of(value, &self.heap);
                return Ok((Item::Value(value), steps));
            }
        }
        Ok((Item::Context, 0))
    }

    /// `$context.name`
    pub(super) fn context_property(&mut self, name: &'a str) -> Result<Option<Item<'a>>, Halt> {
        Ok(match name {
            "requestOverride" => Some(Item::Override(Place::Request)),
            "responseOverride" => Some(Item::Override(Place::Response)),
            _ => {
                let id = self.context_map()?;
                self.heap.map(id).and_then(|map| map.get(name)).map(Item::Value)
            }
        })
    }

    /// `$context` as a map of maps.
    pub(super) fn context_map(&mut self) -> Result<MapId, Halt> {
        if let Some(id) = self.made.context {
            return Ok(id);
        }
        let scope = self.scope;
        let heap = &mut self.heap;
        let root = heap.new_map(Map::default());
        let mut count = 0;
        scope.each_context(&mut |name, value| {
            count += 1;
            let value = match value {
                ContextValue::Text(text) => Value::Text(heap.text(&text)),
                ContextValue::Integer(integer) => Value::Integer(integer),
                ContextValue::Boolean(boolean) => Value::Boolean(boolean),
            };
            let name = heap.text(name);
            let mut at = root;
            let mut rest = name;
            while let Some((first, behind)) = rest.split_once('.') {
                at = match heap.map(at).and_then(|map| map.get(first)) {
                    Some(Value::Map(inner)) => inner,
                    _ => {
                        let inner = heap.new_map(Map::default());
                        if let Some(map) = heap.map_mut(at) {
                            map.put(first, Value::Map(inner));
                        }
                        inner
                    }
                };
                rest = behind;
            }
            if let Some(map) = heap.map_mut(at) {
                map.put(rest, value);
            }
        });
        self.made.context = Some(root);
        self.steps(count)?;
        Ok(root)
    }

    /// `$context.requestOverride.name` and its like.
    pub(super) fn override_property(&mut self, place: Place, name: &str) -> Result<Option<Item<'a>>, Halt> {
        let inner = match (place, name) {
            (Place::Request, "path") => Place::Path,
            (Place::Request, "querystring") => Place::QueryString,
            (Place::Request, "header") => Place::RequestHeader,
            (Place::Response, "header") => Place::ResponseHeader,
            (Place::Response, "status") => {
                let status = self.overrides.response.status.clone();
                return status.map(|status| self.keep_value(&status).map(Item::Value)).transpose();
            }
            _ => {
                let count = self.overridden(place).map_or(0, |pairs| pairs.len());
                self.steps(1 + (count / OVERRIDES_PER_STEP) as u64)?;
                let is_header = matches!(place, Place::RequestHeader | Place::ResponseHeader);
                let is_same = |it: &str| it == name || (is_header && it.eq_ignore_ascii_case(name));
                let found = self.overridden(place).and_then(|pairs| pairs.iter().find(|(it, _)| is_same(it)));
                let value = found.map(|(_, value)| value.clone());
                return value.map(|value| self.keep_value(&value).map(Item::Value)).transpose();
            }
        };
        Ok(Some(Item::Override(inner)))
    }

    const fn overridden(&mut self, place: Place) -> Option<&mut Vec<(String, String)>> {
        match place {
            Place::Path => Some(&mut self.overrides.request.path),
            Place::QueryString => Some(&mut self.overrides.request.query_string),
            Place::RequestHeader => Some(&mut self.overrides.request.header),
            Place::ResponseHeader => Some(&mut self.overrides.response.header),
            Place::Request | Place::Response => None,
        }
    }

    /// Overrides something, which can be done once only
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>).
    pub(super) fn override_once(&mut self, place: Place, name: &str, item: Item<'a>) -> Result<(), Halt> {
        // A whole map at once: each of its entries.
        if let (Place::Request | Place::Response, Some(Item::Override(inner))) =
            (place, self.override_property(place, name)?)
        {
            if let Some(Value::Map(id)) = self.value_of_item(item)? {
                let mut position = 0;
                while let Some((key, value)) = self.member(id, position) {
                    self.override_once(inner, key, Item::Value(value))?;
                    position += 1;
                }
            }
            return Ok(());
        }
        let text = self.captured(|renderer| renderer.print_item(item))?;
        self.work(text.len())?;
        // Names of headers are one whatever their case.
        let is_same = |other: &str| match place {
            Place::RequestHeader | Place::ResponseHeader => other.eq_ignore_ascii_case(name),
            _ => other == name,
        };
        let count = self.overridden(place).map_or(0, |pairs| pairs.len());
        if count >= OVERRIDES_MAX {
            return Err(
                self.error(format!("the template overrides more than {OVERRIDES_MAX} names of one kind"))
            );
        }
        self.steps(1 + (count / OVERRIDES_PER_STEP) as u64)?;
        let taken = if place == Place::Response && name == "status" {
            self.overrides.response.status.replace(text).is_some()
        } else if let Some(pairs) = self.overridden(place) {
            let taken = pairs.iter().any(|(it, _)| is_same(it));
            pairs.push((name.to_owned(), text));
            taken
        } else {
            false
        };
        if taken {
            let what = place.name();
            return Err(self.error(format!(
                "`$context.{what}.{name}` is set a second time: keep the value in a variable and set it once, at the end"
            )));
        }
        Ok(())
    }

    /// A part that can be set, as a map.
    pub(super) fn override_map(&mut self, place: Place) -> Result<MapId, Halt> {
        let inner: &[(&'a str, Place)] = match place {
            Place::Request => &[
                ("path", Place::Path),
                ("querystring", Place::QueryString),
                ("header", Place::RequestHeader),
            ],
            Place::Response => &[("header", Place::ResponseHeader)],
            _ => &[],
        };
        let mut map = Map::default();
        for (name, place) in inner {
            map.put(name, Value::Map(self.override_map(*place)?));
        }
        let pairs = self.overridden(place).map(|pairs| pairs.clone()).unwrap_or_default();
        for (name, value) in pairs {
            let name = self.keep(&name)?;
            map.put(name, self.keep_value(&value)?);
        }
        if let (Place::Response, Some(status)) = (place, self.overrides.response.status.clone()) {
            map.put("status", self.keep_value(&status)?);
        }
        self.map(map)
    }
}

/// A variable of the scope as a value: what is borrowed stays so.
fn value_of<'a>(value: ContextValue<'a>, heap: &Heap<'a>) -> Value<'a> {
    match value {
        ContextValue::Text(Cow::Borrowed(text)) => Value::Text(text),
        ContextValue::Text(Cow::Owned(text)) => Value::Text(heap.text(&text)),
        ContextValue::Integer(integer) => Value::Integer(integer),
        ContextValue::Boolean(boolean) => Value::Boolean(boolean),
    }
}
