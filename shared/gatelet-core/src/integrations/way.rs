//! The way to an HTTP backend, as definitions describe it: VPC links, TLS, the certificate that is shown.

use std::sync::Arc;

use gatelet_model::v2::HttpIntegration;
use gatelet_model::{Connection, StageVariables, TlsConfig};

use crate::payload::{Body, Response};
use crate::ports::{BackendCall, BackendError, BackendWay, Backends, Clock, VpcLink, World};
use crate::record::Record;
use crate::record::execution_log::shown_body;
pub(crate) use crate::record::execution_log::shown_headers;

/// How the URI of an integration begins that leads through a VPC link on HTTP APIs.
const ARN: &str = "arn:";

/// What the execution log says where `insecureSkipVerification` is on.
const UNVERIFIED: &str =
    "The endpoint's certificate is taken from any certificate authority (insecureSkipVerification)";

/// Compiles the way of a REST method's integration, `HTTP` or `HTTP_PROXY`.
///
/// Its URI's host is the backend's own name also behind a VPC link
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html>).
/// ASSUMPTION: its path is the whole path there, as with version 1 links, though that page speaks of the stage's name before it.
///
/// # Errors
/// What is wrong with it, for the author.
pub(crate) fn compile_rest(
    integration: &gatelet_model::Integration,
    certificate: Option<&str>,
    variables: &StageVariables,
) -> Result<Arc<BackendWay>, String> {
    let link = match &integration.connection {
        Connection::Internet => None,
        Connection::VpcLink { id, target } => Some(VpcLink {
            id: filled("the VPC link's id", id, variables)?,
            target: target.as_ref().map(|arn| filled("`integrationTarget`", arn, variables)).transpose()?,
            names_host: true,
        }),
    };
    let certificate = certificate.map(Into::into);
    let tls = TlsConfig { server_name_to_verify: None, ..integration.tls.clone() };
    Ok(Arc::new(BackendWay { link, tls, certificate }))
}

/// Compiles the way of an HTTP API's integration. Through a VPC link its URI is the ARN of what stands at the end
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html>).
///
/// # Errors
/// What is wrong with it, for the author.
pub(super) fn compile_http(
    integration: &HttpIntegration,
    variables: &StageVariables,
) -> Result<Arc<BackendWay>, String> {
    let link = match &integration.connection {
        Connection::Internet => None,
        Connection::VpcLink { id, .. } => {
            let target = filled("the URI", integration.uri.as_deref().unwrap_or_default(), variables)?;
            if !target.starts_with(ARN) {
                return Err(format!(
                    "the URI `{target}` cannot lead through a VPC link: write the ARN of a load balancer's listener or of a \
                     Cloud Map service"
                ));
            }
            let id = filled("the VPC link's id", id, variables)?;
            Some(VpcLink { id, target: Some(target), names_host: false })
        }
    };
    let tls = TlsConfig { insecure_skip_verification: false, ..integration.tls.clone() };
    Ok(Arc::new(BackendWay { link, tls, certificate: None }))
}

/// Sends a request on its way and waits until the answer begins; what goes out and what comes back is told in the execution log.
///
/// # Errors
/// A [`BackendError`] where no answer began.
pub(crate) async fn send<W: World>(
    world: &W,
    call: BackendCall,
    record: &mut Record,
) -> Result<Response, BackendError> {
    let uri = call.request.uri();
    let led = call.way.link.as_ref().and_then(|link| world.backends().led(link, uri));
    let called = led.as_ref().unwrap_or(uri);
    if call.way.tls.insecure_skip_verification && called.scheme_str() == Some("https") {
        record.note_unverified();
        record.trace(|| UNVERIFIED.to_owned());
    }
    if !record.is_traced() {
        return world.backends().call(call).await;
    }
    let (uri, begun) = (call.request.uri().clone(), world.clock().monotonic());
    record.trace(|| format!("Endpoint request URI: {uri}"));
    record.trace(|| format!("Endpoint request headers: {}", shown_headers(call.request.headers())));
    record.trace(|| {
        format!("Endpoint request body after transformations: {}", shown_payload(call.request.body()))
    });
    if let (Some(link), Some(led)) = (&call.way.link, &led) {
        record.trace(|| format!("The VPC link `{}` leads to {led}", link.id));
    }
    record.trace(|| format!("Sending request to {uri}"));
    let answer = world.backends().call(call).await;
    let latency = world.clock().monotonic().saturating_sub(begun).as_millis();
    if let Ok(answer) = &answer {
        let status = answer.status().as_u16();
        record.trace(|| format!("Received response. Status: {status}, Integration latency: {latency} ms"));
        record.trace(|| format!("Endpoint response headers: {}", shown_headers(answer.headers())));
    }
    answer
}

/// A body as the execution log shows it; one that is still on its way is not waited for.
pub(crate) fn shown_payload(body: &Body) -> String {
    match body {
        Body::Empty => String::new(),
        Body::Bytes(bytes) => shown_body(bytes),
        Body::Stream(_) => "[passed on as it comes]".to_owned(),
    }
}

/// A text with the stage's variables in it, which is not empty.
fn filled(what: &str, text: &str, variables: &StageVariables) -> Result<Box<str>, String> {
    let text = super::variables::filled(text, variables).map_err(|why| format!("{what}, {why}"))?;
    if text.is_empty() { Err(format!("{what} is empty")) } else { Ok(text.into()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use gatelet_model::{Integration, IntegrationType};

    use super::*;

    fn rest(id: &str, target: Option<&str>) -> Result<Arc<BackendWay>, String> {
        let variables = StageVariables::new([("link".to_owned(), "abc123".to_owned())]).unwrap();
        let connection = Connection::VpcLink { id: id.to_owned(), target: target.map(str::to_owned) };
        let integration = Integration { connection, ..Integration::new(IntegrationType::HttpProxy) };
        compile_rest(&integration, Some("cert1"), &variables)
    }

    #[test]
    fn a_link_may_be_named_by_a_stage_variable() {
        let way = rest("${stageVariables.link}", Some("arn:aws:x:${stageVariables.link}")).unwrap();
        let target = Some("arn:aws:x:abc123".into());
        assert_eq!(way.link, Some(VpcLink { id: "abc123".into(), target, names_host: true }));
        assert_eq!(way.certificate.as_deref(), Some("cert1"));
    }

    #[test]
    fn a_link_that_nothing_names_is_said() {
        for (id, said) in [
            ("${stageVariables.other}", "no variable `other`"),
            ("{link}", "nothing fills `{link}`"),
            ("", "the VPC link's id is empty"),
        ] {
            let why = rest(id, None).unwrap_err();
            assert!(why.contains(said), "{id}: {why}");
        }
    }
}
