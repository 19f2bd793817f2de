//! Parameter mappings of REST APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>).

use std::borrow::Cow;

use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::parameters::rest::{
    GeneralSource, RequestSource, RequestTarget, parse_request_source, parse_request_target,
};
use gatelet_model::{Integration, IntegrationType};
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

/// The headers that the gateway itself adds to what the client sent.
const ADDED: [&str; 5] =
    ["host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];

/// The request parameters of a REST integration.
#[derive(Debug, Default)]
pub struct RestMapping {
    rules: Vec<(To, From)>,
    body: BodyPaths,
    /// Whether the backend sees the client's own query, too.
    keeps_query: bool,
    /// Whether a call of an AWS service is made of it, which may have fewer headers.
    to_aws: bool,
}

#[derive(Debug)]
enum From {
    /// Which value of the body.
    Body(usize),
    Other(RequestSource),
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
    /// What was mapped, of a proxy behind the client's own query, percent-encoded.
    pub query: String,
    /// Headers to set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl RestMapping {
    /// Compiles `integration.request.path.id` → `method.request.path.id` and the like.
    ///
    /// # Errors
    /// What is wrong with a mapping, for the author.
    pub fn compile(integration: &Integration) -> Result<Self, String> {
        let to_aws = integration.kind == IntegrationType::Aws;
        match integration.kind {
            // A mock has no request that its parameters could go to.
            IntegrationType::Mock => return Ok(Self::default()),
            // Recorded: a Lambda proxy ignores its mappings, and still fails by one that no mapping may be.
            IntegrationType::AwsProxy => return Self::ignored(&integration.request_parameters),
            IntegrationType::Aws | IntegrationType::Http | IntegrationType::HttpProxy => {}
        }
        let keeps_query = integration.kind == IntegrationType::HttpProxy;
        let mut mapping = Self { keeps_query, to_aws, ..Self::default() };
        for (target, source) in &integration.request_parameters {
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
                && !mapping.may_set(name)
            {
                return Err(fail(&UNMAPPABLE_RULE));
            }
            let from = match parse_request_source(source).map_err(|error| fail(&error))? {
                RequestSource::Body(path) => {
                    From::Body(mapping.body.add(&path).map_err(|error| fail(&error))?)
                }
                other => From::Other(other),
            };
            mapping.rules.push((to, from));
        }
        Ok(mapping)
    }

    /// Whether a mapping may set a header.
    fn may_set(&self, name: &HeaderName) -> bool {
        !(UNMAPPABLE.contains(&name.as_str()) || self.to_aws && UNMAPPABLE_TO_AWS.contains(&name.as_str()))
    }

    /// A header that a template sets.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] for one that no mapping may set, and for what is no header.
    pub fn overridden(&self, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Refusal> {
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(Refusal::Configuration(format!(
                "the template overrides `{name}`, which is no header"
            )));
        };
        if !self.may_set(&header) {
            return Err(Refusal::Configuration(format!(
                "the template overrides `{name}`: {UNMAPPABLE_RULE}"
            )));
        }
        let value = header_value(&header, value)?;
        Ok((header, value))
    }

    /// Which values of the body are mapped.
    #[must_use]
    pub const fn body(&self) -> &BodyPaths {
        &self.body
    }

    /// Whether a header is mapped that the gateway adds to the client's own.
    #[must_use]
    pub fn reads_added_headers(&self) -> bool {
        self.rules.iter().any(|(_, from)| match from {
            From::Other(RequestSource::Header(name) | RequestSource::MultiValueHeader(name)) => {
                ADDED.iter().any(|added| name.eq_ignore_ascii_case(added))
            }
            _ => false,
        })
    }

    /// The mappings of an integration that ignores them.
    ///
    /// # Errors
    /// What is wrong with a mapping that is refused all the same: one to a header that no mapping may set.
    fn ignored(parameters: &IndexMap<String, String>) -> Result<Self, String> {
        for (target, source) in parameters {
            if let Ok(RequestTarget::Header(name)) = parse_request_target(target) {
                let name = name.to_ascii_lowercase();
                if UNMAPPABLE.contains(&&*name) || UNMAPPABLE_TO_AWS.contains(&&*name) {
                    return Err(format!("the mapping `{target}` from `{source}`: {UNMAPPABLE_RULE}"));
                }
            }
        }
        Ok(Self { keeps_query: true, ..Self::default() })
    }

    /// Maps one request, whose body has these values. An empty or missing value skips its mapping.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header.
    pub fn map<'a>(
        &'a self,
        sources: &Sources<'_>,
        body: &[Option<String>],
    ) -> Result<RestMapped<'a>, Refusal> {
        let query = if self.keeps_query { sources.query.as_str() } else { "" };
        let mut mapped = RestMapped { path_values: Vec::new(), query: query.to_owned(), headers: Vec::new() };
        for (to, from) in &self.rules {
            if let (To::QueryString(name), From::Other(RequestSource::MultiValueQueryString(from))) =
                (to, from)
            {
                for value in sources.query.values(from) {
                    push_pair(&mut mapped.query, name, &value);
                }
                continue;
            }
            let value = match from {
                From::Body(place) => body.get(*place).and_then(Option::as_deref).map(Cow::Borrowed),
                From::Other(source) => rest_value(source, sources),
            };
            let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
            match to {
                To::Path(name) => {
                    let encoded = match from {
                        From::Other(
                            RequestSource::Path(_)
                            | RequestSource::General(
                                GeneralSource::Static(_) | GeneralSource::StageVariable(_),
                            ),
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
        // Compiled as a value of the body.
        RequestSource::Body(_) => None,
    }
}

/// A value as a header's, in UTF-8: line breaks and other control characters never cross.
pub(super) fn header_value(name: &HeaderName, value: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        Refusal::Configuration(format!("the value mapped to the header `{name}` cannot be a header's"))
    })
}
