//! Texts in quotes.

use super::{Parser, parse_within};
use crate::LanguageError;
use crate::vtl::lexer::Token;
use crate::vtl::tree::{Expression, Interpolated, Node};

impl Parser<'_, '_> {
    /// A text: between double quotes references and directives count.
    pub(super) fn quoted(&mut self, token: &Token) -> Result<Expression, LanguageError> {
        let image = self.image(token);
        let quote = image.get(..1).unwrap_or_default();
        let inner = image.get(1..image.len().saturating_sub(1)).unwrap_or_default();
        let doubled = [quote, quote].concat();
        if quote != "\"" {
            return Ok(Expression::Text(inner.replace(&doubled, quote).into()));
        }
        let mut text = unescape(inner).replace(&doubled, quote);
        if !image.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        // A mark at the end needs something behind it. Behind a comment it would be swallowed.
        let is_padded = !image.contains("##");
        let is_verbatim = text == inner;
        if is_padded {
            text.push(' ');
        }
        let depth = self.depth + 1;
        let names = &mut *self.names;
        let start = token.start + 1;
        let told = names.problems.len();
        let block = match depth {
            ..=crate::vtl::limits::NESTING_MAX => parse_within(&text, names, depth),
            _ => Err(LanguageError::new(
                0,
                "texts stand too deep in each other here: make the template flatter",
            )),
        }
        .map_err(|error| match is_verbatim {
            true => LanguageError { offset: error.offset.min(inner.len()), ..error }.moved_by(start),
            false => LanguageError { offset: start, ..error },
        });
        for problem in self.names.problems.iter_mut().skip(told) {
            problem.offset = if is_verbatim { start + problem.offset.min(inner.len()) } else { start };
        }
        let block = block?;
        if let ([Node::Text(plain)], true) = (&*block, is_padded) {
            return Ok(Expression::Text(plain.strip_suffix(' ').unwrap_or(plain).into()));
        }
        Ok(Expression::Interpolated(Box::new(Interpolated { block, is_padded })))
    }
}

/// Puts characters in place of `\u` and four digits; other escapes there are none.
fn unescape(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        let (before, escape) = rest.split_at(at);
        if !before.is_empty() {
            flush(&mut units, &mut unescaped);
        }
        unescaped.push_str(before);
        let digits = escape.get(2..6).filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()));
        let length = match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            Some(unit) => {
                units.push(unit);
                6
            }
            None => {
                flush(&mut units, &mut unescaped);
                unescaped.push_str("\\u");
                2
            }
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    flush(&mut units, &mut unescaped);
    unescaped.push_str(rest);
    unescaped
}

/// Half of a pair, which is no character, becomes `?`, as it would where Java writes it.
fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.extend(char::decode_utf16(units.drain(..)).map(|character| character.unwrap_or('?')));
}
