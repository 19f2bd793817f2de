//! What an authorizer answers
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>).

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The longest answer, in bytes: what WebSocket APIs take, and other APIs do not contradict
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-websocket-limits-table.html>).
pub(crate) const ANSWER_BYTES_MAX: usize = 8 * 1_024;

/// Names in the context that are API Gateway's own.
const RESERVED: [&str; 2] = ["principalId", "integrationLatency"];

/// An answer: JSON.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Answer(Box<RawValue>);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The caller has shown no token, or none that is accepted: API Gateway answers 401.
    Unauthorized,
    /// Nothing can be decided, for this reason: API Gateway answers 500.
    Closed(String),
}

impl Failure {
    /// Lambda's `errorType`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::Closed(_) => "Gatelet.AuthorizerClosed",
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // API Gateway knows this word alone.
            Self::Unauthorized => formatter.write_str("Unauthorized"),
            Self::Closed(why) => formatter.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}

impl Answer {
    /// A policy, and who it is for.
    ///
    /// # Errors
    /// [`Failure::Closed`] where it is too long even without any claim.
    pub(crate) fn policy(principal_id: &str, document: String, claims: &str) -> Result<Self, Failure> {
        let document = RawValue::from_string(document).map_err(|error| Failure::Closed(error.to_string()))?;
        Self::fitting(context(claims), |context| {
            serde_json::to_string(&PolicyAnswer { principal_id, policy_document: &document, context })
        })
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`Failure::Closed`] where it is too long even without any claim.
    pub(crate) fn simple(is_authorized: bool, claims: &str) -> Result<Self, Failure> {
        Self::fitting(context(claims), |context| {
            serde_json::to_string(&json!({"isAuthorized": is_authorized, "context": context}))
        })
    }

    /// Leaves out the longest claims until the answer is short enough.
    fn fitting(
        mut context: Map<String, Value>,
        write: impl Fn(&Map<String, Value>) -> serde_json::Result<String>,
    ) -> Result<Self, Failure> {
        loop {
            let answer = write(&context).map_err(|error| Failure::Closed(error.to_string()))?;
            if answer.len() <= ANSWER_BYTES_MAX {
                let answer = RawValue::from_string(answer);
                return answer.map(Self).map_err(|error| Failure::Closed(error.to_string()));
            }
            let longest = context.iter().max_by_key(|(name, value)| name.len() + value.to_string().len());
            let Some(longest) = longest.map(|(name, _)| name.clone()) else {
                return Err(Failure::Closed(format!(
                    "the answer has {} bytes, and may have {ANSWER_BYTES_MAX}",
                    answer.len()
                )));
            };
            tracing::warn!(
                claim = longest,
                "the token's claims are too long for an answer: this one is left out"
            );
            context.remove(&longest);
        }
    }

    /// Its JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyAnswer<'a> {
    principal_id: &'a str,
    policy_document: &'a RawValue,
    context: &'a Map<String, Value>,
}

/// Claims that the context of every kind of API takes: text, numbers and booleans.
fn context(claims: &str) -> Map<String, Value> {
    let mut context: Map<String, Value> = serde_json::from_str(claims).unwrap_or_default();
    context.retain(|name, value| {
        let is_scalar = matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_));
        is_scalar && !RESERVED.contains(&name.as_str())
    });
    context
}
