//! The one place where a refusal becomes an answer.

use std::borrow::Cow;

use gatelet_model::rest::GatewayResponseType as Type;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::{Challenge, Refusal, RestForm};
use crate::payload::{Body, Response};
use crate::record::execution_log::{HIDDEN, shown_body, shown_headers};
use crate::record::{ApiFamily, Record};
use crate::snapshot::OwnAnswer;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_AMZN_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const X_AMZ_APIGW_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
const X_AMZN_ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const APIGW_REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// What a client is told to wait while definitions cannot be had, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Puts the request's ids on an answer, by the names that its API's service has for them, what pages of its origin may do, and
/// what the client is told of its limits.
pub fn mark(response: &mut Response, record: &Record) {
    let request_id = value(record.request_id());
    let headers = response.headers_mut();
    match record.family() {
        ApiFamily::Rest => {
            headers.insert(X_AMZN_REQUEST_ID, request_id);
            headers.insert(X_AMZ_APIGW_ID, value(record.extended_request_id()));
        }
        ApiFamily::V2 => {
            headers.insert(APIGW_REQUEST_ID, request_id);
        }
    }
    if let Some(granted) = record.cors() {
        granted.mark(headers);
    }
    if let Some(allowance) = record.allowance() {
        allowance.mark(headers, record.refusal().and_then(Refusal::retry_after));
    }
}

/// The record's refusal as its API's service answers it. Before an API is known, REST's form is taken.
#[must_use]
pub fn answer(record: &Record) -> Response {
    // Who asks without a refusal is wrong.
    let refusal = record.refusal().unwrap_or(&Refusal::Internal);
    let mut response = match record.family() {
        ApiFamily::Rest => {
            let form = refusal.rest_form();
            let own = record.customisation().and_then(|customisation| customisation.answer(&form, record));
            let (kind, is_secret) = (form.response_type, own.as_ref().is_some_and(|own| own.is_secret));
            let response = rest(form, own);
            if let Some(kind) = kind.filter(|_| record.is_traced()) {
                trace(kind, is_secret, &response, record);
            }
            response
        }
        ApiFamily::V2 => {
            let form = refusal.http_form();
            let mut response = json(form.status, form.body);
            if let Some(challenge) = challenge(refusal) {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    };
    mark(&mut response, record);
    if record.place().is_some() {
        record.trace_status(response.status());
    }
    response
}

/// A REST API's answer, in its author's own form where there is one.
fn rest(form: RestForm, own: Option<OwnAnswer>) -> Response {
    let mut response = match form.body {
        Cow::Borrowed(body) => json(form.status, body),
        Cow::Owned(body) => json(form.status, body),
    };
    response.headers_mut().insert(X_AMZN_ERROR_TYPE, HeaderValue::from_static(form.error_type));
    let Some(own) = own else { return response };
    *response.status_mut() = own.status;
    if let Some((content_type, body)) = own.body {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        *response.body_mut() = body.into();
    }
    for (name, value) in own.headers {
        response.headers_mut().insert(name, value);
    }
    if matches!(own.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        *response.body_mut() = Body::Empty;
    }
    response
}

/// As AWS's execution logs tell of it.
fn trace(kind: Type, is_secret: bool, response: &Response, record: &Record) {
    let status = response.status().as_u16();
    record.trace(|| format!("Gateway response type: {kind} with status code: {status}"));
    let body = response.body().as_bytes().unwrap_or_default();
    let body = if is_secret { HIDDEN.to_owned() } else { shown_body(body) };
    record.trace(|| format!("Gateway response body: {body}"));
    record.trace(|| format!("Gateway response headers: {}", shown_headers(response.headers())));
}

fn value(id: &str) -> HeaderValue {
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("-"))
}

/// What HTTP APIs tell of a token that they do not accept, without commas, as AWS's page has it. Nothing that the client
/// sent stands in it.
fn challenge(refusal: &Refusal) -> Option<HeaderValue> {
    match refusal {
        // ASSUMPTION: AWS's page shows no such answer.
        Refusal::Unauthorized(Some(Challenge::Missing)) => Some(HeaderValue::from_static("Bearer")),
        Refusal::Unauthorized(Some(Challenge::InvalidToken(why))) => HeaderValue::try_from(format!(
            r#"Bearer scope="" error="invalid_token" error_description="{why}""#
        ))
        .ok(),
        // ASSUMPTION: RFC 6750's word; the scopes themselves are not told.
        Refusal::InsufficientScope => {
            Some(HeaderValue::from_static(r#"Bearer scope="" error="insufficient_scope""#))
        }
        _ => None,
    }
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    response
}
