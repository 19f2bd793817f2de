//! Strict JSON, from the tokens of the `jsonc-parser` crate.
//!
//! The crate's scanner is made for JSON with comments and is looser than RFC 8259 in three ways that are checked here: it
//! takes any Unicode white space between tokens, raw line breaks and tabs inside strings, and words as tokens.

use gatelet_model::{Problem, Problems};
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::tokens::Token;
use jsonc_parser::{ParseStringErrorKind, Scanner, ScannerOptions};

use super::builder::{Builder, Built};
use super::node::{Node, Value};
use super::{Source, Span, no_content};

/// Why a text is no JSON document.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not JSON.
    Syntax(Box<Problem>),
    /// It is JSON, but keys come twice or a limit is exceeded.
    Content(Problems),
}

const STRICT: ScannerOptions = ScannerOptions {
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

const WORDS: &str = "text needs double quotes; the words of JSON are `true`, `false` and `null`";

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A value; inside a sequence that was just opened also its end.
    Value,
    /// A value and nothing else, behind a comma.
    ValueAfterComma(Span),
    /// A key, or the end of a mapping that was just opened.
    Key,
    /// A key and nothing else, behind a comma.
    KeyAfterComma(Span),
    Colon,
    /// A comma or the end of the container; at the root the end of the text.
    Comma,
}

pub(super) fn read(source: &Source) -> Result<Node, Failure> {
    let mut builder = Builder::new(source);
    let scanner = Scanner::new(source.text(), &STRICT);
    match (Reader { source, scanner, previous_end: 0 }).read(&mut builder) {
        Ok(()) => builder
            .finish()
            .and_then(|root| root.ok_or_else(|| no_content(source).into()))
            .map_err(Failure::Content),
        Err(Stop::Limit(problem)) => Err(Failure::Content(builder.stopped_by(problem))),
        Err(Stop::Syntax(problem)) => Err(Failure::Syntax(problem)),
    }
}

/// What ends the reading before the text does.
enum Stop {
    Syntax(Box<Problem>),
    Limit(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Syntax(Box::new(problem))
    }
}

struct Reader<'s> {
    source: &'s Source,
    scanner: Scanner<'s>,
    /// Where the token before the current one ended.
    previous_end: usize,
}

impl<'s> Reader<'s> {
    fn read(mut self, builder: &mut Builder<'s>) -> Result<(), Stop> {
        let mut expected = Expected::Value;
        while let Some((token, span)) = self.token()? {
            expected = match (expected, token) {
                (Expected::Comma, Token::Comma) if !builder.is_empty() => {
                    if builder.is_in_mapping() {
                        Expected::KeyAfterComma(span)
                    } else {
                        Expected::ValueAfterComma(span)
                    }
                }
                (Expected::Key | Expected::Comma, Token::CloseBrace) if builder.is_in_mapping() => {
                    close(builder, span).map_err(Stop::Limit)?;
                    Expected::Comma
                }
                (Expected::Value | Expected::Comma, Token::CloseBracket)
                    if !builder.is_empty() && !builder.is_in_mapping() =>
                {
                    close(builder, span).map_err(Stop::Limit)?;
                    Expected::Comma
                }
                (Expected::Key | Expected::KeyAfterComma(_), Token::String(text)) => {
                    builder.key(&text, span, false);
                    Expected::Colon
                }
                (Expected::Colon, Token::Colon) => Expected::ValueAfterComma(span),
                (Expected::Value | Expected::ValueAfterComma(_), token) => match token {
                    Token::OpenBrace => {
                        builder.open_mapping(span).map_err(Stop::Limit)?;
                        Expected::Key
                    }
                    Token::OpenBracket => {
                        builder.open_sequence(span).map_err(Stop::Limit)?;
                        Expected::Value
                    }
                    token => {
                        let value = match token {
                            Token::String(text) => Value::String(text.as_ref().into()),
                            Token::Number(text) => Value::Number(text.into()),
                            Token::Boolean(value) => Value::Bool(value),
                            Token::Null => Value::Null,
                            token => return Err(self.unexpected(expected, &token, span, builder)),
                        };
                        builder.add(Built::scalar(value, span), false).map_err(Stop::Limit)?;
                        Expected::Comma
                    }
                },
                (expected, token) => return Err(self.unexpected(expected, &token, span, builder)),
            };
        }
        match builder.innermost() {
            Some(start) => Err(self.unclosed(start)),
            None if expected == Expected::Comma => Ok(()),
            None => Err(no_content(self.source).into()),
        }
    }

    fn token(&mut self) -> Result<Option<(Token<'s>, Span)>, Stop> {
        let previous = self.scanner.token_end();
        let token = self.scanner.scan().map_err(|error| self.explain(&error))?;
        let span = Span::new(self.scanner.token_start(), self.scanner.token_end());
        let between = self.source.slice(Span::new(previous, span.start as usize));
        if let Some(offset) = between.find(|character: char| !character.is_ascii()) {
            let character = between.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or_default();
            let place = self.source.place(Span::new(previous + offset, previous + offset + 1));
            return Err(Problem::error(format!(
                "the invisible character U+{:04X} stands between values",
                u32::from(character)
            ))
            .help("replace it by a space")
            .at(place)
            .into());
        }
        let Some(token) = token else { return Ok(None) };
        if let Token::String(_) = token
            && let Some(offset) = self.source.slice(span).bytes().position(|byte| byte < b' ')
        {
            let start = span.start as usize + offset;
            return Err(Problem::error("a string in JSON cannot hold a line break or a tab")
                .help("write `\\n` or `\\t`, or close the string with `\"`")
                .at(self.source.place(Span::new(start, start + 1)))
                .into());
        }
        self.previous_end = previous;
        Ok(Some((token, span)))
    }

    /// Says what is wrong with a token that cannot stand where it does.
    fn unexpected(&self, expected: Expected, token: &Token<'_>, span: Span, builder: &Builder<'_>) -> Stop {
        let found = self.found(span);
        let closes = matches!(token, Token::CloseBrace | Token::CloseBracket);
        let comment = matches!(token, Token::CommentLine(_) | Token::CommentBlock(_));
        let closing = if builder.is_in_mapping() { '}' } else { ']' };
        let (message, help, span) = match expected {
            _ if comment => ("JSON has no comments".into(), "remove it".into(), span),
            Expected::KeyAfterComma(comma) | Expected::ValueAfterComma(comma)
                if closes && self.source.slice(comma) == "," =>
            {
                (format!("nothing follows this comma before {found}"), "remove the comma".into(), comma)
            }
            Expected::Comma if builder.is_empty() => (
                format!("{found} stands behind the end of the document"),
                "remove it, or check where a bracket closes too early".into(),
                span,
            ),
            Expected::Comma if closes => (
                format!("{found} closes what is not open here"),
                format!("write `{closing}` or remove it"),
                span,
            ),
            Expected::Comma => (
                format!("a comma is missing before {found}"),
                format!("separate the values with `,` or close with `{closing}`"),
                Span::new(self.previous_end, self.previous_end),
            ),
            Expected::Key | Expected::KeyAfterComma(_) => (
                format!("a key in double quotes is expected, found {found}"),
                "write `\"key\": value`".into(),
                span,
            ),
            Expected::Colon => (
                format!("a `:` is missing before {found}"),
                "write `\"key\": value`".into(),
                Span::new(self.previous_end, self.previous_end),
            ),
            Expected::Value | Expected::ValueAfterComma(_) => {
                (format!("a value is expected, found {found}"), WORDS.into(), span)
            }
        };
        let (message, help): (String, String) = (message, help);
        Problem::error(message).help(help).at(self.source.place(span)).into()
    }

    fn unclosed(&self, start: usize) -> Stop {
        let span = Span::new(start, start + 1);
        let open = self.source.slice(span);
        let close = if open == "{" { '}' } else { ']' };
        Problem::error(format!("this `{open}` is never closed"))
            .help(format!("add the missing `{close}`"))
            .at(self.source.place(span))
            .into()
    }

    /// Puts an error of the scanner in the author's words.
    fn explain(&self, error: &ParseError) -> Stop {
        use ParseErrorKind as Kind;
        let range = error.range();
        let span = Span::new(range.start, range.end);
        let found = self.found(span);
        let (message, help) = match error.kind() {
            Kind::SingleQuotedStringsNotAllowed => {
                ("JSON has no single quotes".to_owned(), "use double quotes `\"`")
            }
            Kind::UnterminatedCommentBlock => ("JSON has no comments".to_owned(), "remove it"),
            Kind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
                ("this string is never closed".to_owned(), "add the missing `\"`")
            }
            Kind::String(ParseStringErrorKind::InvalidUnicodeEscapeSequence(_)) => (
                "this escape is half of a character".to_owned(),
                "write both halves, such as `\\ud83d\\ude00`, or the character itself",
            ),
            Kind::String(_) => (
                "a `\\` in this string is not followed by an escape that JSON knows".to_owned(),
                "write `\\\\` for a backslash",
            ),
            Kind::UnexpectedToken => (format!("{found} is no value of JSON"), WORDS),
            _ => (
                format!("this is not a number as JSON writes it: {found}"),
                "write digits, with a digit before and after a `.`, no `+` in front and no hexadecimal",
            ),
        };
        Problem::error(message).help(help).at(self.source.place(span)).into()
    }

    /// A piece of the text for a message, cut short.
    fn found(&self, span: Span) -> String {
        const SHOWN_CHARACTERS: usize = 24;
        let text = self.source.slice(span);
        let mut shown: String = text.chars().take(SHOWN_CHARACTERS).take_while(|c| !c.is_control()).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        format!("`{shown}`")
    }
}

fn close(builder: &mut Builder<'_>, bracket: Span) -> Result<(), Problem> {
    let built = builder.close(Some(bracket.end as usize))?;
    builder.add(built, false)
}
