//! Parameter mappings of REST APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>).

use std::borrow::Cow;

use gatelet_languages::parameters::rest::{
    GeneralSource, RequestSource, RequestTarget, parse_request_source, parse_request_target,
};
use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;

use super::Sources;
use crate::integrations::escaped_value;
use crate::payload::{headers, push_pair};
use crate::refusal::Refusal;

/// Headers that no mapping of an HTTP integration may set: a request that would gets 500
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>).
const UNMAPPABLE: [&str; 3] = ["content-length", "transfer-encoding", "x-amzn-trace-id"];

/// Those that besides no mapping of a call to an AWS service may set.
const UNMAPPABLE_TO_AWS: [&str; 4] = ["authorization", "connection", "expect", "te"];

const UNMAPPABLE_RULE: &str = "no mapping may set this header";

/// The request parameters of a REST integration.
#[derive(Debug, Default)]
pub struct RestMapping {
    rules: Vec<(To, RequestSource)>,
}

#[derive(Debug)]
enum To {
    Path(Box<str>),
    QueryString(Box<str>),
    Header(HeaderName),
}

/// What a request's parameters became.
#[derive(Debug)]
pub struct RestMapped<'a> {
    /// Values of `{name}` in the URI, percent-encoded.
    pub path_values: Vec<(&'a str, String)>,
    /// The client's query with what was mapped behind it, percent-encoded.
    pub query: String,
    /// Headers to set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl RestMapping {
    /// Compiles `integration.request.path.id` → `method.request.path.id` and the like.
    ///
    /// # Errors
    /// What is wrong with a mapping, for the author.
    pub fn compile(parameters: &IndexMap<String, String>) -> Result<Self, String> {
        let mut rules = Vec::with_capacity(parameters.len());
        for (target, source) in parameters {
            let fail =
                |error: &dyn std::fmt::Display| format!("the mapping `{target}` from `{source}`: {error}");
            let to = match parse_request_target(target).map_err(|error| fail(&error))? {
                RequestTarget::Path(name) => To::Path(name),
                RequestTarget::QueryString(name) => To::QueryString(name),
                RequestTarget::Header(name) => {
                    To::Header(HeaderName::from_bytes(name.as_bytes()).map_err(|error| fail(&error))?)
                }
            };
            if let To::Header(name) = &to
                && UNMAPPABLE.contains(&name.as_str())
            {
                return Err(fail(&UNMAPPABLE_RULE));
            }
            let from = parse_request_source(source).map_err(|error| fail(&error))?;
            if matches!(from, RequestSource::Body(_)) {
                return Err(fail(&"values of the body are not mapped by this version"));
            }
            rules.push((to, from));
        }
        Ok(Self { rules })
    }

    /// The mappings of an integration that ignores them.
    ///
    /// # Errors
    /// What is wrong with a mapping that is refused all the same: one to a header that no mapping may set.
    pub fn ignored(parameters: &IndexMap<String, String>) -> Result<Self, String> {
        for (target, source) in parameters {
            if let Ok(RequestTarget::Header(name)) = parse_request_target(target) {
                let name = name.to_ascii_lowercase();
                if UNMAPPABLE.contains(&&*name) || UNMAPPABLE_TO_AWS.contains(&&*name) {
                    return Err(format!("the mapping `{target}` from `{source}`: {UNMAPPABLE_RULE}"));
                }
            }
        }
        Ok(Self::default())
    }

    /// Maps one request. An empty or missing value skips its mapping.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header.
    pub fn map<'a>(&'a self, sources: &Sources<'_>) -> Result<RestMapped<'a>, Refusal> {
        let mut mapped = RestMapped {
            path_values: Vec::new(),
            query: sources.query.as_str().to_owned(),
            headers: Vec::new(),
        };
        for (to, from) in &self.rules {
            if let (To::QueryString(name), RequestSource::MultiValueQueryString(from)) = (to, from) {
                for value in sources.query.values(from) {
                    push_pair(&mut mapped.query, name, &value);
                }
                continue;
            }
            let Some(value) = rest_value(from, sources).filter(|value| !value.is_empty()) else { continue };
            match to {
                To::Path(name) => {
                    let encoded = match from {
                        RequestSource::Path(_)
                        | RequestSource::General(
                            GeneralSource::Static(_) | GeneralSource::StageVariable(_),
                        ) => value.into_owned(),
                        _ => escaped_value(&value),
                    };
                    mapped.path_values.push((name, encoded));
                }
                To::QueryString(name) => push_pair(&mut mapped.query, name, &value),
                To::Header(name) => mapped.headers.push((name.clone(), header_value(name, &value)?)),
            }
        }
        Ok(mapped)
    }
}

fn rest_value<'a>(source: &'a RequestSource, sources: &Sources<'a>) -> Option<Cow<'a, str>> {
    match source {
        RequestSource::Path(name) => sources.path_parameter(name).map(Cow::Borrowed),
        RequestSource::QueryString(name) => sources.query.last_value(name),
        RequestSource::MultiValueQueryString(name) => {
            let values: Vec<_> = sources.query.values(name).collect();
            (!values.is_empty()).then(|| Cow::Owned(values.join(",")))
        }
        RequestSource::Header(name) => sources.header(name).map(Cow::Borrowed),
        RequestSource::MultiValueHeader(name) => {
            headers::joined_values(sources.headers, name).map(Cow::Owned)
        }
        RequestSource::General(GeneralSource::Static(text)) => Some(Cow::Borrowed(text)),
        RequestSource::General(GeneralSource::Context(name)) => sources.context(name),
        RequestSource::General(GeneralSource::StageVariable(name)) => {
            sources.variable(name).map(Cow::Borrowed)
        }
        // Refused when it is compiled.
        RequestSource::Body(_) => None,
    }
}

/// A value as a header's: line breaks and other control characters never cross.
pub(super) fn header_value(name: &HeaderName, value: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(value).map_err(|_| {
        Refusal::Configuration(format!("the value mapped to the header `{name}` cannot be a header's"))
    })
}
