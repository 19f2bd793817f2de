//! `AWS_PROXY` to Lambda: the request becomes an event, and what the function answers becomes the answer
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//!
//! The forms of events and answers live here; how a function is reached is the port's.

mod answer;
mod answer_2_0;
pub(crate) mod arn;
pub(crate) mod event;
mod media_types;
pub(crate) mod members;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatelet_model::rest::{Method, Resource};
use gatelet_model::v2::{HttpIntegration, HttpRouteKey};
use gatelet_model::{PathTemplate, PayloadFormat, ResponseTransferMode, StageVariables};

pub use media_types::MediaTypes;

use self::arn::Plain;
use self::event::{Purpose, Source};
use super::{Call, trace};
use crate::payload::{JSON, Response, content_type, headers};
use crate::ports::Arrival;
use crate::ports::{
    BackendError, Clock, FunctionAnswer, FunctionCall, FunctionError, Functions, InvocationMode,
};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::routes::Rules;

/// Largest event that Lambda takes (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
pub(crate) const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;

/// A compiled Lambda proxy.
///
/// It always waits for the answer: API Gateway invokes asynchronously only where the integration is of type `AWS`. It ignores
/// the parameter mappings of a REST proxy, `X-Amz-Invocation-Type` among them (recorded,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html>), and HTTP APIs have no such
/// setting (<https://repost.aws/knowledge-center/api-gateway-invoke-lambda>).
#[derive(Debug)]
pub struct LambdaProxy {
    function: Box<str>,
    credentials: Option<Box<str>>,
    timeout: Duration,
    mode: InvocationMode,
    stage_variables: Option<Box<str>>,
    route: Route,
    format: Format,
}

/// What an event says of the route.
#[derive(Debug)]
struct Route {
    key: Box<str>,
    resource: Box<str>,
    resource_id: Box<str>,
    template: Option<PathTemplate>,
    operation_name: Option<Box<str>>,
}

/// The form of event and answer.
#[derive(Debug)]
enum Format {
    Rest { binary: Arc<MediaTypes> },
    HttpOne,
    HttpTwo,
}

impl Format {
    const fn rules(&self) -> Rules {
        match self {
            Self::Rest { .. } => Rules::Rest,
            Self::HttpOne | Self::HttpTwo => Rules::Http,
        }
    }

    /// Whether a body of this type is passed on in base64. ASSUMPTION: one of no type is JSON to a REST API.
    fn is_binary(&self, content_type: Option<&str>) -> bool {
        match self {
            Self::Rest { binary } => binary.contain(content_type.unwrap_or(JSON)),
            Self::HttpOne | Self::HttpTwo => !media_types::is_text_to_http_apis(content_type),
        }
    }
}

impl LambdaProxy {
    /// Compiles the integration of a REST method.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub(super) fn compile_rest(
        integration: &gatelet_model::Integration,
        resource: &Resource,
        method: &Method,
        binary: &Arc<MediaTypes>,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        // Recorded: every other method is accepted in a definition and fails when it is used.
        // ASSUMPTION: where none is given, as with `ANY`, POST is meant.
        if let Some(other) = integration.http_method.as_deref().filter(|method| *method != "POST") {
            return Err(format!("functions are invoked by POST, not {other}: set `httpMethod: POST`"));
        }
        let uri = integration.uri.as_deref().unwrap_or_default();
        let mode = match integration.response_transfer_mode {
            ResponseTransferMode::Buffered => InvocationMode::RequestResponse,
            ResponseTransferMode::Stream => InvocationMode::ResponseStream,
        };
        let operation_name = method.operation_name.as_deref().map(Into::into);
        Ok(Self {
            function: arn::function(uri, variables, Plain::Refused)?,
            credentials: credentials(integration.credentials.as_deref(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            mode,
            stage_variables: event::stage_variables(variables),
            route: Route {
                // Format 1.0 does not tell it.
                key: "".into(),
                resource: resource.path.to_string().into(),
                resource_id: resource.id.as_str().into(),
                template: Some(resource.path.clone()),
                operation_name,
            },
            format: Format::Rest { binary: Arc::clone(binary) },
        })
    }

    /// Compiles the integration of an HTTP API for a route.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub(super) fn compile_http(
        integration: &HttpIntegration,
        route: &HttpRouteKey,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let uri = integration.uri.as_deref().unwrap_or_default();
        let template = match route {
            HttpRouteKey::Path(_, path) => Some(path.clone()),
            HttpRouteKey::Default => None,
        };
        let key: Box<str> = route.to_string().into();
        let format = match integration.payload_format {
            PayloadFormat::One => Format::HttpOne,
            PayloadFormat::Two => Format::HttpTwo,
        };
        let route = Route {
            resource: template.as_ref().map_or_else(|| key.clone(), |path| path.to_string().into()),
            resource_id: key.clone(),
            key,
            template,
            operation_name: None,
        };
        Ok(Self {
            function: arn::function(uri, variables, Plain::Taken)?,
            credentials: credentials(integration.credentials.as_deref(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            mode: InvocationMode::RequestResponse,
            stage_variables: event::stage_variables(variables),
            route,
            format,
        })
    }

    /// The function that it calls: its ARN or name.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The event for a request whose whole body is known.
    #[must_use]
    pub fn event(&self, arrival: &Arrival, call: &Call<'_>, body: &[u8], record: &Record) -> Bytes {
        let binary = self.format.is_binary(content_type(&call.headers));
        let source = Source {
            arrival,
            record,
            located: call.located,
            method: &call.method,
            headers: &call.headers,
            extensions: &call.extensions,
            query: &call.query,
            path: &call.path,
            path_is_mapped: call.path_is_mapped,
            canonical: call.canonical,
            purpose: Purpose::Integration { body, binary },
        };
        let route = event::Route {
            key: &self.route.key,
            resource: &self.route.resource,
            resource_id: &self.route.resource_id,
            template: self.route.template.as_ref(),
            rules: self.format.rules(),
            operation_name: self.route.operation_name.as_deref(),
        };
        let variables = self.stage_variables.as_deref();
        Bytes::from(match self.format {
            Format::Rest { .. } | Format::HttpOne => event::write_1_0(&source, &route, variables),
            Format::HttpTwo => event::write_2_0(&source, &route, variables),
        })
    }

    /// The answer to a client with such an `Accept` header that a function's payload means.
    ///
    /// # Errors
    /// [`Refusal::BadFunctionAnswer`] where it means none, [`Refusal::Configuration`] for a body that should be base64 and is not.
    pub fn read_answer(&self, payload: &Bytes, accept: Option<&str>) -> Result<Response, Refusal> {
        match &self.format {
            Format::Rest { binary } => answer::rest(payload, binary.are_accepted(accept)),
            Format::HttpOne => answer::http(payload),
            Format::HttpTwo => answer_2_0::read(payload),
        }
    }

    /// Calls the function.
    ///
    /// # Errors
    /// The [`Refusal`] that the client hears where there is no answer that can be used.
    pub async fn call<F: Functions, C: Clock>(
        &self,
        functions: &F,
        clock: &C,
        arrival: &Arrival,
        mut call: Call<'_>,
        record: &Record,
    ) -> Result<Response, Refusal> {
        let body = std::mem::take(&mut call.body).collect_up_to(EVENT_BYTES_MAX).await;
        let body = body.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
        let payload = self.event(arrival, &call, &body, record);
        drop(body);
        if payload.len() > EVENT_BYTES_MAX {
            return Err(Refusal::Function(FunctionError::TooLarge(payload.len())));
        }
        let Some(timeout) = arrival.time_for(self.timeout, clock.now()) else {
            return Err(Refusal::Function(FunctionError::Timeout(self.timeout)));
        };
        let asked = FunctionCall {
            function: self.function.clone(),
            payload,
            mode: self.mode,
            timeout,
            credentials: self.credentials.clone(),
            // The same as in the event's headers.
            trace_id: Some(trace::header(arrival).into()),
        };
        match functions.invoke(asked).await.map_err(Refusal::Function)? {
            FunctionAnswer::Payload { payload, function_error: Some(kind) } => {
                Err(Refusal::BadFunctionAnswer(failure(&kind, &payload)))
            }
            FunctionAnswer::Payload { payload, function_error: None } => match self.mode {
                InvocationMode::ResponseStream => stream::open(payload.into()).await,
                _ => self.read_answer(&payload, headers::last_value(&call.headers, "accept")),
            },
            FunctionAnswer::Stream(body) => stream::open(body).await,
            FunctionAnswer::Accepted => Err(Refusal::BadFunctionAnswer(
                "the function was told of the request and gave no answer".to_owned(),
            )),
        }
    }
}

/// Reads the beginning of a stream and passes on the rest: what a function of a REST API with `STREAM` answers.
///
/// # Errors
/// [`Refusal::BadFunctionAnswer`] where the stream does not begin with metadata.
pub async fn read_stream(body: crate::payload::Body) -> Result<Response, Refusal> {
    stream::open(body).await
}

pub(crate) fn credentials(
    role: Option<&str>,
    variables: &StageVariables,
) -> Result<Option<Box<str>>, String> {
    role.map(|role| super::variables::filled(role, variables).map(Into::into)).transpose()
}

/// What a function that failed says of it.
pub(crate) fn failure(kind: &str, payload: &[u8]) -> String {
    let text = std::str::from_utf8(payload).unwrap_or_default();
    let members = members::Members::read(text);
    let said = |name: &str| {
        let value = members.as_ref().and_then(|members| members.get(name));
        value.and_then(|value| members::string(value.get()))
    };
    let (error, message) = (said("errorType"), said("errorMessage"));
    match (error, message) {
        (Some(error), Some(message)) => {
            format!("the function failed ({kind}): {error}: {}", members::shortened(&message))
        }
        (_, Some(message)) => format!("the function failed ({kind}): {}", members::shortened(&message)),
        _ => format!("the function failed ({kind})"),
    }
}

#[cfg(test)]
mod tests;
