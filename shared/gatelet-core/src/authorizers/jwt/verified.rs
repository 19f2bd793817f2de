//! A token that was verified, in the forms in which the rest of the gateway tells of it.

use std::borrow::Cow;
use std::fmt::Write as _;

#[cfg(test)]
use serde::Deserialize as _;
use serde_json::Value;

use super::claims;
use super::members::Members;
use crate::memory::{self, Weight};
use crate::ports::Timestamp;
use crate::record::{civil_date, month_name};

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const SECONDS_PER_DAY: u64 = 86_400;

/// How claims are told to backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimsForm {
    /// HTTP APIs: all as text, lists as `[admin poweruser]`; what is null is left out. ASSUMPTION: objects as `map[key:value]`,
    /// which is how the same language prints them.
    Http,
    /// JWT authorizers of REST APIs: as JSON
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-claims.html>).
    RestJwt,
    /// User pools on REST APIs: all as text, lists joined by commas, times as `Fri Dec 09 15:02:07 UTC 2022`, as recorded.
    Cognito,
}

/// A token whose signature and claims were found good. Whether it has a route's scopes is each request's own question.
#[derive(Debug)]
pub struct Verified {
    claims: Box<[(Box<str>, Box<str>)]>,
    claims_json: Box<str>,
    scopes: Box<[Box<str>]>,
    subject: Option<Box<str>>,
    token_use: Option<Box<str>>,
    expires: Timestamp,
}

impl Verified {
    /// Renders a token's claims, once for all requests that it comes with.
    pub(super) fn new(members: &Members, form: ClaimsForm, expires: Timestamp) -> Self {
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(Into::into);
        let claims = members.iter().filter_map(|(name, value)| Some((name.into(), told(name, value, form)?)));
        let claims: Box<[(Box<str>, Box<str>)]> = claims.collect();
        Self {
            claims_json: object(&claims, form).into(),
            claims,
            scopes: claims::scopes(members),
            subject: text("sub"),
            token_use: text("token_use"),
            expires,
        }
    }

    /// All claims as events have them: a JSON object.
    #[must_use]
    pub const fn claims_json(&self) -> &str {
        &self.claims_json
    }

    /// A claim as `$context.authorizer.claims.NAME` tells it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Cow<'_, str>> {
        let at = self.claims.binary_search_by(|(other, _)| (**other).cmp(name)).ok()?;
        self.claims.get(at).map(|(_, value)| Cow::Borrowed(&**value))
    }

    /// The names of its claims.
    pub(crate) fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().map(|(name, _)| &**name)
    }

    /// Its scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(|scope| &**scope)
    }

    /// Whom it is about (`sub`): `$context.authorizer.principalId`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// What a user pool says that it is for: `id` or `access`.
    #[must_use]
    pub fn token_use(&self) -> Option<&str> {
        self.token_use.as_deref()
    }

    /// When it expires (`exp`).
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Whether it has one of these scopes; it need have none where none is listed.
    #[must_use]
    pub fn has_scope_of(&self, scopes: &[String]) -> bool {
        scopes.is_empty() || self.scopes.iter().any(|own| scopes.iter().any(|scope| **own == **scope))
    }
}

impl Weight for Verified {
    fn bytes(&self) -> usize {
        let single = [&self.subject, &self.token_use];
        size_of::<Self>()
            + self.claims_json.len()
            + memory::texts(self.claims.iter().flat_map(|(name, value)| [&**name, &**value]))
            + memory::texts(self.scopes())
            + memory::texts(single.into_iter().filter_map(Option::as_deref))
    }
}

fn told(name: &str, value: &Value, form: ClaimsForm) -> Option<Box<str>> {
    let mut text = String::new();
    match form {
        ClaimsForm::Http if value.is_null() => return None,
        ClaimsForm::Cognito if value.is_null() => return None,
        ClaimsForm::Http => push_printed(&mut text, value),
        ClaimsForm::Cognito => push_joined(&mut text, name, value),
        ClaimsForm::RestJwt => push_ascii(&mut text, &value.to_string()),
    }
    Some(text.into())
}

fn object(claims: &[(Box<str>, Box<str>)], form: ClaimsForm) -> String {
    let mut json = String::from("{");
    for (name, value) in claims {
        if json.len() > 1 {
            json.push(',');
        }
        push_ascii_string(&mut json, name);
        json.push(':');
        match form {
            ClaimsForm::RestJwt => json.push_str(value),
            ClaimsForm::Http | ClaimsForm::Cognito => push_ascii_string(&mut json, value),
        }
    }
    json.push('}');
    json
}

/// As Go's `%v` prints what its JSON reader made of a value.
fn push_printed(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("<nil>"),
        Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::String(own) => text.push_str(own),
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                push_printed(text, value);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push_str("map[");
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                text.push_str(name);
                text.push(':');
                push_printed(text, value);
            }
            text.push(']');
        }
    }
}

fn push_joined(text: &mut String, name: &str, value: &Value) {
    match (name, value) {
        (_, Value::String(own)) => text.push_str(own),
        ("exp" | "iat" | "nbf", Value::Number(seconds)) => match seconds.as_u64() {
            Some(seconds) => push_date(text, seconds),
            None => text.push_str(&seconds.to_string()),
        },
        (_, Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                push_joined(text, "", value);
            }
        }
        _ => text.push_str(&value.to_string()),
    }
}

/// As Java prints a date: `Fri Dec 09 15:02:07 UTC 2022`.
fn push_date(text: &mut String, seconds: u64) {
    let (days, second) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
    let (year, month, day) = civil_date(days);
    let weekday = usize::try_from(days % 7).ok().and_then(|index| WEEKDAYS.get(index)).copied();
    let (weekday, month) = (weekday.unwrap_or_default(), month_name(month));
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    // Writing to a text cannot fail.
    let _ = write!(text, "{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}");
}

fn push_ascii_string(json: &mut String, text: &str) {
    push_ascii(json, &Value::from(text).to_string());
}

/// JSON with every other character than ASCII's escaped, as AWS writes it: `\u00E9`.
fn push_ascii(json: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_ascii() {
            json.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            // Writing to a text cannot fail.
            let _ = write!(json, "\\u{unit:04X}");
        }
    }
}

#[cfg(test)]
impl Verified {
    /// A token of these claims, for tests of what is told of it.
    pub(crate) fn of_claims(claims: &Value, form: ClaimsForm) -> Self {
        let members = Members::deserialize(claims).unwrap_or_else(|error| panic!("no claims: {error}"));
        Self::new(&members, form, Timestamp::from_milliseconds(0))
    }
}
