//! Renders mapping templates: one JSON object a line on the standard input, one a line on the standard output.
//!
//! ```sh
//! echo '{"template": "Hello $input.path(\"$.name\")", "body": "{\"name\": \"you\"}"}' \
//!   | cargo run --example render -p gatelet-languages
//! ```
//!
//! prints `{"out":"Hello you"}`. Beside `template` and `body`, a line may have `params` with `path`, `querystring` and `header`,
//! `context`, and `stageVariables`.
#![allow(clippy::disallowed_methods, reason = "an example talks to the terminal")]

use std::borrow::Cow;
use std::io::{BufRead as _, Write as _};

use bumpalo::Bump;
use gatelet_languages::LanguageError;
use gatelet_languages::heap::{Heap, Value};
use gatelet_languages::json;
use gatelet_languages::vtl::{ContextValue, Overrides, Parameters, Scope, Template};

/// One line: what a template can see.
struct Line<'a> {
    heap: Heap<'a>,
    value: Value<'a>,
}

impl<'a> Line<'a> {
    fn value(&self, names: &[&str]) -> Option<Value<'a>> {
        names.iter().try_fold(self.value, |value, name| match value {
            Value::Map(id) => self.heap.map(id)?.get(name),
            _ => None,
        })
    }

    fn text(&self, names: &[&str]) -> Option<&'a str> {
        match self.value(names)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn entries(&self, value: Option<Value<'a>>) -> &[(&'a str, Value<'a>)] {
        match value {
            Some(Value::Map(id)) => self.heap.map(id).map(|map| map.entries()).unwrap_or_default(),
            _ => &[],
        }
    }

    fn each_text(&self, names: &[&str], see: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self.entries(self.value(names)) {
            if let Value::Text(text) = value {
                see(name, text);
            }
        }
    }

    fn each_below(&self, name: &str, value: Value<'a>, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        if let Some(plain) = context_value(value) {
            return see(name, plain);
        }
        for (key, inner) in self.entries(Some(value)) {
            let longer = if name.is_empty() { (*key).to_owned() } else { format!("{name}.{key}") };
            self.each_below(&longer, *inner, see);
        }
    }
}

fn context_value(value: Value<'_>) -> Option<ContextValue<'_>> {
    match value {
        Value::Text(text) => Some(ContextValue::Text(Cow::Borrowed(text))),
        Value::Integer(integer) => Some(ContextValue::Integer(integer)),
        Value::Boolean(boolean) => Some(ContextValue::Boolean(boolean)),
        _ => None,
    }
}

impl Scope for Line<'_> {
    fn body(&self) -> &str {
        self.text(&["body"]).unwrap_or_default()
    }

    fn parameter(&self, of: Parameters, name: &str) -> Option<Cow<'_, str>> {
        self.text(&["params", of.as_str(), name]).map(Cow::Borrowed)
    }

    fn each_parameter(&self, of: Parameters, see: &mut dyn FnMut(&str, &str)) {
        self.each_text(&["params", of.as_str()], see);
    }

    fn context(&self, name: &str) -> Option<ContextValue<'_>> {
        let names: Vec<_> = std::iter::once("context").chain(name.split('.')).collect();
        context_value(self.value(&names)?)
    }

    fn each_context(&self, see: &mut dyn FnMut(&str, ContextValue<'_>)) {
        if let Some(context) = self.value(&["context"]) {
            self.each_below("", context, see);
        }
    }

    fn stage_variable(&self, name: &str) -> Option<&str> {
        self.text(&["stageVariables", name])
    }

    fn each_stage_variable(&self, see: &mut dyn FnMut(&str, &str)) {
        self.each_text(&["stageVariables"], see);
    }
}

fn render(line: &Line<'_>) -> Result<String, LanguageError> {
    let template = Template::parse(line.text(&["template"]).unwrap_or_default())?;
    Ok(template.render(line, Overrides::default())?.text)
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for text in std::io::stdin().lock().lines() {
        let text = text?;
        let texts = Bump::new();
        let mut heap = Heap::new(&texts);
        let value = json::read(&text, &mut heap).map_err(std::io::Error::other)?;
        let (name, text) = match render(&Line { heap, value }) {
            Ok(text) => ("out", text),
            Err(error) => ("error", error.message),
        };
        let mut answer = format!("{{\"{name}\":");
        json::write_text(&text, &mut answer);
        writeln!(out, "{answer}}}")?;
    }
    Ok(())
}
