//! Parameter mappings of HTTP APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>).

use super::{BodyPath, check_context, check_name};
use crate::LanguageError;
use crate::error::shown;

/// The headers that no mapping may touch, in lower case; a `*` at the end stands for any rest.
pub const RESERVED_HEADERS: [&str; 22] = [
    "access-control-*",
    "apigw-*",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amz-*",
    "x-amzn-*",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// What a mapping does to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Adds a value to those that are there.
    Append,
    /// Puts its value in the place of all that are there.
    Overwrite,
    /// Takes the target away; the mapping's value counts for nothing.
    Remove,
}

/// What a mapping of a request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestTarget {
    /// `header.NAME`, in lower case.
    Header(Action, Box<str>),
    /// `querystring.NAME`
    QueryString(Action, Box<str>),
    /// `overwrite:path`
    Path,
}

/// What a mapping of a response changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseTarget {
    /// `header.NAME`, in lower case.
    Header(Action, Box<str>),
    /// `overwrite:statuscode`
    StatusCode,
}

/// The value of a mapping: text and variables, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    parts: Box<[Part]>,
}

/// A part of a [`Value`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(Box<str>),
    /// `$name` or `${name}`
    Variable(Variable),
}

/// A variable of a [`Value`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// `request.header.NAME`, in lower case; several values are joined by commas.
    RequestHeader(Box<str>),
    /// `request.querystring.NAME`; several values are joined by commas.
    RequestQueryString(Box<str>),
    /// `request.path`, without the stage.
    RequestPath,
    /// `request.path.NAME`, a parameter of the route.
    RequestPathParameter(Box<str>),
    /// `request.body` or `request.body.JSONPATH`
    RequestBody(BodyPath),
    /// `response.header.NAME`, in lower case; several values are joined by commas.
    ResponseHeader(Box<str>),
    /// `response.body` or `response.body.JSONPATH`
    ResponseBody(BodyPath),
    /// `context.NAME`
    Context(Box<str>),
    /// `stageVariables.NAME`
    StageVariable(Box<str>),
}

/// Which message a mapping changes: it can use that one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The request on its way to the integration.
    Request,
    /// The response on its way to the client.
    Response,
}

impl Value {
    /// Reads a value. Several variables are written in braces, `${request.path.a} ${request.path.b}`; a `$` that
    /// begins no variable is text.
    ///
    /// # Errors
    /// A [`LanguageError`] for a variable that the message does not have, a name that is none, recursive descent and
    /// filters in a JSONPath, and an unclosed brace.
    pub fn parse(text: &str, message: Message) -> Result<Self, LanguageError> {
        let mut parts = Vec::new();
        let mut plain = 0;
        let mut at = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.find('$')) {
            let start = at + found;
            at = start + 1;
            let Some((name, offset, end)) = variable_at(text, start)? else { continue };
            if plain < start {
                parts.push(Part::Text(text.get(plain..start).unwrap_or_default().into()));
            }
            parts.push(Part::Variable(
                Variable::parse(name, message).map_err(|error| error.moved_by(offset))?,
            ));
            plain = end;
            at = end;
        }
        if let Some(rest) = text.get(plain..).filter(|rest| !rest.is_empty()) {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self { parts: parts.into() })
    }

    /// Its parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its text, where it has no variables.
    #[must_use]
    pub fn as_static(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// The key of an entry of `requestParameters`: `append:header.NAME`, `overwrite:path` and the like.
///
/// # Errors
/// A [`LanguageError`] for any other key and for a reserved header.
pub fn parse_request_target(key: &str) -> Result<RequestTarget, LanguageError> {
    const HELP: &str = "write `append`, `overwrite` or `remove`, then `:header.NAME` or `:querystring.NAME`, or \
                        `overwrite:path`";
    const QUERY_STRING: &str = "querystring.";
    let (action, place, start) = action_of(key, HELP)?;
    if let Some(name) = header_name(place, start)? {
        Ok(RequestTarget::Header(action, name))
    } else if let Some(name) = place.strip_prefix(QUERY_STRING) {
        if name.is_empty() {
            return Err(LanguageError::new(start + QUERY_STRING.len(), "a name is missing"));
        }
        Ok(RequestTarget::QueryString(action, name.into()))
    } else if (action, place) == (Action::Overwrite, "path") {
        Ok(RequestTarget::Path)
    } else {
        Err(LanguageError::new(start, format!("{} cannot be mapped: {HELP}", shown(key))))
    }
}

/// The key of an entry of `responseParameters`: `append:header.NAME`, `overwrite:statuscode` and the like.
///
/// # Errors
/// A [`LanguageError`] for any other key and for a reserved header.
pub fn parse_response_target(key: &str) -> Result<ResponseTarget, LanguageError> {
    const HELP: &str =
        "write `append`, `overwrite` or `remove`, then `:header.NAME`, or `overwrite:statuscode`";
    let (action, place, start) = action_of(key, HELP)?;
    if let Some(name) = header_name(place, start)? {
        Ok(ResponseTarget::Header(action, name))
    } else if (action, place) == (Action::Overwrite, "statuscode") {
        Ok(ResponseTarget::StatusCode)
    } else {
        Err(LanguageError::new(start, format!("{} cannot be mapped: {HELP}", shown(key))))
    }
}

/// Whether a header is one that no mapping may touch, whatever its case.
#[must_use]
pub fn is_reserved_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RESERVED_HEADERS.iter().any(|reserved| match reserved.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *reserved,
    })
}

fn action_of<'a>(key: &'a str, help: &str) -> Result<(Action, &'a str, usize), LanguageError> {
    let (word, place) = key.split_once(':').unwrap_or((key, ""));
    let action = match word {
        "append" => Action::Append,
        "overwrite" => Action::Overwrite,
        "remove" => Action::Remove,
        _ => return Err(LanguageError::new(0, format!("{} is no mapping: {help}", shown(key)))),
    };
    Ok((action, place, word.len() + 1))
}

fn header_name(place: &str, start: usize) -> Result<Option<Box<str>>, LanguageError> {
    const HEADER: &str = "header.";
    let Some(name) = place.strip_prefix(HEADER) else { return Ok(None) };
    let start = start + HEADER.len();
    let is_token = |it: char| it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err(LanguageError::new(start, format!("{} is no header's name", shown(name))));
    }
    if is_reserved_header(name) {
        let message =
            format!("the header {} is reserved: no mapping of an HTTP API may touch it", shown(name));
        return Err(LanguageError::new(start, message));
    }
    Ok(Some(name.to_ascii_lowercase().into()))
}

/// The variable that a `$` begins, if it begins one: its name, where that stands, and where the text goes on.
fn variable_at(text: &str, dollar: usize) -> Result<Option<(&str, usize, usize)>, LanguageError> {
    let behind = text.get(dollar + 1..).unwrap_or_default();
    if let Some(inside) = behind.strip_prefix('{') {
        let Some((name, _)) = inside.split_once('}') else {
            return Err(LanguageError::new(dollar, "a `${` is not closed: add the `}`"));
        };
        let start = dollar + 2;
        return Ok(Some((name, start, start + name.len() + 1)));
    }
    if !behind.starts_with(|it: char| it.is_ascii_alphabetic()) {
        return Ok(None);
    }
    // Without braces a name goes on as far as it can; a dot at its end ends a sentence.
    let fits = |it: char| {
        it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-' | '[' | ']' | '*' | '?' | '(' | '@')
    };
    let name = behind.get(..behind.find(|it| !fits(it)).unwrap_or(behind.len())).unwrap_or_default();
    let name = name.trim_end_matches('.');
    let start = dollar + 1;
    Ok(Some((name, start, start + name.len())))
}

impl Variable {
    fn parse(name: &str, message: Message) -> Result<Self, LanguageError> {
        match message {
            Message::Request => {
                if let Some(header) = named("request.header.", name)? {
                    return Ok(Self::RequestHeader(header.to_ascii_lowercase().into()));
                }
                if let Some(query) = named("request.querystring.", name)? {
                    return Ok(Self::RequestQueryString(query.into()));
                }
                if name == "request.path" {
                    return Ok(Self::RequestPath);
                }
                if let Some(parameter) = named("request.path.", name)? {
                    return Ok(Self::RequestPathParameter(parameter.into()));
                }
                if let Some(path) = body("request.body", name)? {
                    return Ok(Self::RequestBody(path));
                }
            }
            Message::Response => {
                if let Some(header) = named("response.header.", name)? {
                    return Ok(Self::ResponseHeader(header.to_ascii_lowercase().into()));
                }
                if let Some(path) = body("response.body", name)? {
                    return Ok(Self::ResponseBody(path));
                }
            }
        }
        if let Some(variable) = named("stageVariables.", name)? {
            return Ok(Self::StageVariable(variable.into()));
        }
        if let Some(path) = name.strip_prefix("context.") {
            check_context(path, "context.".len())?;
            return Ok(Self::Context(path.into()));
        }
        let of_message = match message {
            Message::Request => {
                "`request.header.NAME`, `request.querystring.NAME`, `request.path`, `request.body.NAME`"
            }
            Message::Response => "`response.header.NAME`, `response.body.NAME`",
        };
        let message = format!(
            "{} is no variable: write {of_message}, `context.NAME` or `stageVariables.NAME`",
            shown(name)
        );
        Err(LanguageError::new(0, message))
    }
}

fn named<'a>(prefix: &str, text: &'a str) -> Result<Option<&'a str>, LanguageError> {
    let Some(name) = text.strip_prefix(prefix) else { return Ok(None) };
    check_name(name, prefix.len())?;
    Ok(Some(name))
}

fn body(prefix: &str, text: &str) -> Result<Option<BodyPath>, LanguageError> {
    let Some(behind) = text.strip_prefix(prefix) else { return Ok(None) };
    let (mut is_quoted, mut before) = (false, ' ');
    for (at, character) in behind.char_indices() {
        let unsupported = match (before, character) {
            _ if is_quoted => None,
            ('.', '.') => Some((at - 1, "recursive descent (`..`)")),
            (_, '?') => Some((at, "a filter (`?`)")),
            _ => None,
        };
        if let Some((at, what)) = unsupported {
            let message = format!("a mapping of an HTTP API does not take {what}: name the place");
            return Err(LanguageError::new(prefix.len() + at, message));
        }
        is_quoted ^= character == '\'';
        before = character;
    }
    BodyPath::parse(behind, prefix.len()).map(Some)
}
