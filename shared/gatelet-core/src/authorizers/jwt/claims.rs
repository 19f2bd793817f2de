//! What a token's claims must be. Whatever is of another type than it may be is refused.

use std::time::Duration;

use gatelet_languages::selection::{Match, SelectionPattern};
use serde_json::Value;

use super::defect::Defect;
use super::members::Members;
use crate::ports::Timestamp;

/// How far the clocks of an issuer and of the gateway may differ. ASSUMPTION: AWS tells none.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// A claim that a token must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: Box<str>,
    /// The values of which it must have one; any will do where there are none.
    pub(super) values: Box<[String]>,
}

/// Times at which a token begins and ends to count.
///
/// # Errors
/// [`Defect::Expired`], [`Defect::NotYetValid`], [`Defect::IssuedInFuture`], and [`Defect::ClaimType`] and
/// [`Defect::MissingClaim`] where a time is none.
pub(super) fn times(claims: &Members, now: Timestamp) -> Result<Timestamp, Defect> {
    let expires = time(claims, "exp")?.ok_or(Defect::MissingClaim)?;
    if now >= expires.after(LEEWAY) {
        return Err(Defect::Expired);
    }
    if time(claims, "nbf")?.is_some_and(|not_before| not_before > now.after(LEEWAY)) {
        return Err(Defect::NotYetValid);
    }
    if time(claims, "iat")?.is_some_and(|issued| issued > now.after(LEEWAY)) {
        return Err(Defect::IssuedInFuture);
    }
    Ok(expires)
}

/// Whom tokens must be for.
#[derive(Debug, Clone)]
pub(super) enum Audience {
    /// Whomever.
    Anybody,
    /// One of these: by `aud`, or by `client_id` where there is no `aud` at all
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html>).
    OneOf(Box<[String]>),
    /// Whomever a pattern matches: `aud` alone, which access tokens of user pools do not have
    /// (<https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html>, `identityValidationExpression`).
    /// ASSUMPTION: a pattern that matches everything still wants an `aud`.
    Matching {
        /// As its author wrote it.
        text: Box<str>,
        /// Compiled.
        pattern: SelectionPattern,
    },
}

impl Audience {
    /// Whether a token is for it; where it is for several, for one of them.
    ///
    /// # Errors
    /// [`Defect::Audience`], and [`Defect::ClaimType`] where it is neither a text nor a list of texts.
    pub(super) fn check(&self, claims: &Members) -> Result<(), Defect> {
        let value = match self {
            Self::Anybody => return Ok(()),
            Self::OneOf(_) => match (claims.get("aud"), claims.get("client_id")) {
                (None, Some(Value::Array(_))) => return Err(Defect::ClaimType),
                (audience, client) => audience.or(client),
            },
            Self::Matching { .. } => claims.get("aud"),
        };
        let is_good = match value {
            None => false,
            Some(Value::String(name)) => self.takes(name),
            Some(Value::Array(names)) => {
                let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
                names.ok_or(Defect::ClaimType)?.into_iter().any(|name| self.takes(name))
            }
            Some(_) => return Err(Defect::ClaimType),
        };
        if is_good { Ok(()) } else { Err(Defect::Audience) }
    }

    fn takes(&self, name: &str) -> bool {
        match self {
            Self::Anybody => true,
            Self::OneOf(names) => names.iter().any(|one| one == name),
            Self::Matching { pattern, .. } => matches!(pattern.matches(name), Match::Yes | Match::Default),
        }
    }
}

/// Holds a token against the claims that its authorizer asks for.
///
/// # Errors
/// [`Defect::MissingClaim`].
pub(super) fn required(claims: &Members, rules: &[Rule]) -> Result<(), Defect> {
    let is_met = |rule: &Rule| match claims.get(&rule.name) {
        None | Some(Value::Null) => false,
        Some(_) if rule.values.is_empty() => true,
        Some(Value::Array(several)) => several.iter().any(|one| has_one(one, &rule.values)),
        Some(one) => has_one(one, &rule.values),
    };
    if rules.iter().all(is_met) { Ok(()) } else { Err(Defect::MissingClaim) }
}

/// A token's scopes: `scope`, a text with spaces between them, or else `scp`, such a text or a list of texts
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>). What is neither grants nothing.
pub(super) fn scopes(claims: &Members) -> Box<[Box<str>]> {
    match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(text)) => {
            text.split(' ').filter(|scope| !scope.is_empty()).map(Into::into).collect()
        }
        Some(Value::Array(names)) if claims.get("scope").is_none() => {
            let names: Option<Box<[Box<str>]>> =
                names.iter().map(|name| name.as_str().map(Into::into)).collect();
            names.unwrap_or_default()
        }
        _ => Box::default(),
    }
}

fn has_one(value: &Value, values: &[String]) -> bool {
    match value {
        Value::String(text) => values.contains(text),
        Value::Number(number) => values.contains(&number.to_string()),
        Value::Bool(truth) => values.iter().any(|value| value == if *truth { "true" } else { "false" }),
        _ => false,
    }
}

/// A moment as RFC 7519 writes it: seconds since 1970, with or without a fraction.
fn time(claims: &Members, name: &str) -> Result<Option<Timestamp>, Defect> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = match value {
        Value::Number(number) => number.as_f64().ok_or(Defect::ClaimType)?,
        _ => return Err(Defect::ClaimType),
    };
    let since_1970 = Duration::try_from_secs_f64(seconds).map_err(|_| Defect::ClaimType)?;
    Ok(Some(Timestamp::from_milliseconds(0).after(since_1970)))
}
