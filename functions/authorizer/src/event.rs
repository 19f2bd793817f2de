//! The events with which API Gateway asks an authorizer
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>).

use std::collections::BTreeMap;

use gatelet_model::StageName;
use serde::Deserialize;
use serde_json::Value;

/// Where a token is if nobody says.
const AUTHORIZATION: &str = "authorization";

/// An event that is understood.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) form: Form,
    /// What is called: `methodArn` or `routeArn`.
    pub(crate) arn: String,
    parts: Parts,
}

/// Who asks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A TOKEN authorizer of a REST API.
    Token,
    /// A REQUEST authorizer of a REST or WebSocket API, or of an HTTP API in payload format 1.0.
    Request,
    /// An HTTP API in payload format 2.0.
    Http,
}

/// Where the token of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenPlace<'a> {
    /// Where the authorizer's identity source is, if the event tells, else in `Authorization`.
    IdentitySource,
    /// In this header, whose name is in lower case.
    Header(&'a str),
}

/// What an event says; members that mean nothing here are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    #[serde(rename = "type")]
    kind: Option<String>,
    version: Option<String>,
    authorization_token: Option<String>,
    method_arn: Option<String>,
    route_arn: Option<String>,
    /// Payload format 1.0 has one text, 2.0 a list.
    identity_source: Option<Value>,
    headers: Option<BTreeMap<String, Option<String>>>,
    multi_value_headers: Option<BTreeMap<String, Option<Vec<String>>>>,
    /// Of payload format 2.0.
    route_key: Option<String>,
    request_context: Option<Context>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    http: Option<Http>,
    http_method: Option<String>,
    /// Of WebSocket APIs.
    route_key: Option<String>,
    /// Of HTTP APIs the route's key, of REST APIs an id.
    resource_id: Option<String>,
    resource_path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    source_ip: Option<String>,
    user_agent: Option<String>,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// Why it is none of an authorizer's; nothing of what it holds is repeated.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut parts: Parts = serde_json::from_str(text).map_err(|error| {
            format!("the event is none of an authorizer's, see its column {}", error.column())
        })?;
        let form = match (parts.kind.as_deref(), parts.version.as_deref()) {
            (Some("TOKEN"), None) => Form::Token,
            (Some("REQUEST"), None | Some("1.0")) => Form::Request,
            (Some("REQUEST"), Some("2.0")) => Form::Http,
            _ => {
                return Err("the event is none of an authorizer's: attach this function to an API as a Lambda authorizer"
                    .to_owned());
            }
        };
        let arn = match form {
            Form::Token | Form::Request => parts.method_arn.take(),
            Form::Http => parts.route_arn.take(),
        };
        let arn = arn.ok_or("the event does not say what is called")?;
        Ok(Self { form, arn, parts })
    }

    /// The token; none where there is none, or more than one.
    ///
    /// # Errors
    /// Why its place cannot be trusted.
    pub(crate) fn token(&self, place: TokenPlace<'_>) -> Result<Option<&str>, String> {
        let sources = match &self.parts.identity_source {
            Some(Value::Array(sources)) if self.form == Form::Http => sources.as_slice(),
            _ => &[],
        };
        match (self.form, place) {
            (Form::Token, _) => Ok(self.parts.authorization_token.as_deref()),
            (Form::Http, TokenPlace::IdentitySource) if !sources.is_empty() => {
                Ok(sources.first().and_then(Value::as_str))
            }
            (_, TokenPlace::IdentitySource) => Ok(self.header(AUTHORIZATION)),
            (_, TokenPlace::Header(name)) => {
                let token = self.header(name);
                let is_source = |token| sources.iter().any(|source| source.as_str() == Some(token));
                match token {
                    // An answer is kept for its identity sources: whoever has the same would get it without the token.
                    Some(token) if !sources.is_empty() && !is_source(token) => Err(format!(
                        "the header `{name}` is none of the authorizer's identity sources: add `$request.header.{name}`"
                    )),
                    token => Ok(token),
                }
            }
        }
    }

    /// A header's only value, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let several = self.parts.multi_value_headers.iter().flatten();
        let several = several.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let several: Vec<&String> = several.filter_map(|(_, values)| values.as_ref()).flatten().collect();
        let one = self.parts.headers.iter().flatten().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let one: Vec<&String> = one.filter_map(|(_, value)| value.as_ref()).collect();
        match (several.as_slice(), one.as_slice()) {
            ([value], [] | [_]) | ([], [value]) => Some(value),
            _ => None,
        }
    }

    /// The verb and path of what is called, as the API has it: `GET` and `/pets/{id}`. Routes such as `$default` have no verb.
    pub(crate) fn route(&self) -> Option<(Option<&str>, &str)> {
        let context = self.parts.request_context.as_ref();
        let key = match self.form {
            Form::Token => None,
            Form::Http => self.parts.route_key.as_deref(),
            Form::Request if self.is_of_http_api() => context?.resource_id.as_deref(),
            Form::Request => context?.route_key.as_deref(),
        };
        match key.map(|key| key.split_once(' ').ok_or(key)) {
            Some(Ok((verb, path))) => Some((Some(verb), path)),
            Some(Err(key)) if key.starts_with('$') => Some((None, key)),
            _ => {
                let context = context?;
                Some((Some(context.http_method.as_deref()?), context.resource_path.as_deref()?))
            }
        }
    }

    /// Whether an HTTP API asks, which has no API keys of its own.
    pub(crate) const fn is_of_http_api(&self) -> bool {
        self.parts.version.is_some()
    }

    /// The caller's address, of events in payload format 2.0.
    pub(crate) fn source_ip(&self) -> Option<&str> {
        self.http()?.source_ip.as_deref()
    }

    /// What the caller says it is, of events in payload format 2.0.
    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.http()?.user_agent.as_deref()
    }

    fn http(&self) -> Option<&Http> {
        self.parts.request_context.as_ref()?.http.as_ref()
    }
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Called<'a> {
    /// How the ARNs of the API's methods begin, see [`api_of`].
    pub(crate) api: &'a str,
    /// The API's id.
    pub(crate) api_id: &'a str,
    /// The stage's name, which holds nothing that means something in a policy.
    pub(crate) stage: &'a str,
}

impl<'a> Called<'a> {
    /// What an ARN names; none where it names no stage of an API.
    pub(crate) fn of(arn: &'a str) -> Option<Self> {
        let api = api_of(arn)?;
        let (_, api_id) = api.trim_end_matches('/').rsplit_once(':')?;
        let (stage, _) = arn.get(api.len()..)?.split_once('/')?;
        StageName::parse(stage).ok()?;
        Some(Self { api, api_id, stage })
    }
}

/// How the ARNs of an API's methods begin: `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/`.
///
/// Its parts are what they may be, so that it can stand in a policy without a wildcard, a variable or a quote in it.
pub(crate) fn api_of(arn: &str) -> Option<&str> {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let mut parts = arn.splitn(6, ':');
    let is_api = parts.next() == Some("arn")
        && parts.next().is_some_and(is_plain)
        && parts.next() == Some("execute-api")
        && parts.next().is_some_and(is_plain)
        && parts.next().is_some_and(is_plain);
    let (api, below) = parts.next()?.split_once('/')?;
    (is_api && is_plain(api)).then(|| arn.get(..arn.len() - below.len()))?
}
