//! `HTTP`: a backend that is sent what mappings make of the request, and nothing else
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html>).

use std::sync::Arc;
use std::time::Duration;

use gatelet_model::{ApiId, StageVariables};
use http::HeaderValue;
use http::header::{ACCEPT, USER_AGENT};

use super::http_proxy::{X_AMZN_APIGATEWAY_API_ID, X_AMZN_TRACE_ID, method};
use super::target::Target;
use super::{Answer, Call, has_body, trace, way};
use crate::payload::{Body, JSON, headers};
use crate::ports::Arrival;
use crate::ports::{BackendCall, BackendError, BackendWay, Clock, World};
use crate::record::Record;
use crate::refusal::Refusal;

/// A compiled HTTP integration.
#[derive(Debug)]
pub struct Http {
    /// The method that the backend sees; none is the client's own.
    method: Option<http::Method>,
    target: Target,
    timeout: Duration,
    way: Arc<BackendWay>,
    api_id: HeaderValue,
    user_agent: HeaderValue,
}

impl Http {
    pub(super) fn compile(
        api_id: &ApiId,
        integration: &gatelet_model::Integration,
        certificate: Option<&str>,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let header = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
        Ok(Self {
            method: method(integration.http_method.as_deref())?,
            target: Target::compile(integration.uri.as_deref().unwrap_or_default(), variables)?,
            timeout: Duration::from_millis(integration.timeout.milliseconds().into()),
            way: way::compile_rest(integration, certificate, variables)?,
            api_id: header(api_id.as_str())?,
            user_agent: header(&user_agent(api_id.as_str()))?,
        })
    }

    /// Sends what was mapped, with what API Gateway adds to it (recorded).
    pub(super) async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        mut call: Call<'_>,
        record: &mut Record,
    ) -> Result<Answer, Refusal> {
        let uri = self.target.render(&call.path_values, None, "", &call.query);
        let uri = uri.map_err(|error| Refusal::Integration(BackendError::BadAddress(error.to_string())))?;
        headers::remove_unforwarded_by_rest_http(&mut call.headers);
        call.headers.entry(ACCEPT).or_insert(HeaderValue::from_static(JSON));
        call.headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        call.headers.insert(X_AMZN_APIGATEWAY_API_ID, self.api_id.clone());
        if let Ok(trace) = HeaderValue::from_str(&trace::header(arrival)) {
            call.headers.insert(X_AMZN_TRACE_ID, trace);
        }
        let method = self.method.clone().unwrap_or(call.method);
        let mut request = http::Request::new(if has_body(&method) { call.body } else { Body::Empty });
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        let Some(timeout) = arrival.time_for(self.timeout, world.clock().now()) else {
            return Err(Refusal::Integration(BackendError::Timeout(self.timeout)));
        };
        let call = BackendCall { request, timeout, way: Arc::clone(&self.way) };
        way::send(world, call, record).await.map(Answer::by_status).map_err(Refusal::Integration)
    }
}

/// What the gateway calls itself to backends (recorded).
pub(crate) fn user_agent(api_id: &str) -> String {
    format!("AmazonAPIGateway_{api_id}")
}
