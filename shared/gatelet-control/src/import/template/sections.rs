//! The sections of a template, before anything in them is resolved
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>).

use std::sync::Arc;

use gatelet_model::{Problem, Problems};
use indexmap::IndexMap;

use crate::document::{self, Entry, Mapping, Node, Source, Span, Value};

/// How many problems of the sections are collected.
const PROBLEMS_MAX: usize = 100;

/// The most resources of one template. CloudFormation takes 500
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const RESOURCES_MAX: usize = 5_000;

/// How many values `Globals` may add to all resources together.
const GLOBAL_VALUES_MAX: usize = 1_000_000;

/// The sections that a template may have.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// A resource as it stands in the template; of a SAM resource with what `Globals` adds to it.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) kind: String,
    pub(super) key_span: Span,
    pub(super) properties: Node,
    /// The name of its condition.
    pub(super) condition: Option<(String, Span)>,
    pub(super) metadata: Option<Node>,
}

impl Resource {
    pub(super) fn property(&self, key: &str) -> Option<&Node> {
        self.properties.get(key)
    }
}

/// What a template is made of.
#[derive(Debug, Default)]
pub(super) struct Sections {
    pub(super) parameters: IndexMap<String, Node>,
    pub(super) mappings: IndexMap<String, Node>,
    pub(super) conditions: IndexMap<String, Node>,
    pub(super) resources: IndexMap<String, Resource>,
    /// What `Globals` says of a type of SAM resource, by the type's last word.
    pub(super) globals: IndexMap<String, Node>,
    /// Warnings that forbid nothing.
    pub(super) problems: Problems,
}

/// Whether a document is a template at all: it has resources, or says that it is one.
#[must_use]
pub fn is_template(root: &Node) -> bool {
    root.get("openapi").is_none()
        && root.get("swagger").is_none()
        && ["Resources", "AWSTemplateFormatVersion", "Transform"].iter().any(|key| root.get(key).is_some())
}

impl Sections {
    /// Reads the sections.
    ///
    /// # Errors
    /// Every problem for which the document is no template.
    pub(super) fn read(source: &Source, root: &Node) -> Result<Self, Problems> {
        let fail = |span: Span, message: &str, help: &str| {
            Err(Problems::from(Problem::error(message).help(help).at(source.place(span))))
        };
        let Some(top) = root.as_mapping() else {
            return fail(root.span, "a template is a mapping", "begin with `Resources:`");
        };
        let first = top.iter().next().map_or(root.span, |entry| entry.key_span);
        let Some(resources) = top.entry("Resources") else {
            return match top.get("service").or_else(|| top.get("provider")) {
                Some(_) => fail(
                    first,
                    "this is a definition of the Serverless Framework, not a SAM or CloudFormation template",
                    "give the template that `serverless package` writes to `.serverless/`",
                ),
                None => fail(first, "the template has no `Resources`", "list its APIs and functions there"),
            };
        };
        let mut reading = Reading { source, problems: Problems::new(), global_values: 0 };
        let mut sections = Self::default();
        for entry in top {
            if !SECTIONS.contains(&entry.key.as_ref()) {
                let near = document::nearest(&entry.key, SECTIONS.iter().copied());
                let help = near.map_or_else(
                    || "remove it, or move it under `Metadata`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{}` is no section of a template and is ignored", entry.key);
                reading.report(entry.key_span, Problem::warning(message).help(help));
            }
        }
        sections.parameters = reading.named(top, "Parameters");
        sections.mappings = reading.named(top, "Mappings");
        sections.conditions = reading.named(top, "Conditions");
        sections.globals = reading.named(top, "Globals");
        let count = resources.value.as_mapping().map_or(0, Mapping::len);
        if count > RESOURCES_MAX {
            let message = format!("the template has {count} resources, more than {RESOURCES_MAX}");
            return fail(resources.key_span, &message, "split it; CloudFormation takes 500");
        }
        for entry in reading.mapping(resources).into_iter().flatten() {
            if let Some(resource) = reading.resource(entry, &sections.globals) {
                sections.resources.insert(entry.key.to_string(), resource);
            }
        }
        sections.add_implicit();
        if reading.problems.has_errors() {
            return Err(reading.problems);
        }
        sections.problems = reading.problems;
        Ok(sections)
    }
}

struct Reading<'s> {
    source: &'s Source,
    problems: Problems,
    /// What `Globals` added so far.
    global_values: usize,
}

impl Reading<'_> {
    fn report(&mut self, span: Span, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem.at(self.source.place(span)));
        }
    }

    fn mapping<'d>(&mut self, entry: &'d Entry) -> Option<&'d Mapping> {
        let mapping = entry.value.as_mapping();
        if mapping.is_none() && !entry.value.is_null() {
            let message = format!("`{}` must be a mapping", entry.key);
            self.report(entry.value.span, Problem::error(message).help("write `name: value` pairs under it"));
        }
        mapping
    }

    fn named(&mut self, top: &Mapping, section: &str) -> IndexMap<String, Node> {
        let entries = top.entry(section).and_then(|entry| self.mapping(entry));
        let named = |entry: &Entry| (entry.key.to_string(), entry.value.clone());
        entries.into_iter().flatten().map(named).collect()
    }

    fn resource(&mut self, entry: &Entry, globals: &IndexMap<String, Node>) -> Option<Resource> {
        let name = entry.key.as_ref();
        if name.starts_with("Fn::ForEach::") {
            let problem = Problem::error(format!("`{name}` is not expanded"));
            self.report(entry.key_span, problem.help("write its resources out, one by one"));
            return None;
        }
        let mapping = self.mapping(entry)?;
        let Some(kind) = mapping.get("Type").and_then(Node::as_str) else {
            let problem = Problem::error(format!("the resource `{name}` has no `Type`"));
            self.report(entry.key_span, problem.help("such as `Type: AWS::Serverless::Function`"));
            return None;
        };
        let own = match mapping.get("Properties").filter(|node| !node.is_null()) {
            Some(properties) => properties.clone(),
            None => Node { span: entry.value.span, value: Value::Mapping(Mapping::from_entries(Vec::new())) },
        };
        if own.as_mapping().is_none() {
            let problem = Problem::error(format!("`Properties` of `{name}` must be a mapping"));
            self.report(own.span, problem.help("write `name: value` pairs under it"));
            return None;
        }
        let global = kind.strip_prefix("AWS::Serverless::").and_then(|word| globals.get(word));
        let ignored = mapping.get("IgnoreGlobals");
        let was_too_much = self.global_values > GLOBAL_VALUES_MAX;
        if !was_too_much {
            self.global_values = self.global_values.saturating_add(global.map_or(0, weight));
        }
        let properties = match global {
            Some(global) if self.global_values > GLOBAL_VALUES_MAX => {
                if !was_too_much {
                    let message = format!("`Globals` stand for more than {GLOBAL_VALUES_MAX} values");
                    let help = "move what is large into the resources that need it";
                    self.report(global.span, Problem::error(message).help(help));
                }
                own
            }
            Some(global) => with_globals(global, &own, ignored),
            None => own,
        };
        let condition = mapping.get("Condition");
        Some(Resource {
            kind: kind.to_owned(),
            key_span: entry.key_span,
            properties,
            condition: condition.and_then(|node| Some((node.as_str()?.to_owned(), node.span))),
            metadata: mapping.get("Metadata").cloned(),
        })
    }
}

/// How many values stand in a node. Recursion ends: no document is deeper than [`MAX_DEPTH`](document::MAX_DEPTH).
fn weight(node: &Node) -> usize {
    match &node.value {
        Value::Sequence(items) => items.iter().map(weight).fold(1, usize::saturating_add),
        Value::Mapping(mapping) => {
            mapping.iter().map(|entry| weight(&entry.value)).fold(1, usize::saturating_add)
        }
        _ => 1,
    }
}

/// Globals and a resource's own properties: mappings are merged, lists follow one another, and what the resource says
/// itself wins (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>).
fn with_globals(global: &Node, own: &Node, ignored: Option<&Node>) -> Node {
    let Some(entries) = global.as_mapping() else { return own.clone() };
    let is_ignored = |key: &str| match ignored {
        Some(node) if node.as_str() == Some("*") => true,
        Some(node) => node.as_sequence().unwrap_or_default().iter().any(|item| item.as_str() == Some(key)),
        None => false,
    };
    let kept: Vec<Entry> = entries.iter().filter(|entry| !is_ignored(&entry.key)).cloned().collect();
    let global = Node { span: global.span, value: Value::Mapping(Mapping::from_entries(kept)) };
    // The list of architectures is one choice, not a collection.
    merge(&global, own, &["Architectures"])
}

/// Recursion ends: no document is deeper than [`MAX_DEPTH`](crate::document::MAX_DEPTH).
fn merge(global: &Node, own: &Node, replaced: &[&str]) -> Node {
    match (&global.value, &own.value) {
        (Value::Mapping(below), Value::Mapping(above)) if !is_intrinsic(below) && !is_intrinsic(above) => {
            let mut entries = Vec::with_capacity(below.len() + above.len());
            for entry in below {
                let merged = match above.entry(&entry.key) {
                    Some(own) if replaced.contains(&entry.key.as_ref()) => own.clone(),
                    Some(own) => Entry {
                        key: Arc::clone(&entry.key),
                        key_span: own.key_span,
                        value: merge(&entry.value, &own.value, &[]),
                    },
                    None => entry.clone(),
                };
                entries.push(merged);
            }
            entries.extend(above.iter().filter(|entry| below.get(&entry.key).is_none()).cloned());
            Node { span: own.span, value: Value::Mapping(Mapping::from_entries(entries)) }
        }
        (Value::Sequence(below), Value::Sequence(above)) => {
            let items: Vec<Node> = below.iter().chain(above.iter()).cloned().collect();
            Node { span: own.span, value: Value::Sequence(items.into()) }
        }
        _ => own.clone(),
    }
}

fn is_intrinsic(mapping: &Mapping) -> bool {
    mapping.len() == 1 && mapping.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

impl Sections {
    /// The APIs that SAM makes for events which name none, with what `Globals` says of their type
    /// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html>).
    fn add_implicit(&mut self) {
        for (event_type, key, name, kind, stage) in [
            ("Api", "RestApiId", "ServerlessRestApi", "AWS::Serverless::Api", Some("Prod")),
            ("HttpApi", "ApiId", "ServerlessHttpApi", "AWS::Serverless::HttpApi", None),
        ] {
            let events = self
                .resources
                .values()
                .filter(|resource| resource.kind == "AWS::Serverless::Function")
                .filter_map(|resource| resource.property("Events")?.as_mapping())
                .flat_map(Mapping::iter);
            let is_implicit = |event: &&Entry| {
                event.value.get("Type").and_then(Node::as_str) == Some(event_type)
                    && event.value.get("Properties").and_then(|properties| properties.get(key)).is_none()
            };
            let Some(first) = { events }.find(is_implicit) else { continue };
            let span = first.key_span;
            if self.resources.contains_key(name) {
                continue;
            }
            let stage = stage.map(|stage| Entry {
                key: "StageName".into(),
                key_span: span,
                value: Node { span, value: Value::String(stage.into()) },
            });
            let entries = stage.into_iter().collect();
            let own = Node { span, value: Value::Mapping(Mapping::from_entries(entries)) };
            let global = self.globals.get(kind.rsplit("::").next().unwrap_or_default());
            let properties = global.map_or_else(|| own.clone(), |global| with_globals(global, &own, None));
            let resource = Resource {
                kind: kind.to_owned(),
                key_span: span,
                properties,
                condition: None,
                metadata: None,
            };
            self.resources.insert(name.to_owned(), resource);
        }
    }

    /// Where the template's resources begin.
    pub(super) fn first_span(&self, root: &Node) -> Span {
        self.resources.values().next().map_or(root.span, |resource| resource.key_span)
    }
}
