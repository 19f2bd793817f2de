//! What the policy's values of a condition are held against.

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::json::{Node, Text};
use super::super::pattern::{Case, Pattern, Syntax, Template, arn_parts};
use super::super::request::{HEAD, Request, divide};
use super::super::verdict::Verdict;
use super::operator::{Comparison, Kind};
use super::{date, decimal, network};
use crate::LanguageError;
use crate::error::shown;
use network::Network;

/// The policy's values of a condition, of which any may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Equals {
        ignore_case: bool,
        values: Box<[Pattern]>,
    },
    Like(Box<[Pattern]>),
    /// Numbers as they are written.
    Numeric(Comparison, Box<[Box<str>]>),
    /// Seconds since 1970.
    Date(Comparison, Box<[i64]>),
    Bool(Box<[bool]>),
    Binary(Box<[Box<[u8]>]>),
    Address(Box<[Network]>),
    Arn(Box<[Arn]>),
    Null(Box<[bool]>),
}

/// A pattern of six parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arn {
    Parts(Box<[Pattern; HEAD]>, Pattern),
    /// Where its parts end is known when its variables are.
    Variable(Pattern),
}

impl Wanted {
    pub(super) fn parse(kind: Kind, node: Node<'_>, syntax: Syntax) -> Result<Self, LanguageError> {
        let mut texts = Vec::new();
        for item in node.items("values")? {
            texts.push(item.scalar("a condition's value")?);
        }
        let takes_variables = matches!(kind, Kind::String { .. } | Kind::Like | Kind::Arn);
        if !takes_variables
            && syntax.variables
            && let Some(text) = texts.iter().find(|text| text.value.contains("${"))
        {
            return Err(text.error("variables can stand only under `String` and `Arn` operators"));
        }
        let words = |wildcards: bool| -> Result<Box<[Pattern]>, LanguageError> {
            let syntax = Syntax { wildcards, ..syntax };
            texts.iter().map(|text| Pattern::parse(text, 0, text.value.len(), syntax)).collect()
        };
        Ok(match kind {
            Kind::String { ignore_case } => Self::Equals { ignore_case, values: words(false)? },
            Kind::Like => Self::Like(words(true)?),
            Kind::Numeric(comparison) => Self::Numeric(comparison, each(&texts, number)?),
            Kind::Date(comparison) => Self::Date(comparison, each(&texts, seconds)?),
            Kind::Bool => Self::Bool(each(&texts, boolean)?),
            Kind::Null => Self::Null(each(&texts, boolean)?),
            Kind::Binary => Self::Binary(each(&texts, binary)?),
            Kind::Address => Self::Address(each(&texts, addresses)?),
            Kind::Arn => Self::Arn(each(&texts, |text| arn(text, syntax))?),
        })
    }

    /// Whether the request's value matches any of the policy's. A variable without a value matches nothing
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>); of a value that is no
    /// number, time or address, nobody can say.
    pub(super) fn any(&self, value: &str, request: &Request<'_>) -> Verdict {
        let certain = |verdict: Verdict| verdict == Verdict::Yes;
        match self {
            Self::Equals { ignore_case, values } => {
                values.iter().any(|it| certain(it.equals(value, *ignore_case, request))).into()
            }
            Self::Like(values) => {
                values.iter().any(|it| certain(it.matches(value, Case::Sensitive, request))).into()
            }
            Self::Numeric(comparison, values) => {
                let compare = |own: &str| decimal::compare(value, own).map(|order| comparison.takes(order));
                decide(values.iter().map(|own| compare(own)))
            }
            Self::Date(comparison, values) => {
                let time = date::parse(value);
                decide(values.iter().map(|own| Some(comparison.takes(time?.cmp(own)))))
            }
            Self::Bool(values) => values
                .iter()
                .any(|own| value.eq_ignore_ascii_case(if *own { "true" } else { "false" }))
                .into(),
            Self::Binary(values) => values.iter().any(|own| &**own == value.as_bytes()).into(),
            Self::Address(values) => {
                let address = value.parse::<IpAddr>().ok().map(|address| address.to_canonical());
                decide(values.iter().map(|own| Some(own.contains(address?))))
            }
            Self::Arn(values) => {
                let Some((head, resource)) = divide(value) else { return Verdict::No };
                values.iter().any(|own| certain(own.matches(&head, resource, request))).into()
            }
            // It is a key that is null, not a value.
            Self::Null(_) => Verdict::Unknown,
        }
    }
}

impl Wanted {
    /// The same of the ARN of a role whose session calls, as the session tells it: without the role's path. Where only a
    /// path could make it match, nobody can say.
    ///
    /// ASSUMPTION: what matches the role without a path matches the role. Names of roles are unique in an account, so that
    /// an ARN without a path and without wildcards means no other role.
    pub(super) fn any_role(&self, arn: &str, name: &str, request: &Request<'_>) -> Verdict {
        let found = self.any(arn, request);
        let before = arn.strip_suffix(name).filter(|before| before.ends_with(":role/"));
        let Some(before) = before.filter(|_| found == Verdict::No) else { return found };
        let under_a_path = Template::new(before, &format!("/{name}"));
        let could_match = match self {
            Self::Equals { values, .. } | Self::Like(values) => {
                values.iter().any(|own| own.could_take(&under_a_path, request))
            }
            Self::Arn(values) => values.iter().any(|own| own.could_take(&under_a_path, request)),
            Self::Binary(values) => values
                .iter()
                .filter_map(|own| std::str::from_utf8(own).ok())
                .any(|own| Pattern::literal(own).could_take(&under_a_path, request)),
            // Neither a number, a time, an address nor a truth value is any role's ARN.
            Self::Numeric(..) | Self::Date(..) | Self::Bool(_) | Self::Address(_) | Self::Null(_) => false,
        };
        if could_match { Verdict::Unknown } else { found }
    }
}

/// Whether any holds; unknown where one cannot be said and none is known to hold.
fn decide(mut held: impl Iterator<Item = Option<bool>>) -> Verdict {
    held.try_fold(Verdict::No, |so_far, held| match held {
        Some(true) => Err(Verdict::Yes),
        Some(false) => Ok(so_far),
        None => Ok(Verdict::Unknown),
    })
    .unwrap_or_else(|held| held)
}

impl Comparison {
    const fn takes(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Arn {
    fn could_take(&self, template: &Template, request: &Request<'_>) -> bool {
        match self {
            // That the parts are compared one by one only takes less.
            Self::Variable(pattern) => pattern.could_take(template, request),
            Self::Parts(head, tail) => {
                let colon = || Pattern::literal(":");
                let parts = head.iter().cloned().map(|part| part.then(colon()));
                let whole = parts.rfold(tail.clone(), |behind, part| part.then(behind));
                whole.could_take(template, request)
            }
        }
    }

    fn matches(&self, head: &[&str; HEAD], resource: &str, request: &Request<'_>) -> Verdict {
        match self {
            Self::Variable(pattern) => pattern.matches_arn(head, resource, request),
            Self::Parts(patterns, tail) => {
                // The last part tells most ARNs apart.
                let mut pairs =
                    [(tail, resource)].into_iter().chain(patterns.iter().zip(head.iter().copied()));
                pairs.all(|(pattern, part)| pattern.matches_plainly(part, Case::Sensitive)).into()
            }
        }
    }
}

fn each<T>(
    texts: &[Text<'_>],
    read: impl Fn(&Text<'_>) -> Result<T, LanguageError>,
) -> Result<Box<[T]>, LanguageError> {
    texts.iter().map(read).collect()
}

fn number(text: &Text<'_>) -> Result<Box<str>, LanguageError> {
    if decimal::is_number(&text.value) {
        return Ok((*text.value).into());
    }
    Err(text.error(format!("{} is no number: write digits, with a `.` if need be", shown(&text.value))))
}

fn seconds(text: &Text<'_>) -> Result<i64, LanguageError> {
    date::parse(&text.value).ok_or_else(|| {
        text.error(format!(
            "{} is no date: write it as `2026-01-31T12:00:00Z`, or as seconds since 1970",
            shown(&text.value)
        ))
    })
}

fn boolean(text: &Text<'_>) -> Result<bool, LanguageError> {
    if text.value.eq_ignore_ascii_case("true") {
        return Ok(true);
    }
    if text.value.eq_ignore_ascii_case("false") {
        return Ok(false);
    }
    Err(text.error(format!("{} is neither `true` nor `false`", shown(&text.value))))
}

fn binary(text: &Text<'_>) -> Result<Box<[u8]>, LanguageError> {
    match STANDARD.decode(text.value.as_bytes()) {
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => Err(text.error(format!("{} is no base64", shown(&text.value)))),
    }
}

fn addresses(text: &Text<'_>) -> Result<Network, LanguageError> {
    Network::parse(&text.value).ok_or_else(|| {
        text.error(format!(
            "{} is no range of addresses: write it as `203.0.113.0/24` or `2001:db8::/32`",
            shown(&text.value)
        ))
    })
}

fn arn(text: &Text<'_>, syntax: Syntax) -> Result<Arn, LanguageError> {
    let syntax = Syntax { wildcards: true, ..syntax };
    let whole = Pattern::parse(text, 0, text.value.len(), syntax)?;
    if syntax.variables && text.value.contains("${") {
        return Ok(Arn::Variable(whole));
    }
    let parts = arn_parts(&text.value, false);
    let mut patterns =
        parts.iter().map(|&(start, end)| Pattern::wild(text.value.get(start..end).unwrap_or_default()));
    if parts.len() <= HEAD {
        return Err(text.error(format!(
            "{} has {} of the six parts of an ARN, each of which is compared for itself: write `*` for any",
            shown(&text.value),
            parts.len()
        )));
    }
    let head = std::array::from_fn(|_| patterns.next().unwrap_or_else(Pattern::any));
    Ok(Arn::Parts(Box::new(head), patterns.next().unwrap_or_else(Pattern::any)))
}
