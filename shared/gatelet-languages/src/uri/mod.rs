//! The address of an integration: text with `{name}` placeholders and `${stageVariables.name}`.
//!
//! In HTTP integrations of REST APIs a placeholder takes its value from `integration.request.path.name`, in those of
//! HTTP APIs from the route's own parameter
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html>).

mod service;

pub use service::{ServiceApi, ServiceUri};

use crate::LanguageError;
use crate::error::shown;
use crate::parameters::check_name;

/// What a stage variable's reference begins with.
const STAGE_VARIABLES: &str = "stageVariables.";

/// The address of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplate {
    parts: Box<[UriPart]>,
}

/// A part of a [`UriTemplate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UriPart {
    /// Text as it is.
    Text(Box<str>),
    /// `{name}`, filled in for each request.
    Placeholder(Box<str>),
    /// `${stageVariables.name}`, filled in once for a stage.
    StageVariable(Box<str>),
}

impl UriTemplate {
    /// Reads an address. Whether it is a URL or an ARN, and whether anything stands at its end, is not looked at.
    ///
    /// # Errors
    /// A [`LanguageError`] for a brace without its partner, an empty or impossible name, and a `${...}` that is
    /// not a stage variable.
    pub fn parse(text: &str) -> Result<Self, LanguageError> {
        let mut parts = Parts::default();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let mark = rest.find(['{', '}']).unwrap_or(rest.len());
            let (before, from_mark) = rest.split_at(mark);
            let Some(inside) = from_mark.strip_prefix('{') else {
                if !from_mark.is_empty() {
                    return Err(LanguageError::new(
                        at + mark,
                        "a `}` closes nothing: remove it, or write `%7D`",
                    ));
                }
                parts.push_text(before);
                break;
            };
            let Some((name, _)) = inside.split_once('}') else {
                return Err(LanguageError::new(
                    at + mark,
                    "a `{` is not closed: add the `}`, or write `%7B`",
                ));
            };
            let start = at + mark + 1;
            match before.strip_suffix('$') {
                Some(before) => {
                    parts.push_text(before);
                    parts.push(UriPart::StageVariable(stage_variable(name, start)?));
                }
                None => {
                    parts.push_text(before);
                    parts.push(UriPart::Placeholder(placeholder(name, start)?));
                }
            }
            at = start + name.len() + 1;
        }
        Ok(Self { parts: parts.0.into() })
    }

    /// Its parts, in order; no text stands beside another.
    #[must_use]
    pub fn parts(&self) -> &[UriPart] {
        &self.parts
    }

    /// The names of its placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            UriPart::Placeholder(name) => Some(&**name),
            _ => None,
        })
    }

    /// The same address with a stage's variables filled in. What a variable holds is text, whatever it looks like.
    ///
    /// # Errors
    /// A [`LanguageError`] that names a variable the stage does not have.
    pub fn render_stage_variables<'v>(
        &self,
        lookup: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<Self, LanguageError> {
        let mut parts = Parts::default();
        let mut offset = 0;
        for part in &self.parts {
            match part {
                UriPart::Text(text) => parts.push_text(text),
                UriPart::Placeholder(_) => parts.push(part.clone()),
                UriPart::StageVariable(name) => match lookup(name) {
                    Some(value) => parts.push_text(value),
                    None => {
                        let message = format!("the stage has no variable `{name}`: set it on the stage");
                        return Err(LanguageError::new(offset, message));
                    }
                },
            }
            offset += part.written_length();
        }
        Ok(Self { parts: parts.0.into() })
    }
}

impl UriPart {
    /// How much of the address it takes, in bytes.
    fn written_length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Placeholder(name) => "{}".len() + name.len(),
            Self::StageVariable(name) => "${}".len() + STAGE_VARIABLES.len() + name.len(),
        }
    }
}

#[derive(Default)]
struct Parts(Vec<UriPart>);

impl Parts {
    fn push(&mut self, part: UriPart) {
        self.0.push(part);
    }

    fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(UriPart::Text(before)) => *before = [&**before, text].concat().into(),
            _ if text.is_empty() => {}
            _ => self.push(UriPart::Text(text.into())),
        }
    }
}

fn stage_variable(name: &str, start: usize) -> Result<Box<str>, LanguageError> {
    let Some(variable) = name.strip_prefix(STAGE_VARIABLES) else {
        let help = "write it as `${stageVariables.name}`, or have the template that knows it fill it in";
        let message = format!("{} is no stage variable: {help}", shown(name));
        return Err(LanguageError::new(start, message));
    };
    let fits =
        !variable.is_empty() && variable.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !fits {
        let message = format!("{} is no stage variable's name: letters, digits and `_`", shown(variable));
        return Err(LanguageError::new(start + STAGE_VARIABLES.len(), message));
    }
    Ok(variable.into())
}

fn placeholder(name: &str, start: usize) -> Result<Box<str>, LanguageError> {
    if let Some(greedy) = name.strip_suffix('+') {
        let message = format!("an address takes {} without the `+`", shown(&format!("{{{greedy}}}")));
        return Err(LanguageError::new(start, message));
    }
    check_name(name, start)?;
    Ok(name.into())
}

#[cfg(test)]
mod tests;
