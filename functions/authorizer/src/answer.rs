//! What an authorizer answers
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>).

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::api_keys::Standing;

/// The longest answer, in bytes: what WebSocket APIs take, and other APIs do not contradict
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-websocket-limits-table.html>).
pub(crate) const ANSWER_BYTES_MAX: usize = 8 * 1_024;

/// Names in the context that are API Gateway's own.
const RESERVED: [&str; 2] = ["principalId", "integrationLatency"];

/// What the context tells of API keys, where they are asked for: no claim of a token stands in their place.
const OF_KEYS: [&str; 3] = ["apiKeyId", "usagePlanId", "limit"];

/// What is known of a caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// A token's claims: a JSON object.
    pub(crate) claims: &'a str,
    /// How it stands with the API key, where one is asked for.
    pub(crate) standing: Option<&'a Standing>,
}

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
    /// A policy, and who it is for. Where there is a `usage_identifier_key`, API Gateway applies its own plan of that key.
    ///
    /// # Errors
    /// [`Failure::Closed`] where it is too long even without any claim.
    pub(crate) fn policy(
        principal_id: &str,
        document: String,
        known: Known<'_>,
        usage_identifier_key: Option<&str>,
    ) -> Result<Self, Failure> {
        let document = RawValue::from_string(document).map_err(|error| Failure::Closed(error.to_string()))?;
        known.fitting(|context| {
            let policy_document = &document;
            serde_json::to_string(&PolicyAnswer {
                principal_id,
                policy_document,
                context,
                usage_identifier_key,
            })
        })
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`Failure::Closed`] where it is too long even without any claim.
    pub(crate) fn simple(is_authorized: bool, known: Known<'_>) -> Result<Self, Failure> {
        known.fitting(|context| {
            serde_json::to_string(&json!({"isAuthorized": is_authorized, "context": context}))
        })
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
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_identifier_key: Option<&'a str>,
}

impl Known<'_> {
    /// The answer with all of it; the longest claims are left out until it is short enough.
    fn fitting(
        self,
        write: impl Fn(&Map<String, Value>) -> serde_json::Result<String>,
    ) -> Result<Answer, Failure> {
        let mut context = self.context();
        loop {
            let answer = write(&context).map_err(|error| Failure::Closed(error.to_string()))?;
            if answer.len() <= ANSWER_BYTES_MAX {
                let answer = RawValue::from_string(answer);
                return answer.map(Answer).map_err(|error| Failure::Closed(error.to_string()));
            }
            let claims = context.iter().filter(|(name, _)| !self.is_of_key(name));
            let longest = claims.max_by_key(|(name, value)| name.len() + value.to_string().len());
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

    /// Claims that the context of every kind of API takes (text, numbers and booleans), and what is known of the key.
    fn context(self) -> Map<String, Value> {
        let mut context: Map<String, Value> = serde_json::from_str(self.claims).unwrap_or_default();
        context.retain(|name, value| {
            let is_scalar = matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_));
            is_scalar && !RESERVED.contains(&name.as_str()) && !self.is_of_key(name)
        });
        let Some(Standing { client, over }) = self.standing else { return context };
        let [key_id, plan_id, limit] = OF_KEYS.map(str::to_owned);
        if let Some(client) = client {
            context.insert(key_id, client.key.id.as_str().into());
            context.insert(plan_id, client.plan.id.as_str().into());
        }
        if let Some(over) = over {
            context.insert(limit, (*over).into());
        }
        context
    }

    fn is_of_key(self, name: &str) -> bool {
        self.standing.is_some() && OF_KEYS.contains(&name)
    }
}
