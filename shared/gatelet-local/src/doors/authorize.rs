//! A decision told step by step: what `gatelet authorize` asks of a running gateway.

use std::net::IpAddr;

use gatelet_core::Arrival;
use gatelet_core::payload::{Body, Request};
use gatelet_core::record::{ApiFamily, Record};
use gatelet_core::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// A request that might be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// The API, by its id or, where only one has it, its name.
    pub api: String,
    /// The method.
    pub method: String,
    /// Path and query as a client writes them, with the stage.
    pub path: String,
    /// Names and values of the headers.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// The address that it comes from; the asker's own where none is given.
    #[serde(default)]
    pub from: Option<IpAddr>,
}

/// What becomes of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Whether the caller would be let in.
    pub allowed: bool,
    /// The route that it takes; none where it takes none.
    pub route: Option<String>,
    /// What is decided, in order.
    pub steps: Vec<String>,
    /// The answer's status, where the caller is refused.
    pub status: Option<u16>,
    /// The answer's body, where the caller is refused.
    pub body: Option<String>,
    /// What the client is not told.
    pub cause: Option<String>,
}

impl Question {
    /// The request to the API of this id, at its own name unless the question names another.
    ///
    /// # Errors
    /// What is wrong with the question.
    pub fn request(&self, api_id: &str) -> Result<Request, String> {
        if !self.path.starts_with('/') {
            return Err("a path begins with `/` and the stage, as in `/dev/pets`".to_owned());
        }
        let mut builder = http::Request::builder().method(self.method.as_str()).uri(self.path.as_str());
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            builder = builder.header("host", format!("{api_id}.execute-api.localhost"));
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let request = builder.body(Body::from(self.body.clone()));
        request.map_err(|error| format!("this is no request: {error}"))
    }
}

impl Explanation {
    /// What a record tells of a request that was authorized, or refused.
    #[must_use]
    pub fn of(record: &Record, outcome: Result<(), Refusal>) -> Self {
        let refusal = outcome.err();
        let (status, body) = match (&refusal, record.family()) {
            (None, _) => (None, None),
            (Some(refusal), ApiFamily::Rest) => {
                let form = refusal.rest_form();
                (Some(form.status.as_u16()), Some(form.body.into_owned()))
            }
            (Some(refusal), ApiFamily::V2) => {
                let form = refusal.http_form();
                (Some(form.status.as_u16()), Some(form.body.to_owned()))
            }
        };
        Self {
            allowed: refusal.is_none(),
            route: record.route().map(ToOwned::to_owned),
            steps: record.explanation(),
            status,
            body,
            cause: refusal.as_ref().and_then(Refusal::cause),
        }
    }
}

/// The record of a question that came at this arrival.
pub(super) fn record_of(arrival: &Arrival, request: &Request) -> Record {
    Record::open(arrival, request.method().clone(), request.version()).explained()
}
