//! The keywords of draft 4, each held to the kind of value that it must have.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compile::{Compiler, refused};
use super::format::Format;
use super::{
    Additional, Bound, Dependency, Enumeration, Items, Node, NodeId, Number, PATTERN_BYTES_MAX,
    PATTERNS_BYTES_MAX, PATTERNS_MAX, Pattern, Types, canonical, cut,
};
use crate::LanguageError;
use crate::error::shown;
use crate::heap::{MapId, Value};
use crate::json::{self, DIVISOR_DIGITS_MAX};
use crate::selection::{self, SizedPattern};

impl Node {
    /// The schemas that look at the same value.
    pub(super) fn in_place(&self) -> impl Iterator<Item = NodeId> {
        let dependencies = self.dependencies.iter().filter_map(|(_, dependency)| match dependency {
            Dependency::Schema(id) => Some(*id),
            Dependency::Properties(_) => None,
        });
        let lists = [&self.all_of, &self.any_of, &self.one_of].into_iter().flatten().copied();
        self.reference.into_iter().chain(self.not).chain(lists).chain(dependencies)
    }
}

impl<'a> Compiler<'a, '_> {
    /// Reads the keywords of a schema.
    pub(super) fn keywords(&mut self, map: MapId, base: &Arc<str>) -> Result<Node, LanguageError> {
        let mut node = Node::default();
        let (mut exclusive_minimum, mut exclusive_maximum) = (false, false);
        for (name, value) in self.members(map) {
            match name {
                "additionalItems" => node.additional_items = self.additional(name, value, base)?,
                "additionalProperties" => node.additional_properties = self.additional(name, value, base)?,
                "allOf" => node.all_of = self.alternatives(name, value, base)?,
                "anyOf" => node.any_of = self.alternatives(name, value, base)?,
                "oneOf" => node.one_of = self.alternatives(name, value, base)?,
                "not" => node.not = Some(self.node(value, base, name)?),
                "dependencies" => node.dependencies = self.dependencies(value, base)?,
                "enum" => node.enumeration = Some(self.enumeration(value)?),
                "format" => node.format = Format::of_name(text(name, value)?),
                "items" => {
                    node.items = match value {
                        Value::List(list) => {
                            let schemas = self.heap.list(list).to_vec();
                            Items::Each(self.each(&schemas, base, name)?)
                        }
                        schema => Items::All(self.node(schema, base, name)?),
                    }
                }
                "maxItems" => node.max_items = Some(count(name, value)?),
                "maxLength" => node.max_length = Some(count(name, value)?),
                "maxProperties" => node.max_properties = Some(count(name, value)?),
                "minItems" => node.min_items = Some(count(name, value)?),
                "minLength" => node.min_length = Some(count(name, value)?),
                "minProperties" => node.min_properties = Some(count(name, value)?),
                "exclusiveMaximum" => exclusive_maximum = flag(name, value)?,
                "exclusiveMinimum" => exclusive_minimum = flag(name, value)?,
                "maximum" => {
                    node.maximum = Some(Bound { number: self.number(name, value)?, exclusive: false })
                }
                "minimum" => {
                    node.minimum = Some(Bound { number: self.number(name, value)?, exclusive: false })
                }
                "multipleOf" => {
                    let number = self.number(name, value)?;
                    if !number.value.is_positive() || number.value.digit_count() > DIVISOR_DIGITS_MAX {
                        let limit = format!("and has up to {DIVISOR_DIGITS_MAX} digits");
                        return Err(wrong(name, &format!("a number that is greater than zero {limit}")));
                    }
                    node.multiple_of = Some(number);
                }
                "pattern" => {
                    node.pattern = Some(self.pattern(text(name, value)?)?);
                }
                "patternProperties" => {
                    for (text, schema) in self.schemas(name, value)? {
                        let schema = self.node(schema, base, name)?;
                        node.pattern_properties.push((self.pattern(text)?, schema));
                    }
                }
                "properties" => {
                    for (property, schema) in self.schemas(name, value)? {
                        let schema = self.node(schema, base, property)?;
                        node.properties.insert(property.into(), schema);
                    }
                }
                "required" => node.required = self.names(name, value)?,
                "type" => node.types = Some(self.types(value)?),
                "uniqueItems" => node.unique_items = flag(name, value)?,
                _ => {}
            }
        }
        if let Some(bound) = &mut node.minimum {
            bound.exclusive = exclusive_minimum;
        }
        if let Some(bound) = &mut node.maximum {
            bound.exclusive = exclusive_maximum;
        }
        Ok(node)
    }

    fn additional(
        &mut self,
        name: &str,
        value: Value<'a>,
        base: &Arc<str>,
    ) -> Result<Additional, LanguageError> {
        Ok(match value {
            Value::Boolean(true) => Additional::Allowed,
            Value::Boolean(false) => Additional::Forbidden,
            schema => Additional::Schema(self.node(schema, base, name)?),
        })
    }

    fn each(
        &mut self,
        schemas: &[Value<'a>],
        base: &Arc<str>,
        name: &str,
    ) -> Result<Vec<NodeId>, LanguageError> {
        schemas.iter().map(|schema| self.node(*schema, base, name)).collect()
    }

    fn alternatives(
        &mut self,
        name: &str,
        value: Value<'a>,
        base: &Arc<str>,
    ) -> Result<Vec<NodeId>, LanguageError> {
        match value {
            Value::List(list) if !self.heap.list(list).is_empty() => {
                let schemas = self.heap.list(list).to_vec();
                self.each(&schemas, base, name)
            }
            _ => Err(wrong(name, "a list of schemas, at least one")),
        }
    }

    fn schemas(&self, name: &str, value: Value<'a>) -> Result<Vec<(&'a str, Value<'a>)>, LanguageError> {
        match value {
            Value::Map(map) => Ok(self.members(map)),
            _ => Err(wrong(name, "a map of schemas")),
        }
    }

    /// Names without doubles, sorted, as the service's validator keeps them.
    fn names(&self, name: &str, value: Value<'a>) -> Result<Vec<Box<str>>, LanguageError> {
        let Value::List(list) = value else { return Err(wrong(name, "a list of names")) };
        let names = self.heap.list(list).iter().map(|name| match name {
            Value::Text(name) => Some(Box::from(*name)),
            _ => None,
        });
        let names: Option<BTreeSet<Box<str>>> = names.collect();
        names.map(|names| names.into_iter().collect()).ok_or_else(|| wrong(name, "a list of names"))
    }

    fn dependencies(
        &mut self,
        value: Value<'a>,
        base: &Arc<str>,
    ) -> Result<Vec<(Box<str>, Dependency)>, LanguageError> {
        let mut dependencies = Vec::new();
        for (property, needed) in self.schemas("dependencies", value)? {
            let needed = match needed {
                Value::List(_) => Dependency::Properties(self.names("dependencies", needed)?),
                schema => Dependency::Schema(self.node(schema, base, property)?),
            };
            dependencies.push((property.into(), needed));
        }
        Ok(dependencies)
    }

    fn enumeration(&self, value: Value<'a>) -> Result<Enumeration, LanguageError> {
        let Value::List(list) = value else { return Err(wrong("enum", "a list of values")) };
        let values = self.heap.list(list).iter();
        let values: BTreeSet<String> =
            values.filter_map(|value| canonical::written(*value, &self.heap, usize::MAX)).collect();
        let longest = values.iter().map(String::len).max().unwrap_or_default();
        let mut shown = String::new();
        json::write(value, &self.heap, &mut shown)?;
        Ok(Enumeration { values, longest, shown: cut(&shown).into() })
    }

    fn number(&self, name: &str, value: Value<'a>) -> Result<Number, LanguageError> {
        let decimal = canonical::decimal(value).ok_or_else(|| wrong(name, "a number"))?;
        let mut shown = String::new();
        json::write(value, &self.heap, &mut shown)?;
        let small = match value {
            Value::Integer(number) => Some(number),
            _ => None,
        };
        Ok(Number { value: decimal, small, shown: shown.into() })
    }

    fn types(&self, value: Value<'a>) -> Result<Types, LanguageError> {
        let one = |value: &Value<'a>| match value {
            Value::Text(name) => Types::of_name(name),
            _ => None,
        };
        let types = match value {
            Value::List(list) => {
                let types: Option<Vec<Types>> = self.heap.list(list).iter().map(one).collect();
                types.and_then(|types| types.into_iter().reduce(Types::and))
            }
            name => one(&name),
        };
        types.ok_or_else(|| wrong("type", &format!("one or several of `{}`", Types::NAMES.join("`, `"))))
    }

    /// A pattern, which may match anywhere. One that cannot be run is kept with why.
    fn pattern(&mut self, text: &'a str) -> Result<Pattern, LanguageError> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(known.clone());
        }
        if self.patterns.len() == PATTERNS_MAX {
            return Err(refused(format!("has more than {PATTERNS_MAX} patterns: let it have fewer")));
        }
        let left = PATTERN_BYTES_MAX.min(PATTERNS_BYTES_MAX.saturating_sub(self.pattern_bytes));
        let compiled = match selection::translate_ecma(text) {
            Ok(translated) => SizedPattern::compile(&translated, false, left).map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => {
                    // What was built of it in vain counts, too.
                    self.pattern_bytes += left;
                    refused(format!(
                        "has the pattern {}, which grows too large, alone or with the others: make its repetitions smaller",
                        shown(text)
                    ))
                }
                _ => refused(format!("has the pattern {}, which cannot be run", shown(text))),
            }),
            Err(error) => Err(error),
        };
        self.pattern_bytes += compiled.as_ref().map_or(0, SizedPattern::size);
        let pattern = Pattern { compiled, shown: cut(text).into() };
        self.patterns.insert(text, pattern.clone());
        Ok(pattern)
    }
}

fn wrong(name: &str, wanted: &str) -> LanguageError {
    refused(format!("has a `{name}` that is not {wanted}"))
}

fn text<'a>(name: &str, value: Value<'a>) -> Result<&'a str, LanguageError> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(wrong(name, "a text")),
    }
}

fn flag(name: &str, value: Value<'_>) -> Result<bool, LanguageError> {
    match value {
        Value::Boolean(flag) => Ok(flag),
        _ => Err(wrong(name, "`true` or `false`, as draft 4 has it")),
    }
}

/// A whole number, also one that is written `2.0`.
fn count(name: &str, value: Value<'_>) -> Result<u64, LanguageError> {
    let count = match value {
        Value::Integer(number) => u64::try_from(number).ok(),
        Value::Double(number) if number >= 0.0 && number.fract() == 0.0 => {
            format!("{number:.0}").parse().ok()
        }
        _ => None,
    };
    count.ok_or_else(|| wrong(name, "a whole number from zero up"))
}
