//! Parameter mappings of HTTP APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>).

use std::borrow::Cow;

use gatelet_languages::LanguageError;
use gatelet_languages::parameters::http::{
    Action, Message, Part, RequestTarget, ResponseTarget, Value, Variable, parse_request_target,
    parse_response_target,
};
use gatelet_languages::parameters::{BodyPath, BodyPaths};
use gatelet_model::StageVariables;
use gatelet_model::v2::HttpIntegration;
use http::{HeaderMap, HeaderName, StatusCode};

use super::Sources;
use super::rest::header_value;
use crate::integrations::lambda_proxy::event::json::text_of;
use crate::payload::{CanonicalPath, Query, Response, headers, push_pair};
use crate::record::Record;
use crate::refusal::Refusal;

/// How much of a body is looked at where a mapping names a part of it, in bytes: what is longer is cut and then no JSON any more
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>).
const PARSED_BYTES_MAX: usize = 100 * 1024;

/// The parameters of an HTTP API's integration.
#[derive(Debug, Default)]
pub struct HttpMapping {
    request: Vec<RequestRule>,
    request_body: Body,
    responses: Vec<(u16, Responses)>,
}

/// The rules for answers of a status, and what they name of the body.
#[derive(Debug, Default)]
struct Responses {
    rules: Vec<ResponseRule>,
    body: Body,
}

/// The values of a body that mappings name.
#[derive(Debug, Default)]
struct Body {
    names: Vec<BodyPath>,
    paths: BodyPaths,
}

impl Body {
    fn add(&mut self, value: &Value) -> Result<(), LanguageError> {
        for part in value.parts() {
            if let Part::Variable(Variable::RequestBody(path) | Variable::ResponseBody(path)) = part
                && !self.names.contains(path)
            {
                self.paths.add(path)?;
                self.names.push(path.clone());
            }
        }
        Ok(())
    }

    fn values(&self, body: &[u8]) -> Vec<Option<String>> {
        match self.paths.is_empty() {
            true => Vec::new(),
            false => self.paths.values(&text_of(body), PARSED_BYTES_MAX),
        }
    }

    /// The value of a path among those of this body.
    fn value<'v>(&self, values: &'v [Option<String>], path: &BodyPath) -> Option<Cow<'v, str>> {
        let place = self.names.iter().position(|name| name == path)?;
        values.get(place)?.as_deref().map(Cow::Borrowed)
    }
}

#[derive(Debug)]
enum RequestRule {
    Header(Action, HeaderName, Value),
    QueryString(Action, Box<str>, Value),
    Path(Value),
}

#[derive(Debug)]
enum ResponseRule {
    Header(Action, HeaderName, Value),
    StatusCode(Value),
}

/// What a request's parameters became.
#[derive(Debug)]
pub struct HttpMapped {
    /// The headers, where a mapping changed them.
    pub headers: Option<HeaderMap>,
    /// The query, percent-encoded.
    pub query: String,
    /// The path, where a mapping replaced it.
    pub path: Option<String>,
}

impl HttpMapping {
    /// Compiles `append:header.x` → `$request.path.id` and the like.
    ///
    /// # Errors
    /// What is wrong with a mapping, for the author.
    pub fn compile(integration: &HttpIntegration) -> Result<Self, String> {
        // A service action's parameters are its arguments, not mappings.
        if integration.subtype.is_some() {
            return Ok(Self::default());
        }
        let mut mapping = Self::default();
        for (key, text) in &integration.request_parameters {
            mapping.request.push(request_rule(key, text, &mut mapping.request_body)?);
        }
        for (status, rules) in &integration.response_parameters {
            let mut compiled = Responses::default();
            for (key, text) in rules {
                compiled.rules.push(response_rule(key, text, &mut compiled.body)?);
            }
            mapping.responses.push((status.number(), compiled));
        }
        Ok(mapping)
    }

    /// Whether a request's mapping needs its body.
    #[must_use]
    pub const fn reads_request(&self) -> bool {
        !self.request_body.paths.is_empty()
    }

    /// Whether the mapping of an answer with a status needs its body.
    #[must_use]
    pub fn reads_answer(&self, status: StatusCode) -> bool {
        self.answers_of(status).is_some_and(|answers| !answers.body.paths.is_empty())
    }

    fn answers_of(&self, status: StatusCode) -> Option<&Responses> {
        self.responses
            .iter()
            .find(|(for_status, _)| *for_status == status.as_u16())
            .map(|(_, answers)| answers)
    }

    /// Maps one request.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header or a path.
    pub fn map_request(&self, sources: &Sources<'_>, body: &[u8]) -> Result<HttpMapped, Refusal> {
        let in_body = self.request_body.values(body);
        let value = |rule| {
            rendered(rule, |it| match it {
                Variable::RequestBody(path) => self.request_body.value(&in_body, path),
                other => request_value(other, sources),
            })
        };
        let mut mapped = HttpMapped { headers: None, query: sources.query.as_str().to_owned(), path: None };
        for rule in &self.request {
            match rule {
                RequestRule::Header(action, name, rule) => {
                    let map = mapped.headers.get_or_insert_with(|| sources.headers.clone());
                    change_header(map, *action, name, value(rule).as_deref())?;
                }
                RequestRule::QueryString(action, name, rule) => {
                    let value = value(rule);
                    change_query(&mut mapped.query, *action, name, value.as_deref());
                }
                RequestRule::Path(rule) => {
                    let Some(value) = value(rule) else { continue };
                    let path = CanonicalPath::parse(&value).map_err(|error| {
                        Refusal::Configuration(format!("the mapped path `{value}` cannot be used: {error}"))
                    })?;
                    mapped.path = Some(path.as_str().to_owned());
                }
            }
        }
        Ok(mapped)
    }

    /// Maps a backend's answer by the rules for its status; where they need the body it is there already.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header or a status.
    pub fn map_answer(
        &self,
        answer: &mut Response,
        variables: &StageVariables,
        record: &Record,
    ) -> Result<(), Refusal> {
        let Some(answers) = self.answers_of(answer.status()) else { return Ok(()) };
        let before = answer.headers().clone();
        let in_body = answers.body.values(answer.body().as_bytes().unwrap_or_default());
        let value = |rule| {
            rendered(rule, |it| match it {
                Variable::ResponseBody(path) => answers.body.value(&in_body, path),
                other => answer_value(other, &before, variables, record),
            })
        };
        for rule in &answers.rules {
            match rule {
                ResponseRule::Header(action, name, rule) => {
                    let value = value(rule);
                    change_header(answer.headers_mut(), *action, name, value.as_deref())?;
                }
                ResponseRule::StatusCode(rule) => {
                    let text = value(rule).unwrap_or_default();
                    *answer.status_mut() = answer_status(&text).ok_or_else(|| {
                        Refusal::Configuration(format!("the mapped status `{text}` is not one"))
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// A status that an answer may have: an informational one would begin another protocol.
fn answer_status(text: &str) -> Option<StatusCode> {
    text.parse::<StatusCode>().ok().filter(|status| !status.is_informational())
}

fn request_rule(key: &str, text: &str, body: &mut Body) -> Result<RequestRule, String> {
    let fail = |error: &dyn std::fmt::Display| wrong(key, text, error);
    let target = parse_request_target(key).map_err(|error| fail(&error))?;
    let value = value(key, text, Message::Request, body)?;
    Ok(match target {
        RequestTarget::Header(action, name) => {
            RequestRule::Header(action, header(&name).map_err(|error| fail(&error))?, value)
        }
        RequestTarget::QueryString(action, name) => RequestRule::QueryString(action, name, value),
        RequestTarget::Path => RequestRule::Path(value),
    })
}

fn response_rule(key: &str, text: &str, body: &mut Body) -> Result<ResponseRule, String> {
    let fail = |error: &dyn std::fmt::Display| wrong(key, text, error);
    let target = parse_response_target(key).map_err(|error| fail(&error))?;
    let value = value(key, text, Message::Response, body)?;
    Ok(match target {
        ResponseTarget::Header(action, name) => {
            ResponseRule::Header(action, header(&name).map_err(|error| fail(&error))?, value)
        }
        ResponseTarget::StatusCode => ResponseRule::StatusCode(value),
    })
}

fn value(key: &str, text: &str, message: Message, body: &mut Body) -> Result<Value, String> {
    let value = Value::parse(text, message).map_err(|error| wrong(key, text, &error))?;
    body.add(&value).map_err(|error| wrong(key, text, &error))?;
    Ok(value)
}

fn header(name: &str) -> Result<HeaderName, http::header::InvalidHeaderName> {
    HeaderName::from_bytes(name.as_bytes())
}

fn wrong(key: &str, text: &str, error: &dyn std::fmt::Display) -> String {
    format!("the mapping `{key}` from `{text}`: {error}")
}

/// The whole value, or `None` where it is one reference to something that is not there.
fn rendered<'a>(
    value: &'a Value,
    lookup: impl Fn(&'a Variable) -> Option<Cow<'a, str>>,
) -> Option<Cow<'a, str>> {
    let part = |part: &'a Part| match part {
        Part::Text(text) => Some(Cow::Borrowed(&**text)),
        Part::Variable(variable) => lookup(variable),
    };
    match value.parts() {
        [only] => part(only),
        parts => Some(Cow::Owned(parts.iter().filter_map(part).collect())),
    }
}

fn request_value<'a>(variable: &'a Variable, sources: &Sources<'a>) -> Option<Cow<'a, str>> {
    match variable {
        Variable::RequestHeader(name) => headers::joined_values(sources.headers, name).map(Cow::Owned),
        Variable::RequestQueryString(name) => {
            let values: Vec<_> = sources.query.values(name).collect();
            (!values.is_empty()).then(|| Cow::Owned(values.join(",")))
        }
        Variable::RequestPath => Some(Cow::Borrowed(sources.path.as_str())),
        Variable::RequestPathParameter(name) => sources.path_parameter(name).map(Cow::Borrowed),
        Variable::Context(name) => sources.context(name),
        Variable::StageVariable(name) => sources.variable(name).map(Cow::Borrowed),
        // No part of a request, or looked up before.
        Variable::RequestBody(_) | Variable::ResponseHeader(_) | Variable::ResponseBody(_) => None,
    }
}

fn answer_value<'a>(
    variable: &'a Variable,
    before: &'a HeaderMap,
    variables: &'a StageVariables,
    record: &'a Record,
) -> Option<Cow<'a, str>> {
    match variable {
        Variable::ResponseHeader(name) => headers::joined_values(before, name).map(Cow::Owned),
        Variable::Context(name) => record.context(name),
        Variable::StageVariable(name) => variables.get(&**name).map(|value| Cow::Borrowed(value.as_str())),
        // No part of an answer, or looked up before.
        _ => None,
    }
}

fn change_header(
    map: &mut HeaderMap,
    action: Action,
    name: &HeaderName,
    value: Option<&str>,
) -> Result<(), Refusal> {
    match (action, value) {
        (Action::Remove, _) => {
            map.remove(name);
        }
        (Action::Append, Some(value)) => {
            map.append(name.clone(), header_value(name, value)?);
        }
        (Action::Overwrite, Some(value)) => {
            map.insert(name.clone(), header_value(name, value)?);
        }
        (Action::Append | Action::Overwrite, None) => {}
    }
    Ok(())
}

fn change_query(query: &mut String, action: Action, name: &str, value: Option<&str>) {
    if action != Action::Append && (action == Action::Remove || value.is_some()) {
        let mut kept = String::with_capacity(query.len());
        for (other, value) in Query::new(query).pairs().filter(|(other, _)| other != name) {
            push_pair(&mut kept, &other, &value);
        }
        *query = kept;
    }
    if action != Action::Remove
        && let Some(value) = value
    {
        push_pair(query, name, value);
    }
}
