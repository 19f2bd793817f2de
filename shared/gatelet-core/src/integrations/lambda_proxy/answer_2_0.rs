//! A function's answer of format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response>).

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::answer::{Head, structured};
use super::members::{Members, string};
use crate::payload::Response;
use crate::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Reads an answer. One without `statusCode`, whatever it is, is the body of a 200: JSON as it stands, a JSON string as its text.
///
/// # Errors
/// [`Refusal::BadFunctionAnswer`] where there is a `statusCode` and the rest does not fit it.
pub(super) fn read(payload: &Bytes) -> Result<Response, Refusal> {
    let text = std::str::from_utf8(payload).unwrap_or_default();
    match Members::read(text).filter(|members| members.get("statusCode").is_some()) {
        Some(members) => with_status(&members, payload).map_err(Refusal::BadFunctionAnswer),
        None => Ok(inferred(payload, text)),
    }
}

fn with_status(members: &Members<'_>, payload: &Bytes) -> Result<Response, String> {
    let status = members.status()?.unwrap_or(StatusCode::OK);
    let mut headers = members.headers(false)?;
    members.add_cookies(&mut headers)?;
    structured(members, payload, Head { status, headers })
}

fn inferred(payload: &Bytes, text: &str) -> Response {
    let body = match string(text) {
        Some(Cow::Borrowed(inside)) => payload.slice_ref(inside.as_bytes()),
        Some(Cow::Owned(inside)) => inside.into(),
        None => payload.clone(),
    };
    Head { status: StatusCode::OK, headers: HeaderMap::new() }.with_body(body.into(), JSON)
}
