//! Methods of texts.

use super::super::reference::boolean;
use super::super::{Halt, Item, Renderer};
use super::pattern::{Failure, Pattern};
use super::slices::{compare, find, find_last, hash, length, slice};
use crate::LanguageError;
use crate::heap::{ListKind, Value};
use crate::vtl::limits::{OUTPUT_BYTES_MAX, PATTERN_BYTES_MAX};
use crate::vtl::tree::Method;

/// How many steps it takes to compile a pattern that is not known beforehand.
const COMPILE_STEPS: u64 = 20_000;

/// How many more it takes for each byte of it.
const COMPILE_STEPS_PER_BYTE: u64 = 20;

/// How many bytes are looked at in one step by methods that look at characters one by one.
const CHARACTERS_PER_STEP: usize = 8;

/// Whether a method looks at characters one by one, rather than at bytes in bulk.
fn is_slow(method: &str) -> bool {
    !matches!(
        method,
        "length"
            | "isEmpty"
            | "toString"
            | "intern"
            | "trim"
            | "strip"
            | "equals"
            | "contentEquals"
            | "startsWith"
            | "endsWith"
            | "concat"
            | "repeat"
            | "matches"
            | "split"
            | "replace"
            | "replaceAll"
            | "replaceFirst"
            | "substring"
            | "subSequence"
            | "charAt"
    )
}

/// As Java's `equalsIgnoreCase`: no copy is made of either.
fn are_equal_but_for_case(left: &str, right: &str) -> bool {
    let (lefts, rights) = (left.chars(), right.chars());
    left == right || lefts.flat_map(char::to_lowercase).eq(rights.flat_map(char::to_lowercase))
}

impl<'a> Renderer<'a> {
    pub(super) fn text_method(
        &mut self,
        text: &'a str,
        method: &'a Method,
        arguments: &[Value<'a>],
    ) -> Result<Option<Item<'a>>, Halt> {
        let name = &*method.name;
        let mut looked_at = text.len();
        for argument in arguments {
            if let Value::Text(argument) = argument {
                looked_at += argument.len();
            }
        }
        self.work(looked_at)?;
        if is_slow(name) {
            self.steps((looked_at / CHARACTERS_PER_STEP) as u64)?;
        }
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
                Value::Text(other) => Value::Boolean(are_equal_but_for_case(text, other)),
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
                let replaced = pattern.replace(text, &literal, true, OUTPUT_BYTES_MAX, &mut self.fuel);
                let replaced = replaced.map_err(|failure| self.failed(failure))?;
                self.keep_value(&replaced)?
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
            ("format" | "formatted", values) => return self.format(text, name, values).map(Some),
            // Static methods, which Velocity calls on any text.
            ("valueOf" | "copyValueOf", [value]) => Value::Text(self.text_of(*value)?),
            ("join", [Value::Text(between), values]) => {
                let Value::List(values) = *values else {
                    return Ok(None);
                };
                Value::Text(self.captured_text(0, |renderer| {
                    let mut position = 0;
                    while let Some(value) = renderer.heap.list(values).get(position).copied() {
                        if position > 0 {
                            renderer.work(between.len())?;
                            renderer.print(between)?;
                        }
                        renderer.print_value(value)?;
                        position += 1;
                    }
                    Ok(())
                })?)
            }
            ("toCharArray", []) => {
                self.before_list(text.len())?;
                let characters =
                    text.char_indices().map(|(at, it)| text.get(at..at + it.len_utf8()).unwrap_or_default());
                let characters: Vec<_> = characters.map(Value::Text).collect();
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
        let compiled;
        let pattern = match &method.pattern {
            Some(compiled) => compiled,
            None => {
                compiled = self.compiled(pattern, &method.name)?;
                &compiled
            }
        };
        let pattern = pattern.as_ref().map_err(|error| self.error(error.message.clone()))?;
        Ok(Some(match (&*method.name, rest) {
            ("matches", []) => {
                let is_whole = pattern.is_whole(text, &mut self.fuel);
                boolean(is_whole.map_err(|failure| self.failed(failure))?)
            }
            ("split", [] | [Value::Integer(_)]) => {
                let limit = match rest {
                    [Value::Integer(limit)] => *limit,
                    _ => 0,
                };
                let parts = pattern.split(text, limit, &mut self.fuel);
                let parts = parts.map_err(|failure| self.failed(failure))?;
                self.before_list(parts.len())?;
                let parts: Vec<_> = parts.into_iter().map(Value::Text).collect();
                Item::Value(Value::List(self.heap.new_list_of(ListKind::Java, parts)))
            }
            ("replaceAll" | "replaceFirst", [Value::Text(replacement)]) => {
                let is_all = *method.name == *"replaceAll";
                let replaced = pattern.replace(text, replacement, is_all, OUTPUT_BYTES_MAX, &mut self.fuel);
                let replaced = replaced.map_err(|failure| self.failed(failure))?;
                Item::Value(self.keep_value(&replaced)?)
            }
            _ => return Ok(None),
        }))
    }

    /// Compiles a pattern that was not known beforehand. The last one is kept: it is most often the next one, too.
    fn compiled(&mut self, pattern: &str, method: &str) -> Result<Result<Pattern, LanguageError>, Halt> {
        if let Some(plain) = Pattern::plain(pattern) {
            return Ok(Ok(plain));
        }
        let for_whole = method == "matches";
        if let Some((text, is_for_whole, compiled)) = &self.pattern
            && **text == *pattern
            && *is_for_whole == for_whole
        {
            return Ok(Ok(compiled.clone()));
        }
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(self.error(format!("the pattern is longer than {PATTERN_BYTES_MAX} bytes")));
        }
        self.steps(COMPILE_STEPS + COMPILE_STEPS_PER_BYTE * pattern.len() as u64)?;
        let compiled = Pattern::parse(pattern, method);
        if let Ok(compiled) = &compiled {
            self.pattern = Some((pattern.into(), for_whole, compiled.clone()));
        }
        Ok(compiled)
    }

    fn failed(&mut self, failure: Failure) -> Halt {
        match failure {
            Failure::Fuel => self.error("the template takes too long: its pattern finds too much, or looks at too much text"),
            Failure::Group => self.error(
                "the replacement names a group that there is not: write `\\$` for a dollar sign, and `\\\\` for a backslash",
            ),
            Failure::Long => self.error("the text grows too long"),
        }
    }
}
