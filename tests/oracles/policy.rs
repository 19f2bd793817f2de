//! Policies decided a second time: no compilation, one character after the other.

use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::cases;

const API: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/";
const ACCOUNT: &str = "123456789012";
const BOB: &str = "arn:aws:iam::123456789012:user/Bob";
const EVE: &str = "arn:aws:iam::999999999999:user/Eve";

#[derive(Debug, Clone)]
struct Statement {
    denies: bool,
    whom: Whom,
    not_action: bool,
    actions: Vec<&'static str>,
    not_resource: bool,
    resources: Vec<&'static str>,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Whom {
    Everyone,
    Account,
    Bob,
    NotBob,
    NotAccount,
}

#[derive(Debug, Clone)]
struct Condition {
    set: &'static str,
    operator: &'static str,
    if_exists: bool,
    key: &'static str,
    values: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Call {
    action: &'static str,
    arn: String,
    caller: Option<&'static str>,
    context: Vec<(&'static str, Vec<&'static str>)>,
}

/// Holds, does not, or cannot be said.
type Answer = Option<bool>;

fn not(answer: Answer) -> Answer {
    answer.map(|it| !it)
}

fn all_of(answers: &[Answer]) -> Answer {
    if answers.contains(&Some(false)) {
        Some(false)
    } else if answers.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn some_of(answers: &[Answer]) -> Answer {
    if answers.contains(&Some(true)) {
        Some(true)
    } else if answers.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// What a character of a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Takes {
    This(char),
    One,
    Any,
}

/// A pattern with its variables filled in; `None` where one has no value.
fn fill(pattern: &str, call: &Call, wildcards: bool) -> Option<Vec<Takes>> {
    let mut filled = Vec::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("${") {
            let end = behind.find('}').unwrap();
            let (key, default) = match behind[..end].split_once(", ") {
                Some((key, default)) => (key, Some(default.trim_matches('\'').to_owned())),
                None => (&behind[..end], None),
            };
            let value = match (key, call.values(key)) {
                ("*" | "?" | "$", _) => key.to_owned(),
                (_, [value]) => (*value).to_owned(),
                (_, []) => default?,
                _ => return None,
            };
            filled.extend(value.chars().map(Takes::This));
            rest = &behind[end + 1..];
            continue;
        }
        filled.push(match character {
            '*' if wildcards => Takes::Any,
            '?' if wildcards => Takes::One,
            other => Takes::This(other),
        });
        rest = &rest[character.len_utf8()..];
    }
    Some(filled)
}

fn takes(pattern: &[Takes], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some(Takes::Any), None) => takes(&pattern[1..], text),
        (Some(Takes::Any), Some(_)) => takes(&pattern[1..], text) || takes(pattern, &text[1..]),
        (Some(Takes::One), Some(_)) => takes(&pattern[1..], &text[1..]),
        (Some(Takes::This(this)), Some(that)) => this == that && takes(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn whole(pattern: &str, text: &str, call: &Call) -> Answer {
    Some(takes(&fill(pattern, call, true)?, &text.chars().collect::<Vec<_>>()))
}

/// Part by part; a part that ends in `*` may cover parts that the pattern lacks, those at its end with it.
fn parts(pattern: &[&str], arn: &[&str], call: &Call) -> Answer {
    let Some((first, rest)) = pattern.split_first() else { return Some(arn.is_empty()) };
    let Some((part, behind)) = arn.split_first() else { return Some(false) };
    let here = whole(first, part, call);
    let lacking = arn.len() - pattern.len().min(arn.len());
    let further = if first.ends_with('*') { lacking } else { 0 };
    let answers: Vec<Answer> =
        (0..=further).map(|skipped| parts(rest, &behind[skipped.min(behind.len())..], call)).collect();
    all_of(&[here, some_of(&answers)])
}

fn is_resource(pattern: &str, call: &Call) -> Answer {
    if pattern == "*" {
        return Some(true);
    }
    let mut pattern = match pattern.strip_prefix("execute-api:/") {
        Some(below) => format!("{API}{below}"),
        None => pattern.to_owned(),
    };
    let below: Vec<&str> = pattern.splitn(6, ':').collect();
    if let [.., resource] = below[..]
        && below.len() == 6
        && !resource.contains(['*', '?', '$'])
        && resource.split('/').count() < 4
    {
        pattern = format!("{}/*", pattern.trim_end_matches('/'));
    }
    let patterns: Vec<&str> = pattern.splitn(6, ':').collect();
    let arn: Vec<&str> = call.arn.splitn(6, ':').collect();
    parts(&patterns, &arn, call)
}

impl Call {
    fn values(&self, key: &str) -> &[&'static str] {
        let found = self.context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        found.map_or(&[], |(_, values)| values.as_slice())
    }
}

impl Condition {
    fn holds(&self, call: &Call) -> Answer {
        let values = call.values(self.key);
        let is_empty = values.iter().all(|value| value.is_empty());
        if self.operator == "Null" {
            return Some(self.values.iter().any(|value| (*value == "true") == is_empty));
        }
        let negated = self.operator.contains("Not");
        let judged: Vec<Answer> = values
            .iter()
            .map(|value| {
                let found = some_of(
                    &self.values.iter().map(|own| self.compare(own, value, call)).collect::<Vec<_>>(),
                );
                if negated { not(found) } else { found }
            })
            .collect();
        match (self.set, values.len()) {
            ("ForAllValues:", _) => {
                if is_empty {
                    Some(true)
                } else {
                    all_of(&judged)
                }
            }
            ("ForAnyValue:", _) if is_empty && self.if_exists => None,
            ("ForAnyValue:", _) => {
                if is_empty {
                    Some(false)
                } else {
                    some_of(&judged)
                }
            }
            (_, 0) => Some(self.if_exists || negated),
            (_, 1) => judged[0],
            _ => None,
        }
    }

    fn compare(&self, own: &str, value: &str, call: &Call) -> Answer {
        let equal = |own: Option<Vec<Takes>>, value: &str| {
            Some(own.is_some_and(|own| takes(&own, &value.chars().collect::<Vec<_>>())))
        };
        match self.operator.replace("Not", "").as_str() {
            "StringEquals" => equal(fill(own, call, false), value),
            "StringEqualsIgnoreCase" => {
                let lower = |it: &Takes| match it {
                    Takes::This(it) => Takes::This(it.to_ascii_lowercase()),
                    other => *other,
                };
                let own = fill(own, call, false).map(|own| own.iter().map(lower).collect());
                equal(own, &value.to_ascii_lowercase())
            }
            "StringLike" => equal(fill(own, call, true), value),
            "NumericEquals" => Some(own.parse::<f64>().unwrap() == value.parse::<f64>().ok()?),
            "NumericLessThan" => Some(value.parse::<f64>().ok()? < own.parse().unwrap()),
            "NumericGreaterThanEquals" => Some(value.parse::<f64>().ok()? >= own.parse().unwrap()),
            "Bool" => Some(own == value.to_ascii_lowercase()),
            "IpAddress" => {
                let bits = |text: &str| {
                    let bytes: Result<Vec<u8>, _> = text.split('.').map(str::parse).collect();
                    let bytes = bytes.ok().filter(|bytes| bytes.len() == 4)?;
                    Some(bytes.iter().map(|byte| format!("{byte:08b}")).collect::<String>())
                };
                let (address, prefix) = own.split_once('/').unwrap_or((own, "32"));
                let prefix: usize = prefix.parse().unwrap();
                Some(bits(address).unwrap()[..prefix] == bits(value)?[..prefix])
            }
            "ArnEquals" | "ArnLike" => {
                let value: Vec<&str> = value.splitn(6, ':').collect();
                let own: Vec<&str> = own.splitn(6, ':').collect();
                let is_arn = value.len() == 6;
                Some(is_arn && own.iter().zip(value).all(|(own, part)| whole(own, part, call) == Some(true)))
            }
            other => panic!("{other} is no operator of the oracle"),
        }
    }
}

impl Statement {
    /// Whether the statement is about a call, and whether only because it names the caller's account.
    fn concerns(&self, call: &Call) -> (Answer, bool) {
        let is_action = |own: &&str| {
            let action: Vec<char> = call.action.to_lowercase().chars().collect();
            takes(&fill(&own.to_lowercase(), call, true).unwrap(), &action)
        };
        let action = Some(self.actions.iter().any(is_action) != self.not_action);
        let resources: Vec<Answer> = self.resources.iter().map(|own| is_resource(own, call)).collect();
        let resource = if self.not_resource {
            not(some_of(&resources))
        } else {
            Some(some_of(&resources) == Some(true))
        };
        let (whom, delegated) = match (self.whom, call.caller) {
            (Whom::Everyone, _) => (Some(true), false),
            (Whom::Account, caller) => (Some(caller == Some(BOB)), true),
            (Whom::Bob, caller) => (Some(caller == Some(BOB)), false),
            (Whom::NotBob, caller) => (Some(caller != Some(BOB)), false),
            // Bob is of the account, but who he is has not been named.
            (Whom::NotAccount, Some(BOB)) => (None, false),
            (Whom::NotAccount, _) => (Some(true), false),
        };
        let mut answers = vec![action, resource, whom];
        answers.extend(self.conditions.iter().map(|condition| condition.holds(call)));
        (all_of(&answers), delegated)
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("Effect".to_owned(), json!(if self.denies { "Deny" } else { "Allow" }));
        let (name, whom) = match self.whom {
            Whom::Everyone => ("Principal", json!("*")),
            Whom::Account => ("Principal", json!({"AWS": ACCOUNT})),
            Whom::Bob => ("Principal", json!({"AWS": [BOB]})),
            Whom::NotBob => ("NotPrincipal", json!({"AWS": BOB})),
            Whom::NotAccount => ("NotPrincipal", json!({"AWS": ["arn:aws:iam::123456789012:root"]})),
        };
        members.insert(name.to_owned(), whom);
        let not = |negated: bool, name: &str| format!("{}{name}", if negated { "Not" } else { "" });
        members.insert(not(self.not_action, "Action"), json!(self.actions));
        members.insert(not(self.not_resource, "Resource"), json!(self.resources));
        let mut conditions = Map::new();
        for condition in &self.conditions {
            let if_exists = if condition.if_exists { "IfExists" } else { "" };
            let operator = format!("{}{}{if_exists}", condition.set, condition.operator);
            let keys = conditions.entry(operator).or_insert_with(|| json!({}));
            keys[condition.key] = json!(condition.values);
        }
        members.insert("Condition".to_owned(), Value::Object(conditions));
        Value::Object(members)
    }
}

/// A deny anywhere, else an allow that names the caller, else one that names the account.
fn decide(statements: &[Statement], call: &Call) -> Decision {
    let concerns: Vec<(Answer, bool)> = statements.iter().map(|statement| statement.concerns(call)).collect();
    let find = |fits: &dyn Fn(&Statement, Answer, bool) -> bool| {
        (0..statements.len()).find(|at| fits(&statements[*at], concerns[*at].0, concerns[*at].1))
    };
    if let Some(statement) = find(&|it, answer, _| it.denies && answer != Some(false)) {
        return Decision::ExplicitDeny { statement };
    }
    for delegated in [false, true] {
        let allows = |it: &Statement, answer, by| !it.denies && answer == Some(true) && by == delegated;
        if let Some(statement) = find(&allows) {
            return Decision::Allow { statement, delegated };
        }
    }
    Decision::ImplicitDeny
}

fn conditions() -> impl Strategy<Value = Condition> {
    let words = || {
        prop::collection::vec(
            select(vec!["a", "B*", "?b", "${aws:username}", "${aws:userid, 'a'}", "${*}"]),
            1..3,
        )
    };
    let numbers = || prop::collection::vec(select(vec!["1", "2", "2.5", "-3"]), 1..3);
    let kinds = prop_oneof![
        (
            select(vec![
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringLike",
                "StringNotLike"
            ]),
            words()
        ),
        (
            select(vec!["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"]),
            numbers()
        ),
        (
            select(vec!["IpAddress", "NotIpAddress"]),
            prop::collection::vec(select(vec!["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0"]), 1..3)
        ),
        (
            select(vec!["ArnLike", "ArnNotEquals"]),
            prop::collection::vec(select(vec!["arn:*:iam::*:user/*", "arn:aws:iam::1:b"]), 1..3)
        ),
        (select(vec!["Bool", "Null"]), prop::collection::vec(select(vec!["true", "false"]), 1..2)),
    ];
    let keys = select(vec!["aws:username", "aws:UserAgent", "aws:SourceIp"]);
    (select(vec!["", "ForAllValues:", "ForAnyValue:"]), any::<bool>(), kinds, keys).prop_map(
        |(set, if_exists, (operator, values), key)| {
            let stands_alone = operator == "Null";
            let set = if stands_alone { "" } else { set };
            Condition { set, operator, if_exists: if_exists && !stands_alone, key, values }
        },
    )
}

fn statements() -> impl Strategy<Value = Statement> {
    let whom = select(vec![
        Whom::Everyone,
        Whom::Everyone,
        Whom::Account,
        Whom::Bob,
        Whom::NotBob,
        Whom::NotAccount,
    ]);
    let actions = select(vec![
        "*",
        "execute-api:*",
        "execute-api:invoke",
        "EXECUTE-API:InvalidateCache",
        "execute-api:In*e",
    ]);
    let resources = select(vec![
        "*",
        "execute-api:/*",
        "execute-api:/prod",
        "execute-api:/prod/GET",
        "execute-api:/*/GET/?*",
        "execute-api:/prod/GET/${aws:username}",
        "execute-api:/prod/GET/${aws:userid, 'a'}*",
        "execute-api:/prod/GET/${?}${aws:userid, '*'}",
        "arn:aws:execute-api:us-east-1:123456789012:a1b2c3",
        "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/",
        "arn:aws:execute-api:us-*-1:*:a1b2c3/*/GET/a",
        "arn:*:execute-api:*:a1b2c3/prod/*",
        "arn:aws:execute-api:*:b/GET/a",
        "arn:aws:*:123456789012:*",
        "arn:aws:execute-api:eu*",
    ]);
    let conditions = prop::collection::vec(conditions(), 0..3);
    (
        any::<bool>(),
        whom,
        any::<bool>(),
        prop::collection::vec(actions, 1..3),
        prop::bool::weighted(0.2),
        prop::collection::vec(resources, 1..3),
        conditions,
    )
        .prop_map(|(denies, whom, not_action, actions, not_resource, resources, mut conditions)| {
            // One operator names a key once, and an exception can only deny.
            let mut seen = Vec::new();
            conditions.retain(|it| {
                let name = (it.set, it.operator, it.if_exists, it.key);
                let is_new = !seen.contains(&name);
                seen.push(name);
                is_new
            });
            let denies = denies || matches!(whom, Whom::NotBob | Whom::NotAccount);
            Statement { denies, whom, not_action, actions, not_resource, resources, conditions }
        })
}

fn calls() -> impl Strategy<Value = Call> {
    let values =
        || prop::collection::vec(select(vec!["a", "bb", "B", "*", "", "2", "10.1.2.3", "true", BOB]), 0..3);
    let paths = select(vec![
        "prod/GET/a",
        "prod/GET/",
        "prod/GET/*a",
        "prod/GET/${aws:username}",
        "prod/POST/x:b/GET/a",
        "test/GET/a/b",
        "production/GET/bb",
    ]);
    let actions = select(vec!["execute-api:Invoke", "execute-api:InvalidateCache"]);
    (actions, paths, select(vec![None, Some(BOB), Some(EVE)]), (values(), values()), values(), values())
        .prop_map(|(action, path, caller, (name, id), agent, address)| Call {
            action,
            arn: format!("{API}{path}"),
            caller,
            context: vec![
                ("aws:username", name),
                ("aws:userid", id),
                ("aws:useragent", agent),
                ("aws:sourceip", address),
            ],
        })
}

#[test]
fn policies_are_decided_as_the_oracle_does() {
    let case = (prop::collection::vec(statements(), 1..6), calls());
    proptest!(cases(20_000), |((statements, call) in case)| {
        let list: Vec<Value> = statements.iter().map(Statement::to_json).collect();
        let text = json!({"Version": "2012-10-17", "Statement": list}).to_string();
        let policy = Policy::parse(&text, PolicyKind::Resource).unwrap_or_else(|error| panic!("{error}: {text}"));
        let arns: Vec<&str> = call.caller.into_iter().collect();
        let account = if call.caller == Some(BOB) { ACCOUNT } else { "999999999999" };
        let principal = match call.caller {
            Some(_) => Principal::Aws { account, arns: &arns },
            None => Principal::Anonymous,
        };
        let context = |key: &str| match call.values(key) {
            [value] => Values::One(value),
            values => Values::Many(values),
        };
        let resource = ResourceArn::parse(&call.arn).unwrap();
        let request = Request { action: call.action, resource, principal, context: &context };
        prop_assert_eq!(policy.decide(&request), decide(&statements, &call), "{}", text);
    });
}
