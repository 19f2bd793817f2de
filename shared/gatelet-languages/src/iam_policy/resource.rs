//! The resources of a statement.

use super::PolicyKind;
use super::json::{Node, Text};
use super::pattern::{Case, Pattern, Syntax, arn_parts};
use super::request::{HEAD, Request, ResourceArn};
use super::verdict::Verdict;
use crate::LanguageError;
use crate::error::shown;

/// How a resource policy names what is below its own API.
const SHORT: &str = "execute-api:/";

/// Which part of an ARN its service is, from 0.
const SERVICE: usize = 2;

/// The longest resource in the answer of an authorizer, in characters
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>).
pub const AUTHORIZER_RESOURCE_CHARACTERS_MAX: usize = 512;

/// A resource of a statement, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    /// `*`
    Any,
    /// An ARN without wildcards before its last part, held against the whole.
    Whole(Pattern),
    /// Part by part.
    Parts(Box<[Pattern; HEAD]>, Pattern),
    /// What stands behind the id of the API that has the policy.
    BelowApi(Pattern),
}

/// What a resource may look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) kind: PolicyKind,
    pub(super) syntax: Syntax,
}

/// Compiles the resources of a statement.
pub(super) fn parse(node: Node<'_>, rules: Rules) -> Result<Box<[Resource]>, LanguageError> {
    let mut resources = Vec::new();
    for item in node.items("resources")? {
        let text = item.text("a resource")?;
        if rules.kind == PolicyKind::Authorizer
            && text.value.chars().count() > AUTHORIZER_RESOURCE_CHARACTERS_MAX
        {
            let message = format!(
                "a resource in the answer of an authorizer has at most {AUTHORIZER_RESOURCE_CHARACTERS_MAX} \
                 characters: shorten it, with a `*` if need be"
            );
            return Err(text.error(message));
        }
        parse_one(&text, rules, &mut resources)?;
    }
    Ok(resources.into())
}

fn parse_one(text: &Text<'_>, rules: Rules, into: &mut Vec<Resource>) -> Result<(), LanguageError> {
    let value: &str = &text.value;
    if value == "*" {
        into.push(Resource::Any);
        return Ok(());
    }
    if value.starts_with(SHORT) {
        if rules.kind != PolicyKind::Resource {
            let message = format!(
                "{} stands for the API that has the policy, and only a resource policy is an API's: write the \
                 whole ARN",
                shown(value)
            );
            return Err(text.error(message));
        }
        let pattern = last_part(text, SHORT.len(), PARTS_BELOW_API, rules)?;
        into.push(Resource::BelowApi(pattern));
        return Ok(());
    }
    if !value.starts_with("arn:") {
        let message = format!(
            "{} is no resource: write `*`, an ARN such as `arn:aws:execute-api:us-east-1:123456789012:a1b2c3/*`, or \
             in a resource policy `execute-api:/stage/GET/pets`",
            shown(value)
        );
        return Err(text.error(message));
    }
    let parts = arn_parts(value, rules.syntax.variables);
    let part = |&(start, end): &(usize, usize)| value.get(start..end).unwrap_or_default();
    let before = parts.get(..parts.len().min(HEAD)).unwrap_or_default();
    if rules.syntax.variables
        && let Some(&(start, _)) = before.iter().find(|range| part(range).contains("${"))
    {
        let message = "a variable can stand only behind the fifth colon of an ARN";
        return Err(LanguageError::new(text.place(start), message));
    }
    if let Some(&(start, end)) = parts.get(HEAD) {
        if start == end {
            let message = format!("{} ends before it names a resource: write `*` for any", shown(value));
            return Err(text.error(message));
        }
        check_service(text, before.get(SERVICE).map(part), rules.kind)?;
        let tail = last_part(text, start, PARTS_WITH_API, rules)?;
        if before.iter().any(|range| part(range).contains(['*', '?'])) {
            into.push(Resource::parts(before.iter().map(part), tail));
        } else {
            into.push(Resource::Whole(Pattern::literal(value.get(..start).unwrap_or_default()).then(tail)));
        }
        return Ok(());
    }
    let written: Vec<&str> = before.iter().map(part).collect();
    let completed = completions(&written);
    if completed.is_empty() {
        let message = format!(
            "{} has {} of the six parts of an ARN: write \
             `arn:partition:service:region:account:resource`, with `*` for any",
            shown(value),
            written.len()
        );
        return Err(text.error(message));
    }
    check_service(text, completed.iter().filter_map(|six| six.get(SERVICE).copied()), rules.kind)?;
    for mut six in completed {
        let tail = six.pop().unwrap_or_default();
        into.push(Resource::parts(six.into_iter(), Pattern::wild(tail)));
    }
    Ok(())
}

/// Something else's ARN in a resource policy is a slip, and one that forbids nothing.
fn check_service<'t>(
    text: &Text<'_>,
    services: impl IntoIterator<Item = &'t str>,
    kind: PolicyKind,
) -> Result<(), LanguageError> {
    let is_ours = |service| Pattern::wild(service).matches_plainly("execute-api", Case::Sensitive);
    if kind != PolicyKind::Resource || services.into_iter().any(is_ours) {
        return Ok(());
    }
    let message = format!(
        "{} is no resource of an API: in a resource policy its service is `execute-api`",
        shown(&text.value)
    );
    Err(text.error(message))
}

/// A `*` that ends a part covers the parts behind it too
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>). So an ARN with fewer
/// than six parts is every one of six that arises where such a `*` stands for several.
///
/// ASSUMPTION: an ARN that is written with six parts is held against six parts. Otherwise a path with colons in it
/// could stand for another API's id.
fn completions<'t>(written: &[&'t str]) -> Vec<Vec<&'t str>> {
    if written.len() > HEAD {
        return vec![written.to_vec()];
    }
    let mut completed: Vec<Vec<&'t str>> = Vec::new();
    for (at, _) in written.iter().enumerate().filter(|(_, part)| part.ends_with('*')) {
        let (before, behind) = written.split_at(at + 1);
        let longer: Vec<&str> = before.iter().chain(&["*"]).chain(behind).copied().collect();
        for six in completions(&longer) {
            if !completed.contains(&six) {
                completed.push(six);
            }
        }
    }
    completed
}

/// `{api-id}/{stage}/{METHOD}/{path}`
const PARTS_WITH_API: usize = 4;

/// `{stage}/{METHOD}/{path}`
const PARTS_BELOW_API: usize = 3;

/// What stands behind the fifth colon, or behind the API.
///
/// In a resource policy, one that names no path covers everything below it: AWS's own examples write
/// `arn:aws:execute-api:region:account-id:api-id/`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>), and
/// `execute-api:/prod` was seen to forbid a whole stage
/// (<https://dev.classmethod.jp/articles/tsnote-how-to-restrict-access-to-specific-stages-or-resources-with-rest-api-gateway/>).
/// ASSUMPTION: that holds where no wildcard stands, and not for the policies of identities and authorizers.
fn last_part(text: &Text<'_>, start: usize, parts: usize, rules: Rules) -> Result<Pattern, LanguageError> {
    let written = text.value.get(start..).unwrap_or_default();
    let pattern = Pattern::parse(text, start, text.value.len(), rules.syntax)?;
    let is_complete = written.split('/').count() >= parts || written.contains(['*', '?', '$']);
    if is_complete || rules.kind != PolicyKind::Resource {
        return Ok(pattern);
    }
    let below = match written.strip_suffix('/').unwrap_or(written) {
        "" => "*".to_owned(),
        named => format!("{named}/*"),
    };
    Ok(Pattern::wild(&below))
}

impl Resource {
    fn parts<'t>(head: impl Iterator<Item = &'t str>, tail: Pattern) -> Self {
        let mut patterns = head.map(Pattern::wild);
        Self::Parts(Box::new(std::array::from_fn(|_| patterns.next().unwrap_or_else(Pattern::any))), tail)
    }

    /// Whether the resource is the one that is called; unknown where a variable has no value.
    pub(super) fn matches(&self, request: &Request<'_>) -> Verdict {
        let ResourceArn { whole, head, resource, below_api } = &request.resource;
        match self {
            Self::Any => Verdict::Yes,
            Self::Whole(pattern) => pattern.matches(whole, Case::Sensitive, request),
            Self::Parts(patterns, tail) => {
                let is_there = patterns
                    .iter()
                    .zip(head)
                    .all(|(pattern, part)| pattern.matches_plainly(part, Case::Sensitive));
                if is_there { tail.matches(resource, Case::Sensitive, request) } else { Verdict::No }
            }
            Self::BelowApi(pattern) => match below_api {
                Some(below) => pattern.matches(below, Case::Sensitive, request),
                None => Verdict::No,
            },
        }
    }
}
