//! Templates of bodies, by content type.

use std::sync::OnceLock;

use bytes::Bytes;
use gatelet_languages::vtl::{Overrides, Scope, Template};
use indexmap::IndexMap;

use crate::payload::essence;
use crate::refusal::Refusal;

/// The name of the template that takes every type which has none of its own.
const DEFAULT: &str = "$default";

/// Templates by content type, in the order of the definition.
#[derive(Debug, Default)]
pub(super) struct Templates(Vec<(Box<str>, BodyTemplate)>);

/// A template, compiled when it is first used.
#[derive(Debug)]
pub struct BodyTemplate {
    text: Box<str>,
    compiled: OnceLock<Result<Compiled, String>>,
}

#[derive(Debug)]
enum Compiled {
    /// It gives the same text whatever the message.
    Static(Bytes),
    Velocity(Template),
}

impl Templates {
    pub(super) fn new(templates: &IndexMap<String, String>) -> Self {
        Self(templates.iter().map(|(kind, text)| (essence(kind).into(), BodyTemplate::new(text))).collect())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The template of a type, and its name. ASSUMPTION: `$default` counts on REST APIs, too.
    pub(super) fn of(&self, content_type: &str) -> Option<(&str, &BodyTemplate)> {
        let kind = essence(content_type);
        let named = |name: &str| self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named(kind).or_else(|| named(DEFAULT)).map(|(kind, template)| (&**kind, template))
    }

    pub(super) fn first(&self) -> Option<(&str, &BodyTemplate)> {
        self.0.first().map(|(kind, template)| (&**kind, template))
    }

    /// Whether any may look at the message.
    pub(super) fn look(&self) -> bool {
        self.0.iter().any(|(_, template)| template.looks())
    }
}

impl BodyTemplate {
    fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// Whether it says nothing, so that the body passes. ASSUMPTION: an empty template is as the null that AWS shows in its place.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it may look at the message: without a reference or directive it cannot.
    pub(super) fn looks(&self) -> bool {
        self.text.contains(['$', '#'])
    }

    /// What it gives whatever the message, where that is known.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where it does not compile.
    pub fn as_static(&self) -> Result<Option<&Bytes>, Refusal> {
        match self.compiled()? {
            Compiled::Static(text) => Ok(Some(text)),
            Compiled::Velocity(_) => Ok(None),
        }
    }

    /// Renders it; returns the text and what it overrides, with what was overridden before.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where it does not compile or fails.
    pub fn render(&self, scope: &dyn Scope, overrides: Overrides) -> Result<(Bytes, Overrides), Refusal> {
        match self.compiled()? {
            Compiled::Static(text) => Ok((text.clone(), overrides)),
            Compiled::Velocity(template) => match template.render(scope, overrides) {
                Ok(rendered) => Ok((Bytes::from(rendered.text), rendered.overrides)),
                Err(error) => Err(Refusal::Configuration(self.failed("fails", &error))),
            },
        }
    }

    fn compiled(&self) -> Result<&Compiled, Refusal> {
        let compile = || match Template::parse(&self.text) {
            Ok(template) => Ok(match template.as_static() {
                Some(text) => Compiled::Static(Bytes::copy_from_slice(text.as_bytes())),
                None => Compiled::Velocity(template),
            }),
            Err(error) => Err(self.failed("cannot be compiled", &error)),
        };
        self.compiled.get_or_init(compile).as_ref().map_err(|why| Refusal::Configuration(why.clone()))
    }

    fn failed(&self, how: &str, error: &gatelet_languages::LanguageError) -> String {
        let before = self.text.get(..error.offset.min(self.text.len())).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("the mapping template {how} at line {line}, column {column}: {error}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn templates(names: &[&str]) -> Templates {
        Templates::new(&names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect())
    }

    #[test]
    fn a_template_is_found_by_its_type_alone() {
        let templates = templates(&["application/json", "Text/Plain; charset=utf-8"]);
        let found = |kind: &str| templates.of(kind).map(|(name, _)| name.to_owned());
        assert_eq!(found("APPLICATION/JSON; charset=x").as_deref(), Some("application/json"));
        assert_eq!(found("text/plain").as_deref(), Some("Text/Plain"));
        assert_eq!(found("text/html"), None);
        assert_eq!(templates.first().map(|(name, _)| name), Some("application/json"));
    }

    #[test]
    fn the_default_takes_what_has_none() {
        let templates = templates(&["$default", "a/b"]);
        assert_eq!(templates.of("a/b").map(|(name, _)| name), Some("a/b"));
        assert_eq!(templates.of("c/d").map(|(name, _)| name), Some("$default"));
    }
}
