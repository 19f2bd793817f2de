//! `AWS`: the API of any AWS service, called by an action's name or by a path
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-types.html>).
//!
//! What a request is made of lives here: the service's address, how its actions are spoken, the headers that API Gateway adds. Who signs it
//! and how it is sent is the port's. HTTP APIs call ten actions by their parameters: [`first_class`].

mod catalogue;
mod encoding;
pub(super) mod first_class;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatelet_languages::uri::{ServiceApi, ServiceUri};
use gatelet_model::{ApiId, StageVariables};
use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, PROXY_AUTHENTICATE, REFERER, TE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use self::catalogue::Protocol;
use super::http::user_agent;
use super::http_proxy::{X_AMZN_APIGATEWAY_API_ID, X_AMZN_TRACE_ID, method};
use super::target::Target;
use super::variables::filled_but_placeholders as filled;
use super::{Call, has_body, trace, way};
use crate::payload::{PAYLOAD_BYTES_MAX, Query, Response, headers, push_pair};
use crate::ports::{Arrival, BackendError, Clock, ServiceAddress, ServiceCall, Services, World};
use crate::record::Record;
use crate::record::execution_log::shown_body;
use crate::refusal::Refusal;

/// The role that stands for the caller's own credentials.
const CALLERS_OWN: &str = "arn:aws:iam::*:user/*";

const S3: &str = "s3";
const ACTION: &str = "Action";
const VERSION: &str = "Version";
const X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What the content types of the JSON protocols begin with.
const AMZ_JSON: &[u8] = b"application/x-amz-json";

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// A compiled call of a service.
#[derive(Debug)]
pub struct AwsService {
    address: Arc<ServiceAddress>,
    method: Option<Method>,
    target: Target,
    action: Option<Action>,
    role: Option<Box<str>>,
    timeout: Duration,
    api_id: HeaderValue,
    user_agent: HeaderValue,
}

/// An action and how it is spoken.
#[derive(Debug)]
struct Action {
    name: Box<str>,
    protocol: Protocol,
}

impl AwsService {
    /// Compiles the integration of a REST method.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub(super) fn compile(
        api_id: &ApiId,
        integration: &gatelet_model::Integration,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let uri = filled(integration.uri.as_deref().unwrap_or_default(), variables)?;
        let wrong = |why: &dyn std::fmt::Display| format!("the URI `{uri}`: {why}");
        let service = ServiceUri::parse(&uri).map_err(|error| wrong(&error))?;
        let (address, protocol) = catalogue::find(&service);
        let (path, action) = match service.api {
            ServiceApi::Path(path) => (path.to_owned(), None),
            ServiceApi::Action { name, parameters } => {
                let action = Action { name: name.into(), protocol };
                (if parameters.is_empty() { String::new() } else { format!("?{parameters}") }, Some(action))
            }
        };
        let target = Target::compile(&format!("https://{}/{path}", address.host), &StageVariables::default())
            .map_err(|why| wrong(&why))?;
        let text = |error: http::header::InvalidHeaderValue| error.to_string();
        Ok(Self {
            method: method(integration.http_method.as_deref())?,
            role: role(integration.credentials.as_deref(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            api_id: HeaderValue::from_str(api_id.as_str()).map_err(text)?,
            user_agent: HeaderValue::from_str(&user_agent(api_id.as_str())).map_err(text)?,
            address,
            target,
            action,
        })
    }

    /// Calls the service. What it answers, errors among it, is the answer.
    ///
    /// # Errors
    /// The [`Refusal`] that the client hears where it gives none.
    pub(super) async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        mut call: Call<'_>,
        record: &Record,
    ) -> Result<Response, Refusal> {
        let body = std::mem::take(&mut call.body).collect_up_to(PAYLOAD_BYTES_MAX).await;
        let body = body.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
        let request = self.request(arrival, call, body)?;
        send(world, arrival, request, &self.address, self.role.as_deref(), self.timeout, record).await
    }

    fn request(&self, arrival: &Arrival, call: Call<'_>, body: Bytes) -> Result<Request<Bytes>, Refusal> {
        let method = self.method.clone().unwrap_or(call.method);
        let keeps_slashes = &*self.address.signing_name != S3;
        let values: Vec<(&str, String)> = call
            .path_values
            .iter()
            .map(|(name, value)| (*name, encoding::escaped(value, keeps_slashes)))
            .collect();
        let query = self.query(&call.query);
        let uri = self
            .target
            .render(&values, None, "", &query)
            .map_err(|error| Refusal::Integration(BackendError::BadAddress(error.to_string())))?;
        let mut headers = call.headers;
        self.complete(&mut headers, arrival);
        let mut request = Request::new(if has_body(&method) { body } else { Bytes::new() });
        *request.uri_mut() = path_alone(&uri, keeps_slashes)?;
        let parameters = request.uri().query().unwrap_or_default();
        if method == Method::POST && self.is_form(&headers) {
            let mut form = parameters.to_owned();
            if is_form_type(&headers) {
                push_unnamed(&mut form, parameters, request.body());
            }
            *request.body_mut() = form.into();
            *request.uri_mut() = Uri::from_static("/");
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM_TYPE));
        } else if is_form_type(&headers) && Query::new(parameters).last_value(ACTION).is_some() {
            let mut form = String::new();
            push_unnamed(&mut form, parameters, request.body());
            *request.body_mut() = form.into();
        }
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Whether the parameters are sent as a form, as the query protocol has it for `POST`: services read them there and in the query alike, but a query has
    /// no room for a message. What is no form in the body means nothing to them. Who maps another protocol's target speaks that one: no client's own header
    /// can, since only the type of its body may pass by itself.
    fn is_form(&self, headers: &HeaderMap) -> bool {
        let is_query =
            self.action.as_ref().is_some_and(|action| matches!(action.protocol, Protocol::Query { .. }));
        is_query && !headers.contains_key(X_AMZ_TARGET)
    }

    /// The query that was mapped, behind what names the action.
    ///
    /// ASSUMPTION: the action stands in the query whatever the protocol, as execution logs show it; a version is what services of the query protocol want
    /// beside it, and one that was mapped is kept.
    fn query(&self, mapped: &str) -> String {
        let Some(action) = &self.action else { return mapped.to_owned() };
        let mut query = String::with_capacity(mapped.len() + action.name.len() + 32);
        push_pair(&mut query, ACTION, &action.name);
        let mapped = Query::new(mapped);
        if let Protocol::Query { version } = action.protocol
            && mapped.last_value(VERSION).is_none()
        {
            push_pair(&mut query, VERSION, version);
        }
        for (name, value) in mapped.pairs().filter(|(name, _)| name != ACTION) {
            push_pair(&mut query, &name, &value);
        }
        query
    }

    /// Adds what API Gateway sends by itself (recorded), and takes off what it never sends
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>).
    fn complete(&self, headers: &mut HeaderMap, arrival: &Arrival) {
        headers::remove_hop_by_hop(headers);
        for name in [EXPECT, PROXY_AUTHENTICATE, TE, REFERER, HOST, CONTENT_LENGTH] {
            headers.remove(name);
        }
        if let Some(Action { name, protocol: Protocol::Json { target, content_type } }) = &self.action {
            // ASSUMPTION: for DynamoDB, Kinesis and Step Functions API Gateway names the target itself (seen in public definitions, which
            // have no mapping for it); for others such as EventBridge it wants it mapped, and does without here.
            if !headers.contains_key(X_AMZ_TARGET)
                && let Ok(target) = HeaderValue::from_str(&format!("{target}.{name}"))
            {
                headers.insert(X_AMZ_TARGET, target);
            }
            let speaks = |value: &HeaderValue| value.as_bytes().starts_with(AMZ_JSON);
            if !headers.get(CONTENT_TYPE).is_some_and(speaks) {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            }
        }
        headers.entry(ACCEPT).or_insert(JSON);
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        headers.insert(X_AMZN_APIGATEWAY_API_ID, self.api_id.clone());
        if let Ok(trace) = HeaderValue::from_str(&trace::header(arrival)) {
            headers.insert(X_AMZN_TRACE_ID, trace);
        }
    }
}

/// Sends a request to a service.
async fn send<W: World>(
    world: &W,
    arrival: &Arrival,
    request: Request<Bytes>,
    address: &Arc<ServiceAddress>,
    role: Option<&str>,
    timeout: Duration,
    record: &Record,
) -> Result<Response, Refusal> {
    let Some(timeout) = arrival.time_for(timeout, world.clock().now()) else {
        return Err(Refusal::Integration(BackendError::Timeout(timeout)));
    };
    let begun = world.clock().monotonic();
    let uri = || format!("https://{}{}", address.host, request.uri());
    record.trace(|| format!("Endpoint request URI: {}", uri()));
    record.trace(|| format!("Endpoint request headers: {}", way::shown_headers(request.headers())));
    record.trace(|| format!("Endpoint request body after transformations: {}", shown_body(request.body())));
    record.trace(|| format!("Sending request to {}", uri()));
    let call = ServiceCall { address: Arc::clone(address), role: role.map(Into::into), timeout, request };
    let answer = world.services().call(call).await;
    let latency = world.clock().monotonic().saturating_sub(begun).as_millis();
    match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            record
                .trace(|| format!("Received response. Status: {status}, Integration latency: {latency} ms"));
            record.trace(|| format!("Endpoint response headers: {}", way::shown_headers(answer.headers())));
            Ok(answer)
        }
        // What nobody may call is the definition's or the installation's fault, as a role that API Gateway may not assume is
        // (<https://repost.aws/knowledge-center/api-gateway-internal-server-error>).
        Err(BackendError::Unsigned(why)) => {
            Err(Refusal::Configuration(format!("the service cannot be called: {why}")))
        }
        Err(error) => Err(Refusal::Integration(error)),
    }
}

/// Whether a body is said to be a form.
fn is_form_type(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    value.get(..FORM_TYPE.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM_TYPE.as_bytes()))
}

/// Adds those parameters of a form that have no other value yet. The form may be the client's own: it can name neither another action nor another value of
/// what is mapped.
fn push_unnamed(parameters: &mut String, named: &str, form: &[u8]) {
    // A form of a service is text; what is none means nothing to it.
    let form = Query::new(std::str::from_utf8(form).unwrap_or_default());
    let is_fixed = |name: &str| {
        let mut fixed =
            Query::new(named).pairs().map(|(name, _)| name).chain([ACTION.into(), VERSION.into()]);
        fixed.any(|fixed| fixed.eq_ignore_ascii_case(name))
    };
    for (name, value) in form.pairs().filter(|(name, _)| !is_fixed(name)) {
        push_pair(parameters, &name, &value);
    }
}

/// Path and query of an address. S3 signs paths by their one right spelling, whatever a definition wrote.
fn path_alone(uri: &Uri, keeps_slashes: bool) -> Result<Uri, Refusal> {
    let mut path = if keeps_slashes { uri.path().to_owned() } else { encoding::escaped(uri.path(), false) };
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    path.parse().map_err(|error: http::uri::InvalidUri| {
        Refusal::Integration(BackendError::BadAddress(error.to_string()))
    })
}

/// The role to assume.
fn role(credentials: Option<&str>, variables: &StageVariables) -> Result<Option<Box<str>>, String> {
    let Some(credentials) = credentials else { return Ok(None) };
    let role = filled(credentials, variables)?;
    if role == CALLERS_OWN {
        return Err(format!(
            "`credentials: {CALLERS_OWN}` cannot be used: a caller's secret never reaches the gateway, so it can sign for no caller; \
             name a role that it may assume"
        ));
    }
    if role.contains(['{', '}']) {
        return Err(format!("the role `{role}` has a placeholder: only stage variables are filled in here"));
    }
    Ok(Some(role.into()))
}

#[cfg(test)]
mod tests;
