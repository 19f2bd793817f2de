//! From the integration's answer to the client's.

use bytes::Bytes;
use gatelet_languages::vtl::{Overrides, ResponseOverrides};
use gatelet_model::StageVariables;
use http::header::{CONTENT_TYPE, VIA};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::map_body::{own_headers, text};
use super::map_request::ClientRequest;
use crate::integrations::{Answer, Integration, way};
use crate::payload::{Body, JSON, PAYLOAD_BYTES_MAX, Response, content_type, headers};
use crate::ports::BackendError;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::{AnswerMapping, BodyTemplate, Conversion, HttpMapping, Message, RestMethod};

/// The type of an answer that no template gives another.
const JSON_VALUE: HeaderValue = HeaderValue::from_static(JSON);

/// A REST API's answer: mapped, or a proxy's as it is, and then renamed where names of headers are the gateway's.
///
/// # Errors
/// [`Refusal::Configuration`] where no integration response is for it, or a mapping fails; [`Refusal::Integration`] where its body breaks off.
pub async fn rest(
    method: &RestMethod,
    answer: Answer,
    client: &ClientRequest<'_>,
    overrides: Overrides,
    record: &Record,
) -> Result<Response, Refusal> {
    let mut response = match &method.answers {
        Some(mapping) => mapped(mapping, answer, client, overrides, record).await?,
        None => answer.response,
    };
    match &method.integration {
        Integration::HttpProxy(_) => {
            headers::remap_rest_proxy_answer(response.headers_mut());
            response.headers_mut().remove(VIA);
        }
        Integration::LambdaProxy(_) => headers::remap_rest_proxy_answer(response.headers_mut()),
        Integration::Broken { .. } => {}
        _ => headers::remap_rest_answer(response.headers_mut()),
    }
    record.trace(|| format!("Method response headers: {}", way::shown_headers(response.headers())));
    Ok(response)
}

/// The client's answer by the integration response that is for the backend's.
async fn mapped(
    mapping: &AnswerMapping,
    answer: Answer,
    client: &ClientRequest<'_>,
    overrides: Overrides,
    record: &Record,
) -> Result<Response, Refusal> {
    let (head, body) = answer.response.into_parts();
    let chosen = mapping.select(&answer.selection, head.status)?;
    let accept = headers::last_value(client.headers(), "accept");
    let content_type = content_type(&head.headers);
    let conversion = mapping.conversion(chosen, content_type, accept);
    let (kind, template) = chosen.template(client.headers()).unzip();
    let template = template.filter(|template| !template.is_empty());
    let fixed = template.map(BodyTemplate::as_static).transpose()?.flatten();
    let payload = match (fixed, body) {
        (_, Body::Empty) => Body::Empty,
        (Some(_), body) if !chosen.reads_body() => body,
        (None, body) if template.is_none() && conversion == Conversion::AsItIs && !chosen.reads_body() => {
            body
        }
        (_, body) => Body::from(collected(body).await?),
    };
    let whole = match &payload {
        Body::Bytes(bytes) => bytes.clone(),
        Body::Empty | Body::Stream(_) => Bytes::new(),
    };
    record
        .trace(|| format!("Endpoint response body before transformations: {}", way::shown_payload(&payload)));
    let mut headers = HeaderMap::new();
    let kind =
        kind.and_then(|kind| HeaderValue::from_str(kind).ok()).filter(|kind| kind.as_bytes().contains(&b'/'));
    headers.insert(CONTENT_TYPE, kind.unwrap_or(JSON_VALUE));
    chosen.map_headers(&head.headers, &whole, client.variables(), record, &mut headers)?;
    let mut set = overrides.response.clone();
    let body = match (fixed, template) {
        (Some(text), _) => Body::from(text.clone()),
        (None, Some(template)) => {
            let whole = conversion.apply(whole)?;
            let sources = client.sources(record);
            let message = Message::new(&sources, client.names(), text(&whole)?);
            let (rendered, overrides) = template.render(&message, overrides)?;
            set = overrides.response;
            Body::from(rendered)
        }
        (None, None) if matches!(payload, Body::Stream(_)) => payload,
        (None, None) => Body::from(conversion.apply(whole)?),
    };
    let status = overridden(&set, &mut headers)?.unwrap_or(chosen.status());
    record.trace(|| format!("Method response body after transformations: {}", way::shown_payload(&body)));
    let mut response = Response::new(if is_bodiless(status) { Body::Empty } else { body });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Puts what templates override into the answer's headers; returns the status that they give it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>).
fn overridden(set: &ResponseOverrides, headers: &mut HeaderMap) -> Result<Option<StatusCode>, Refusal> {
    let read = |name: &str, value: &str| {
        let pair =
            HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        pair.ok_or_else(|| {
            Refusal::Configuration(format!(
                "the template overrides `{name}`, which is no header or has a value that cannot be one's"
            ))
        })
    };
    headers.extend(own_headers(&set.header, read)?);
    let Some(text) = &set.status else { return Ok(None) };
    let status = text.trim().parse::<StatusCode>().ok().filter(|status| !status.is_informational());
    status.map(Some).ok_or_else(|| {
        Refusal::Configuration(format!("the template overrides the status with `{text}`, which is none"))
    })
}

/// Whether answers of a status have no body whatever made it (RFC 9110 section 6.4.1).
fn is_bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The whole body of a backend's answer.
async fn collected(body: Body) -> Result<Bytes, Refusal> {
    let bytes = body.collect_up_to(PAYLOAD_BYTES_MAX).await;
    bytes.map_err(|error| Refusal::Integration(BackendError::BadAnswer(error.to_string())))
}

/// An HTTP API's answer: mapped by its status.
///
/// # Errors
/// [`Refusal::Configuration`] where a mapping yields no header or status.
pub async fn http(
    mapping: &HttpMapping,
    variables: &StageVariables,
    mut answer: Response,
    record: &Record,
) -> Result<Response, Refusal> {
    headers::remove_hop_by_hop(answer.headers_mut());
    if mapping.reads_answer(answer.status()) {
        let body = std::mem::take(answer.body_mut());
        *answer.body_mut() = Body::from(collected(body).await?);
    }
    mapping.map_answer(&mut answer, variables, record)?;
    if is_bodiless(answer.status()) {
        *answer.body_mut() = Body::Empty;
    }
    Ok(answer)
}
