//! The one place where a refusal becomes an answer.

use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::Refusal;
use crate::payload::{Body, Response};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_AMZN_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const X_AMZ_APIGW_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
const X_AMZN_ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const APIGW_REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// What a client is told to wait while definitions cannot be had, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The ids that every answer bears.
#[derive(Debug, Clone)]
pub struct Identity {
    /// `$context.requestId`.
    pub request_id: HeaderValue,
    /// `$context.extendedRequestId`.
    pub extended_request_id: HeaderValue,
}

impl Identity {
    /// Puts the ids of REST APIs on an answer.
    pub fn mark_rest(&self, response: &mut Response) {
        response.headers_mut().insert(X_AMZN_REQUEST_ID, self.request_id.clone());
        response.headers_mut().insert(X_AMZ_APIGW_ID, self.extended_request_id.clone());
    }

    /// Puts the id of HTTP APIs on an answer.
    pub fn mark_http(&self, response: &mut Response) {
        response.headers_mut().insert(APIGW_REQUEST_ID, self.extended_request_id.clone());
    }
}

/// A refusal as an answer of a REST API, or of the gateway before an API is known.
#[must_use]
pub fn rest_answer(refusal: &Refusal, identity: &Identity) -> Response {
    let form = refusal.rest_form();
    let mut response = answer(form.status, form.body);
    response.headers_mut().insert(X_AMZN_ERROR_TYPE, HeaderValue::from_static(form.error_type));
    identity.mark_rest(&mut response);
    response
}

/// A refusal as an answer of an HTTP API.
#[must_use]
pub fn http_answer(refusal: &Refusal, identity: &Identity) -> Response {
    let form = refusal.http_form();
    let mut response = answer(form.status, form.body);
    identity.mark_http(&mut response);
    response
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    response
}
