//! Whom a statement is about
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).

use super::json::{Member, Node, Text};
use super::request::{Principal, ROLE, divide};
use super::verdict::Verdict;
use crate::LanguageError;
use crate::error::shown;

/// How many digits an account's id has.
const ACCOUNT_DIGITS: usize = 12;

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principals {
    /// Everybody but those.
    pub(super) negated: bool,
    named: Box<[Named]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// `*`: everybody, also who has not shown who they are.
    Everyone,
    /// An account, and with it whoever it lets in.
    Account {
        id: Box<str>,
        /// The ARN of its root user.
        root: Box<str>,
    },
    /// An identity's ARN.
    Arn(Box<str>),
    Service(Box<str>),
    Federated(Box<str>),
    CanonicalUser(Box<str>),
}

/// How a statement is about a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Concern {
    pub(super) verdict: Verdict,
    /// Only their account is named, which still has to let them in itself.
    pub(super) delegated: bool,
}

impl Concern {
    pub(super) const EVERYONE: Self = Self { verdict: Verdict::Yes, delegated: false };
    pub(super) const NOBODY: Self = Self { verdict: Verdict::No, delegated: false };
}

/// Reads `Principal` or `NotPrincipal`.
pub(super) fn parse(member: &Member<'_>, negated: bool) -> Result<Principals, LanguageError> {
    let node = member.value;
    let named = if node.is_object() { parse_object(node)? } else { vec![parse_everyone(node)?] };
    Ok(Principals { negated, named: named.into() })
}

fn parse_everyone(node: Node<'_>) -> Result<Named, LanguageError> {
    let text = node.text("a principal that is no object")?;
    if &*text.value == "*" {
        return Ok(Named::Everyone);
    }
    Err(text.error(format!(
        "{} is no principal: write `\"*\"` for everybody, or `{{\"AWS\": \"arn:aws:iam::123456789012:role/name\"}}`",
        shown(&text.value)
    )))
}

fn parse_object(node: Node<'_>) -> Result<Vec<Named>, LanguageError> {
    let members = node.members("a principal")?;
    if members.is_empty() {
        return Err(node.error("the principal names nobody: write `\"*\"` for everybody"));
    }
    let mut named = Vec::new();
    for member in members {
        let make: fn(Box<str>) -> Named = match &*member.name {
            "AWS" => {
                for item in member.value.items("principals")? {
                    named.push(parse_aws(&item.text("a principal")?)?);
                }
                continue;
            }
            "Service" => Named::Service,
            "Federated" => Named::Federated,
            "CanonicalUser" => Named::CanonicalUser,
            other => {
                let message = format!(
                    "{} is no kind of principal: there are `AWS`, `Service`, `Federated` and `CanonicalUser`",
                    shown(other)
                );
                return Err(LanguageError::new(member.place, message));
            }
        };
        for item in member.value.items("principals")? {
            let text = item.text("a principal")?;
            check_name(&text)?;
            named.push(make((*text.value).into()));
        }
    }
    Ok(named)
}

fn check_name(text: &Text<'_>) -> Result<(), LanguageError> {
    if text.value.is_empty() || text.value.contains(['*', '?']) || text.value.contains("${") {
        return Err(text.error(format!(
            "{} names no single principal: wildcards and variables have no meaning here, except `\"*\"` for everybody",
            shown(&text.value)
        )));
    }
    Ok(())
}

fn parse_aws(text: &Text<'_>) -> Result<Named, LanguageError> {
    let value: &str = &text.value;
    if value == "*" {
        return Ok(Named::Everyone);
    }
    check_name(text)?;
    if is_account(value) {
        return Ok(Named::Account { id: value.into(), root: format!("arn:aws:iam::{value}:root").into() });
    }
    let Some(([arn, _, service, _, account], resource)) = divide(value) else {
        return Err(not_aws(text));
    };
    if arn != "arn" || !matches!(service, "iam" | "sts") || !is_account(account) || resource.is_empty() {
        return Err(not_aws(text));
    }
    if service == "iam" && resource == "root" {
        return Ok(Named::Account { id: account.into(), root: value.into() });
    }
    Ok(Named::Arn(value.into()))
}

fn not_aws(text: &Text<'_>) -> LanguageError {
    text.error(format!(
        "{} is no AWS principal: write an account's {ACCOUNT_DIGITS} digits, the ARN of a user, a role or a session, or \
         `*`",
        shown(&text.value)
    ))
}

fn is_account(text: &str) -> bool {
    text.len() == ACCOUNT_DIGITS && text.bytes().all(|it| it.is_ascii_digit())
}

/// Whether an ARN is that of a role under a path, and the other is all that a session tells of the role: its name, which
/// is unique in its account
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names>).
fn is_role_under_a_path(named: &str, told: &str) -> bool {
    let (Some((named, role)), Some((told, name))) = (divide(named), divide(told)) else { return false };
    let (Some(role), Some(name)) = (role.strip_prefix(ROLE), name.strip_prefix(ROLE)) else { return false };
    named == told && role.rsplit_once('/').is_some_and(|(_path, last)| last == name)
}

impl Principals {
    /// Whether a statement with these is about a caller.
    pub(super) fn concern(&self, caller: &Principal<'_>) -> Concern {
        if self.negated {
            return Concern { verdict: self.leave_out(caller), delegated: false };
        }
        let directly = self.named.iter().any(|named| named.is(caller));
        let delegated = !directly && self.named.iter().any(|named| named.is_account_of(caller));
        Concern { verdict: (directly || delegated).into(), delegated }
    }

    /// Whether the exception leaves a caller out of the statement's reach, that is, whether the statement is *about*
    /// them.
    ///
    /// AWS holds the account, the role and the session against the list one by one and says only what is safe: to name
    /// all of them
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>). ASSUMPTION:
    /// a caller is excepted where each of their own ARNs is named, and whether one is of whom a part is named is
    /// unknown.
    fn leave_out(&self, caller: &Principal<'_>) -> Verdict {
        let every_arn = match caller {
            Principal::Aws { arns, .. } => {
                !arns.is_empty() && arns.iter().all(|arn| self.named.iter().any(|named| named.is_arn(arn)))
            }
            _ => false,
        };
        if every_arn || self.named.iter().any(|named| !matches!(named, Named::Arn(_)) && named.is(caller)) {
            return Verdict::No;
        }
        let in_part = self.named.iter().any(|named| named.is(caller) || named.is_account_of(caller));
        if in_part { Verdict::Unknown } else { Verdict::Yes }
    }
}

impl Named {
    /// Whether it names the caller, and not only their account.
    fn is(&self, caller: &Principal<'_>) -> bool {
        match (self, caller) {
            (Self::Everyone, _) => true,
            (_, Principal::Aws { arns, .. }) => arns.iter().any(|arn| self.is_arn(arn)),
            (Self::Service(name), Principal::Service(caller))
            | (Self::Federated(name), Principal::Federated(caller))
            | (Self::CanonicalUser(name), Principal::CanonicalUser(caller)) => &**name == *caller,
            _ => false,
        }
    }

    fn is_arn(&self, arn: &str) -> bool {
        match self {
            Self::Arn(named) => &**named == arn || is_role_under_a_path(named, arn),
            Self::Account { root, .. } => &**root == arn,
            _ => false,
        }
    }

    fn is_account_of(&self, caller: &Principal<'_>) -> bool {
        matches!((self, caller), (Self::Account { id, .. }, Principal::Aws { account, .. }) if &**id == *account)
    }
}
