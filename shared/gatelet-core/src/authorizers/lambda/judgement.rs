//! What a Lambda authorizer decided.

use std::borrow::Cow;
use std::fmt;

use gatelet_languages::iam_policy::{Decision, Policy, Request};
use indexmap::IndexMap;

use super::answer::{self, ContextValue, Form};
use crate::integrations::lambda_proxy::event::json::Json;
use crate::integrations::lambda_proxy::members::text;
use crate::memory::{self, Weight};
use crate::snapshot::routes::Rules;

/// Names that format 1.0 of events has beside those of the context, and that no function may give itself.
const OWN_NAMES: [&str; 2] = ["principalId", "integrationLatency"];

/// What a Lambda authorizer decided, of whatever is called: everything that is made from its answer is made once.
pub struct Judgement {
    verdict: Verdict,
    principal_id: Option<Box<str>>,
    usage_identifier_key: Option<Box<str>>,
    /// Each value of the context as `$context.authorizer` has it.
    texts: Box<[(Box<str>, Box<str>)]>,
    /// The context and the principal's id, without braces.
    members: Box<str>,
    /// The context as it stands in events of format 2.0.
    context: Option<Box<str>>,
}

impl fmt::Debug for Judgement {
    /// Neither an API key nor what the function said of the caller.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Judgement").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) enum Verdict {
    Policy(Policy),
    Allow,
    Deny,
}

impl Judgement {
    /// Reads what a function answered: a policy, or on HTTP APIs with simple answers whether it lets the caller in.
    ///
    /// # Errors
    /// What is wrong with it, for the function's author.
    pub fn read(payload: &[u8], rules: Rules, is_simple: bool) -> Result<Self, String> {
        answer::read(payload, Form { rules, is_simple })
    }

    pub(super) fn new(
        verdict: Verdict,
        principal_id: Option<Box<str>>,
        usage_identifier_key: Option<Box<str>>,
        context: Option<&IndexMap<Box<str>, ContextValue<'_>>>,
    ) -> Self {
        let values = || context.into_iter().flatten();
        let mut whole = Json::with_capacity(0);
        whole.open();
        for (name, value) in values() {
            value.write(&mut whole, name);
        }
        whole.close();
        let mut members = Json::with_capacity(0);
        for (name, value) in values().filter(|(name, _)| !OWN_NAMES.contains(&&***name)) {
            value.write(&mut members, name);
        }
        if let Some(principal_id) = &principal_id {
            members.text("principalId", principal_id);
        }
        let texts = values().filter_map(|(name, value)| Some((name.clone(), value.text()?.into())));
        Self {
            verdict,
            principal_id,
            usage_identifier_key,
            texts: texts.collect(),
            members: members.into_text(),
            context: context.map(|_| whole.into_text()),
        }
    }

    /// Whether the caller may do what is asked.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        match &self.verdict {
            Verdict::Policy(policy) => policy.decide(request),
            Verdict::Allow => Decision::Allow { statement: 0, delegated: false },
            Verdict::Deny => Decision::ImplicitDeny,
        }
    }

    /// The policy that it decides by; none where the function said yes or no.
    #[must_use]
    pub const fn policy(&self) -> Option<&Policy> {
        match &self.verdict {
            Verdict::Policy(policy) => Some(policy),
            Verdict::Allow | Verdict::Deny => None,
        }
    }

    /// Who the function says that the caller is.
    #[must_use]
    pub fn principal_id(&self) -> Option<&str> {
        self.principal_id.as_deref()
    }

    /// The API key that the caller has.
    #[must_use]
    pub fn usage_identifier_key(&self) -> Option<&str> {
        self.usage_identifier_key.as_deref()
    }

    /// A value of the context, or the principal's id, by its name in `$context.authorizer`; what is neither text nor a
    /// number or boolean is JSON.
    #[must_use]
    pub fn context_value(&self, name: &str) -> Option<&str> {
        match name {
            "principalId" => self.principal_id(),
            _ => self.texts.iter().find(|(other, _)| &**other == name).map(|(_, value)| &**value),
        }
    }

    /// The names of the context's values, apart from the principal's id.
    pub(crate) fn context_names(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|(name, _)| &**name).filter(|name| !OWN_NAMES.contains(name))
    }

    /// The members of `authorizer` in events of format 1.0, JSON without braces, apart from how long it took.
    pub(crate) fn event_members(&self) -> &str {
        &self.members
    }

    /// The context in events of format 2.0, JSON; none where the function gave none.
    pub(crate) fn event_context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// What was answered, as the end of a sentence: nothing that a function may have copied from what the caller showed.
    pub(super) const fn summary(&self) -> &'static str {
        match &self.verdict {
            Verdict::Policy(_) => "answered a policy",
            Verdict::Allow => "answered `isAuthorized: true`",
            Verdict::Deny => "answered `isAuthorized: false`",
        }
    }
}

impl Weight for Judgement {
    fn bytes(&self) -> usize {
        let named = [&self.principal_id, &self.usage_identifier_key, &self.context];
        size_of::<Self>()
            + self.policy().map_or(0, Weight::bytes)
            + self.members.len()
            + memory::texts(named.into_iter().filter_map(Option::as_deref))
            + memory::texts(self.texts.iter().flat_map(|(name, value)| [&**name, &**value]))
    }
}

impl ContextValue<'_> {
    fn write(&self, json: &mut Json, name: &str) {
        json.any_key(name);
        match self {
            Self::Text(text) => json.push_text(text),
            Self::Json(value) => json.push_json(value.get()),
        }
    }

    /// Null is no text at all.
    fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Json(value) if value.get() == "null" => None,
            Self::Json(value) => Some(text(value).unwrap_or(Cow::Borrowed(value.get()))),
        }
    }
}
