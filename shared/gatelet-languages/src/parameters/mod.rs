//! Parameter mappings: what a mapping's two sides say, for REST APIs ([`rest`]) and for HTTP APIs ([`http`]), and texts
//! that name the same sources ([`substitution`]).
//! What they stand for in a request, and what becomes of a value that is not there, is the data plane's.

mod body;
pub mod http;
pub mod rest;
pub mod substitution;

pub use body::BodyPaths;

use crate::LanguageError;
use crate::error::shown;

/// The part of a JSON body that a mapping names: a JSONPath such as `$.pets[0].name`, or `$` for the whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyPath(Box<str>);

impl BodyPath {
    /// The JSONPath, from its `$` on.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names the whole body, which need not be JSON.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        &*self.0 == "$"
    }

    /// From what stands behind `body`, beginning with its dot, at `start` in the text.
    fn parse(behind: &str, start: usize) -> Result<Self, LanguageError> {
        match behind.strip_prefix('.') {
            None if behind.is_empty() => Ok(Self("$".into())),
            Some(path) if !path.is_empty() && !path.contains(char::is_control) => {
                Ok(Self(format!("$.{path}").into()))
            }
            _ => {
                let message =
                    format!("{} names no part of a body: write it as `body.pets[0].name`", shown(behind));
                Err(LanguageError::new(start, message))
            }
        }
    }
}

/// A parameter's name: letters, digits, `.`, `_`, `-`, `:` and `$`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html>; the colon
/// is taken because real definitions have it).
pub(crate) fn check_name(name: &str, start: usize) -> Result<(), LanguageError> {
    let fits = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-' | ':' | '$');
    match name.find(|it| !fits(it)) {
        None if name.is_empty() => Err(LanguageError::new(start, "a name is missing")),
        None => Ok(()),
        Some(_) => {
            let message = format!("{} is no name: letters, digits, `.`, `_`, `-`, `:` and `$`", shown(name));
            Err(LanguageError::new(start, message))
        }
    }
}

/// The name that ends a text, behind a prefix of `start` bytes.
fn name_behind(prefix: &str, text: &str) -> Result<Option<Box<str>>, LanguageError> {
    let Some(name) = text.strip_prefix(prefix) else { return Ok(None) };
    check_name(name, prefix.len())?;
    Ok(Some(name.into()))
}

/// What a `$context` variable is called: parts between dots, among which claims have names of any kind.
fn check_context(path: &str, start: usize) -> Result<(), LanguageError> {
    let fits = |it: char| it.is_ascii_graphic() && !matches!(it, '\'' | '"' | '`' | '{' | '}');
    if path.is_empty() || path.split('.').any(str::is_empty) || !path.chars().all(fits) {
        let message = format!("{} is no context variable: write it as `context.requestId`", shown(path));
        return Err(LanguageError::new(start, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
