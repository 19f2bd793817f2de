//! Parameters and pseudo parameters
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>).

use super::Resolver;
use crate::document::{Mapping, Node, Span, Value};

impl Resolver<'_> {
    /// The value of `AWS::Region` and its like; `AWS::NoValue` is not among them.
    pub(super) fn pseudo(&self, name: &str) -> Option<String> {
        let region = self.options.region.as_str();
        let account = self.options.account.as_str();
        let stack = &self.options.stack_name;
        let partition = self.partition();
        Some(match name {
            "AWS::AccountId" => account.to_owned(),
            "AWS::Region" => region.to_owned(),
            "AWS::StackName" => stack.clone(),
            "AWS::Partition" => partition.to_owned(),
            "AWS::URLSuffix" if partition == "aws-cn" => "amazonaws.com.cn".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackId" => {
                format!("arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/local")
            }
            "AWS::NotificationARNs" => format!("arn:{partition}:sns:{region}:{account}:{stack}"),
            _ => return None,
        })
    }

    pub(in super::super) fn partition(&self) -> &'static str {
        let region = self.options.region.as_str();
        if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        }
    }

    /// The value of a parameter, with the place of the reference; none where it has no such parameter.
    pub(super) fn parameter(&mut self, name: &str, span: Span) -> Option<Node> {
        if let Some(known) = self.parameters.get(name) {
            return Some(Node { span, value: known.value.clone() });
        }
        let node = self.sections.parameters.get(name)?.clone();
        let value = match node.as_mapping() {
            Some(definition) => self.parameter_value(name, span, definition),
            None => {
                let help = "write its type and default under it: `{Type: String, Default: x}`";
                self.error(node.span, format!("the parameter `{name}` is not defined as a mapping"), help);
                Value::String(name.into())
            }
        };
        self.parameters.insert(name.to_owned(), Node { span, value: value.clone() });
        Some(Node { span, value })
    }

    fn parameter_value(&mut self, name: &str, span: Span, definition: &Mapping) -> Value {
        let kind = definition.get("Type").and_then(Node::scalar_text).unwrap_or("String").to_owned();
        let given = self.options.parameters.get(name).cloned();
        let is_given = given.is_some();
        let default = definition.get("Default");
        let text = match (given, default) {
            (Some(given), _) => given,
            (None, Some(default)) => match default.as_sequence() {
                Some(items) => items.iter().filter_map(Node::scalar_text).collect::<Vec<_>>().join(","),
                None => default.scalar_text().unwrap_or_default().to_owned(),
            },
            (None, None) => {
                self.missing_parameters.insert(name.to_owned());
                let message = format!("the parameter `{name}` has no value");
                self.error(span, message, format!("give it with `--parameter {name}=value`"));
                name.to_owned()
            }
        };
        let is_store = kind.starts_with("AWS::SSM::Parameter::Value");
        if is_store && !is_given {
            self.warn(
                span,
                format!("the value of `{name}` is in the Parameter Store under `{text}`; that name stands in for it"),
                format!("give the value with `--parameter {name}=value`"),
            );
        }
        if is_given && let Some(allowed) = definition.get("AllowedValues").and_then(Node::as_sequence) {
            let words: Vec<&str> = allowed.iter().filter_map(Node::scalar_text).collect();
            if !words.contains(&text.as_str()) {
                let message = format!("the parameter `{name}` cannot be `{text}`");
                self.error(span, message, format!("one of: {}", words.join(", ")));
            }
        }
        let is_list = kind == "CommaDelimitedList" || kind.contains("List<");
        if is_list {
            let part = |part: &str| Node { span, value: Value::String(part.trim().into()) };
            let parts = text.split(',').filter(|_| !text.is_empty());
            return Value::Sequence(parts.map(part).collect());
        }
        if kind == "Number" && text.parse::<f64>().is_err() {
            let message = format!("the parameter `{name}` is a number and cannot be `{text}`");
            self.error(span, message, "write digits alone");
        }
        Value::String(text.into())
    }
}
