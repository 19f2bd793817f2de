//! Methods of texts.

use super::super::reference::boolean;
use super::super::{Halt, Item, Renderer};
use super::pattern::Pattern;
use super::slices::{compare, find, find_last, hash, length, slice};
use crate::heap::{ListKind, Value};
use crate::vtl::limits::OUTPUT_BYTES_MAX;
use crate::vtl::tree::Method;

/// How many steps it takes to compile a pattern that is not known beforehand.
const COMPILE_STEPS: u64 = 5_000;

/// How many bytes a pattern goes through in the time that other methods take for one.
const PATTERN_FACTOR: usize = 8;

impl<'a> Renderer<'a> {
    pub(super) fn text_method(
        &mut self,
        text: &'a str,
        method: &'a Method,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        let name = &*method.name;
        self.work(text.len())?;
        if Pattern::is_taken_by(name)
            && let [Value::Text(pattern), rest @ ..] = arguments
        {
            return self.pattern_method(text, method, pattern, rest);
        }
        let end = || i64::try_from(length(text)).unwrap_or(i64::MAX);
        let found = match (name, arguments) {
            ("length", []) => Value::Integer(end()),
            ("isEmpty", []) => Value::Boolean(text.is_empty()),
            ("isBlank", []) => Value::Boolean(text.trim().is_empty()),
            ("toString" | "intern", []) => Value::Text(text),
            ("hashCode", []) => Value::Integer(hash(text)),
            ("trim", []) => Value::Text(text.trim_matches(|it| it <= ' ')),
            ("strip", []) => Value::Text(text.trim()),
            ("stripLeading", []) => Value::Text(text.trim_start()),
            ("stripTrailing", []) => Value::Text(text.trim_end()),
            ("toLowerCase", []) => self.keep_value(&text.to_lowercase())?,
            ("toUpperCase", []) => self.keep_value(&text.to_uppercase())?,
            ("substring", [Value::Integer(from)]) => self.part(text, *from, end())?,
            ("substring" | "subSequence", [Value::Integer(from), Value::Integer(to)]) => {
                self.part(text, *from, *to)?
            }
            ("charAt", [Value::Integer(at)]) => self.part(text, *at, at.saturating_add(1))?,
            ("codePointAt", [Value::Integer(at)]) => {
                let Value::Text(character) = self.part(text, *at, end())? else {
                    return Ok(None);
                };
                match character.chars().next() {
                    Some(character) => Value::Integer(i64::from(u32::from(character))),
                    None => return Err(self.error(format!("the text has no character at {at}"))),
                }
            }
            ("indexOf", [Value::Text(wanted)]) => Value::Integer(find(text, wanted, 0)),
            ("indexOf", [Value::Text(wanted), Value::Integer(from)]) => {
                Value::Integer(find(text, wanted, *from))
            }
            ("lastIndexOf", [Value::Text(wanted)]) => Value::Integer(find_last(text, wanted, None)),
            ("lastIndexOf", [Value::Text(wanted), Value::Integer(up_to)]) => {
                Value::Integer(find_last(text, wanted, Some(*up_to)))
            }
            ("contains", [Value::Text(wanted)]) => Value::Boolean(text.contains(wanted)),
            ("startsWith", [Value::Text(wanted)]) => Value::Boolean(text.starts_with(wanted)),
            ("endsWith", [Value::Text(wanted)]) => Value::Boolean(text.ends_with(wanted)),
            ("equals" | "contentEquals", [other]) => Value::Boolean(*other == Value::Text(text)),
            ("equalsIgnoreCase", [other]) => match other {
                Value::Text(other) => Value::Boolean(text.to_lowercase() == other.to_lowercase()),
                _ => Value::Boolean(false),
            },
            ("compareTo", [Value::Text(other)]) => Value::Integer(compare(text, other)),
            ("compareToIgnoreCase", [Value::Text(other)]) => {
                Value::Integer(compare(&text.to_lowercase(), &other.to_lowercase()))
            }
            ("concat", [Value::Text(other)]) => self.keep_value(&[text, other].concat())?,
            ("replace", [Value::Text(from), Value::Text(to)]) => {
                let pattern = Pattern::Plain((*from).into());
                let literal = to.replace('\\', "\\\\").replace('$', "\\$");
                match pattern.replace(text, &literal, true, OUTPUT_BYTES_MAX) {
                    Some(replaced) => self.keep_value(&replaced)?,
                    None => return Err(self.error("the text grows too long")),
                }
            }
            ("repeat", [Value::Integer(times)]) => {
                let Some(times) = usize::try_from(*times)
                    .ok()
                    .filter(|it| text.len().saturating_mul(*it) <= OUTPUT_BYTES_MAX)
                else {
                    return Err(self.error("a text is repeated less than no times, or grows too long"));
                };
                self.keep_value(&text.repeat(times))?
            }
            // Static methods, which Velocity calls on any text.
            ("valueOf" | "copyValueOf", [value]) => Value::Text(self.text_of(*value)?),
            ("join", [Value::Text(between), values]) => {
                let Some(values) = self.collection(*values) else {
                    return Ok(None);
                };
                let joined = self.captured(|renderer| {
                    for (position, value) in values.into_iter().enumerate() {
                        if position > 0 {
                            renderer.print(between)?;
                        }
                        renderer.print_item(Item::Value(value))?;
                    }
                    Ok(())
                })?;
                self.keep_value(&joined)?
            }
            ("toCharArray", []) => {
                let characters =
                    text.char_indices().map(|(at, it)| text.get(at..at + it.len_utf8()).unwrap_or_default());
                let characters: Vec<_> = characters.map(Value::Text).collect();
                self.steps(characters.len() as u64)?;
                Value::List(self.heap.new_list_of(ListKind::Java, characters))
            }
            _ => return Ok(None),
        };
        Ok(Some(Item::Value(found)))
    }

    /// A part of a text: borrowed where it can be.
    fn part(&mut self, text: &'a str, from: i64, to: i64) -> Result<Value<'a>, Halt> {
        if text.is_ascii()
            && let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to))
            && let Some(part) = text.get(from..to)
        {
            return Ok(Value::Text(part));
        }
        match slice(text, from, to) {
            Some(part) => self.keep_value(&part),
            None => {
                let length = length(text);
                Err(self.error(format!("the text has {length} characters, and no part from {from} to {to}")))
            }
        }
    }

    fn pattern_method(
        &mut self,
        text: &'a str,
        method: &'a Method,
        pattern: &str,
        rest: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        self.work(text.len().saturating_mul(PATTERN_FACTOR))?;
        let compiled;
        let pattern = match &method.pattern {
            Some(compiled) => compiled,
            None => {
                self.steps(COMPILE_STEPS)?;
                compiled = Pattern::parse(pattern, &method.name);
                &compiled
            }
        };
        let pattern = pattern.as_ref().map_err(|error| self.error(error.message.clone()))?;
        Ok(Some(match (&*method.name, rest) {
            ("matches", []) => boolean(pattern.is_whole(text)),
            ("split", [] | [Value::Integer(_)]) => {
                let limit = match rest {
                    [Value::Integer(limit)] => *limit,
                    _ => 0,
                };
                let parts: Vec<_> = pattern.split(text, limit).into_iter().map(Value::Text).collect();
                self.steps(parts.len() as u64)?;
                Item::Value(Value::List(self.heap.new_list_of(ListKind::Java, parts)))
            }
            ("replaceAll" | "replaceFirst", [Value::Text(replacement)]) => {
                let is_all = *method.name == *"replaceAll";
                match pattern.replace(text, replacement, is_all, OUTPUT_BYTES_MAX) {
                    Some(replaced) => Item::Value(self.keep_value(&replaced)?),
                    None => {
                        return Err(self.error(
                            "the replacement names a group that there is not, or makes the text too long",
                        ));
                    }
                }
            }
            _ => return Ok(None),
        }))
    }
}
