//! Holding a value against a schema.

use std::collections::BTreeSet;

use super::plain::{numbers, sizes};
use super::{
    Additional, BYTES_PER_VISIT, DEPTH_MAX, Dependency, Items, Node, NodeId, Pattern, SHOWN_BYTES_MAX,
    Schema, TOLD_BYTES_MAX, Types, VIOLATIONS_MAX, VISITS_MAX, Violations, WRITTEN_BYTES_PER_VISIT,
    canonical, cut,
};
use crate::LanguageError;
use crate::heap::{Heap, ListId, Map, MapId, Value};
use crate::json;

/// How many visits dividing one digit takes.
const VISITS_PER_DIGIT: u64 = 2;

/// How many digits a number has that is no long one.
const DIGITS_MAX: u64 = 20;

/// Holds a value against a schema.
pub(super) fn validate(
    schema: &Schema,
    value: Value<'_>,
    heap: &Heap<'_>,
) -> Result<Result<(), Violations>, LanguageError> {
    let mut run = Run { schema, heap, visits_left: VISITS_MAX };
    let mut violations = Telling::default();
    match run.holds(0, value, DEPTH_MAX, Some(&mut violations)) {
        Ok(_) | Err(Stop::Enough) => {}
        // It is wrong, whatever the rest is.
        Err(Stop::Unknown(_)) if !violations.texts.is_empty() => {}
        Err(Stop::Unknown(error)) => return Err(error),
    }
    Ok(if violations.texts.is_empty() { Ok(()) } else { Err(Violations(violations.texts)) })
}

/// Why a validation ends before its end.
pub(super) enum Stop {
    /// Enough is told.
    Enough,
    /// A limit is met, or a pattern that cannot be run.
    Unknown(LanguageError),
}

/// What is told of what is wrong.
#[derive(Default)]
pub(super) struct Telling {
    texts: Vec<String>,
    bytes: usize,
}

/// Where violations are told; nowhere where only whether there are any counts. What is told is wrong with the whole value, so that nothing needs to
/// be looked at once enough is told.
pub(super) type Told<'t> = Option<&'t mut Telling>;

struct Run<'s, 'h, 'a> {
    schema: &'s Schema,
    heap: &'h Heap<'a>,
    visits_left: u64,
}

/// What one keyword found: nothing, or a text.
pub(super) fn tell(
    told: &mut Told<'_>,
    holds: &mut bool,
    violation: impl FnOnce() -> String,
) -> Result<(), Stop> {
    *holds = false;
    let Some(told) = told else { return Ok(()) };
    let text = violation();
    told.bytes += text.len();
    told.texts.push(text);
    match told.texts.len() >= VIOLATIONS_MAX || told.bytes >= TOLD_BYTES_MAX {
        true => Err(Stop::Enough),
        false => Ok(()),
    }
}

fn over(what: &str) -> Stop {
    Stop::Unknown(LanguageError::new(0, format!("holding a value against a schema takes more than {what}")))
}

impl<'a> Run<'_, '_, 'a> {
    fn take(&mut self, visits: u64) -> Result<(), Stop> {
        match self.visits_left.checked_sub(visits) {
            Some(left) => {
                self.visits_left = left;
                Ok(())
            }
            None => Err(over(&format!("{VISITS_MAX} steps"))),
        }
    }

    fn take_bytes(&mut self, bytes: usize) -> Result<(), Stop> {
        self.take((bytes / BYTES_PER_VISIT) as u64)
    }

    /// Takes what the keywords of one place need beside their own places.
    fn take_for(&mut self, node: &Node, value: Value<'a>) -> Result<(), Stop> {
        match value {
            Value::Text(text)
                if node.format.is_some() || node.max_length.is_some() || node.min_length.is_some() =>
            {
                self.take_bytes(text.len())
            }
            Value::Integer(_) | Value::Double(_) if node.multiple_of.is_some() => {
                self.take(DIGITS_MAX * VISITS_PER_DIGIT)
            }
            Value::Big(number)
                if node.multiple_of.is_some() || node.maximum.is_some() || node.minimum.is_some() =>
            {
                self.take(number.len() as u64 * VISITS_PER_DIGIT)
            }
            Value::Map(_) => {
                let needed = |dependency: &Dependency| match dependency {
                    Dependency::Properties(names) => names.len(),
                    Dependency::Schema(_) => 1,
                };
                let names = node.dependencies.iter().map(|(_, dependency)| 1 + needed(dependency));
                self.take((node.required.len() + names.sum::<usize>()) as u64)
            }
            _ => Ok(()),
        }
    }

    /// Whether a text has a match.
    fn matches(&mut self, pattern: &Pattern, text: &str) -> Result<bool, Stop> {
        let pattern = pattern.compiled.as_ref().map_err(|error| Stop::Unknown(error.clone()))?;
        self.take(pattern.steps(text))?;
        Ok(pattern.is_match(text))
    }

    /// Whether the schemas of a map name a member.
    fn knows(&mut self, node: &Node, name: &str) -> Result<bool, Stop> {
        self.take(1)?;
        if node.properties.contains_key(name) {
            return Ok(true);
        }
        for (pattern, _) in &node.pattern_properties {
            if self.matches(pattern, name)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether no two values of a list are the same.
    fn are_unique(&mut self, list: &[Value<'a>]) -> Result<bool, Stop> {
        let (mut texts, mut others) = (BTreeSet::new(), BTreeSet::new());
        for value in list {
            self.take(1)?;
            let is_new = match value {
                Value::Text(text) => {
                    self.take_bytes(text.len())?;
                    texts.insert(*text)
                }
                other => {
                    let bytes_left = usize::try_from(self.visits_left).unwrap_or(usize::MAX);
                    let bytes_left = bytes_left.saturating_mul(WRITTEN_BYTES_PER_VISIT);
                    let text = canonical::written(*other, self.heap, bytes_left);
                    let Some(text) = text else { return Err(over(&format!("{VISITS_MAX} steps"))) };
                    self.take((text.len() / WRITTEN_BYTES_PER_VISIT) as u64)?;
                    others.insert(text)
                }
            };
            if !is_new {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a value is right. Without a place to tell, it stops at the first that is wrong.
    fn holds(
        &mut self,
        id: NodeId,
        value: Value<'a>,
        depth_left: usize,
        mut told: Told<'_>,
    ) -> Result<bool, Stop> {
        self.take(1)?;
        let depth_left = depth_left.checked_sub(1).ok_or_else(|| over(&format!("{DEPTH_MAX} levels")))?;
        let schema = self.schema;
        let Some(node) = schema.nodes.get(id) else { return Ok(true) };
        if let Some(reference) = node.reference {
            return self.holds(reference, value, depth_left, told);
        }
        let mut holds = true;
        self.keywords(node, value, depth_left, &mut holds, &mut told)?;
        if !holds {
            return Ok(false);
        }
        match value {
            Value::List(list) => self.elements(node, list, depth_left, told),
            Value::Map(map) => self.members(node, map, depth_left, told),
            _ => Ok(true),
        }
    }

    /// The keywords that look at the value itself, in the order of their names.
    fn keywords(
        &mut self,
        node: &Node,
        value: Value<'a>,
        depth_left: usize,
        holds: &mut bool,
        told: &mut Told<'_>,
    ) -> Result<(), Stop> {
        self.take_for(node, value)?;
        let (list, map) = match value {
            Value::List(id) => (Some(self.heap.list(id)), None),
            Value::Map(id) => (None, self.heap.map(id)),
            _ => (None, None),
        };
        if let (Some(list), Additional::Forbidden, Items::Each(schemas)) =
            (list, node.additional_items, &node.items)
            && list.len() > schemas.len()
        {
            tell(told, holds, || {
                let (allowed, found) = (schemas.len(), list.len());
                format!("schema only allows {allowed} elements in array but instance has {found} elements")
            })?;
        }
        if let (Some(map), Additional::Forbidden) = (map, node.additional_properties) {
            let mut unwanted = BTreeSet::new();
            for (name, _) in map.entries() {
                if !self.knows(node, name)? {
                    unwanted.insert(*name);
                }
            }
            if !unwanted.is_empty() {
                tell(told, holds, || {
                    let names = names(unwanted.iter().copied());
                    format!("object instance has properties which are not allowed by the schema: {names}")
                })?;
            }
        }
        self.alternatives(node, value, depth_left, holds, told)?;
        if let Some(map) = map {
            self.dependencies(node, value, map, depth_left, holds, told)?;
        }
        if let Some(enumeration) = &node.enumeration {
            let text = canonical::written(value, self.heap, enumeration.longest);
            // What is longer than all that may be is looked at no further than they are long.
            let written = text.as_ref().map_or(enumeration.longest, String::len);
            self.take((written / WRITTEN_BYTES_PER_VISIT) as u64)?;
            if !text.is_some_and(|text| enumeration.values.contains(&text)) {
                tell(told, holds, || {
                    let shown = self.shown(value);
                    format!(
                        "instance value ({shown}) not found in enum (possible values: {})",
                        enumeration.shown
                    )
                })?;
            }
        }
        if let (Some(format), Value::Text(text)) = (node.format, value)
            && let Some(violation) = format.violation(text)
        {
            tell(told, holds, || violation)?;
        }
        sizes(node, value, list, map, holds, told)?;
        numbers(node, value, holds, told)?;
        if let Some(not) = node.not
            && self.holds(not, value, depth_left, None)?
        {
            tell(told, holds, || "instance matched a schema which it should not have".to_owned())?;
        }
        if !node.one_of.is_empty() {
            let matched = self.matched(&node.one_of, value, depth_left)?;
            if matched != 1 {
                tell(told, holds, || {
                    let count = node.one_of.len();
                    format!("instance failed to match exactly one schema (matched {matched} out of {count})")
                })?;
            }
        }
        if let (Some(pattern), Value::Text(text)) = (&node.pattern, value)
            && !self.matches(pattern, text)?
        {
            tell(told, holds, || {
                let text = cut(text);
                format!("ECMA 262 regex \"{}\" does not match input string \"{text}\"", pattern.shown)
            })?;
        }
        if let Some(map) = map {
            let missing = node.required.iter().filter(|name| map.get(name).is_none());
            let missing: Vec<&str> = missing.map(|name| &**name).collect();
            if !missing.is_empty() {
                tell(told, holds, || {
                    format!("object has missing required properties ({})", names(missing.iter().copied()))
                })?;
            }
        }
        if let Some(types) = node.types
            && let found = type_of(value)
            && !types.has(found)
        {
            tell(told, holds, || {
                let (found, allowed) = (found.names().next().unwrap_or_default(), names(types.names()));
                format!(
                    "instance type ({found}) does not match any allowed primitive type (allowed: {allowed})"
                )
            })?;
        }
        if let (Some(list), true) = (list, node.unique_items)
            && !self.are_unique(list)?
        {
            tell(told, holds, || "array must not contain duplicate elements".to_owned())?;
        }
        Ok(())
    }

    fn matched(&mut self, schemas: &[NodeId], value: Value<'a>, depth_left: usize) -> Result<usize, Stop> {
        let mut matched = 0;
        for schema in schemas {
            matched += usize::from(self.holds(*schema, value, depth_left, None)?);
        }
        Ok(matched)
    }

    /// `allOf`, `anyOf`
    fn alternatives(
        &mut self,
        node: &Node,
        value: Value<'a>,
        depth_left: usize,
        holds: &mut bool,
        told: &mut Told<'_>,
    ) -> Result<(), Stop> {
        let count = node.all_of.len();
        let matched = self.matched(&node.all_of, value, depth_left)?;
        if matched < count {
            tell(told, holds, || {
                format!(
                    "instance failed to match all required schemas (matched only {matched} out of {count})"
                )
            })?;
        }
        let mut any = node.any_of.is_empty();
        for schema in &node.any_of {
            any = any || self.holds(*schema, value, depth_left, None)?;
        }
        if !any {
            tell(told, holds, || {
                format!("instance failed to match at least one required schema among {}", node.any_of.len())
            })?;
        }
        Ok(())
    }

    fn dependencies(
        &mut self,
        node: &Node,
        value: Value<'a>,
        map: &Map<'a>,
        depth_left: usize,
        holds: &mut bool,
        told: &mut Told<'_>,
    ) -> Result<(), Stop> {
        for (property, dependency) in &node.dependencies {
            if map.get(property).is_none() {
                continue;
            }
            match dependency {
                Dependency::Schema(schema) => {
                    let told = told.as_deref_mut();
                    *holds &= self.holds(*schema, value, depth_left, told)?;
                }
                Dependency::Properties(needed) => {
                    let missing: Vec<&str> =
                        needed.iter().filter(|name| map.get(name).is_none()).map(|name| &**name).collect();
                    if !missing.is_empty() {
                        tell(told, holds, || {
                            let (all, missing) =
                                (names(needed.iter().map(|name| &**name)), names(missing.into_iter()));
                            let what = format!(
                                "property \"{property}\" of object has missing property dependencies"
                            );
                            format!("{what} (schema requires {all}; missing: {missing})")
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn elements(
        &mut self,
        node: &Node,
        list: ListId,
        depth_left: usize,
        mut told: Told<'_>,
    ) -> Result<bool, Stop> {
        let mut holds = true;
        for (at, value) in self.heap.list(list).iter().enumerate() {
            let schema = match (&node.items, node.additional_items) {
                (Items::Any, _) => break,
                (Items::All(schema), _) => *schema,
                (Items::Each(schemas), additional) => match (schemas.get(at), additional) {
                    (Some(schema), _) => *schema,
                    (None, Additional::Schema(schema)) => schema,
                    (None, _) => break,
                },
            };
            holds &= self.holds(schema, *value, depth_left, told.as_deref_mut())?;
            if !holds && told.is_none() {
                return Ok(false);
            }
        }
        Ok(holds)
    }

    fn members(
        &mut self,
        node: &Node,
        map: MapId,
        depth_left: usize,
        mut told: Told<'_>,
    ) -> Result<bool, Stop> {
        let mut holds = true;
        let entries = self.heap.map(map).map(Map::entries).unwrap_or_default();
        for (name, value) in entries {
            self.take(1)?;
            let mut schemas: Vec<NodeId> = node.properties.get(*name).copied().into_iter().collect();
            for (pattern, schema) in &node.pattern_properties {
                if self.matches(pattern, name)? {
                    schemas.push(*schema);
                }
            }
            if let (true, Additional::Schema(schema)) = (schemas.is_empty(), node.additional_properties) {
                schemas.push(schema);
            }
            for schema in schemas {
                holds &= self.holds(schema, *value, depth_left, told.as_deref_mut())?;
                if !holds && told.is_none() {
                    return Ok(false);
                }
            }
        }
        Ok(holds)
    }

    fn shown(&self, value: Value<'a>) -> String {
        let mut text = String::new();
        let written = match value {
            Value::Text(long) => {
                json::write_text(&cut(long), &mut text);
                Ok(())
            }
            other => json::write_within(other, self.heap, SHOWN_BYTES_MAX, &mut text),
        };
        match written {
            Ok(()) => text,
            Err(_) => "...".to_owned(),
        }
    }
}

/// Names as a JSON list, as many as are shown.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut list = String::from("[");
    for (position, name) in names.enumerate() {
        if position > 0 {
            list.push(',');
        }
        if list.len() > SHOWN_BYTES_MAX {
            list.push_str("...");
            break;
        }
        json::write_text(&cut(name), &mut list);
    }
    list.push(']');
    list
}

fn type_of(value: Value<'_>) -> Types {
    let name = match value {
        Value::List(_) => "array",
        Value::Boolean(_) => "boolean",
        Value::Integer(_) => "integer",
        Value::Big(number) if !number.contains(['.', 'E']) => "integer",
        Value::Double(_) | Value::Big(_) => return Types::NUMBER,
        Value::Null => "null",
        Value::Map(_) => "object",
        Value::Text(_) => "string",
    };
    Types::of_name(name).unwrap_or(Types::NUMBER)
}
