//! The status code that the request template of a mock integration names: `{"statusCode": 200}`.
//!
//! The real service reads it with a reader of its own that takes more than JSON, such as the `{statusCode: 200}` that
//! the CDK writes, and uses the number for nothing but to choose the integration response
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>).

use crate::LanguageError;
use crate::error::shown;

/// The member that holds the code.
const MEMBER: &str = "statusCode";

/// What is said wherever the code cannot be had.
const HELP: &str =
    "the request template of a mock integration must render `{\"statusCode\": 200}` or the like";

/// Reads the status code out of a rendered request template.
///
/// Beyond JSON it takes names without quotes, single quotes, and values of any kind beside the code, which it skips.
/// The code is an integer, which may be negative or have any number of digits that fit; a quoted one is none, as
/// <https://github.com/localstack/localstack/pull/11148> and its tests found on the real service. ASSUMPTION: a
/// trailing comma is fine, and of two codes the last counts.
///
/// # Errors
/// A [`LanguageError`] where the text is no object, is not closed, or has no such code.
pub fn parse(text: &str) -> Result<i64, LanguageError> {
    let mut reader = Reader { text, at: 0 };
    let mut code = None;
    reader.skip_whitespace();
    if !reader.take('{') {
        return Err(reader.error("it does not begin with `{`"));
    }
    loop {
        reader.skip_whitespace();
        if reader.take('}') {
            break;
        }
        let name = reader.name()?;
        reader.skip_whitespace();
        if !reader.take(':') {
            return Err(reader.error(&format!("{} has no value", shown(name))));
        }
        reader.skip_whitespace();
        let start = reader.at;
        let value = reader.value()?;
        if name == MEMBER {
            let number = value.parse().map_err(|_| {
                let why = format!("`{MEMBER}` is {}, not an integer", shown(value));
                LanguageError::new(start, format!("{why}: {HELP}"))
            })?;
            code = Some(number);
        }
        reader.skip_whitespace();
        if !reader.take(',') && !reader.rest().starts_with('}') {
            return Err(reader.error("a `,` or the closing `}` is missing"));
        }
    }
    reader.skip_whitespace();
    if !reader.rest().is_empty() {
        return Err(reader.error("something stands behind the closing `}`"));
    }
    code.ok_or_else(|| LanguageError::new(0, format!("it has no `{MEMBER}`: {HELP}")))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, why: &str) -> LanguageError {
        LanguageError::new(self.at, format!("{why}: {HELP}"))
    }

    fn skip_whitespace(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, mark: char) -> bool {
        let there = self.rest().starts_with(mark);
        if there {
            self.at += mark.len_utf8();
        }
        there
    }

    /// The text up to `end`, which is passed over too.
    fn advance(&mut self, end: usize) -> &'a str {
        let taken = self.rest().get(..end).unwrap_or_default();
        self.at += end;
        taken
    }

    fn name(&mut self) -> Result<&'a str, LanguageError> {
        if let Some(end) = self.quoted()? {
            let quoted = self.advance(end);
            return Ok(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        }
        let end = self.rest().find([':', ',', '{', '}', '[', ']', '"', '\'']).unwrap_or(self.rest().len());
        Ok(self.advance(end).trim_end())
    }

    /// A value as it is written, quotes and brackets included.
    fn value(&mut self) -> Result<&'a str, LanguageError> {
        if let Some(end) = self.quoted()? {
            return Ok(self.advance(end));
        }
        if self.rest().starts_with(['{', '[']) {
            return self.nested();
        }
        let end = self.rest().find([',', '{', '}', '[', ']', '"', '\'']).unwrap_or(self.rest().len());
        Ok(self.advance(end).trim_end())
    }

    /// Where the string that begins here ends, if one does.
    fn quoted(&self) -> Result<Option<usize>, LanguageError> {
        let Some(quote) = self.rest().chars().next().filter(|it| matches!(it, '"' | '\'')) else {
            return Ok(None);
        };
        let mut escaped = false;
        for (at, character) in self.rest().char_indices().skip(1) {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                it if it == quote => return Ok(Some(at + 1)),
                _ => {}
            }
        }
        Err(self.error("a string is not closed"))
    }

    /// An object or a list, of which nothing but its end is of interest.
    fn nested(&mut self) -> Result<&'a str, LanguageError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            if let Some(end) = self.quoted()? {
                self.advance(end);
                continue;
            }
            let Some(character) = self.rest().chars().next() else {
                return Err(LanguageError::new(start, format!("a bracket is not closed: {HELP}")));
            };
            self.at += character.len_utf8();
            match character {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(self.text.get(start..self.at).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests;
