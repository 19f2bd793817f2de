//! `MOCK`: the gateway answers by itself
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>).
//!
//! The request template yields the status, the status chooses the integration response, and that one gives headers and body.

use std::borrow::Cow;

use gatelet_languages::mock_status;
use http::StatusCode;

use super::{Answer, Call};
use crate::payload::{Body, PAYLOAD_BYTES_MAX, Response};
use crate::ports::BackendError;
use crate::refusal::Refusal;

/// A compiled mock.
#[derive(Debug)]
pub struct Mock {
    /// The statuses in those request templates that say the same whatever the request, read once.
    known: Vec<(Box<str>, i64)>,
}

impl Mock {
    pub(super) fn compile(integration: &gatelet_model::Integration) -> Self {
        let texts = integration.request_templates.values();
        // Velocity changes nothing in a text that has none of these.
        let plain = texts.filter(|text| !text.contains(['$', '#', '\\']));
        let known = plain.filter_map(|text| Some((text.as_str().into(), mock_status::parse(text).ok()?)));
        Self { known: known.collect() }
    }

    /// Reads the status in what the request template rendered, or in the client's own body where there is no template.
    pub(super) async fn answer(&self, call: Call<'_>) -> Result<Answer, Refusal> {
        let bytes = call.body.collect_up_to(PAYLOAD_BYTES_MAX).await;
        let bytes = bytes.map_err(|error| Refusal::Integration(BackendError::RequestBody(error)))?;
        let known = self.known.iter().find(|(text, _)| text.as_bytes() == bytes);
        let status = match known {
            Some((_, status)) => *status,
            None => {
                let text = std::str::from_utf8(&bytes).unwrap_or_default();
                mock_status::parse(text).map_err(|error| {
                    Refusal::Configuration(format!("the request template gives no status code: {error}"))
                })?
            }
        };
        let mut response = Response::new(Body::Empty);
        // It chooses an integration response and is nobody's status: it may have any number of digits.
        *response.status_mut() =
            u16::try_from(status).ok().and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or_default();
        Ok(Answer { response, selection: Cow::Owned(itoa::Buffer::new().format(status).to_owned()) })
    }
}
