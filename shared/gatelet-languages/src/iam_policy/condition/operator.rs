//! The names of operators.

use crate::error::shown;

/// An operator: what it compares, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    /// What does not match passes.
    pub(super) negated: bool,
    /// What is not there passes.
    pub(super) if_exists: bool,
    /// How many of a key's values must pass.
    pub(super) set: Option<Set>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// `ForAllValues`: all there are, so also none.
    AllValues,
    /// `ForAnyValue`
    AnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String { ignore_case: bool },
    Like,
    Numeric(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    Address,
    Arn,
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const PLAIN: Kind = Kind::String { ignore_case: false };
const ANY_CASE: Kind = Kind::String { ignore_case: true };

/// Every operator, and whether it is negated
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>).
const OPERATORS: [(&str, Kind, bool); 27] = [
    ("StringEquals", PLAIN, false),
    ("StringNotEquals", PLAIN, true),
    ("StringEqualsIgnoreCase", ANY_CASE, false),
    ("StringNotEqualsIgnoreCase", ANY_CASE, true),
    ("StringLike", Kind::Like, false),
    ("StringNotLike", Kind::Like, true),
    ("NumericEquals", Kind::Numeric(Comparison::Equal), false),
    ("NumericNotEquals", Kind::Numeric(Comparison::Equal), true),
    ("NumericLessThan", Kind::Numeric(Comparison::Less), false),
    ("NumericLessThanEquals", Kind::Numeric(Comparison::LessOrEqual), false),
    ("NumericGreaterThan", Kind::Numeric(Comparison::Greater), false),
    ("NumericGreaterThanEquals", Kind::Numeric(Comparison::GreaterOrEqual), false),
    ("DateEquals", Kind::Date(Comparison::Equal), false),
    ("DateNotEquals", Kind::Date(Comparison::Equal), true),
    ("DateLessThan", Kind::Date(Comparison::Less), false),
    ("DateLessThanEquals", Kind::Date(Comparison::LessOrEqual), false),
    ("DateGreaterThan", Kind::Date(Comparison::Greater), false),
    ("DateGreaterThanEquals", Kind::Date(Comparison::GreaterOrEqual), false),
    ("Bool", Kind::Bool, false),
    ("BinaryEquals", Kind::Binary, false),
    ("IpAddress", Kind::Address, false),
    ("NotIpAddress", Kind::Address, true),
    ("ArnEquals", Kind::Arn, false),
    ("ArnLike", Kind::Arn, false),
    ("ArnNotEquals", Kind::Arn, true),
    ("ArnNotLike", Kind::Arn, true),
    (NULL, Kind::Null, false),
];

const NULL: &str = "Null";
const IF_EXISTS: &str = "IfExists";
const SETS: [(&str, Set); 2] = [("ForAllValues:", Set::AllValues), ("ForAnyValue:", Set::AnyValue)];

impl Operator {
    /// Reads an operator with what stands before and behind it. The error is its message.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let set = SETS.iter().find_map(|(prefix, set)| Some((name.strip_prefix(prefix)?, *set)));
        let (rest, set) = set.map_or((name, None), |(rest, set)| (rest, Some(set)));
        let stripped = rest.strip_suffix(IF_EXISTS);
        let (bare, if_exists) = (stripped.unwrap_or(rest), stripped.is_some());
        if bare == NULL && bare != name {
            return Err(format!("{} is no operator: `{NULL}` stands alone", shown(name)));
        }
        if let Some((_, kind, negated)) = OPERATORS.iter().find(|(known, ..)| *known == bare) {
            return Ok(Self { kind: *kind, negated: *negated, if_exists, set });
        }
        let meant = OPERATORS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(bare));
        Err(match meant {
            Some((known, ..)) => {
                format!("{} is no condition operator: write it as `{known}`", shown(name))
            }
            None => format!(
                "{} is no condition operator: there are `StringEquals`, `IpAddress`, `ArnLike` and more, with \
                 `ForAllValues:` or `ForAnyValue:` before and `{IF_EXISTS}` behind them",
                shown(name)
            ),
        })
    }
}
