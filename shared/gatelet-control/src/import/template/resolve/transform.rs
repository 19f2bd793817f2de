//! `Fn::Transform` with `AWS::Include`, and the other files that a template names.

use std::sync::Arc;

use super::Resolver;
use crate::document::{self, Node, Source, Span, Value};

/// How many other files one template may name.
const FILES_MAX: usize = 100;

impl Resolver<'_> {
    /// What `AWS::Include` puts in the place of the intrinsic
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/create-reusable-transform-function-snippets-and-add-to-your-template-with-aws-include-transform.html>).
    ///
    /// Null where it cannot be had, which is told: an API without its definition is not one that SAM would make.
    pub(super) fn transform(&mut self, argument: &Node, span: Span) -> Node {
        self.included(argument, span).unwrap_or(Node { span, value: Value::Null })
    }

    fn included(&mut self, argument: &Node, span: Span) -> Option<Node> {
        let name = argument.get("Name").and_then(Node::as_str).unwrap_or_default();
        if name != "AWS::Include" {
            let message = format!("the transform `{name}` cannot be run here");
            self.error(span, message, "put what it yields in its place");
            return None;
        }
        let Some(location) = argument.get("Parameters").and_then(|parameters| parameters.get("Location"))
        else {
            return self.malformed(span, "AWS::Include", "`Parameters: {Location: file}`");
        };
        if self.is_included {
            self.error(span, "an included file cannot include another", "include both in the template");
            return None;
        }
        let location_span = location.span;
        let location = self.text(location, "the location of a file")?;
        self.file(&location, location_span)
    }

    /// The content of another file, its intrinsics resolved.
    pub(in super::super) fn file(&mut self, location: &str, span: Span) -> Option<Node> {
        let node = self.read_file(location, span)?;
        let was_included = std::mem::replace(&mut self.is_included, true);
        let resolved = self.resolve(&node);
        self.is_included = was_included;
        resolved
    }

    fn read_file(&mut self, location: &str, span: Span) -> Option<Node> {
        if location.starts_with("s3://") || location.starts_with("https://") {
            let message = format!("`{location}` is not fetched: what it defines is not served");
            self.warn(span, message, "give the path of a file on this machine");
            return None;
        }
        if self.files.len() >= FILES_MAX {
            self.error(span, format!("the template names more than {FILES_MAX} files"), "put some together");
            return None;
        }
        self.files.push(location.to_owned());
        let bytes = match (self.options.read)(location) {
            Ok(bytes) => bytes,
            Err(why) => {
                let message = format!("the file `{location}` cannot be read: {why}");
                self.error(span, message, "its path is relative to the template");
                return None;
            }
        };
        let name: Arc<str> = beside(self.source.file(), location).into();
        let included = match Source::from_bytes(name, &bytes) {
            Ok(source) => source,
            Err(problem) => {
                self.report(span, problem);
                return None;
            }
        };
        match document::parse(&included) {
            Ok(node) => {
                let Some(offset) = self.source.include(included) else {
                    self.error(span, "the files that the template names are too large", "split the template");
                    return None;
                };
                Some(node.shifted(offset))
            }
            Err(problems) => {
                for problem in problems {
                    self.report(span, problem);
                }
                None
            }
        }
    }
}

/// The name of a file that another one names, as the user would write it.
fn beside(file: &str, location: &str) -> String {
    let location = location.strip_prefix("./").unwrap_or(location);
    match file.rsplit_once('/') {
        Some((folder, _)) if !location.starts_with('/') => format!("{folder}/{location}"),
        _ => location.to_owned(),
    }
}
