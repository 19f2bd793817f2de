//! How the request of each action is written, from the reference of its service.

use bytes::Bytes;
use gatelet_languages::json::write_text;
use gatelet_model::v2::ServiceAction;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};

use crate::payload::push_pair;
use crate::refusal::Refusal;

use super::super::{JSON, X_AMZ_TARGET};
use crate::integrations::escaped_value;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
const SQS_VERSION: &str = "2012-11-05";

/// What a parameter's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    /// A JSON array of texts, or one text.
    List,
    /// A JSON object of message attributes.
    Attributes,
}

fn kind(name: &str) -> Kind {
    match name {
        "Time" => Kind::Number,
        "Resources" | "AttributeNames" | "MessageAttributeNames" => Kind::List,
        "MessageAttributes" | "MessageSystemAttributes" => Kind::Attributes,
        _ => Kind::Text,
    }
}

/// Whether a parameter's text is JSON that is read here.
pub(super) fn is_json(name: &str) -> bool {
    matches!(kind(name), Kind::List | Kind::Attributes)
}

/// The service, as integration URIs name it.
pub(super) const fn service(action: ServiceAction) -> &'static str {
    match action {
        ServiceAction::EventBridgePutEvents => "events",
        ServiceAction::SqsSendMessage
        | ServiceAction::SqsReceiveMessage
        | ServiceAction::SqsDeleteMessage
        | ServiceAction::SqsPurgeQueue => "sqs",
        ServiceAction::AppConfigGetConfiguration => "appconfig",
        ServiceAction::KinesisPutRecord => "kinesis",
        ServiceAction::StepFunctionsStartExecution | ServiceAction::StepFunctionsStopExecution => "states",
        // It has a host of its own (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html).
        ServiceAction::StepFunctionsStartSyncExecution => "sync-states",
    }
}

/// The request of an action with these parameters.
///
/// # Errors
/// [`Refusal::UnfilledParameter`] where a value cannot be what the service wants.
pub(super) fn request(
    action: ServiceAction,
    given: &[(&'static str, String)],
) -> Result<Request<Bytes>, Refusal> {
    const JSON_1_0: &str = "application/x-amz-json-1.0";
    const JSON_1_1: &str = "application/x-amz-json-1.1";
    Ok(match action {
        ServiceAction::EventBridgePutEvents => {
            let body = format!("{{\"Entries\":[{}]}}", object(given, str::to_owned)?);
            json("AWSEvents.PutEvents", JSON_1_1, body)
        }
        ServiceAction::KinesisPutRecord => {
            json("Kinesis_20131202.PutRecord", JSON_1_1, object(given, str::to_owned)?)
        }
        ServiceAction::StepFunctionsStartExecution => {
            json("AWSStepFunctions.StartExecution", JSON_1_0, object(given, camel)?)
        }
        ServiceAction::StepFunctionsStartSyncExecution => {
            json("AWSStepFunctions.StartSyncExecution", JSON_1_0, object(given, camel)?)
        }
        ServiceAction::StepFunctionsStopExecution => {
            json("AWSStepFunctions.StopExecution", JSON_1_0, object(given, camel)?)
        }
        // ASSUMPTION: the query protocol, whose answer is XML: it is what clients of such APIs are seen to get.
        ServiceAction::SqsSendMessage => form("SendMessage", given)?,
        ServiceAction::SqsReceiveMessage => form("ReceiveMessage", given)?,
        ServiceAction::SqsDeleteMessage => form("DeleteMessage", given)?,
        ServiceAction::SqsPurgeQueue => form("PurgeQueue", given)?,
        ServiceAction::AppConfigGetConfiguration => configuration(given)?,
    })
}

fn json(target: &'static str, content_type: &'static str, body: String) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(X_AMZ_TARGET, HeaderValue::from_static(target));
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    request.headers_mut().insert(ACCEPT, JSON);
    request
}

/// A JSON object of the parameters.
fn object(given: &[(&'static str, String)], name_of: impl Fn(&str) -> String) -> Result<String, Refusal> {
    let mut text = String::from("{");
    for (name, value) in given {
        if text.len() > 1 {
            text.push(',');
        }
        write_text(&name_of(name), &mut text);
        text.push(':');
        match kind(name) {
            Kind::Number if value.parse::<f64>().is_ok_and(f64::is_finite) => text.push_str(value.trim()),
            Kind::Text | Kind::Number | Kind::Attributes => write_text(value, &mut text),
            Kind::List => {
                text.push('[');
                for (position, item) in list(name, value)?.iter().enumerate() {
                    if position > 0 {
                        text.push(',');
                    }
                    write_text(item, &mut text);
                }
                text.push(']');
            }
        }
    }
    text.push('}');
    Ok(text)
}

/// `StateMachineArn` as Step Functions writes it: `stateMachineArn`.
fn camel(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect()
}

/// A request of the query protocol, as a form.
fn form(action: &str, given: &[(&'static str, String)]) -> Result<Request<Bytes>, Refusal> {
    let mut body = String::new();
    push_pair(&mut body, "Action", action);
    push_pair(&mut body, "Version", SQS_VERSION);
    for (name, value) in given {
        // `AttributeNames` is told as `AttributeName.1`, `AttributeName.2` and so on.
        let single = name.strip_suffix('s').unwrap_or(name);
        match kind(name) {
            Kind::Text | Kind::Number => push_pair(&mut body, name, value),
            Kind::List => {
                for (position, item) in list(name, value)?.iter().enumerate() {
                    push_pair(&mut body, &format!("{single}.{}", position + 1), item);
                }
            }
            Kind::Attributes => {
                let attributes: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(value).map_err(|error| not_read(name, &error))?;
                for (position, (attribute, value)) in attributes.iter().enumerate() {
                    let prefix = format!("{single}.{}", position + 1);
                    push_pair(&mut body, &format!("{prefix}.Name"), attribute);
                    for (member, value) in value.as_object().into_iter().flatten() {
                        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        push_pair(&mut body, &format!("{prefix}.Value.{member}"), &text);
                    }
                }
            }
        }
    }
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(CONTENT_TYPE, FORM);
    Ok(request)
}

/// <https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_GetConfiguration.html>
fn configuration(given: &[(&'static str, String)]) -> Result<Request<Bytes>, Refusal> {
    let value = |wanted: &str| {
        given.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let mut query = String::new();
    push_pair(&mut query, "client_id", value("ClientId"));
    let version = value("ClientConfigurationVersion");
    if !version.is_empty() {
        push_pair(&mut query, "client_configuration_version", version);
    }
    let [application, environment, configuration] =
        ["Application", "Environment", "Configuration"].map(|name| escaped_value(value(name)));
    let uri = format!(
        "/applications/{application}/environments/{environment}/configurations/{configuration}?{query}"
    );
    if [application, environment, configuration].iter().any(|part| matches!(part.as_str(), "." | "..")) {
        return Err(Refusal::UnfilledParameter(
            "a part of the configuration's name is a dot segment".to_owned(),
        ));
    }
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() =
        uri.parse().map_err(|error: http::uri::InvalidUri| Refusal::UnfilledParameter(error.to_string()))?;
    Ok(request)
}

/// ASSUMPTION: a list is written as a JSON array; anything else is its one item.
fn list(name: &str, value: &str) -> Result<Vec<String>, Refusal> {
    if !value.trim_start().starts_with('[') {
        return Ok(vec![value.to_owned()]);
    }
    serde_json::from_str(value).map_err(|error| not_read(name, &error))
}

fn not_read(name: &str, error: &serde_json::Error) -> Refusal {
    Refusal::UnfilledParameter(format!("the parameter `{name}` is not the JSON that it must be: {error}"))
}
