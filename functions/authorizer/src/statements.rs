//! The statements that every answer carries: the configured policy and ranges of addresses.
//!
//! API Gateway keeps an answer for other methods and other callers with the same token. So nothing that differs between these is
//! decided when a policy is answered: it travels in the policy, and API Gateway decides it for each request.
//!
//! ASSUMPTION: the condition keys that AWS lists for every kind of authorization
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html>) count in the
//! policies of authorizers, too; `aws:SourceIp` is in wide use there. What closes by itself needs no more of them: only the end of
//! a token rests on `aws:EpochTime`, and where that has no value, an answer is kept as long as anybody else's.

use gatelet_core::Timestamp;
use gatelet_languages::LanguageError;
use gatelet_languages::iam_policy::{Decision, Policy, PolicyKind, Principal, Request, ResourceArn, Values};
use gatelet_model::limits::STAGE_NAME_CHARACTERS_MAX;
use serde_json::{Value, json};

use crate::answer::ANSWER_BYTES_MAX;

/// The version that policies must have, and answers do.
const VERSION: &str = "2012-10-17";
/// How a resource policy names what is below its own API.
const SHORT: &str = "execute-api:/";
/// The longest beginning of an ARN that is reckoned with; ids of APIs have ten characters, if they are not chosen.
const LONGEST_API: &str =
    "arn:aws-iso-b:execute-api:ap-southeast-99:123456789012:abcdefghijklmnopqrstuvwxyz012345/";
/// What an answer's other members may have, in bytes: claims and a caller's name.
const REST_OF_ANSWER_BYTES: usize = 1_024;
/// Every address there is: whoever has none of them has none that is known.
const EVERY_ADDRESS: [&str; 2] = ["0.0.0.0/0", "::/0"];
const INVOKE: &str = "execute-api:Invoke";

/// Statements, compiled.
#[derive(Debug)]
pub(crate) struct Statements {
    /// As they are decided here.
    policy: Policy,
    /// As they are answered: a JSON list, divided where the ARN of the API stands.
    pieces: Box<[Box<str>]>,
}

/// Whose requests are allowed by their address.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// None but these; all where there is no list.
    pub(crate) allow: Option<Vec<String>>,
    /// Not these, even where they are allowed.
    pub(crate) deny: Vec<String>,
}

impl Statements {
    /// Compiles a policy in the grammar of resource policies, and addresses. Without a policy everything is allowed that the
    /// addresses do not deny.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub(crate) fn compile(policy: Option<&str>, addresses: Option<&Addresses>) -> Result<Self, String> {
        let mut statements = match policy {
            Some(text) => configured(text)?,
            None => vec![everybody("Allow", INVOKE, "execute-api:/*", None)],
        };
        statements.extend(addresses.iter().flat_map(|addresses| addresses.statements()));
        let whole = json!({"Version": VERSION, "Statement": statements}).to_string();
        let policy = Policy::parse(&whole, PolicyKind::Resource).map_err(|error| located(&whole, &error))?;
        let compiled = Self { policy, pieces: pieces(statements) };
        // What would be refused only when it is answered is refused now.
        let stage = "s".repeat(STAGE_NAME_CHARACTERS_MAX);
        let longest =
            compiled.document(LONGEST_API, Some(&stage), Some(Timestamp::from_milliseconds(u64::MAX)));
        Policy::parse(&longest, PolicyKind::Authorizer)
            .map_err(|error| format!("it cannot be an authorizer's answer: {error}"))?;
        let bytes_max = ANSWER_BYTES_MAX - REST_OF_ANSWER_BYTES;
        if longest.len() > bytes_max {
            return Err(format!(
                "policy and addresses make an answer of {} bytes, and may make one of {bytes_max}: shorten them, with `*` or \
                 wider ranges",
                longest.len()
            ));
        }
        Ok(compiled)
    }

    /// The policy that is answered to an API, whose ARN is that of `api_of`. It is about this stage alone, or about all; at
    /// `expires` it ends by itself.
    pub(crate) fn document(&self, api: &str, stage: Option<&str>, expires: Option<Timestamp>) -> String {
        let mut list = self.pieces.join(api);
        let elsewhere = stage.map(|stage| {
            json!({"Effect": "Deny", "Action": "execute-api:*", "NotResource": format!("{api}{stage}/*")})
        });
        let ended = expires.map(|expires| {
            let seconds = (expires.milliseconds() / 1_000).to_string();
            let condition = json!({"NumericGreaterThanEquals": {"aws:EpochTime": seconds}});
            statement("Deny", "execute-api:*", "*", Some(condition))
        });
        for statement in elsewhere.into_iter().chain(ended) {
            list.pop();
            list.push(',');
            list.push_str(&statement.to_string());
            list.push(']');
        }
        format!(r#"{{"Version":"{VERSION}","Statement":{list}}}"#)
    }

    /// Whether one request is allowed.
    pub(crate) fn allow<'a>(&self, arn: &'a str, context: &'a dyn Fn(&str) -> Values<'a>) -> bool {
        let Some(resource) = ResourceArn::parse(arn) else { return false };
        let request = Request { action: INVOKE, resource, principal: Principal::Anonymous, context };
        matches!(self.policy.decide(&request), Decision::Allow { .. })
    }
}

/// The policy that is answered where nothing may be called.
pub(crate) fn denied() -> String {
    json!({"Version": VERSION, "Statement": [statement("Deny", "execute-api:*", "*", None)]}).to_string()
}

/// Whether a text is an address or a range of them.
pub(crate) fn is_range(text: &str) -> bool {
    let condition = json!({"IpAddress": {"aws:SourceIp": text}});
    let policy = json!({"Version": VERSION, "Statement": [statement("Deny", INVOKE, "*", Some(condition))]});
    Policy::parse(&policy.to_string(), PolicyKind::Authorizer).is_ok()
}

impl Addresses {
    /// Statements that deny whom they do not want. A request without a known address, as private APIs have it, is denied, too.
    fn statements(&self) -> Vec<Value> {
        let allowed = self.allow.as_ref().map_or_else(|| json!(EVERY_ADDRESS), |ranges| json!(ranges));
        let others = json!({"NotIpAddress": {"aws:SourceIp": allowed}});
        let mut statements = vec![everybody("Deny", "execute-api:*", "execute-api:/*", Some(others))];
        if !self.deny.is_empty() {
            let these = json!({"IpAddress": {"aws:SourceIp": self.deny}});
            statements.push(everybody("Deny", "execute-api:*", "execute-api:/*", Some(these)));
        }
        statements
    }
}

fn statement(effect: &str, action: &str, resource: &str, condition: Option<Value>) -> Value {
    let mut statement = json!({"Effect": effect, "Action": action, "Resource": resource});
    if let (Some(condition), Some(members)) = (condition, statement.as_object_mut()) {
        members.insert("Condition".to_owned(), condition);
    }
    statement
}

fn everybody(effect: &str, action: &str, resource: &str, condition: Option<Value>) -> Value {
    let mut statement = statement(effect, action, resource, condition);
    if let Some(members) = statement.as_object_mut() {
        members.insert("Principal".to_owned(), json!("*"));
    }
    statement
}

/// The statements of the configured policy, which is read strictly first.
fn configured(text: &str) -> Result<Vec<Value>, String> {
    Policy::parse(text, PolicyKind::Resource).map_err(|error| located(text, &error))?;
    let mut policy: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if policy.get("Version").and_then(Value::as_str) != Some(VERSION) {
        return Err(format!("write `\"Version\": \"{VERSION}\"`, which is what answers have"));
    }
    let statements = match policy.get_mut("Statement").map(Value::take) {
        Some(Value::Array(statements)) => statements,
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    for (at, statement) in statements.iter().enumerate() {
        let principal = statement.get("Principal");
        let is_everybody =
            |principal: &Value| [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})].contains(principal);
        if !principal.is_some_and(is_everybody) {
            return Err(format!(
                "the statement {} is about somebody: an authorizer's answer is about whoever calls, so write `\"Principal\": \
                 \"*\"`",
                at + 1
            ));
        }
    }
    Ok(statements)
}

/// The list of statements as answers have it, divided where the API's ARN goes.
fn pieces(mut statements: Vec<Value>) -> Box<[Box<str>]> {
    let text = Value::Array(statements.clone()).to_string();
    // Always behind a quote, so that no other text together with it can look like it.
    let mut mark = "<api>".to_owned();
    while text.contains(&mark) {
        mark.push('>');
    }
    for statement in &mut statements {
        let Some(members) = statement.as_object_mut() else { continue };
        members.remove("Principal");
        for name in ["Resource", "NotResource"] {
            match members.get_mut(name) {
                Some(Value::Array(resources)) => {
                    resources.iter_mut().for_each(|resource| lengthen(resource, &mark));
                }
                Some(resource) => lengthen(resource, &mark),
                None => {}
            }
        }
    }
    Value::Array(statements).to_string().split(&mark).map(Into::into).collect()
}

fn lengthen(resource: &mut Value, mark: &str) {
    let whole =
        resource.as_str().and_then(|text| text.strip_prefix(SHORT)).map(|below| format!("{mark}{below}"));
    if let Some(whole) = whole {
        *resource = Value::String(whole);
    }
}

/// An error with its line and column.
fn located(text: &str, error: &LanguageError) -> String {
    let before = text.get(..error.offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    format!("in its line {line}, column {column}: {error}")
}
