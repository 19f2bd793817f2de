//! Where a request says who calls.

use std::borrow::Cow;

use http::HeaderName;

use super::Asked;
use crate::payload::Query;

/// A place in a request, compiled from the text by which definitions name it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>). No part of the path is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentitySource {
    place: Place,
    several: Several,
    text: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Header(HeaderName),
    QueryString(Box<str>),
    StageVariable(Box<str>),
    Context(Box<str>),
}

/// Which value counts where a request has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Several {
    /// On REST APIs, whose events have it as the value of the name.
    Last,
    /// On HTTP APIs all of them, joined by commas.
    Joined,
}

/// Why a text names no place in a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no identity source: write `{prefix}request.header.NAME`, `{prefix}request.querystring.NAME`, \
     `{variables}.NAME` or `{context}.NAME`"
)]
pub struct SourceError {
    text: Box<str>,
    prefix: &'static str,
    variables: &'static str,
    context: &'static str,
}

impl IdentitySource {
    /// Compiles `method.request.header.X`, `method.request.querystring.X`, `stageVariables.X` and `context.X` of REST APIs,
    /// and `$request.header.X`, `$request.querystring.X`, `$stageVariables.X` and `$context.X` of HTTP APIs.
    ///
    /// # Errors
    /// [`SourceError`] where a text is none of these.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        let (rest, several) = match text.strip_prefix('$') {
            Some(rest) => (Some(rest), Several::Joined),
            None => (Some(text.strip_prefix("method.").unwrap_or(text)), Several::Last),
        };
        // Of REST APIs' texts only a request's own parts begin with `method.`.
        let is_prefixed = several == Several::Joined || text.starts_with("method.");
        let place = rest.and_then(|rest| match rest.split_once('.')? {
            ("request", part) if is_prefixed => match part.split_once('.')? {
                ("header", name) => HeaderName::from_bytes(name.as_bytes()).ok().map(Place::Header),
                ("querystring", name) => named(name).map(Place::QueryString),
                _ => None,
            },
            ("stageVariables", name) => named(name).map(Place::StageVariable),
            ("context", name) => named(name).map(Place::Context),
            _ => None,
        });
        match place {
            Some(place) if several == Several::Joined || is_prefixed == place.is_of_request() => {
                Ok(Self { place, several, text: text.into() })
            }
            _ => Err(SourceError::of(text, several)),
        }
    }

    /// As the definition has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The header that it is, where it is one.
    #[must_use]
    pub const fn header(&self) -> Option<&HeaderName> {
        match &self.place {
            Place::Header(name) => Some(name),
            _ => None,
        }
    }

    /// What a request has there; none where it is missing, blank, or not text. Of several values REST APIs take the last, and
    /// HTTP APIs all, joined by commas.
    #[must_use]
    pub fn value<'a>(&self, asked: &Asked<'a>) -> Option<Cow<'a, str>> {
        let mut values = self.values(asked);
        let value = match (self.several, values.as_slice()) {
            (Several::Joined, [_, _, ..]) => Some(Cow::Owned(values.join(","))),
            _ => values.pop(),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// All that a request has there, in order: what tells apart requests whose whole a function is told. None where one
    /// value is not text.
    #[must_use]
    pub fn values<'a>(&self, asked: &Asked<'a>) -> Vec<Cow<'a, str>> {
        match &self.place {
            Place::Header(name) => {
                let values = asked.head.headers.get_all(name).iter();
                let texts = values.map(|value| value.to_str().map(Cow::Borrowed));
                texts.collect::<Result<_, _>>().unwrap_or_default()
            }
            Place::QueryString(name) => {
                let query = Query::new(asked.head.uri.query().unwrap_or_default());
                query.values(name).collect()
            }
            Place::StageVariable(name) => {
                let value = asked.located.stage.variables().get(&**name);
                value.map(|value| Cow::Borrowed(value.as_str())).into_iter().collect()
            }
            Place::Context(name) => asked.record.context(name).into_iter().collect(),
        }
    }
}

impl Place {
    const fn is_of_request(&self) -> bool {
        matches!(self, Self::Header(_) | Self::QueryString(_))
    }
}

impl SourceError {
    fn of(text: &str, several: Several) -> Self {
        let (prefix, variables, context) = match several {
            Several::Last => ("method.", "stageVariables", "context"),
            Several::Joined => ("$", "$stageVariables", "$context"),
        };
        Self { text: text.into(), prefix, variables, context }
    }
}

fn named(name: &str) -> Option<Box<str>> {
    (!name.is_empty()).then(|| name.into())
}
