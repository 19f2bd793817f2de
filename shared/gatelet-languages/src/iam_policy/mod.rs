//! IAM policies: resource policies of APIs, what authorizers answer, and what is attached to identities
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
//!
//! A policy is read strictly, once; whatever has no meaning here is an error with its place, because a statement that
//! is not understood may be one that forbids. Reading is [`Policy::parse`], deciding is [`Policy::decide`], and what
//! becomes of two decisions is [`Outcome`]. What a request's keys are, and what a refusal looks like, is the data
//! plane's.

mod condition;
mod json;
mod keys;
mod outcome;
mod pattern;
mod principal;
mod request;
mod resource;
mod statement;
mod verdict;

pub use keys::CONDITION_KEYS;
pub use outcome::{Accounts, Authorization, Outcome};
pub use request::{Principal, Request, ResourceArn, Values};
pub use resource::AUTHORIZER_RESOURCE_CHARACTERS_MAX;

use crate::LanguageError;
use crate::error::shown;
use pattern::Syntax;
use statement::{Effect, Statement};
use verdict::Verdict;

/// What a policy is for. It decides what may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// An API's own. It says whom it is about, and may write `execute-api:/stage/GET/pets` for its resources
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>).
    Resource,
    /// Attached to who calls.
    Identity,
    /// Answered by a Lambda authorizer
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>).
    Authorizer,
}

/// The longest resource policy and the longest policy of an authorizer, in characters. The first is AWS's
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>).
/// ASSUMPTION: the second is what AWS lets the whole answer of an authorizer have, in bytes, on WebSocket APIs.
pub const POLICY_CHARACTERS_MAX: usize = 8_192;

/// The longest policy of an identity, in characters: a role's
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const IDENTITY_POLICY_CHARACTERS_MAX: usize = 10_240;

impl PolicyKind {
    /// The longest policy of the kind, in characters.
    #[must_use]
    pub const fn characters_max(self) -> usize {
        match self {
            Self::Resource | Self::Authorizer => POLICY_CHARACTERS_MAX,
            Self::Identity => IDENTITY_POLICY_CHARACTERS_MAX,
        }
    }
}

/// A policy, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    statements: Box<[Statement]>,
}

/// What one policy says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It allows the request, and no statement denies it.
    Allow {
        /// The statement, counted from 0.
        statement: usize,
        /// The statement names the caller's account, not the caller: within one account that only lets the account's
        /// own policies decide
        /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
        delegated: bool,
    },
    /// A statement denies it, whatever else allows it.
    ExplicitDeny {
        /// The statement, counted from 0.
        statement: usize,
    },
    /// No statement is about it.
    ImplicitDeny,
}

/// Policy variables exist since this version, which AWS asks to be written.
const VERSION_WITH_VARIABLES: &str = "2012-10-17";
const VERSION_WITHOUT: &str = "2008-10-17";

impl Policy {
    /// Reads and compiles a policy.
    ///
    /// # Errors
    /// A [`LanguageError`] with the place of what is not JSON, stands twice, has no meaning, or could never concern a
    /// request to an API although it looks as if it should.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, LanguageError> {
        let max = kind.characters_max();
        if let Some((offset, _)) = text.char_indices().nth(max) {
            return Err(LanguageError::new(
                offset,
                format!("a policy has at most {max} characters: shorten it"),
            ));
        }
        let root = json::read(text)?;
        let members = root.members("a policy")?;
        let mut has_variables = false;
        let mut list = None;
        for member in &members {
            match &*member.name {
                "Version" => {
                    let version = member.value.text("`Version`")?;
                    has_variables = match &*version.value {
                        VERSION_WITH_VARIABLES => true,
                        VERSION_WITHOUT => false,
                        other => {
                            let message = format!(
                                "{} is no version of the policy language: write `{VERSION_WITH_VARIABLES}`",
                                shown(other)
                            );
                            return Err(version.error(message));
                        }
                    };
                }
                "Id" if kind == PolicyKind::Identity => {
                    let message = "an identity's policy has no `Id`: remove it";
                    return Err(LanguageError::new(member.place, message));
                }
                "Id" => {
                    member.value.text("`Id`")?;
                }
                "Statement" => list = Some(member.value),
                other => {
                    let message = format!(
                        "{} is no element of a policy: there are `Version`, `Id` and `Statement`",
                        shown(other)
                    );
                    return Err(LanguageError::new(member.place, message));
                }
            }
        }
        let list = list.ok_or_else(|| root.error("the policy has no `Statement`"))?;
        let syntax = Syntax { wildcards: true, variables: has_variables, checked: true };
        let mut statements: Vec<Statement> = Vec::new();
        for node in list.items("statements")? {
            let statement = Statement::parse(node, kind, syntax)?;
            if let Some(sid) = statement.sid()
                && statements.iter().any(|earlier| earlier.sid() == Some(sid))
            {
                let message = format!("two statements have the `Sid` {}: name each its own way", shown(sid));
                return Err(node.error(message));
            }
            statements.push(statement);
        }
        Ok(Self { statements: statements.into() })
    }

    /// Decides a request: a statement that denies it counts before any that allows it
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
    ///
    /// Where it cannot be said whether a statement is about the request, one that denies is and one that allows is not.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let mut decision = Decision::ImplicitDeny;
        for (at, statement) in self.statements.iter().enumerate() {
            let is_decided = matches!(decision, Decision::Allow { delegated: false, .. });
            if statement.effect() == Effect::Allow && is_decided {
                continue;
            }
            let concern = statement.concern(request);
            match (statement.effect(), concern.verdict) {
                (Effect::Deny, Verdict::Yes | Verdict::Unknown) => {
                    return Decision::ExplicitDeny { statement: at };
                }
                (Effect::Allow, Verdict::Yes) if decision == Decision::ImplicitDeny || !concern.delegated => {
                    decision = Decision::Allow { statement: at, delegated: concern.delegated };
                }
                _ => {}
            }
        }
        decision
    }

    /// The name of a statement, if it has one.
    #[must_use]
    pub fn sid(&self, statement: usize) -> Option<&str> {
        self.statements.get(statement)?.sid()
    }

    /// Where a statement begins in the policy's text, in bytes.
    #[must_use]
    pub fn offset(&self, statement: usize) -> Option<usize> {
        Some(self.statements.get(statement)?.offset())
    }
}

#[cfg(test)]
mod tests;
