//! `AWS` to Lambda: the function is given what mappings make of the request, and its result is mapped
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html>).

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use gatelet_model::StageVariables;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::IgnoredAny;

use super::lambda_proxy::arn::{self, Plain};
use super::lambda_proxy::members::{self, Members};
use super::lambda_proxy::{EVENT_BYTES_MAX, credentials};
use super::{Answer, Call, trace};
use crate::payload::{Body, JSON, Response, headers};
use crate::ports::Arrival;
use crate::ports::{
    BackendError, Clock, FunctionAnswer, FunctionCall, FunctionError, Functions, InvocationMode, World,
};
use crate::record::Record;
use crate::record::execution_log::shown_body;
use crate::refusal::Refusal;

/// The header of Lambda's API that a mapping sets, so that the function is only told
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html>).
const X_AMZ_INVOCATION_TYPE: &str = "x-amz-invocation-type";

/// What a function is given where there is no body.
const NOTHING: Bytes = Bytes::from_static(b"{}");

/// A compiled Lambda integration.
#[derive(Debug)]
pub struct Lambda {
    function: Box<str>,
    credentials: Option<Box<str>>,
    timeout: Duration,
}

impl Lambda {
    /// Whether a URI invokes a function.
    pub(super) fn takes(uri: &str) -> bool {
        uri.contains(":lambda:path/") && uri.ends_with("/invocations")
    }

    pub(super) fn compile(
        integration: &gatelet_model::Integration,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        // ASSUMPTION: as of proxies; where none is given, as with `ANY`, POST is meant.
        if let Some(other) = integration.http_method.as_deref().filter(|method| *method != "POST") {
            return Err(format!("functions are invoked by POST, not {other}: set `httpMethod: POST`"));
        }
        Ok(Self {
            function: arn::function(
                integration.uri.as_deref().unwrap_or_default(),
                variables,
                Plain::Refused,
            )?,
            credentials: credentials(integration.credentials.as_deref(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
        })
    }

    /// Calls the function. What it failed with is an answer, too, and selected by its error message.
    pub(super) async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        call: Call<'_>,
        record: &Record,
    ) -> Result<Answer, Refusal> {
        let mode = mode(&call.headers)?;
        let payload = call.body.collect_up_to(EVENT_BYTES_MAX).await;
        let payload = payload.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
        let payload = if payload.is_empty() { NOTHING } else { payload };
        record.trace(|| format!("Endpoint request body after transformations: {}", shown_body(&payload)));
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(&payload) {
            return Ok(not_json(&error));
        }
        let Some(timeout) = arrival.time_for(self.timeout, world.clock().now()) else {
            return Err(Refusal::Function(FunctionError::Timeout(self.timeout)));
        };
        let asked = FunctionCall {
            function: self.function.clone(),
            payload,
            mode,
            timeout,
            credentials: self.credentials.clone(),
            trace_id: Some(trace::header(arrival).into()),
        };
        record.trace(|| format!("Sending request to {}", self.function));
        let (begun, answer) = (world.clock().monotonic(), world.functions().invoke(asked).await);
        let latency = world.clock().monotonic().saturating_sub(begun).as_millis();
        let answer = match answer.map_err(Refusal::Function)? {
            FunctionAnswer::Payload { payload, .. } => Answer {
                selection: Cow::Owned(error_message(&payload).unwrap_or_default()),
                response: response(StatusCode::OK, payload),
            },
            FunctionAnswer::Accepted => Answer {
                selection: Cow::Borrowed(""),
                response: response(StatusCode::ACCEPTED, Bytes::new()),
            },
            FunctionAnswer::Stream(_) => return Err(Refusal::Internal),
        };
        let status = answer.response.status().as_u16();
        record.trace(|| format!("Received response. Status: {status}, Integration latency: {latency} ms"));
        Ok(answer)
    }
}

/// How the function is asked, as a mapping or template says.
fn mode(headers: &HeaderMap) -> Result<InvocationMode, Refusal> {
    match headers::last_value(headers, X_AMZ_INVOCATION_TYPE) {
        None | Some("RequestResponse") => Ok(InvocationMode::RequestResponse),
        Some("Event") => Ok(InvocationMode::Event),
        Some(other) => Err(Refusal::Configuration(format!(
            "`X-Amz-Invocation-Type` is mapped to `{other}`: functions are invoked by `Event` or `RequestResponse`"
        ))),
    }
}

/// The message of a function that failed, by which its answer is selected; none of one that did not. It need not say in Lambda's way that it
/// failed: what counts is the member (recorded).
fn error_message(payload: &[u8]) -> Option<String> {
    let members = Members::read(std::str::from_utf8(payload).ok()?)?;
    members::string(members.get("errorMessage")?.get()).map(Cow::into_owned)
}

/// What Lambda's own API answers to a payload that is no JSON; it is mapped like any other answer (seen in public threads).
fn not_json(error: &serde_json::Error) -> Answer {
    let message = format!("Could not parse request body into json: {error}");
    let body = serde_json::json!({ "Type": "User", "message": message }).to_string();
    Answer { response: response(StatusCode::BAD_REQUEST, Bytes::from(body)), selection: Cow::Borrowed("") }
}

fn response(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_a_text_by_its_name_is_an_error_message() {
        for (payload, message) in [
            (r#"{"errorMessage":"a \"b\"","errorType":"E"}"#, Some("a \"b\"")),
            (r#"{"errorMessage":null}"#, None),
            (r#"{"errorMessage":{"code":1}}"#, None),
            (r#"{"message":"x"}"#, None),
            (r#"["errorMessage"]"#, None),
            ("\"errorMessage\"", None),
            ("", None),
        ] {
            assert_eq!(error_message(payload.as_bytes()).as_deref(), message, "{payload}");
        }
    }

    #[test]
    fn a_uri_that_invokes_a_function_is_known() {
        let action = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions";
        assert!(Lambda::takes(&format!("{action}/${{stageVariables.fn}}/invocations")));
        assert!(!Lambda::takes(&format!("{action}/x/policy")));
        assert!(!Lambda::takes("arn:aws:apigateway:us-east-1:sqs:path/1/invocations"));
    }
}
