//! The adapter itself.

use bytes::Bytes;
use gatelet_core::payload::Body;
use gatelet_core::ports::{FunctionAnswer, FunctionCall, FunctionError, Functions, InvocationMode};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::refusals;
use super::settings::LambdaSettings;
use super::stream::{Event, Events};
use super::target::Target;
use crate::https;
use crate::services::{AwsServices, SendError, SignedClient, Signing};

/// What Lambda hands on to the function as `_X_AMZN_TRACE_ID`
/// (<https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>).
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The name by which signatures know Lambda.
const SIGNING_NAME: &str = "lambda";

/// The largest event that is waited for, in bytes. From
/// [AWS's quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html): 6 MB.
const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;

/// The largest event that a function is only told, in bytes. From the same page: 1 MB.
const TOLD_EVENT_BYTES_MAX: usize = 1024 * 1024;

/// The largest answer that is taken in, in bytes: 6 MB and the little more that Lambda lets through.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 64 * 1024;

/// Lambda functions, called over Lambda's own API.
///
/// - Every function is called at the endpoint of the settings where there is one, else at AWS in the region of the
///   function's ARN, else in the environment's.
/// - A call is signed with the environment's credentials, or with those of the role that it names. Without any, AWS is not asked;
///   whoever stands in for it is, unsigned.
/// - Connections are reused. Nothing that was sent is sent again.
/// - `FunctionCall::timeout` runs from the call until the whole answer is there, for a streamed one until its first
///   chunk.
pub struct LambdaFunctions {
    settings: LambdaSettings,
    client: SignedClient,
}

impl LambdaFunctions {
    /// Functions as the operator wants them called. Nothing is connected yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(settings: LambdaSettings) -> Result<Self, rustls::Error> {
        let services = settings.services.clone().with_connections(settings.limits.https());
        let client = SignedClient::new(&services)?;
        Ok(Self { settings, client })
    }

    /// The same, with the connections and the roles that all other services are called with.
    #[must_use]
    pub fn beside(services: &AwsServices, settings: LambdaSettings) -> Self {
        Self { settings, client: services.client() }
    }

    /// Uses none of the connections made before for calls from now on: whoever was frozen cannot know which still live.
    pub fn forget_connections(&self) {
        self.client.forget_connections();
    }

    async fn call(&self, call: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        let FunctionCall { function, payload, mode, trace_id, credentials, .. } = call;
        let sent = payload.len();
        let allowed = if mode == InvocationMode::Event { TOLD_EVENT_BYTES_MAX } else { EVENT_BYTES_MAX };
        if sent > allowed {
            return Err(FunctionError::TooLarge(sent));
        }
        let target = Target::of(&self.settings, &function, mode)?;
        if target.is_aws && !self.client.can_sign() {
            let why = "no credentials are known: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or the \
                       address of a function host in `AWS_ENDPOINT_URL_LAMBDA`";
            return Err(FunctionError::Denied(why.to_owned()));
        }
        let mut request = Request::new(payload);
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = target.uri;
        let kind = if mode == InvocationMode::Event { "Event" } else { "RequestResponse" };
        request.headers_mut().insert("x-amz-invocation-type", HeaderValue::from_static(kind));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(trace_id) = trace_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
            request.headers_mut().insert(TRACE_ID, trace_id);
        }
        let signing = Signing {
            service: SIGNING_NAME,
            region: &target.region,
            role: credentials.as_deref(),
            is_aws: target.is_aws,
        };
        let response = self.client.send(request, signing).await.map_err(not_answered)?;
        if !response.status().is_success() {
            let (head, body) = response.into_parts();
            let body = whole(body).await.unwrap_or_default();
            return Err(refusals::named(head.status, &head.headers, &body, &function, sent));
        }
        match mode {
            InvocationMode::Event => Ok(FunctionAnswer::Accepted),
            InvocationMode::RequestResponse if response.status() == StatusCode::ACCEPTED => {
                Ok(FunctionAnswer::Accepted)
            }
            InvocationMode::RequestResponse => answered(response).await,
            InvocationMode::ResponseStream => self.streamed(response).await,
        }
    }

    async fn streamed(&self, response: Response<Incoming>) -> Result<FunctionAnswer, FunctionError> {
        let mut events = Events::of(response.into_body(), self.settings.limits.stream_idle);
        let first = events.next().await.map_err(|problem| {
            FunctionError::Unavailable(format!("Lambda's stream cannot be read: {problem}"))
        })?;
        Ok(match first {
            Event::Chunk(first) => FunctionAnswer::Stream(events.into_body(first)),
            Event::Complete => FunctionAnswer::Stream(Body::Empty),
            Event::Failed(failure) => FunctionAnswer::Payload {
                payload: failure.error_details.unwrap_or_default().into(),
                function_error: Some(failure.error_code.as_deref().unwrap_or("Unhandled").into()),
            },
        })
    }
}

fn not_answered(error: SendError) -> FunctionError {
    match error {
        SendError::NoCredentials | SendError::Role { .. } => FunctionError::Denied(error.to_string()),
        SendError::Unsignable(_) | SendError::TokenService { .. } => {
            FunctionError::Unavailable(error.to_string())
        }
        SendError::Network(error) => {
            let what = if error.is_connect() { "Lambda cannot be reached" } else { "Lambda broke off" };
            FunctionError::Unavailable(format!("{what}: {}", https::causes(&error)))
        }
    }
}

async fn answered(response: Response<Incoming>) -> Result<FunctionAnswer, FunctionError> {
    let (head, body) = response.into_parts();
    let error = head.headers.get("x-amz-function-error");
    let function_error = error.map(|error| String::from_utf8_lossy(error.as_bytes()).into());
    Ok(FunctionAnswer::Payload { payload: whole(body).await?, function_error })
}

async fn whole(body: Incoming) -> Result<Bytes, FunctionError> {
    let collected = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|problem| {
        FunctionError::Unavailable(format!("Lambda's answer did not come to its end: {problem}"))
    })
}

impl Functions for LambdaFunctions {
    async fn invoke(&self, call: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        let limit = call.timeout;
        tokio::time::timeout(limit, self.call(call)).await.map_err(|_| FunctionError::Timeout(limit))?
    }
}
