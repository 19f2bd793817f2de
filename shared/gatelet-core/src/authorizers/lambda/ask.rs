//! Asking: the function itself, and the answers that instances share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answer;
use super::judgement::Judgement;
use super::{Event, LambdaAuthorizer};
use crate::authorizers::Asked;
use crate::integrations::lambda_proxy::{event, members};
use crate::integrations::trace;
use crate::memory::{Fetched, Key};
use crate::ports::{
    Clock as _, Decisions as _, FunctionAnswer, FunctionCall, FunctionError, Functions as _, InvocationMode,
    Timestamp, World,
};
use crate::refusal::Refusal;

/// How long a request waits for the answers that instances share: it is served without them.
const SHARED_WAIT_MAX: Duration = Duration::from_secs(1);

/// The message of an error by which a function says that the caller has to show who they are
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>).
const UNAUTHORIZED: &str = "Unauthorized";

/// What a function answered when it was asked.
pub(super) struct Answered {
    pub(super) judgement: Arc<Judgement>,
    /// As it came.
    pub(super) payload: Bytes,
    pub(super) milliseconds: u64,
}

impl LambdaAuthorizer {
    /// Asks the function.
    pub(super) async fn ask<W: World>(
        &self,
        world: &W,
        asked: &Asked<'_>,
        identity: &[std::borrow::Cow<'_, str>],
    ) -> Result<Answered, Refusal> {
        let Some(timeout) = asked.arrival.time_for(self.timeout, world.clock().now()) else {
            asked.record.explain(|| "no time is left to ask the authorizer".to_owned());
            return Err(no_answer(&FunctionError::Timeout(self.timeout)));
        };
        let payload = match &self.event {
            Event::Token { .. } => {
                event::authorizer::token(identity.first().map_or("", |token| token), asked.arn)
            }
            Event::Request(format) => {
                event::authorizer::request(asked, *format, identity, self.stage_variables.as_deref())
            }
        };
        let call = FunctionCall {
            function: self.function.clone(),
            payload: payload.into(),
            mode: InvocationMode::RequestResponse,
            timeout,
            credentials: self.credentials.clone(),
            trace_id: Some(trace::header(asked.arrival).into()),
        };
        let begun = world.clock().monotonic();
        let answer = world.functions().invoke(call).await;
        let took = world.clock().monotonic().saturating_sub(begun);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let result = self.read(answer);
        asked.record.explain(|| {
            let said = match &result {
                Ok((judgement, _)) => judgement.summary(),
                Err(Refusal::Unauthorized(_)) => "failed, saying `Unauthorized`",
                // What a function writes in its errors may hold what the caller showed.
                Err(_) => "gave no answer that can be used",
            };
            format!("the function `{}` was asked, and after {milliseconds} ms it {said}", self.function)
        });
        let (judgement, payload) = result?;
        Ok(Answered { judgement: Arc::new(judgement), payload, milliseconds })
    }

    /// What the function's answer means.
    fn read(&self, answer: Result<FunctionAnswer, FunctionError>) -> Result<(Judgement, Bytes), Refusal> {
        match answer.map_err(|error| no_answer(&error))? {
            FunctionAnswer::Payload { payload, function_error: None } => {
                let judgement =
                    answer::read(&payload, self.form).map_err(Refusal::AuthorizerMisconfigured)?;
                Ok((judgement, payload))
            }
            FunctionAnswer::Payload { payload, function_error: Some(kind) } => {
                if error_message(&payload).as_deref() == Some(UNAUTHORIZED) {
                    return Err(Refusal::Unauthorized(None));
                }
                // Functions like to repeat in an error what they were shown: only its type is told.
                Err(Refusal::AuthorizerMisconfigured(failure(&kind, &payload)))
            }
            FunctionAnswer::Accepted | FunctionAnswer::Stream(_) => {
                Err(Refusal::AuthorizerMisconfigured("the function gave no whole answer".to_owned()))
            }
        }
    }

    /// The answer that another instance was given, where instances share them. What fails here only costs a call.
    pub(super) async fn look_up<W: World>(
        &self,
        world: &W,
        asked: &Asked<'_>,
        key: &Key,
    ) -> Option<Fetched<Arc<Judgement>>> {
        if !world.decisions().are_shared() {
            return None;
        }
        let now = world.clock().now();
        let deadline = asked.arrival.deadline.min(now.after(SHARED_WAIT_MAX));
        let found = match world.decisions().get(key, deadline).await {
            Ok(found) => found.filter(|(_, expires)| world.clock().now() < *expires),
            Err(error) => {
                asked.record.explain(|| format!("no answer is taken from other instances: {error}"));
                return None;
            }
        };
        let Some((payload, expires)) = found else {
            asked.record.explain(|| "no instance has asked about this identity lately".to_owned());
            return None;
        };
        match answer::read(&payload, self.form) {
            Ok(judgement) => {
                asked.record.explain(|| {
                    format!(
                        "another instance asked the authorizer about this identity: it {}",
                        judgement.summary()
                    )
                });
                // Whatever is stored, no answer is remembered for longer than a fresh one.
                let keep_until = expires.min(now.after(self.time_to_live));
                Some(Fetched { value: Arc::new(judgement), keep_until: Some(keep_until) })
            }
            Err(_) => {
                asked.record.explain(|| "the answer that instances share cannot be used".to_owned());
                None
            }
        }
    }

    /// Shares an answer with other instances, where they share them.
    pub(super) async fn share<W: World>(
        &self,
        world: &W,
        asked: &Asked<'_>,
        key: &Key,
        payload: Bytes,
        expires: Timestamp,
    ) {
        if !world.decisions().are_shared() {
            return;
        }
        let deadline = asked.arrival.deadline.min(world.clock().now().after(SHARED_WAIT_MAX));
        if let Err(error) = world.decisions().put(key, payload, expires, deadline).await {
            asked.record.explain(|| format!("the answer is not shared with other instances: {error}"));
        }
    }
}

/// What the client hears where the function did not answer. AWS's word for whatever the function or its permissions can
/// cause is a configuration error (measured in public for time-outs and errors,
/// <https://dev.to/marcogrcr/api-gateway-lambda-authorizer-lambda-proxy-integration-failure-modes-52bc>).
///
/// ASSUMPTION: a failure of Lambda itself is the other type.
fn no_answer(error: &FunctionError) -> Refusal {
    match error {
        FunctionError::Unavailable(_) => Refusal::AuthorizerFailed(error.to_string()),
        FunctionError::NotFound(_)
        | FunctionError::Denied(_)
        | FunctionError::Throttled(_)
        | FunctionError::TooLarge(_)
        | FunctionError::Timeout(_) => Refusal::AuthorizerMisconfigured(error.to_string()),
    }
}

/// That a function failed, and with which type of error.
fn failure(kind: &str, payload: &[u8]) -> String {
    let error = member(payload, "errorType").map(|error| format!(": {}", members::shortened(&error)));
    format!("the function failed ({kind}){}", error.unwrap_or_default())
}

/// The message of a function that failed.
fn error_message(payload: &[u8]) -> Option<String> {
    member(payload, "errorMessage")
}

fn member(payload: &[u8], name: &str) -> Option<String> {
    let members = members::Members::read(std::str::from_utf8(payload).ok()?)?;
    members::string(members.get(name)?.get()).map(Into::into)
}
