//! Holding a value against a schema.

use std::collections::BTreeSet;

use super::{
    Additional, Bound, DEPTH_MAX, Dependency, Items, Node, NodeId, Number, Schema, Types, VISITS_MAX,
    Violations, canonical,
};
use crate::LanguageError;
use crate::heap::{Heap, ListId, Map, MapId, Value};
use crate::json;

/// Holds a value against a schema.
pub(super) fn validate(
    schema: &Schema,
    value: Value<'_>,
    heap: &Heap<'_>,
) -> Result<Result<(), Violations>, LanguageError> {
    let mut run = Run { schema, heap, visits_left: VISITS_MAX };
    let mut violations = Vec::new();
    run.holds(0, value, DEPTH_MAX, Some(&mut violations))?;
    Ok(if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) })
}

/// Where violations are told; nowhere where only whether there are any counts.
type Told<'t> = Option<&'t mut Vec<String>>;

struct Run<'s, 'h, 'a> {
    schema: &'s Schema,
    heap: &'h Heap<'a>,
    visits_left: usize,
}

/// What one keyword found: nothing, or a text.
fn tell(told: &mut Told<'_>, holds: &mut bool, violation: impl FnOnce() -> String) {
    *holds = false;
    if let Some(told) = told {
        told.push(violation());
    }
}

impl<'a> Run<'_, '_, 'a> {
    /// Whether a value is right. Without a place to tell, it stops at the first that is wrong.
    fn holds(
        &mut self,
        id: NodeId,
        value: Value<'a>,
        depth_left: usize,
        mut told: Told<'_>,
    ) -> Result<bool, LanguageError> {
        let over = |what: &str| {
            LanguageError::new(0, format!("holding a value against a schema takes more than {what}"))
        };
        self.visits_left =
            self.visits_left.checked_sub(1).ok_or_else(|| over(&format!("{VISITS_MAX} steps")))?;
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
    ) -> Result<(), LanguageError> {
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
            });
        }
        if let (Some(map), Additional::Forbidden) = (map, node.additional_properties) {
            let unwanted: BTreeSet<&str> =
                map.entries().iter().map(|(name, _)| *name).filter(|name| !node.knows(name)).collect();
            if !unwanted.is_empty() {
                tell(told, holds, || {
                    let names = names(unwanted.iter().copied());
                    format!("object instance has properties which are not allowed by the schema: {names}")
                });
            }
        }
        self.alternatives(node, value, depth_left, holds, told)?;
        if let Some(map) = map {
            self.dependencies(node, value, map, depth_left, holds, told)?;
        }
        if let Some(enumeration) = &node.enumeration {
            let mut text = String::new();
            canonical::write(value, self.heap, &mut text);
            if !enumeration.values.contains(&text) {
                tell(told, holds, || {
                    let shown = self.shown(value);
                    format!(
                        "instance value ({shown}) not found in enum (possible values: {})",
                        enumeration.shown
                    )
                });
            }
        }
        if let (Some(format), Value::Text(text)) = (node.format, value)
            && let Some(violation) = format.violation(text)
        {
            tell(told, holds, || violation);
        }
        sizes(node, value, list, map, holds, told);
        numbers(node, value, holds, told);
        if let Some(not) = node.not
            && self.holds(not, value, depth_left, None)?
        {
            tell(told, holds, || "instance matched a schema which it should not have".to_owned());
        }
        if !node.one_of.is_empty() {
            let matched = self.matched(&node.one_of, value, depth_left)?;
            if matched != 1 {
                tell(told, holds, || {
                    let count = node.one_of.len();
                    format!("instance failed to match exactly one schema (matched {matched} out of {count})")
                });
            }
        }
        if let (Some(pattern), Value::Text(text)) = (&node.pattern, value)
            && !pattern.compiled.is_match(text)
        {
            tell(told, holds, || {
                format!("ECMA 262 regex \"{}\" does not match input string \"{text}\"", pattern.shown)
            });
        }
        if let Some(map) = map {
            let missing = node.required.iter().filter(|name| map.get(name).is_none());
            let missing: Vec<&str> = missing.map(|name| &**name).collect();
            if !missing.is_empty() {
                tell(told, holds, || {
                    format!("object has missing required properties ({})", names(missing.iter().copied()))
                });
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
            });
        }
        if let (Some(list), true) = (list, node.unique_items) {
            let mut seen = BTreeSet::new();
            let unique = list.iter().all(|value| {
                let mut text = String::new();
                canonical::write(*value, self.heap, &mut text);
                seen.insert(text)
            });
            if !unique {
                tell(told, holds, || "array must not contain duplicate elements".to_owned());
            }
        }
        Ok(())
    }

    fn matched(
        &mut self,
        schemas: &[NodeId],
        value: Value<'a>,
        depth_left: usize,
    ) -> Result<usize, LanguageError> {
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
    ) -> Result<(), LanguageError> {
        let count = node.all_of.len();
        let matched = self.matched(&node.all_of, value, depth_left)?;
        if matched < count {
            tell(told, holds, || {
                format!(
                    "instance failed to match all required schemas (matched only {matched} out of {count})"
                )
            });
        }
        let mut any = node.any_of.is_empty();
        for schema in &node.any_of {
            any = any || self.holds(*schema, value, depth_left, None)?;
        }
        if !any {
            tell(told, holds, || {
                format!("instance failed to match at least one required schema among {}", node.any_of.len())
            });
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
    ) -> Result<(), LanguageError> {
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
                        });
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
    ) -> Result<bool, LanguageError> {
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
    ) -> Result<bool, LanguageError> {
        let mut holds = true;
        let entries = self.heap.map(map).map(Map::entries).unwrap_or_default();
        for (name, value) in entries {
            let mut schemas: Vec<NodeId> = node.properties.get(*name).copied().into_iter().collect();
            let patterns = node.pattern_properties.iter();
            schemas.extend(patterns.filter(|(pattern, _)| pattern.is_match(name)).map(|(_, schema)| *schema));
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
        match json::write(value, self.heap, &mut text) {
            Ok(()) => text,
            Err(_) => "...".to_owned(),
        }
    }
}

impl Node {
    fn knows(&self, name: &str) -> bool {
        self.properties.contains_key(name)
            || self.pattern_properties.iter().any(|(pattern, _)| pattern.is_match(name))
    }
}

/// Names as a JSON list.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut list = String::from("[");
    for (position, name) in names.enumerate() {
        if position > 0 {
            list.push(',');
        }
        json::write_text(name, &mut list);
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

/// `maxItems` to `minProperties`
fn sizes(
    node: &Node,
    value: Value<'_>,
    list: Option<&[Value<'_>]>,
    map: Option<&Map<'_>>,
    holds: &mut bool,
    told: &mut Told<'_>,
) {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    if let Some(found) = list.map(|list| count(list.len())) {
        if let Some(limit) = node.max_items.filter(|limit| found > *limit) {
            tell(told, holds, || {
                format!(
                    "array is too long: must have at most {limit} elements but instance has {found} elements"
                )
            });
        }
        if let Some(limit) = node.min_items.filter(|limit| found < *limit) {
            tell(told, holds, || {
                format!(
                    "array is too short: must have at least {limit} elements but instance has {found} elements"
                )
            });
        }
    }
    if let Value::Text(text) = value
        && (node.max_length.is_some() || node.min_length.is_some())
    {
        let found = count(text.chars().count());
        if let Some(limit) = node.max_length.filter(|limit| found > *limit) {
            tell(told, holds, || {
                format!("string \"{text}\" is too long (length: {found}, maximum allowed: {limit})")
            });
        }
        if let Some(limit) = node.min_length.filter(|limit| found < *limit) {
            tell(told, holds, || {
                format!("string \"{text}\" is too short (length: {found}, required minimum: {limit})")
            });
        }
    }
    if let Some(found) = map.map(|map| count(map.entries().len())) {
        if let Some(limit) = node.max_properties.filter(|limit| found > *limit) {
            tell(told, holds, || {
                format!("object has too many properties (found {found} but schema requires at most {limit})")
            });
        }
        if let Some(limit) = node.min_properties.filter(|limit| found < *limit) {
            tell(told, holds, || {
                format!("object has too few properties (found {found} but schema requires at least {limit})")
            });
        }
    }
}

/// `maximum`, `minimum`, `multipleOf`
fn numbers(node: &Node, value: Value<'_>, holds: &mut bool, told: &mut Told<'_>) {
    let shown = || match value {
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => json::java_double(number),
        Value::Big(number) => number.to_owned(),
        _ => String::new(),
    };
    let order = |number: &Number| match (value, number.small) {
        (Value::Integer(value), Some(limit)) => Some(value.cmp(&limit)),
        // A number beyond what a `Double` holds lies beyond every bound on its side.
        (Value::Double(value), _) if value.is_infinite() => value.partial_cmp(&0.0),
        _ => canonical::decimal(value).map(|value| value.cmp(&number.value)),
    };
    if let Some(Bound { number, exclusive }) = &node.maximum
        && let Some(order) = order(number)
    {
        let limit = &number.shown;
        if order.is_gt() {
            tell(told, holds, || {
                let found = shown();
                format!(
                    "numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"
                )
            });
        } else if order.is_eq() && *exclusive {
            tell(told, holds, || {
                format!("numeric instance is not strictly lower than the required maximum {limit}")
            });
        }
    }
    if let Some(Bound { number, exclusive }) = &node.minimum
        && let Some(order) = order(number)
    {
        let limit = &number.shown;
        if order.is_lt() {
            tell(told, holds, || {
                let found = shown();
                format!(
                    "numeric instance is lower than the required minimum (minimum: {limit}, found: {found})"
                )
            });
        } else if order.is_eq() && *exclusive {
            tell(told, holds, || {
                format!("numeric instance is not strictly greater than the required minimum {limit}")
            });
        }
    }
    if let Some(divisor) = &node.multiple_of
        && !matches!(value, Value::Null | Value::Boolean(_) | Value::Text(_) | Value::List(_) | Value::Map(_))
    {
        let multiple = match canonical::decimal(value) {
            Some(number) => number.is_multiple_of(&divisor.value),
            None => false,
        };
        if !multiple {
            tell(told, holds, || {
                format!("remainder of division is not zero ({} / {})", shown(), divisor.shown)
            });
        }
    }
}
