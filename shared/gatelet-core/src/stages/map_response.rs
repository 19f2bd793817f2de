//! From the integration's answer to the client's.

use gatelet_model::StageVariables;
use http::header::VIA;

use crate::integrations::Integration;
use crate::payload::{Response, headers};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::snapshot::HttpMapping;

/// A REST API's answer: a backend's own headers are renamed where their names are the gateway's.
#[must_use]
pub fn rest(integration: &Integration, mut answer: Response) -> Response {
    match integration {
        Integration::HttpProxy(_) => {
            headers::remap_rest_proxy_answer(answer.headers_mut());
            answer.headers_mut().remove(VIA);
        }
        Integration::LambdaProxy(_) => headers::remap_rest_proxy_answer(answer.headers_mut()),
        Integration::Mock(_) => headers::remap_rest_answer(answer.headers_mut()),
        Integration::Broken { .. } => {}
    }
    answer
}

/// An HTTP API's answer: mapped by its status.
///
/// # Errors
/// [`Refusal::Configuration`] where a mapping yields no header or status.
pub fn http(
    mapping: &HttpMapping,
    variables: &StageVariables,
    mut answer: Response,
    record: &Record,
) -> Result<Response, Refusal> {
    headers::remove_hop_by_hop(answer.headers_mut());
    mapping.map_answer(&mut answer, variables, record)?;
    Ok(answer)
}
