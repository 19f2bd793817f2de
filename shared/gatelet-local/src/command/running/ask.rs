//! A question to the control plane of a running gateway.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatelet_aws::backends::{AddressPolicy, BackendSettings, HttpBackends};
use gatelet_core::payload::Body;
use gatelet_core::ports::{BackendCall, Backends};
use http::{HeaderValue, StatusCode, Uri};
use serde::Serialize;

use crate::command::Failure;
use crate::doors::{TOKEN_FILE, TOKEN_HEADER};
use crate::store::DEFAULT_DIRECTORY;

/// Where a gateway's control plane listens where nothing else is said.
pub(in crate::command) const CONTROL: &str = "http://127.0.0.1:8081";

/// The file with the gateway's token where the command line does not name it.
const TOKEN_VARIABLE: &str = "GATELET_CONTROL_TOKEN";
/// The longest token file that is read.
const TOKEN_BYTES_MAX: u64 = 1_024;

/// What is asked of whom.
pub(in crate::command) struct Asked<'a, Q> {
    /// Where the control plane listens.
    pub(in crate::command) control: &'a Uri,
    /// Which of its doors.
    pub(in crate::command) path: &'a str,
    /// The question.
    pub(in crate::command) question: &'a Q,
    /// What proves who asks, where that is asked for.
    pub(in crate::command) token: Option<HeaderValue>,
    /// How long the answer may take.
    pub(in crate::command) patience: Duration,
    /// The largest answer that is read.
    pub(in crate::command) bytes_max: usize,
}

/// What a gateway answers.
pub(in crate::command) struct Reply {
    pub(in crate::command) status: StatusCode,
    pub(in crate::command) body: Bytes,
    /// Where it listens, for people.
    control: String,
}

/// The token of the gateway; none where nobody names a file and there is none in the usual place, which the gateway answers.
pub(in crate::command) fn token(named: Option<&Path>) -> Result<Option<HeaderValue>, Failure> {
    let named = named.map(Path::to_owned).or_else(|| std::env::var_os(TOKEN_VARIABLE).map(PathBuf::from));
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| Path::new(DEFAULT_DIRECTORY).join(TOKEN_FILE));
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::of_command(&format!("the token in `{}` cannot be used: {why}", path.display()))
    };
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(TOKEN_BYTES_MAX).read_to_string(&mut text));
    match read {
        Ok(_) => HeaderValue::from_str(text.trim()).map(Some).map_err(|_| unusable(&"it is none")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => Ok(None),
        Err(error) => Err(unusable(&crate::definition::reason(&error))),
    }
}

impl<Q: Serialize + Sync> Asked<'_, Q> {
    /// Asks, and says in which other ways that could be done where nobody answers.
    pub(in crate::command) async fn answered(&self, otherwise: &str) -> Result<Reply, Failure> {
        let of_command = |error: &dyn std::fmt::Display| Failure::of_command(error);
        let control = self.control.to_string();
        let uri = format!("{}{}", control.trim_end_matches('/'), self.path);
        let body = serde_json::to_vec(self.question).map_err(|error| of_command(&error))?;
        let mut request = http::Request::post(uri)
            .header("content-type", "application/json")
            .body(Body::from(Bytes::from(body)))
            .map_err(|error| of_command(&error))?;
        if let Some(token) = &self.token {
            request.headers_mut().insert(TOKEN_HEADER, token.clone());
        }
        let backends = HttpBackends::new(BackendSettings::new(AddressPolicy::local()));
        let backends = backends.map_err(|error| of_command(&error))?;
        let call = BackendCall { request, timeout: self.patience, way: Arc::default() };
        let response = backends.call(call).await.map_err(|error| {
            of_command(&format!("no gateway answers at `{control}`: {error}; {otherwise}"))
        })?;
        let status = response.status();
        let body = response.into_body().collect_up_to(self.bytes_max).await;
        Ok(Reply { status, body: body.map_err(|error| of_command(&error))?, control })
    }
}

impl Reply {
    /// What a gateway says that takes no such question.
    pub(in crate::command) fn refusal(&self) -> Failure {
        let answer: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let why = answer.get("message").and_then(serde_json::Value::as_str).unwrap_or("it does not say why");
        Failure::of_command(&format!("the gateway at `{}` refuses the question: {why}", self.control))
    }
}
