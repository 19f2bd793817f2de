//! Parameter mappings of HTTP APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>).

use std::borrow::Cow;

use gatelet_languages::parameters::http::{
    Action, Message, Part, RequestTarget, ResponseTarget, Value, Variable, parse_request_target,
    parse_response_target,
};
use gatelet_model::StageVariables;
use gatelet_model::v2::HttpIntegration;
use http::{HeaderMap, HeaderName, StatusCode};

use super::Sources;
use super::rest::header_value;
use crate::payload::{CanonicalPath, Query, Response, headers, push_pair};
use crate::record::Record;
use crate::refusal::Refusal;

/// The parameters of an HTTP API's integration.
#[derive(Debug, Default)]
pub struct HttpMapping {
    request: Vec<RequestRule>,
    responses: Vec<(u16, Vec<ResponseRule>)>,
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
        let request = &integration.request_parameters;
        let request = request.iter().map(|(key, text)| request_rule(key, text)).collect::<Result<_, _>>()?;
        let responses = integration.response_parameters.iter().map(|(status, rules)| {
            let rules =
                rules.iter().map(|(key, text)| response_rule(key, text)).collect::<Result<_, String>>()?;
            Ok((status.number(), rules))
        });
        Ok(Self { request, responses: responses.collect::<Result<_, String>>()? })
    }

    /// Maps one request.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header or a path.
    pub fn map_request(&self, sources: &Sources<'_>) -> Result<HttpMapped, Refusal> {
        let mut mapped = HttpMapped { headers: None, query: sources.query.as_str().to_owned(), path: None };
        for rule in &self.request {
            match rule {
                RequestRule::Header(action, name, value) => {
                    let map = mapped.headers.get_or_insert_with(|| sources.headers.clone());
                    change_header(
                        map,
                        *action,
                        name,
                        rendered(value, |it| request_value(it, sources)).as_deref(),
                    )?;
                }
                RequestRule::QueryString(action, name, value) => {
                    let value = rendered(value, |it| request_value(it, sources));
                    change_query(&mut mapped.query, *action, name, value.as_deref());
                }
                RequestRule::Path(value) => {
                    let Some(value) = rendered(value, |it| request_value(it, sources)) else { continue };
                    let path = CanonicalPath::parse(&value).map_err(|error| {
                        Refusal::Configuration(format!("the mapped path `{value}` cannot be used: {error}"))
                    })?;
                    mapped.path = Some(path.as_str().to_owned());
                }
            }
        }
        Ok(mapped)
    }

    /// Maps a backend's answer by the rules for its status.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where a value cannot be a header or a status.
    pub fn map_answer(
        &self,
        answer: &mut Response,
        variables: &StageVariables,
        record: &Record,
    ) -> Result<(), Refusal> {
        let status = answer.status().as_u16();
        let Some((_, rules)) = self.responses.iter().find(|(for_status, _)| *for_status == status) else {
            return Ok(());
        };
        let before = answer.headers().clone();
        for rule in rules {
            match rule {
                ResponseRule::Header(action, name, value) => {
                    let value = rendered(value, |it| answer_value(it, &before, variables, record));
                    change_header(answer.headers_mut(), *action, name, value.as_deref())?;
                }
                ResponseRule::StatusCode(value) => {
                    let text = rendered(value, |it| answer_value(it, &before, variables, record))
                        .unwrap_or_default();
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

fn request_rule(key: &str, text: &str) -> Result<RequestRule, String> {
    let fail = |error: &dyn std::fmt::Display| wrong(key, text, error);
    let target = parse_request_target(key).map_err(|error| fail(&error))?;
    let value = value(key, text, Message::Request)?;
    Ok(match target {
        RequestTarget::Header(action, name) => {
            RequestRule::Header(action, header(&name).map_err(|error| fail(&error))?, value)
        }
        RequestTarget::QueryString(action, name) => RequestRule::QueryString(action, name, value),
        RequestTarget::Path => RequestRule::Path(value),
    })
}

fn response_rule(key: &str, text: &str) -> Result<ResponseRule, String> {
    let fail = |error: &dyn std::fmt::Display| wrong(key, text, error);
    let target = parse_response_target(key).map_err(|error| fail(&error))?;
    let value = value(key, text, Message::Response)?;
    Ok(match target {
        ResponseTarget::Header(action, name) => {
            ResponseRule::Header(action, header(&name).map_err(|error| fail(&error))?, value)
        }
        ResponseTarget::StatusCode => ResponseRule::StatusCode(value),
    })
}

fn value(key: &str, text: &str, message: Message) -> Result<Value, String> {
    let value = Value::parse(text, message).map_err(|error| wrong(key, text, &error))?;
    let reads_body =
        |part: &Part| matches!(part, Part::Variable(Variable::RequestBody(_) | Variable::ResponseBody(_)));
    if value.parts().iter().any(reads_body) {
        return Err(wrong(key, text, &"values of the body are not mapped by this version"));
    }
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
        // No part of a request, or refused when it is compiled.
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
        // No part of an answer, or refused when it is compiled.
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
