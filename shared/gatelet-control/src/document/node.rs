//! An ordered value whose every part knows its place.

use std::sync::Arc;

use super::{MAX_PROBLEMS, Span};

/// How many entries a mapping is searched through one by one; a larger one has an index.
const SMALL_MAPPING_ENTRIES: usize = 8;

/// A value and where it stands. Cloning is cheap: the content is shared.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands: for text with its quotes, for a YAML alias the alias.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a [`Node`] can be.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`, or nothing at all in YAML.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as JSON spells it, digit by digit as the author wrote it.
    Number(Arc<str>),
    /// Text.
    String(Arc<str>),
    /// A list.
    Sequence(Arc<[Node]>),
    /// Keys with values.
    Mapping(Mapping),
}

/// Keys with values in the order of the file; no key stands twice.
#[derive(Debug, Clone)]
pub struct Mapping(Arc<Entries>);

#[derive(Debug)]
struct Entries {
    list: Vec<Entry>,
    /// Positions in `list` ordered by key; empty for a small mapping.
    by_key: Vec<u32>,
}

/// A key that stands in its mapping already.
pub(super) struct Repeated {
    pub(super) key: Arc<str>,
    pub(super) first: Span,
    pub(super) again: Span,
}

/// One key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Mapping {
    /// Puts a mapping together from entries of whatever origin; of a key that comes again the first entry stays.
    #[must_use]
    pub fn from_entries(list: Vec<Entry>) -> Self {
        Self::new(list).0
    }

    /// Keeps the first entry of every key; the keys that come again are named beside it.
    pub(super) fn new(mut list: Vec<Entry>) -> (Self, Vec<Repeated>) {
        if list.len() <= SMALL_MAPPING_ENTRIES && !Self::has_repeated(&list) {
            return (Self(Arc::new(Entries { list, by_key: Vec::new() })), Vec::new());
        }
        let mut by_key = Self::order(&list);
        let mut again = vec![false; list.len()];
        let mut repeated = Vec::new();
        let mut first: Option<&Entry> = None;
        for position in &by_key {
            let Some(entry) = list.get(*position as usize) else { continue };
            match first {
                Some(first) if first.key == entry.key => {
                    if let Some(again) = again.get_mut(*position as usize) {
                        *again = true;
                    }
                    if repeated.len() <= MAX_PROBLEMS {
                        let key = Arc::clone(&entry.key);
                        repeated.push(Repeated { key, first: first.key_span, again: entry.key_span });
                    }
                }
                _ => first = Some(entry),
            }
        }
        if !repeated.is_empty() {
            let mut again = again.into_iter();
            list.retain(|_| !again.next().unwrap_or_default());
            by_key = Self::order(&list);
        }
        repeated.sort_by_key(|repeated| repeated.again.start);
        (Self(Arc::new(Entries { list, by_key })), repeated)
    }

    /// For a list so short that comparing each with each is cheaper than sorting.
    fn has_repeated(list: &[Entry]) -> bool {
        list.iter()
            .enumerate()
            .any(|(index, entry)| list.iter().skip(index + 1).any(|other| other.key == entry.key))
    }

    /// Positions by key; those of one key stay in the order of the file.
    fn order(list: &[Entry]) -> Vec<u32> {
        let count = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let mut positions: Vec<u32> = (0..count).collect();
        positions.sort_by(|a, b| key_at(list, *a).cmp(key_at(list, *b)));
        positions
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, for the place of the key itself.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let Entries { list, by_key } = self.0.as_ref();
        if by_key.is_empty() {
            return list.iter().find(|entry| entry.key.as_ref() == key);
        }
        let found = by_key.binary_search_by(|position| key_at(list, *position).cmp(key)).ok()?;
        list.get(*by_key.get(found)? as usize)
    }

    /// All entries in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.0.list.iter()
    }

    /// All keys in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|entry| entry.key.as_ref())
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }
}

fn key_at(list: &[Entry], position: u32) -> &str {
    list.get(position as usize).map(|entry| entry.key.as_ref()).unwrap_or_default()
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Node {
    /// What it is, in the words of a message: "expected a string, found a mapping".
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Sequence(_) => "sequence",
            Value::Mapping(_) => "mapping",
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar but null: `version: 1.0` and `version: "1.0"` both give `1.0`.
    #[must_use]
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The truth value, if it is a boolean; a string such as `"true"` is none.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is one without sign, fraction and exponent that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.parse().ok()
    }

    /// The number, if it is one without fraction and exponent that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.parse().ok()
    }

    /// The nearest floating-point number, if it is a number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.parse().ok()
    }

    /// The number's own text, if it is a number.
    #[must_use]
    pub fn as_number(&self) -> Option<&str> {
        match &self.value {
            Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value of a key, if it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// The same node as a part of a source into which its own was included at this offset
    /// ([`Source::include`](super::Source::include)).
    #[must_use]
    pub fn shifted(&self, by: u32) -> Self {
        let span = self.span.shifted(by);
        let value = match &self.value {
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| item.shifted(by)).collect()),
            Value::Mapping(mapping) => {
                let Entries { list, by_key } = mapping.0.as_ref();
                let shift = |entry: &Entry| Entry {
                    key: Arc::clone(&entry.key),
                    key_span: entry.key_span.shifted(by),
                    value: entry.value.shifted(by),
                };
                let list = list.iter().map(shift).collect();
                Value::Mapping(Mapping(Arc::new(Entries { list, by_key: by_key.clone() })))
            }
            other => other.clone(),
        };
        Self { span, value }
    }

    /// Compact JSON text: keys in the order of the file, numbers digit by digit as they were written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    /// Recursion ends: no document is deeper than [`super::MAX_DEPTH`].
    fn write_json(&self, json: &mut String) {
        match &self.value {
            Value::Null => json.push_str("null"),
            Value::Bool(true) => json.push_str("true"),
            Value::Bool(false) => json.push_str("false"),
            Value::Number(text) => json.push_str(text),
            Value::String(text) => write_json_string(text, json),
            Value::Sequence(items) => {
                json.push('[');
                for (index, item) in items.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    item.write_json(json);
                }
                json.push(']');
            }
            Value::Mapping(mapping) => {
                json.push('{');
                for (index, entry) in mapping.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    write_json_string(&entry.key, json);
                    json.push(':');
                    entry.value.write_json(json);
                }
                json.push('}');
            }
        }
    }
}

fn write_json_string(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..='\u{1f}' => json.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => json.push(character),
        }
    }
    json.push('"');
}
