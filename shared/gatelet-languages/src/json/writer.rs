//! The writer: JSON as json-smart writes it for Jayway's JSONPath, without a space, `/` as it is.

use std::fmt::Write as _;

use super::{DEPTH_MAX, WRITTEN_BYTES_MAX, java_double};
use crate::LanguageError;
use crate::heap::{Heap, Value};

/// Appends a value as JSON.
///
/// Numbers stand as Java prints them (`1.0E10`), and `null` where JSON has none, such as infinity.
///
/// # Errors
/// Where lists and maps lie too deep in each other, as one that contains itself does, or [`WRITTEN_BYTES_MAX`] is met.
pub fn write(value: Value<'_>, heap: &Heap<'_>, out: &mut String) -> Result<(), LanguageError> {
    write_within(value, heap, WRITTEN_BYTES_MAX, out)
}

/// Appends a value as JSON, as [`write()`] does, where `out` then holds no more than so many bytes. Nothing that is longer is written for it.
///
/// # Errors
/// As [`write()`].
pub(crate) fn write_within(
    value: Value<'_>,
    heap: &Heap<'_>,
    bytes_max: usize,
    out: &mut String,
) -> Result<(), LanguageError> {
    Writer { heap, bytes_max, out }.value(value, DEPTH_MAX)
}

struct Writer<'h, 'a> {
    heap: &'h Heap<'a>,
    bytes_max: usize,
    out: &'h mut String,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: Value<'_>, depth_left: usize) -> Result<(), LanguageError> {
        self.has_room(0)?;
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Boolean(it) => self.out.push_str(if it { "true" } else { "false" }),
            Value::Integer(number) => write!(self.out, "{number}").unwrap_or_default(),
            Value::Double(number) if number.is_finite() => self.out.push_str(&java_double(number)),
            Value::Double(_) => self.out.push_str("null"),
            Value::Big(number) => self.out.push_str(number),
            Value::Text(text) => self.text(text)?,
            Value::List(id) => {
                let depth_left = self.deeper(depth_left)?;
                self.out.push('[');
                for (position, value) in self.heap.list(id).iter().enumerate() {
                    if position > 0 {
                        self.out.push(',');
                    }
                    self.value(*value, depth_left)?;
                }
                self.out.push(']');
            }
            Value::Map(id) => {
                let depth_left = self.deeper(depth_left)?;
                self.out.push('{');
                let entries = self.heap.map(id).map(|map| map.entries()).unwrap_or_default();
                for (position, (name, value)) in entries.iter().enumerate() {
                    if position > 0 {
                        self.out.push(',');
                    }
                    self.text(name)?;
                    self.out.push(':');
                    self.value(*value, depth_left)?;
                }
                self.out.push('}');
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), LanguageError> {
        self.has_room(text.len())?;
        write_text(text, self.out);
        // Escapes make it longer.
        self.has_room(0)
    }

    fn has_room(&self, bytes: usize) -> Result<(), LanguageError> {
        if self.out.len().saturating_add(bytes) > self.bytes_max {
            let message =
                format!("a value is more than {} bytes long when it is written as JSON", self.bytes_max);
            return Err(LanguageError::new(0, message));
        }
        Ok(())
    }

    fn deeper(&self, depth_left: usize) -> Result<usize, LanguageError> {
        depth_left.checked_sub(1).ok_or_else(|| {
            let why = "lists and maps lie in each other";
            LanguageError::new(0, format!("{why} more than {DEPTH_MAX} deep, or one contains itself"))
        })
    }
}

/// Appends a text with its quotes, and escapes what json-smart does: quotes, backslashes, control characters, and the marks from
/// U+2000 to U+20FF, in which lines end for JavaScript.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        // Marks that are escaped beyond ASCII begin with one of two bytes: U+0080 to U+009F, and U+2000 to U+20FF.
        if !matches!(byte, b'"' | b'\\' | ..0x20 | 0x7f | 0xc2 | 0xe2) {
            continue;
        }
        let Some(mark) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
        let short = match mark {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            ..'\u{20}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => "",
            _ => continue,
        };
        out.push_str(text.get(plain_from..at).unwrap_or_default());
        match short {
            "" => write!(out, "\\u{:04X}", u32::from(mark)).unwrap_or_default(),
            short => out.push_str(short),
        }
        plain_from = at + mark.len_utf8();
    }
    out.push_str(text.get(plain_from..).unwrap_or_default());
    out.push('"');
}
