//! The ten service actions that HTTP APIs call by their parameters
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html>).
//!
//! What a request's values become lives here; how an action's request is written is [`wire`].

mod values;
mod wire;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use gatelet_languages::parameters::BodyPaths;
use gatelet_languages::uri::ServiceUri;
use gatelet_model::StageVariables;
use gatelet_model::v2::{HttpIntegration, REGION, ServiceAction};
use http::header::USER_AGENT;
use http::{HeaderValue, Request};

use self::values::{Parameter, Values};
use super::{X_AMZN_TRACE_ID, catalogue, role, send, user_agent};
use crate::integrations::{Call, trace};
use crate::payload::{PAYLOAD_BYTES_MAX, Response};
use crate::ports::{Arrival, BackendError, ServiceAddress, World};
use crate::record::Record;
use crate::record::execution_log::shown_body;
use crate::refusal::Refusal;

/// How much of a body is looked at for the places that parameters name, in bytes, as AWS does.
const PARSED_BYTES_MAX: usize = 100 * 1024;

/// How much of a service's refusal is told to the API's author, in bytes.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// A compiled service action.
#[derive(Debug)]
pub struct FirstClass {
    action: ServiceAction,
    parameters: Vec<Parameter>,
    paths: BodyPaths,
    /// The region, where a request may choose it.
    region: Option<Parameter>,
    /// The service there, where none may: found with the first request, which tells the stage's own region.
    address: OnceLock<Arc<ServiceAddress>>,
    user_agent: OnceLock<Option<HeaderValue>>,
    role: Option<Box<str>>,
    timeout: Duration,
}

impl FirstClass {
    /// Compiles the integration of an HTTP API.
    ///
    /// # Errors
    /// What is wrong with it, for the author.
    pub(in crate::integrations) fn compile(
        integration: &HttpIntegration,
        subtype: &str,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let action = ServiceAction::parse(subtype).map_err(|problem| problem.to_string())?;
        let names = integration.request_parameters.keys().map(String::as_str);
        if let Some(problem) = action.problems(names, integration.credentials.is_some()).first() {
            return Err(problem.to_string());
        }
        let mut paths = BodyPaths::default();
        let mut parameters = Vec::with_capacity(integration.request_parameters.len());
        // In the reference's order, whatever the definition's.
        for known in action.parameters() {
            if let Some(text) = integration.request_parameters.get(known.name) {
                parameters.push(Parameter::compile(known.name, text, wire::is_json(known.name), &mut paths)?);
            }
        }
        let region = parameters.iter().position(|parameter| parameter.name() == REGION);
        let mut region = region.map(|position| parameters.remove(position));
        let address = OnceLock::new();
        if let Some(fixed) = region.as_ref().and_then(Parameter::as_static) {
            let fixed = address_of(action, fixed)?;
            address.get_or_init(|| fixed);
            region = None;
        }
        let role = role(integration.credentials.as_deref(), variables)?;
        let timeout = Duration::from_millis(integration.timeout.milliseconds().into());
        let user_agent = OnceLock::new();
        Ok(Self { action, parameters, paths, region, address, user_agent, role, timeout })
    }

    /// Calls the service.
    ///
    /// # Errors
    /// The [`Refusal`] that the client hears: 400 where a parameter is mapped from what the request does not have, 500 where the service refuses the
    /// call (both recorded).
    pub(in crate::integrations) async fn call<W: World>(
        &self,
        world: &W,
        arrival: &Arrival,
        mut call: Call<'_>,
        record: &Record,
    ) -> Result<Response, Refusal> {
        let mut found = Vec::new();
        if !self.paths.is_empty() {
            let body = std::mem::take(&mut call.body).collect_up_to(PAYLOAD_BYTES_MAX).await;
            let body = body.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
            // ASSUMPTION: bytes that are no text have no value.
            found = self.paths.values(std::str::from_utf8(&body).unwrap_or_default(), PARSED_BYTES_MAX);
        }
        let (request, address) = self.request(arrival, &call, record, found)?;
        drop(call);
        let answer =
            send(world, arrival, request, &address, self.role.as_deref(), self.timeout, record).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let said = answer.into_body().collect_up_to(REFUSAL_BYTES_MAX).await.unwrap_or_default();
        let action = self.action.as_str();
        Err(Refusal::ServiceRefused(format!("{action} answered {status}: {}", shown_body(&said))))
    }

    /// The request, and whom it is for.
    fn request(
        &self,
        arrival: &Arrival,
        call: &Call<'_>,
        record: &Record,
        found: Vec<Option<String>>,
    ) -> Result<(Request<Bytes>, Arc<ServiceAddress>), Refusal> {
        let values = Values { call, record, found };
        let mut given = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            given.push((parameter.name(), values.of(parameter)?));
        }
        let address_in = |region: &str| address_of(self.action, region).map_err(Refusal::Configuration);
        let address = match (&self.region, self.address.get()) {
            (Some(region), _) => address_in(&values.of(region)?)?,
            (None, Some(found)) => Arc::clone(found),
            (None, None) => {
                let found = address_in(call.located.stage.region())?;
                Arc::clone(self.address.get_or_init(|| found))
            }
        };
        let mut request = wire::request(self.action, &given)?;
        if let Ok(trace) = HeaderValue::from_str(&trace::header(arrival)) {
            request.headers_mut().insert(X_AMZN_TRACE_ID, trace);
        }
        let agent = self
            .user_agent
            .get_or_init(|| HeaderValue::from_str(&user_agent(call.located.stage.api_id())).ok());
        if let Some(agent) = agent {
            request.headers_mut().insert(USER_AGENT, agent.clone());
        }
        Ok((request, address))
    }
}

/// The service of an action in a region. A region may come from a request: it is checked before it becomes a part of a host's name.
fn address_of(action: ServiceAction, region: &str) -> Result<Arc<ServiceAddress>, String> {
    let uri = format!("arn:aws:apigateway:{region}:{}:path/", wire::service(action));
    let uri =
        ServiceUri::parse(&uri).map_err(|_| format!("`{region}` is not a region that a service has"))?;
    Ok(catalogue::find(&uri).0)
}
