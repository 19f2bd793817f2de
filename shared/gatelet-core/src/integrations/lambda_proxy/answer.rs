//! A function's answer of format 1.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>).

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::members::{Members, decode_base64};
use crate::payload::{Body, Response};
use crate::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The only members that an answer to a REST API may have.
const MEMBERS: [&str; 5] = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];

/// Reads an answer to a REST API: any other shape than AWS's is refused, as recorded. `{}` says nothing and is refused; an answer
/// that only has headers is 200.
///
/// A body in base64 is decoded only for a client that asks for one of the API's binary media types.
///
/// # Errors
/// [`Refusal::BadFunctionAnswer`], or [`Refusal::Configuration`] for a body that is not base64 where it must be.
pub(super) fn rest(payload: &Bytes, client_takes_binary: bool) -> Result<Response, Refusal> {
    let (head, body, is_base64) = read_rest(payload).map_err(Refusal::BadFunctionAnswer)?;
    let body = match is_base64 && client_takes_binary {
        true => decode_base64(&body).map_err(Refusal::Configuration)?,
        false => body,
    };
    Ok(head.with_body(body.into(), JSON))
}

fn read_rest(payload: &Bytes) -> Result<(Head, Bytes, bool), String> {
    let members = object(payload)?;
    if let Some(other) = members.names().find(|name| !MEMBERS.contains(name)) {
        let other = super::members::shortened(other);
        return Err(format!("`{other}` is no member of an answer: {} are", MEMBERS.join(", ")));
    }
    if members.names().next().is_none() {
        return Err("the answer is empty: it needs a `statusCode`".to_owned());
    }
    let status = members.status()?.unwrap_or(StatusCode::OK);
    let head = Head { status, headers: members.headers(true)? };
    Ok((head, members.body(payload)?, members.is_base64()?))
}

/// Reads an answer of format 1.0 to an HTTP API.
///
/// ASSUMPTION: other members count for nothing, and the status must be there, as in format 2.0's structured answers.
///
/// # Errors
/// [`Refusal::BadFunctionAnswer`].
pub(super) fn http(payload: &Bytes) -> Result<Response, Refusal> {
    let read = || {
        let members = object(payload)?;
        let status = members.status()?.ok_or("the answer has no `statusCode`")?;
        structured(&members, payload, Head { status, headers: members.headers(true)? })
    };
    read().map_err(Refusal::BadFunctionAnswer)
}

/// An answer with a status to an HTTP API: what is flagged as base64 is always decoded.
pub(super) fn structured(members: &Members<'_>, payload: &Bytes, mut head: Head) -> Result<Response, String> {
    let body = members.body(payload)?;
    let body = if members.is_base64()? { decode_base64(&body)? } else { body };
    // The length is the body's, whatever the function says.
    head.headers.remove(http::header::CONTENT_LENGTH);
    Ok(head.with_body(body.into(), PLAIN_TEXT))
}

fn object(payload: &Bytes) -> Result<Members<'_>, String> {
    let text = std::str::from_utf8(payload).ok();
    text.and_then(Members::read).ok_or_else(|| {
        let start =
            super::members::shortened(&String::from_utf8_lossy(payload.get(..256).unwrap_or(payload)));
        format!("the answer is not a JSON object; it begins with `{start}`")
    })
}

/// Status and headers of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

impl Head {
    /// The whole answer, with a content type where it has none.
    pub(super) fn with_body(mut self, body: Body, content_type: HeaderValue) -> Response {
        self.headers.entry(CONTENT_TYPE).or_insert(content_type);
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// The whole answer of a REST API.
    pub(super) fn with_rest_body(self, body: Body) -> Response {
        self.with_body(body, JSON)
    }
}
