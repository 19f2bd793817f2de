//! A statement: whom, what and which it is about, and what it says of them.

use super::PolicyKind;
use super::condition::{self, Condition};
use super::json::{Member, Node};
use super::pattern::{Case, Pattern, Syntax};
use super::principal::{self, Concern, Principals};
use super::request::Request;
use super::resource::{self, Resource, Rules};
use super::verdict::Verdict;
use crate::LanguageError;
use crate::error::shown;

/// A statement, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    offset: usize,
    sid: Option<Box<str>>,
    effect: Effect,
    /// `None` in policies that are attached to whom they are about.
    principals: Option<Principals>,
    actions: Actions,
    resources: Resources,
    conditions: Box<[Condition]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Actions {
    negated: bool,
    patterns: Box<[Pattern]>,
    /// Whether they may be actions of ours, so that all else in the statement matters.
    concern_us: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Resources {
    negated: bool,
    list: Box<[Resource]>,
}

/// What is done to an API
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html>).
const ACTIONS: [&str; 3] =
    ["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:ManageConnections"];

/// The service whose actions those are.
const SERVICE: &str = "execute-api";

/// The services that an installation answers for: calls of APIs, and their management.
const OUR_SERVICES: [&str; 2] = [SERVICE, "apigateway"];

impl Statement {
    pub(super) fn parse(node: Node<'_>, kind: PolicyKind, syntax: Syntax) -> Result<Self, LanguageError> {
        let members = node.members("a statement")?;
        let mut sid = None;
        for member in &members {
            match &*member.name {
                "Sid" => sid = Some(member.value.text("`Sid`")?.value),
                "Principal" | "NotPrincipal" if kind != PolicyKind::Resource => {
                    let message = format!(
                        "`{}` stands only in the resource policy of an API: this one is about whoever has it",
                        member.name
                    );
                    return Err(LanguageError::new(member.place, message));
                }
                "Effect" | "Principal" | "NotPrincipal" | "Action" | "NotAction" | "Resource"
                | "NotResource" | "Condition" => {}
                other => {
                    let message = format!("{} is no element of a statement", shown(other));
                    return Err(LanguageError::new(member.place, message));
                }
            }
        }
        let effect =
            effect(find(&members, "Effect").ok_or_else(|| node.error("the statement has no `Effect`"))?)?;
        let actions = Actions::parse(one_of(node, &members, "Action", "NotAction")?, kind)?;
        let syntax = Syntax { checked: actions.concern_us, ..syntax };
        let principals = match kind {
            PolicyKind::Resource => {
                let (member, negated) = one_of(node, &members, "Principal", "NotPrincipal")?;
                if negated && effect == Effect::Allow {
                    let message =
                        "`NotPrincipal` can stand only with `\"Effect\": \"Deny\"`: name whom to allow";
                    return Err(LanguageError::new(member.place, message));
                }
                Some(principal::parse(member, negated)?)
            }
            PolicyKind::Identity | PolicyKind::Authorizer => None,
        };
        let (member, negated) = one_of(node, &members, "Resource", "NotResource")?;
        let resources = Resources { negated, list: resource::parse(member.value, Rules { kind, syntax })? };
        let conditions = match find(&members, "Condition") {
            Some(member) => condition::parse(member.value, syntax)?,
            None => Box::default(),
        };
        let sid = sid.filter(|sid| !sid.is_empty()).map(Into::into);
        Ok(Self { offset: node.place(), sid, effect, principals, actions, resources, conditions })
    }

    /// Whether the statement is about a request.
    pub(super) fn concern(&self, request: &Request<'_>) -> Concern {
        // First what tells statements apart soonest.
        if !self.actions.take(request.action) {
            return Concern::NOBODY;
        }
        let concern = self.principals.as_ref().map_or(Concern::EVERYONE, |it| it.concern(&request.principal));
        if concern.verdict == Verdict::No {
            return Concern::NOBODY;
        }
        let before = [concern.verdict, self.resources.are_about(request)];
        let conditions = self.conditions.iter().map(|condition| condition.holds(request));
        Concern { verdict: Verdict::all(before.into_iter().chain(conditions)), ..concern }
    }

    pub(super) const fn effect(&self) -> Effect {
        self.effect
    }

    pub(super) fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    pub(super) const fn offset(&self) -> usize {
        self.offset
    }
}

fn find<'m, 't>(members: &'m [Member<'t>], name: &str) -> Option<&'m Member<'t>> {
    members.iter().find(|member| member.name == name)
}

/// The one of two elements that is there, and whether it is the second.
fn one_of<'m, 't>(
    statement: Node<'_>,
    members: &'m [Member<'t>],
    name: &str,
    negated: &str,
) -> Result<(&'m Member<'t>, bool), LanguageError> {
    match (find(members, name), find(members, negated)) {
        (Some(member), None) => Ok((member, false)),
        (None, Some(member)) => Ok((member, true)),
        (None, None) => Err(statement.error(format!("the statement has no `{name}`"))),
        (Some(_), Some(second)) => {
            let message = format!("`{name}` and `{negated}` cannot stand together: keep one");
            Err(LanguageError::new(second.place, message))
        }
    }
}

fn effect(member: &Member<'_>) -> Result<Effect, LanguageError> {
    let text = member.value.text("`Effect`")?;
    match &*text.value {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(text.error(format!("{} is no effect: write `Allow` or `Deny`", shown(other)))),
    }
}

impl Actions {
    fn parse((member, negated): (&Member<'_>, bool), kind: PolicyKind) -> Result<Self, LanguageError> {
        let mut patterns = Vec::new();
        let mut concern_us = negated;
        for item in member.value.items("actions")? {
            let text = item.text("an action")?;
            if let Some(problem) = problem_of_action(&text.value, kind) {
                return Err(text.error(problem));
            }
            concern_us |= OUR_SERVICES.iter().any(|service| is_of_service(&text.value, service));
            patterns.push(Pattern::wild(&text.value));
        }
        Ok(Self { negated, patterns: patterns.into(), concern_us })
    }

    fn take(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches_plainly(action, Case::Ignored)) != self.negated
    }
}

/// Whether an action may be one of a service's.
fn is_of_service(action: &str, service: &str) -> bool {
    let own = action.split_once(':').map_or(action, |(own, _)| own);
    Pattern::wild(own).matches_plainly(service, Case::Ignored)
}

/// Why an action could not be meant, if so. A slip in the name of what is forbidden would allow it.
fn problem_of_action(action: &str, kind: PolicyKind) -> Option<String> {
    let takes_one_of_ours = || {
        let pattern = Pattern::wild(action);
        ACTIONS.iter().any(|ours| pattern.matches_plainly(ours, Case::Ignored))
    };
    let fits = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '*' | '?');
    match action.split_once(':') {
        _ if action == "*" => None,
        Some((service, name))
            if !service.is_empty()
                && !name.is_empty()
                && service.chars().all(fits)
                && name.chars().all(fits) =>
        {
            let must_be_ours = kind == PolicyKind::Resource || service.eq_ignore_ascii_case(SERVICE);
            (must_be_ours && !takes_one_of_ours()).then(|| {
                format!("{} is nothing that is done to an API: there are {}", shown(action), listed())
            })
        }
        _ => Some(format!(
            "{} is no action: write a service and what is done, such as `execute-api:Invoke`, or `*`",
            shown(action)
        )),
    }
}

fn listed() -> String {
    ACTIONS.map(|action| format!("`{action}`")).join(", ")
}

impl Resources {
    /// A variable without a value names no resource
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>), and what is not such a
    /// resource cannot be said.
    fn are_about(&self, request: &Request<'_>) -> Verdict {
        let named = Verdict::any(self.list.iter().map(|resource| resource.matches(request)));
        if self.negated { !named } else { (named == Verdict::Yes).into() }
    }
}
