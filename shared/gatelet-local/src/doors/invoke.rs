//! A request that is made for its author and told step by step: what `gatelet invoke` asks of a gateway, as `TestInvokeMethod` is
//! on AWS (<https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html>).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatelet_aws::telemetry;
use gatelet_core::Arrival;
use gatelet_core::payload::{Body, Request, Response};
use gatelet_core::ports::Timestamp;
use gatelet_core::record::{End, Record};
use serde::{Deserialize, Serialize};

use super::authorize::Question;

/// The largest answer that is passed on.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A request to make.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invocation {
    /// The request.
    pub question: Question,
    /// The stage, where the path is the one below it.
    #[serde(default)]
    pub stage: Option<String>,
    /// The body, in base64, where the question has none as text.
    #[serde(default)]
    pub body: String,
    /// Whether it is to be told step by step.
    #[serde(default)]
    pub trace: bool,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoked {
    /// The answer's status.
    pub status: u16,
    /// Names and values of its headers.
    pub headers: Vec<(String, String)>,
    /// Its body, in base64.
    pub body: String,
    /// Why the body is not there, where it is not.
    #[serde(default)]
    pub broken_off: Option<String>,
    /// The route that the request took; none where it took none.
    pub route: Option<String>,
    /// Who was let in and why, where it was to be told.
    pub access: Vec<String>,
    /// The execution log, where it was to be told.
    pub log: Vec<String>,
    /// How long it took, in milliseconds.
    pub latency_milliseconds: u64,
    /// How long what stands behind the route took, in milliseconds.
    pub integration_latency_milliseconds: Option<u64>,
    /// What the client is not told.
    pub cause: Option<String>,
    /// What else to write.
    #[serde(default)]
    pub help: Option<String>,
}

impl Invocation {
    /// The request to the API of this id.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn request(&self, api_id: &str) -> Result<Request, String> {
        let mut question = self.question.clone();
        if let Some(stage) = &self.stage {
            if !question.path.starts_with('/') {
                return Err(
                    "with a stage, a path begins with `/` and is the one below it, as in `/pets`".to_owned()
                );
            }
            if stage != gatelet_model::StageName::DEFAULT {
                question.path = format!("/{stage}{}", question.path);
            }
        }
        if !self.body.is_empty() && !question.body.is_empty() {
            return Err("it has two bodies: give one, as text or in base64".to_owned());
        }
        let body = STANDARD.decode(&self.body).map_err(|error| format!("its body is not base64: {error}"))?;
        let mut request = question.request(api_id)?;
        if !body.is_empty() {
            *request.body_mut() = Body::from(bytes::Bytes::from(body));
        }
        Ok(request)
    }

    /// What to write where the API has no such stage, with the names of those that it has.
    pub(super) fn help_with_stages(&self, stages: &[&str]) -> Option<String> {
        let first = stages.first()?;
        let (path, names) = (&self.question.path, stages.join("`, `"));
        Some(match &self.stage {
            Some(_) => format!("the API's stages are `{names}`: name one of them with `--stage`"),
            None => format!(
                "a path begins with one of the API's stages, `{names}`: write `/{first}{path}`, or `--stage {first}` and the path \
                 below it"
            ),
        })
    }

    /// The record of the request.
    pub(super) fn record(
        &self,
        arrival: &Arrival,
        request: &Request,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Record {
        let record = Record::open(arrival, request.method().clone(), request.version());
        if self.trace { record.explained().traced(now) } else { record }
    }
}

impl Invoked {
    /// What a record tells of a request, and its answer.
    pub(super) async fn of(response: Response, record: Record, elapsed: impl Fn() -> Duration) -> Self {
        let (head, body) = response.into_parts();
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let (body, end) = match body.collect_up_to(ANSWER_BYTES_MAX).await {
            Ok(body) => (body, End::Complete),
            Err(error) => (bytes::Bytes::new(), End::BrokenOff(error)),
        };
        let broken_off = match &end {
            End::BrokenOff(error) => Some(error.to_string()),
            _ => None,
        };
        let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let elapsed = elapsed();
        let record = record.seal(end, body.len() as u64, elapsed);
        Self {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: STANDARD.encode(&body),
            broken_off,
            route: record.route().map(ToOwned::to_owned),
            access: record.explanation(),
            log: record.take_execution_log().iter().map(ToString::to_string).collect(),
            latency_milliseconds: milliseconds(elapsed),
            integration_latency_milliseconds: record.integration().map(|call| milliseconds(call.latency)),
            cause: telemetry::cause(&record),
            help: None,
        }
    }
}
