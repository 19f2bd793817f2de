//! CloudFormation's intrinsics and variables in a bare definition.
//!
//! API Gateway itself resolves `${AWS::Region}` and its like on import
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/import-api-aws-variables.html>). All else is known
//! to a template alone: without one it gets a stand-in that is always the same and looks like what is meant, and a
//! warning. Whoever has the template resolves these nodes before the definition is imported.

use gatelet_model::Problem;

use super::ImportOptions;
use crate::document::{MAX_BYTES, Node};

/// How many stand-ins of one text are told of.
const STAND_INS_TOLD: usize = 20;

/// What a text is for, which decides how a stand-in looks and which placeholders are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A name, a queue's URL, anything.
    Text,
    /// A template or mapping expression: its own `${...}` is not CloudFormation's.
    Expression,
    /// A Lambda function or an AWS service action.
    Function,
    /// A role.
    Role,
    /// An HTTP address.
    Url,
    /// A Cognito user pool.
    UserPool,
}

/// A text that was resolved, and a warning for each stand-in that is in it.
#[derive(Debug)]
pub(super) struct Resolved {
    /// None for `AWS::NoValue`.
    pub(super) text: Option<String>,
    pub(super) stand_ins: Vec<Problem>,
}

/// Whether a node is `{"Ref": ..}` or `{"Fn::..": ..}`.
pub(super) fn is_intrinsic(node: &Node) -> bool {
    intrinsic(node).is_some()
}

fn intrinsic(node: &Node) -> Option<(&str, &Node)> {
    let mut entries = node.as_mapping()?.iter();
    let (entry, None) = (entries.next()?, entries.next()) else { return None };
    (entry.key.as_ref() == "Ref" || entry.key.starts_with("Fn::")).then(|| (entry.key.as_ref(), &entry.value))
}

/// The text of a scalar or of an intrinsic; none for anything else, also for null.
pub(super) fn resolve(node: &Node, purpose: Purpose, options: &ImportOptions) -> Option<Resolved> {
    let mut resolver = Resolver { purpose, options, stand_ins: Vec::new(), bytes: 0 };
    let text = match intrinsic(node) {
        Some((function, argument)) => resolver.function(function, argument, true),
        None => Some(resolver.plain(node.scalar_text()?)),
    };
    if resolver.bytes > MAX_BYTES {
        let message = format!("`Fn::Sub` makes a text of more than {MAX_BYTES} bytes of this");
        let problem = Problem::error(message).help("use its variables less often");
        return Some(Resolved { text: None, stand_ins: vec![problem] });
    }
    Some(Resolved { text, stand_ins: resolver.stand_ins })
}

struct Resolver<'a> {
    purpose: Purpose,
    options: &'a ImportOptions,
    stand_ins: Vec<Problem>,
    /// How much was put in for placeholders: variables of `Fn::Sub` hold others, so a short text can become a huge one.
    bytes: usize,
}

impl Resolver<'_> {
    /// None stands for `AWS::NoValue`. `is_whole` tells whether the text is nothing else, or begins here.
    fn function(&mut self, function: &str, argument: &Node, is_whole: bool) -> Option<String> {
        let items = argument.as_sequence().unwrap_or_default();
        match (function, argument.as_str()) {
            ("Ref", Some("AWS::NoValue")) => None,
            ("Ref", Some(name)) => Some(match self.aws_variable(name) {
                Some(value) => value,
                None => self.stand_in(name, None, is_whole, &format!("`Ref: {name}`")),
            }),
            ("Fn::GetAtt", Some(path)) => {
                let (name, attribute) = path.split_once('.').unwrap_or((path, "Arn"));
                Some(self.attribute(name, attribute, is_whole))
            }
            ("Fn::GetAtt", None) => {
                let name = items.first().and_then(Node::as_str).unwrap_or("unnamed");
                let rest: Vec<_> = items.iter().skip(1).filter_map(Node::scalar_text).collect();
                Some(self.attribute(name, &rest.join("."), is_whole))
            }
            ("Fn::Sub", Some(template)) => Some(self.substitute(template, None)),
            ("Fn::Sub", None) => {
                let template = items.first().and_then(Node::scalar_text).unwrap_or_default();
                Some(self.substitute(template, items.get(1)))
            }
            ("Fn::Join", _) => {
                let delimiter = items.first().and_then(Node::scalar_text).unwrap_or_default();
                let parts = items.get(1).and_then(Node::as_sequence).unwrap_or_default();
                let begins = |index| is_whole && index == 0 && self.purpose == Purpose::Url;
                let begins: Vec<bool> = (0..parts.len()).map(begins).collect();
                let parts = parts.iter().zip(begins);
                let parts: Vec<_> = parts.filter_map(|(part, begins)| self.inner(part, begins)).collect();
                Some(parts.join(delimiter))
            }
            ("Fn::If", _) => items.get(1).and_then(|value| self.inner(value, is_whole)),
            ("Fn::Select", _) => {
                let index = items.first().and_then(Node::scalar_text).and_then(|index| index.parse().ok());
                let of = items.get(1).and_then(Node::as_sequence).unwrap_or_default();
                of.get(index.unwrap_or(0_usize)).and_then(|value| self.inner(value, is_whole))
            }
            _ => {
                let name = self.inner(argument, false).unwrap_or_else(|| function.replace("Fn::", ""));
                Some(self.stand_in(&name, None, is_whole, &format!("`{function}: {name}`")))
            }
        }
    }

    fn attribute(&mut self, name: &str, attribute: &str, is_whole: bool) -> String {
        self.stand_in(name, Some(attribute), is_whole, &format!("`Fn::GetAtt: {name}.{attribute}`"))
    }

    /// A value inside another intrinsic. Recursion ends: no document is deeper than the reader allows.
    fn inner(&mut self, node: &Node, is_whole: bool) -> Option<String> {
        match intrinsic(node) {
            Some((function, argument)) => self.function(function, argument, is_whole),
            None => node.scalar_text().map(str::to_owned),
        }
    }

    /// A text outside `Fn::Sub`.
    fn plain(&mut self, text: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        self.placeholders(text, |resolver, name, is_whole| {
            if let Some(value) = resolver.aws_variable(name) {
                return value;
            }
            let is_own = matches!(resolver.purpose, Purpose::Expression | Purpose::Text)
                || ["stageVariables", "context", "request"].iter().any(|own| name.starts_with(own));
            if is_own {
                return format!("${{{name}}}");
            }
            let (base, attribute) = split_attribute(name);
            resolver.stand_in(base, attribute, is_whole, &format!("`${{{name}}}`"))
        })
    }

    /// `Fn::Sub`, with its own variables.
    fn substitute(&mut self, template: &str, variables: Option<&Node>) -> String {
        self.placeholders(template, |resolver, name, is_whole| {
            if let Some(literal) = name.strip_prefix('!') {
                return format!("${{{literal}}}");
            }
            if let Some(value) = variables.and_then(|variables| variables.get(name)) {
                return resolver.inner(value, false).unwrap_or_default();
            }
            if let Some(value) = resolver.aws_variable(name) {
                return value;
            }
            let (base, attribute) = split_attribute(name);
            resolver.stand_in(base, attribute, is_whole, &format!("`${{{name}}}`"))
        })
    }

    /// Replaces every `${name}`; the function is told whether the text begins with it.
    fn placeholders(
        &mut self,
        text: &str,
        mut replace: impl FnMut(&mut Self, &str, bool) -> String,
    ) -> String {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                result.push_str("${");
                rest = after;
                continue;
            };
            let is_whole = result.is_empty() && (behind.is_empty() || self.purpose == Purpose::Url);
            let value = replace(self, name.trim(), is_whole);
            self.bytes = self.bytes.saturating_add(value.len() + 1);
            if self.bytes > MAX_BYTES {
                return String::new();
            }
            result.push_str(&value);
            rest = behind;
        }
        result.push_str(rest);
        result
    }

    /// The variables that API Gateway resolves itself.
    fn aws_variable(&self, name: &str) -> Option<String> {
        let region = self.options.region.as_str();
        let partition = partition(region);
        Some(match name {
            "AWS::Region" => region.to_owned(),
            "AWS::AccountId" => self.options.account.to_string(),
            "AWS::Partition" => partition.to_owned(),
            "AWS::URLSuffix" if partition == "aws-cn" => "amazonaws.com.cn".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => return None,
        })
    }

    fn stand_in(&mut self, name: &str, attribute: Option<&str>, is_whole: bool, written: &str) -> String {
        let value = self.stand_in_value(name, attribute, is_whole);
        if self.stand_ins.len() < STAND_INS_TOLD {
            let message = format!("without its template {written} is unknown; `{value}` stands in for it");
            let help = "give the template that uses this file, or write the value itself";
            self.stand_ins.push(Problem::warning(message).help(help));
        }
        value
    }

    /// Something that looks like what is meant and is always the same. `.invalid` never resolves (RFC 2606).
    fn stand_in_value(&self, name: &str, attribute: Option<&str>, is_whole: bool) -> String {
        let region = self.options.region.as_str();
        let account = &self.options.account;
        let partition = partition(region);
        let name = name.rsplit("::").next().unwrap_or(name);
        let is_arn = attribute == Some("Arn") || (is_whole && attribute.is_none());
        match self.purpose {
            Purpose::Role if is_arn => format!("arn:{partition}:iam::{account}:role/{name}"),
            Purpose::UserPool if is_arn => {
                format!("arn:{partition}:cognito-idp:{region}:{account}:userpool/{name}")
            }
            Purpose::Function if is_arn => {
                format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
            }
            Purpose::Url if is_whole => {
                let host = name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                format!("https://{host}.invalid")
            }
            _ if attribute == Some("Arn") => {
                format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
            }
            _ => attribute.map_or_else(|| name.to_owned(), |attribute| format!("{name}.{attribute}")),
        }
    }
}

fn split_attribute(name: &str) -> (&str, Option<&str>) {
    name.split_once('.').map_or((name, None), |(base, attribute)| (base, Some(attribute)))
}

pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
