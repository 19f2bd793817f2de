//! What a request has for the parameters of an action.

use std::borrow::Cow;

use gatelet_languages::json;
use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::parameters::http::{Message, Part, Value, Variable};
use percent_encoding::percent_decode_str;

use crate::integrations::Call;
use crate::payload::{Query, headers};
use crate::record::Record;
use crate::refusal::Refusal;

/// A parameter and where its value comes from.
#[derive(Debug)]
pub(super) struct Parameter {
    name: &'static str,
    value: Value,
    /// For each part of the value its place among what was found in the body.
    found: Vec<Option<usize>>,
    /// Whether its value is JSON, so that what is put into its texts is written as JSON's texts are.
    is_json: bool,
}

impl Parameter {
    /// # Errors
    /// What is wrong with it, for the author.
    pub(super) fn compile(
        name: &'static str,
        text: &str,
        is_json: bool,
        paths: &mut BodyPaths,
    ) -> Result<Self, String> {
        let wrong = |why: &dyn std::fmt::Display| format!("the parameter `{name}` from `{text}`: {why}");
        let value = Value::parse(text, Message::Request).map_err(|error| wrong(&error))?;
        let mut found = Vec::new();
        for part in value.parts() {
            found.push(match part {
                Part::Variable(Variable::RequestBody(path)) => {
                    Some(paths.add(path).map_err(|error| wrong(&error))?)
                }
                _ => None,
            });
        }
        Ok(Self { name, value, found, is_json })
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// Its value, where every request has the same.
    pub(super) fn as_static(&self) -> Option<&str> {
        match self.value.parts() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// What values are taken from.
pub(super) struct Values<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) record: &'a Record,
    /// What was found in the body.
    pub(super) found: Vec<Option<String>>,
}

impl Values<'_> {
    /// The value of a parameter.
    ///
    /// # Errors
    /// [`Refusal::UnfilledParameter`] where there is none or it is empty, required or not (recorded).
    /// ASSUMPTION: a value of several parts may lack some of them, as long as it is not empty.
    pub(super) fn of(&self, parameter: &Parameter) -> Result<String, Refusal> {
        let parts = parameter.value.parts();
        let is_composed = parts.len() > 1;
        let mut text = String::new();
        for (part, found) in parts.iter().zip(&parameter.found) {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Variable(variable) => {
                    let Some(value) = self.variable(variable, *found) else { continue };
                    if parameter.is_json && is_composed {
                        push_inside_quotes(&value, &mut text);
                    } else {
                        text.push_str(&value);
                    }
                }
            }
        }
        if text.is_empty() {
            return Err(Refusal::UnfilledParameter(format!(
                "the parameter `{}` has no value in this request",
                parameter.name
            )));
        }
        Ok(text)
    }

    fn variable(&self, variable: &Variable, found: Option<usize>) -> Option<Cow<'_, str>> {
        let call = self.call;
        match variable {
            Variable::RequestHeader(name) => headers::joined_values(&call.headers, name).map(Cow::Owned),
            Variable::RequestQueryString(name) => {
                let values: Vec<_> = Query::new(&call.query).values(name).collect();
                (!values.is_empty()).then(|| Cow::Owned(values.join(",")))
            }
            Variable::RequestPath => Some(Cow::Borrowed(&call.path)),
            // ASSUMPTION: a service is told what a client meant, not how the path spelled it.
            Variable::RequestPathParameter(name) => {
                let (_, value) = call.path_values.iter().find(|(other, _)| *other == &**name)?;
                Some(percent_decode_str(value).decode_utf8_lossy())
            }
            Variable::RequestBody(_) => self.found.get(found?)?.as_deref().map(Cow::Borrowed),
            Variable::Context(name) => self.record.context(name),
            Variable::StageVariable(name) => {
                call.variables.get(&**name).map(|value| Cow::Borrowed(value.as_str()))
            }
            // No part of a request, or refused when it is compiled.
            Variable::ResponseHeader(_) | Variable::ResponseBody(_) => None,
        }
    }
}

/// A value in the middle of a JSON text: it cannot end it.
fn push_inside_quotes(value: &str, out: &mut String) {
    let mut quoted = String::with_capacity(value.len() + 2);
    json::write_text(value, &mut quoted);
    out.push_str(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default());
}
