//! Conditions
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html>).

use super::Resolver;
use crate::document::{self, Node, Span};

impl Resolver<'_> {
    /// Whether a condition holds; one that cannot be judged does not, and is reported.
    pub(in super::super) fn condition(&mut self, name: &str, span: Span) -> bool {
        if let Some(known) = self.conditions.get(name) {
            return *known;
        }
        let Some(node) = self.sections.conditions.get(name).cloned() else {
            let names = self.sections.conditions.keys().map(String::as_str);
            let help = match document::nearest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "define it under `Conditions`".to_owned(),
            };
            self.error(span, format!("the condition `{name}` is not defined"), help);
            return false;
        };
        let holds = self.guarded(&format!("condition {name}"), span, |resolver| resolver.holds(&node));
        let holds = holds.flatten().unwrap_or_default();
        self.conditions.insert(name.to_owned(), holds);
        holds
    }

    /// None where it is not written as a condition, which is reported.
    fn holds(&mut self, node: &Node) -> Option<bool> {
        if self.is_exhausted(node) {
            return None;
        }
        self.depth += 1;
        let holds = self.judge(node);
        self.depth -= 1;
        holds
    }

    fn judge(&mut self, node: &Node) -> Option<bool> {
        const FORM: &str = "`Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`";
        let Some(entry) =
            node.as_mapping().filter(|mapping| mapping.len() == 1).and_then(|m| m.iter().next())
        else {
            return match node.scalar_text() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => self.malformed(node.span, "Conditions", FORM),
            };
        };
        let items = entry.value.as_sequence().unwrap_or_default();
        match (entry.key.as_ref(), items) {
            ("Condition", _) => match entry.value.as_str() {
                Some(name) => Some(self.condition(name, entry.value.span)),
                None => self.malformed(node.span, "Condition", "the name of a condition"),
            },
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.resolve(left)?, self.resolve(right)?);
                Some(match (left.scalar_text(), right.scalar_text()) {
                    (Some(left), Some(right)) => left == right,
                    _ => left.to_json() == right.to_json(),
                })
            }
            ("Fn::Not", [one]) => self.holds(one).map(|holds| !holds),
            ("Fn::And", [_, ..]) => {
                let all: Vec<_> = items.iter().filter_map(|item| self.holds(item)).collect();
                Some(all.iter().all(|holds| *holds))
            }
            ("Fn::Or", [_, ..]) => {
                let all: Vec<_> = items.iter().filter_map(|item| self.holds(item)).collect();
                Some(all.iter().any(|holds| *holds))
            }
            (key @ ("Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or"), _) => {
                self.malformed(node.span, key, "its conditions as a list")
            }
            (key, _) => {
                let message = format!("`{key}` is no condition");
                self.error(entry.key_span, message, format!("use {FORM}"));
                None
            }
        }
    }
}
