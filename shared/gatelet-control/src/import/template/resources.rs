//! The resources that matter, their properties resolved.

use gatelet_model::Problem;
use indexmap::IndexMap;

use super::resolve::Resolver;
use super::sections::Resource;
use crate::document::{Entry, Mapping, Node, Span, Value};

/// A resource whose condition holds, without intrinsics.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) logical_id: String,
    pub(super) kind: String,
    pub(super) key_span: Span,
    pub(super) properties: Node,
    pub(super) metadata: Option<Node>,
    /// What `Ref` yields for it.
    pub(super) physical_id: String,
    /// The definition in another file, with the place of its name.
    pub(super) definition: Option<Node>,
}

impl Resolved {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.properties.get(key)
    }

    /// The properties; empty where they are none, which was reported.
    pub(super) fn mapping(&self) -> Option<&Mapping> {
        self.properties.as_mapping()
    }
}

/// Properties of functions that something here reads.
const FUNCTION_PROPERTIES: &[&str] = &[
    "Architectures",
    "AutoPublishAlias",
    "Code",
    "CodeUri",
    "Environment",
    "Events",
    "FunctionName",
    "Handler",
    "ImageUri",
    "InlineCode",
    "Layers",
    "MemorySize",
    "PackageType",
    "Runtime",
    "Timeout",
];

fn matters(kind: &str) -> bool {
    matches!(
        kind,
        "AWS::Serverless::Api"
            | "AWS::Serverless::HttpApi"
            | "AWS::Serverless::Function"
            | "AWS::Serverless::StateMachine"
            | "AWS::Serverless::WebSocketApi"
            | "AWS::Lambda::Function"
    ) || kind.starts_with("AWS::ApiGateway::")
        || kind.starts_with("AWS::ApiGatewayV2::")
}

fn is_function(kind: &str) -> bool {
    matches!(kind, "AWS::Serverless::Function" | "AWS::Lambda::Function")
}

/// Resolves what matters, in the order of the template.
pub(super) fn resolve(resolver: &mut Resolver<'_>) -> Vec<Resolved> {
    let all: Vec<(String, Resource)> =
        resolver.sections.resources.iter().map(|(name, resource)| (name.clone(), resource.clone())).collect();
    let mut resolved = Vec::new();
    for (logical_id, resource) in all {
        if !matters(&resource.kind) {
            continue;
        }
        resolver.about(logical_id.as_str());
        if let Some((condition, span)) = &resource.condition
            && !resolver.condition(condition, *span)
        {
            continue;
        }
        resolved.push(one(resolver, logical_id, &resource));
    }
    resolver.about("");
    resolver.user(None);
    resolved
}

fn one(resolver: &mut Resolver<'_>, logical_id: String, resource: &Resource) -> Resolved {
    let physical_id = resolver.physical_id(&logical_id, resource.key_span).unwrap_or_default();
    let mut entries = Vec::new();
    let mut definition = None;
    let properties = resource.properties.as_mapping();
    for entry in properties.into_iter().flatten() {
        let key = entry.key.as_ref();
        if is_function(&resource.kind) && !FUNCTION_PROPERTIES.contains(&key) {
            continue;
        }
        if resource.kind == "AWS::Serverless::StateMachine" && key != "Events" {
            continue;
        }
        // A function's events make other resources that need it; it does not need them.
        resolver.user(if key == "Events" { None } else { Some(&logical_id) });
        if let Some(value) = resolver.resolve(&entry.value) {
            if key == "DefinitionUri"
                && let Some(location) = value.as_str()
            {
                definition = resolver.file(location, value.span);
            }
            entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
        }
    }
    resolver.user(None);
    let span = resource.properties.span;
    Resolved {
        logical_id,
        kind: resource.kind.clone(),
        key_span: resource.key_span,
        properties: Node { span, value: Value::Mapping(Mapping::from_entries(entries)) },
        metadata: resource.metadata.clone(),
        physical_id,
        definition,
    }
}

/// Reports resources that need one another in a circle: CloudFormation could make none of them first
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>, "circular dependency").
pub(super) fn circles(uses: &IndexMap<&str, Vec<(&str, Span)>>) -> Vec<(Span, Problem)> {
    let mut found = Vec::new();
    let mut done: IndexMap<&str, bool> = IndexMap::new();
    for start in uses.keys() {
        // Each frame is a resource and how many of those that it uses were looked at.
        let mut path: Vec<(&str, usize)> = Vec::new();
        if done.contains_key(start) {
            continue;
        }
        done.insert(start, false);
        path.push((start, 0));
        while let Some((last, next)) = path.last_mut() {
            let name = *last;
            let used = uses.get(name).and_then(|used| used.get(*next));
            *next += 1;
            let Some((used, span)) = used else {
                done.insert(name, true);
                path.pop();
                continue;
            };
            match done.get(used) {
                Some(true) => {}
                Some(false) => {
                    let from = path.iter().position(|(name, _)| name == used).unwrap_or_default();
                    let names = path.iter().skip(from).map(|(name, _)| *name).chain([*used]);
                    let circle: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                    let message = format!("these resources need one another: {}", circle.join(" → "));
                    let help = "CloudFormation can make none of them first; remove one of the references";
                    found.push((*span, Problem::error(message).help(help).about(name)));
                }
                None => {
                    done.insert(used, false);
                    path.push((used, 0));
                }
            }
        }
    }
    found
}
