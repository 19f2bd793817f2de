//! What a Lambda authorizer's answer means
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>).

use gatelet_languages::iam_policy::{Policy, PolicyKind};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::judgement::{Judgement, Verdict};
use crate::integrations::lambda_proxy::members::{Members, shortened, text};
use crate::snapshot::routes::Rules;

/// The largest answer that is read, in bytes. ASSUMPTION: AWS names 8 KB on WebSocket APIs, and nothing elsewhere; here a
/// policy may be as long as that, and all the rest, too.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// How an authorizer answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) rules: Rules,
    /// `{"isAuthorized": ...}` in place of a policy.
    pub(crate) is_simple: bool,
}

/// Reads an answer. Members that it should not have count for nothing.
///
/// # Errors
/// What is wrong with it, for the author.
pub(crate) fn read(payload: &[u8], form: Form) -> Result<Judgement, String> {
    if payload.len() > ANSWER_BYTES_MAX {
        return Err(format!(
            "the authorizer's answer has {} bytes: it may have {ANSWER_BYTES_MAX}",
            payload.len()
        ));
    }
    let members = std::str::from_utf8(payload).ok().and_then(Members::read);
    let members = members.ok_or("the authorizer's answer is not a JSON object")?;
    let verdict = match form.is_simple {
        true => simple(&members)?,
        false => Verdict::Policy(policy(&members)?),
    };
    let context = context(&members, form.rules)?;
    let principal_id = scalar(&members, "principalId")?;
    let usage_identifier_key = scalar(&members, "usageIdentifierKey")?;
    Ok(Judgement::new(verdict, principal_id, usage_identifier_key, context.as_ref()))
}

fn simple(members: &Members<'_>) -> Result<Verdict, String> {
    match members.get("isAuthorized").map(RawValue::get) {
        Some("true") => Ok(Verdict::Allow),
        Some("false") => Ok(Verdict::Deny),
        Some(other) => Err(format!("`isAuthorized` is `{}`, not true or false", shortened(other))),
        None => Err("the authorizer's answer has no `isAuthorized`, as simple responses have".to_owned()),
    }
}

fn policy(members: &Members<'_>) -> Result<Policy, String> {
    let document = members.get("policyDocument").ok_or("the authorizer's answer has no `policyDocument`")?;
    Policy::parse(document.get(), PolicyKind::Authorizer)
        .map_err(|error| format!("the authorizer's `policyDocument`: {error}"))
}

/// A member that is text; numbers and booleans are taken as they are written.
fn scalar(members: &Members<'_>, name: &'static str) -> Result<Option<Box<str>>, String> {
    let Some(value) = members.get(name) else { return Ok(None) };
    match text(value) {
        Some(text) => Ok(Some(text.into())),
        None => Err(format!("`{name}` is not text")),
    }
}

/// A value of the context.
pub(super) enum ContextValue<'a> {
    /// What REST APIs have: text, whatever it was.
    Text(Box<str>),
    /// What HTTP APIs have: any JSON.
    Json(&'a RawValue),
}

/// The context, where there is one. REST APIs take text, numbers and booleans, and make text of them; HTTP APIs take
/// everything. Of several values of one name the last counts.
///
/// ASSUMPTION: on REST APIs a value that is null is as if it were not there.
fn context<'a>(
    members: &Members<'a>,
    rules: Rules,
) -> Result<Option<IndexMap<Box<str>, ContextValue<'a>>>, String> {
    let Some(value) = members.get("context") else { return Ok(None) };
    let all = Members::read(value.get()).ok_or("`context` is not an object")?;
    let mut context = IndexMap::new();
    for (name, value) in all.iter() {
        let value = match rules {
            Rules::Http => ContextValue::Json(value),
            Rules::Rest if value.get() == "null" => continue,
            Rules::Rest => match text(value) {
                Some(text) => ContextValue::Text(text.into()),
                None => {
                    return Err(format!(
                        "`{}` in `context` is an object or a list: REST APIs take text, numbers and booleans alone",
                        shortened(name)
                    ));
                }
            },
        };
        context.insert(name.into(), value);
    }
    Ok(Some(context))
}

#[cfg(test)]
mod tests;
