//! A policy's JSON, read strictly and with the place of every part.
//!
//! `serde_json` reads; nothing is copied, and where a part stands follows from where its text lies in the whole.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::LanguageError;
use crate::error::shown;

/// A value and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'t> {
    document: &'t str,
    raw: &'t str,
}

/// A name in an object, where it stands, and its value.
#[derive(Debug)]
pub(super) struct Member<'t> {
    pub(super) name: Cow<'t, str>,
    pub(super) place: usize,
    pub(super) value: Node<'t>,
}

/// A scalar as text, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Text<'t> {
    pub(super) value: Cow<'t, str>,
    /// Where its first character stands.
    start: usize,
    /// Whether its characters stand there one by one, without escapes.
    plain: bool,
}

impl Text<'_> {
    /// Where the character at a position of the text stands in the document.
    pub(super) fn place(&self, position: usize) -> usize {
        if self.plain { self.start + position } else { self.start }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> LanguageError {
        LanguageError::new(self.start, message)
    }
}

/// Reads the document's one value. What is inside is read when it is asked for, but known to be JSON.
pub(super) fn read(document: &str) -> Result<Node<'_>, LanguageError> {
    match serde_json::from_str::<&RawValue>(document) {
        Ok(raw) => Ok(Node { document, raw: raw.get() }),
        Err(error) => {
            let offset =
                if error.is_eof() { document.len() } else { offset(document, error.line(), error.column()) };
            Err(LanguageError::new(offset, format!("the policy is not JSON: {error}")))
        }
    }
}

/// The position of a line and column, both from 1, in bytes.
fn offset(document: &str, line: usize, column: usize) -> usize {
    let before: usize = document.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut offset = (before + column.saturating_sub(1)).min(document.len());
    while !document.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

impl<'t> Node<'t> {
    fn inside(self, raw: &'t RawValue) -> Self {
        Self { document: self.document, raw: raw.get() }
    }

    /// Where a part of the document begins.
    fn place_of(self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.document.as_ptr().addr())
    }

    /// Where the value begins.
    pub(super) fn place(self) -> usize {
        self.place_of(self.raw)
    }

    pub(super) fn error(self, message: impl Into<String>) -> LanguageError {
        LanguageError::new(self.place(), message)
    }

    pub(super) fn is_object(self) -> bool {
        self.raw.starts_with('{')
    }

    /// The members in their order; each name comes once.
    pub(super) fn members(self, what: &str) -> Result<Vec<Member<'t>>, LanguageError> {
        if !self.is_object() {
            return Err(self.error(format!("{what} must be an object, in `{{` and `}}`")));
        }
        let Entries(entries) = self.decode()?;
        let mut members: Vec<Member<'t>> = Vec::with_capacity(entries.len());
        for (Name(name), raw) in entries {
            let value = self.inside(raw);
            let place = match &name {
                Cow::Borrowed(name) => self.place_of(name).saturating_sub(1),
                Cow::Owned(_) => value.place(),
            };
            if members.iter().any(|earlier| earlier.name == name) {
                let message = format!("{} stands twice in {what}: keep one", shown(&name));
                return Err(LanguageError::new(place, message));
            }
            members.push(Member { name, place, value });
        }
        Ok(members)
    }

    /// The items of a list that has any, or the single value that stands for a list of one.
    pub(super) fn items(self, what: &str) -> Result<Vec<Self>, LanguageError> {
        if !self.raw.starts_with('[') {
            return Ok(vec![self]);
        }
        let raws: Vec<&'t RawValue> = self.decode()?;
        if raws.is_empty() {
            return Err(self.error(format!("the list of {what} is empty: name at least one")));
        }
        Ok(raws.into_iter().map(|raw| self.inside(raw)).collect())
    }

    /// The text of a string.
    pub(super) fn text(self, what: &str) -> Result<Text<'t>, LanguageError> {
        if !self.raw.starts_with('"') {
            return Err(self.error(format!("{what} must be a text in double quotes")));
        }
        let Name(value) = self.decode()?;
        let plain = matches!(value, Cow::Borrowed(_));
        Ok(Text { value, start: self.place() + usize::from(plain), plain })
    }

    /// The text of a string, a number or a boolean, the last two as they are written.
    pub(super) fn scalar(self, what: &str) -> Result<Text<'t>, LanguageError> {
        match self.raw.chars().next() {
            Some('{' | '[' | 'n') | None => {
                Err(self.error(format!("{what} must be a text, a number, `true` or `false`")))
            }
            Some('"') => self.text(what),
            Some(_) => Ok(Text { value: Cow::Borrowed(self.raw), start: self.place(), plain: true }),
        }
    }

    fn decode<D: Deserialize<'t>>(self) -> Result<D, LanguageError> {
        // Escapes of half a character are found only here.
        serde_json::from_str(self.raw).map_err(|error| self.error(format!("the policy is not JSON: {error}")))
    }
}

#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// The members of an object, double ones too.
struct Entries<'t>(Vec<(Name<'t>, &'t RawValue)>);

impl<'t> Deserialize<'t> for Entries<'t> {
    fn deserialize<D: serde::Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'t> Visitor<'t> for Members {
            type Value = Entries<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
