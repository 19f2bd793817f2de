//! Parameter mappings of REST and WebSocket APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html>).

use super::{BodyPath, check_context, name_behind};
use crate::LanguageError;
use crate::error::shown;

/// What a mapping of an integration request sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestTarget {
    /// `integration.request.path.NAME`: the placeholder of that name in the integration's URI.
    Path(Box<str>),
    /// `integration.request.querystring.NAME`
    QueryString(Box<str>),
    /// `integration.request.header.NAME`
    Header(Box<str>),
}

/// What a mapping of an integration request or of a gateway response takes its value from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestSource {
    /// `method.request.path.NAME`
    Path(Box<str>),
    /// `method.request.querystring.NAME`: the last of its values.
    QueryString(Box<str>),
    /// `method.request.multivaluequerystring.NAME`: all of its values.
    MultiValueQueryString(Box<str>),
    /// `method.request.header.NAME`: the last of its values.
    Header(Box<str>),
    /// `method.request.multivalueheader.NAME`: all of its values, joined by commas.
    MultiValueHeader(Box<str>),
    /// `method.request.body` or `method.request.body.JSONPATH`
    Body(BodyPath),
    /// What says nothing about the request.
    General(GeneralSource),
}

/// What a mapping of a method response takes its value from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseSource {
    /// `integration.response.header.NAME`: the last of its values.
    Header(Box<str>),
    /// `integration.response.multivalueheader.NAME`: all of its values, joined by commas.
    MultiValueHeader(Box<str>),
    /// `integration.response.body` or `integration.response.body.JSONPATH`
    Body(BodyPath),
    /// What says nothing about the response.
    General(GeneralSource),
}

/// A value that is neither of the request nor of the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralSource {
    /// `stageVariables.NAME`
    StageVariable(Box<str>),
    /// `context.NAME`, such as `identity.sourceIp`
    Context(Box<str>),
    /// `'text'`, without its quotes.
    Static(Box<str>),
}

/// A header's name, the only thing that a response mapping sets.
pub type HeaderName = Box<str>;

/// One entry of `requestParameters`.
///
/// # Errors
/// A [`LanguageError`] for the key, or for the value.
pub fn parse_request_target(key: &str) -> Result<RequestTarget, LanguageError> {
    if let Some(name) = name_behind("integration.request.path.", key)? {
        Ok(RequestTarget::Path(name))
    } else if let Some(name) = name_behind("integration.request.querystring.", key)? {
        Ok(RequestTarget::QueryString(name))
    } else if let Some(name) = name_behind("integration.request.header.", key)? {
        Ok(RequestTarget::Header(name))
    } else {
        Err(unknown(key, "integration.request.header.NAME", "`path`, `querystring` or `header`"))
    }
}

/// The key of an entry of an integration response's `responseParameters`: `method.response.header.NAME`.
///
/// # Errors
/// A [`LanguageError`] for anything else.
pub fn parse_response_target(key: &str) -> Result<HeaderName, LanguageError> {
    let help = "a method response has headers to map and nothing else";
    name_behind("method.response.header.", key)?
        .ok_or_else(|| unknown(key, "method.response.header.NAME", help))
}

/// The key of an entry of a gateway response's `responseParameters`: `gatewayresponse.header.NAME`.
///
/// # Errors
/// A [`LanguageError`] for anything else.
pub fn parse_gateway_response_target(key: &str) -> Result<HeaderName, LanguageError> {
    let help = "a gateway response has headers to map and nothing else";
    name_behind("gatewayresponse.header.", key)?
        .ok_or_else(|| unknown(key, "gatewayresponse.header.NAME", help))
}

/// The value of an entry of `requestParameters`.
///
/// # Errors
/// A [`LanguageError`] for what is none.
pub fn parse_request_source(value: &str) -> Result<RequestSource, LanguageError> {
    const BODY: &str = "method.request.body";
    if let Some(source) = parse_general(value)? {
        return Ok(RequestSource::General(source));
    }
    if let Some(name) = name_behind("method.request.path.", value)? {
        Ok(RequestSource::Path(name))
    } else if let Some(name) = name_behind("method.request.querystring.", value)? {
        Ok(RequestSource::QueryString(name))
    } else if let Some(name) = name_behind("method.request.multivaluequerystring.", value)? {
        Ok(RequestSource::MultiValueQueryString(name))
    } else if let Some(name) = name_behind("method.request.header.", value)? {
        Ok(RequestSource::Header(name))
    } else if let Some(name) = name_behind("method.request.multivalueheader.", value)? {
        Ok(RequestSource::MultiValueHeader(name))
    } else if let Some(behind) = value.strip_prefix(BODY) {
        Ok(RequestSource::Body(BodyPath::parse(behind, BODY.len())?))
    } else {
        Err(unknown(value, "method.request.header.NAME", "`context.NAME`, `stageVariables.NAME` or `'text'`"))
    }
}

/// The value of an entry of a gateway response's `responseParameters`; as a refusal may come before the body is
/// read, the body is none of them.
///
/// # Errors
/// A [`LanguageError`] for what is none.
pub fn parse_gateway_response_source(value: &str) -> Result<RequestSource, LanguageError> {
    match parse_request_source(value)? {
        RequestSource::Body(_) => {
            let message =
                "a gateway response cannot use the request's body: map a header, query string or path";
            Err(LanguageError::new(0, message))
        }
        source => Ok(source),
    }
}

/// The value of an entry of an integration response's `responseParameters`.
///
/// # Errors
/// A [`LanguageError`] for what is none.
pub fn parse_response_source(value: &str) -> Result<ResponseSource, LanguageError> {
    const BODY: &str = "integration.response.body";
    if let Some(source) = parse_general(value)? {
        return Ok(ResponseSource::General(source));
    }
    if let Some(name) = name_behind("integration.response.header.", value)? {
        Ok(ResponseSource::Header(name))
    } else if let Some(name) = name_behind("integration.response.multivalueheader.", value)? {
        Ok(ResponseSource::MultiValueHeader(name))
    } else if let Some(behind) = value.strip_prefix(BODY) {
        Ok(ResponseSource::Body(BodyPath::parse(behind, BODY.len())?))
    } else {
        Err(unknown(
            value,
            "integration.response.header.NAME",
            "`context.NAME`, `stageVariables.NAME` or `'text'`",
        ))
    }
}

fn parse_general(value: &str) -> Result<Option<GeneralSource>, LanguageError> {
    const CONTEXT: &str = "context.";
    if let Some(text) = value.strip_prefix('\'') {
        // Quotes inside are the text's own: `'frame-ancestors 'self''` is what many a definition has.
        let Some(text) = text.strip_suffix('\'') else {
            let message = format!("{} is not closed: end it with a single quote", shown(value));
            return Err(LanguageError::new(value.len(), message));
        };
        return Ok(Some(GeneralSource::Static(text.into())));
    }
    if let Some(path) = value.strip_prefix(CONTEXT) {
        check_context(path, CONTEXT.len())?;
        return Ok(Some(GeneralSource::Context(path.into())));
    }
    Ok(name_behind("stageVariables.", value)?.map(GeneralSource::StageVariable))
}

fn unknown(text: &str, example: &str, help: &str) -> LanguageError {
    let message = match text {
        "" => format!("it is empty: write `{example}`; {help}"),
        _ => format!("{} cannot be mapped: write it as `{example}`; {help}", shown(text)),
    };
    LanguageError::new(0, message)
}
