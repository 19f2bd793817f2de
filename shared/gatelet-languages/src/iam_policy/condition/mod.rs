//! Conditions: operators, keys and values
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>).

mod date;
mod decimal;
mod network;
mod operator;
mod wanted;

use super::json::Node;
use super::keys;
use super::pattern::Syntax;
use super::request::Request;
use super::verdict::Verdict;
use crate::LanguageError;
use crate::error::shown;
use operator::{Operator, Set};
use wanted::Wanted;

/// One key under one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// In lower case.
    key: Box<str>,
    operator: Operator,
    wanted: Wanted,
}

/// Reads the `Condition` of a statement: all of it must hold.
pub(super) fn parse(node: Node<'_>, syntax: Syntax) -> Result<Box<[Condition]>, LanguageError> {
    let mut conditions: Vec<Condition> = Vec::new();
    for block in node.members("a condition")? {
        let operator =
            Operator::parse(&block.name).map_err(|message| LanguageError::new(block.place, message))?;
        let start = conditions.len();
        for member in block.value.members(&block.name)? {
            if syntax.checked
                && let Some(problem) = keys::problem(&member.name)
            {
                return Err(LanguageError::new(member.place, problem));
            }
            let key: Box<str> = member.name.to_lowercase().into();
            if conditions.iter().skip(start).any(|earlier| earlier.key == key) {
                let message = format!(
                    "{} stands twice under {}: case makes no other key of it",
                    shown(&member.name),
                    shown(&block.name)
                );
                return Err(LanguageError::new(member.place, message));
            }
            let wanted = Wanted::parse(operator.kind, member.value, syntax)?;
            conditions.push(Condition { key, operator, wanted });
        }
        if conditions.len() == start {
            let message = format!("{} names no key: remove it or name one", shown(&block.name));
            return Err(block.value.error(message));
        }
    }
    Ok(conditions.into())
}

impl Condition {
    /// Whether the condition holds.
    pub(super) fn holds(&self, request: &Request<'_>) -> Verdict {
        let values = (request.context)(&self.key);
        let values = values.as_slice();
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
        // calls empty values null.
        let is_null = values.iter().all(|value| value.is_empty());
        if let Wanted::Null(answers) = &self.wanted {
            return answers.contains(&is_null).into();
        }
        match (self.operator.set, values) {
            (Some(Set::AllValues), _) => {
                if is_null {
                    return Verdict::Yes;
                }
                Verdict::all(values.iter().map(|value| self.judge(value, request)))
            }
            // AWS says that a missing key makes `ForAnyValue` false and `IfExists` true, and not which of them wins.
            (Some(Set::AnyValue), _) if is_null && self.operator.if_exists => Verdict::Unknown,
            (Some(Set::AnyValue), _) if is_null => Verdict::No,
            (Some(Set::AnyValue), _) => Verdict::any(values.iter().map(|value| self.judge(value, request))),
            (None, []) => (self.operator.if_exists || self.operator.negated).into(),
            (None, [value]) => self.judge(value, request),
            // AWS says that several values need `ForAllValues` or `ForAnyValue`, and not what they are without.
            (None, _) => Verdict::Unknown,
        }
    }

    /// Whether one value of the request passes: it is equal to one of the policy's, or, where the operator is
    /// negated, to none of them.
    fn judge(&self, value: &str, request: &Request<'_>) -> Verdict {
        let found = match request.principal.role_of_session() {
            Some(role) if self.key.eq_ignore_ascii_case(keys::PRINCIPAL_ARN) => {
                self.wanted.any_role(value, role, request)
            }
            _ => self.wanted.any(value, request),
        };
        if self.operator.negated { !found } else { found }
    }
}
