//! Mapping templates: the Velocity Template Language as API Gateway runs it
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>).
//!
//! A [`Template`] is compiled once and rendered for each message. What it can see is a [`Scope`]; what it gives is a [`Rendered`]:
//! text, and what it put into `$context.requestOverride` and `$context.responseOverride`.

mod lexer;
mod limits;
mod parser;
mod render;
mod scope;
#[cfg(test)]
mod tests;
mod tree;

pub use scope::{ContextValue, NoScope, Overrides, Parameters, RequestOverrides, ResponseOverrides, Scope};

use crate::LanguageError;
use tree::{Block, Macros, Node};

/// A compiled template.
#[derive(Debug, Clone)]
pub struct Template {
    block: Block,
    macros: Macros,
    problems: Box<[LanguageError]>,
    /// How many variables it names.
    variables: usize,
    /// How long its text is, in bytes: about as long is most of what it renders to.
    length: usize,
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
        let mut names = parser::Names::default();
        let block = parser::parse(text, &mut names)?;
        let variables = names.count();
        Ok(Self {
            block,
            macros: names.macros,
            problems: names.problems.into(),
            variables,
            length: text.len(),
        })
    }

    /// What will fail where it is used, with its place: paths and patterns that stand in the template and cannot be compiled. The first
    /// few, if there are many.
    pub fn problems(&self) -> impl Iterator<Item = &LanguageError> {
        self.problems.iter()
    }

    /// What it renders to whatever the message, where that is known: a template without references and directives.
    #[must_use]
    pub fn as_static(&self) -> Option<&str> {
        match &*self.block {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Renders it.
    ///
    /// # Errors
    /// A [`LanguageError`] where Velocity would fail, and where a limit is met.
    pub fn render(&self, scope: &dyn Scope, overrides: Overrides) -> Result<Rendered, LanguageError> {
        let Self { block, macros, variables, length, .. } = self;
        let (text, overrides) = render::render(block, macros, *variables, *length, scope, overrides)?;
        Ok(Rendered { text, overrides })
    }
}
