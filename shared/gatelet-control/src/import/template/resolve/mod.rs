//! Values of a template: intrinsics, parameters, conditions and mappings, resolved where they are asked for.
//!
//! What comes out is a tree without intrinsics in which every part still has its place; what was computed has the
//! place of the intrinsic. Nothing here knows what a resource is for, except how its name and its ARN look.

mod conditions;
mod functions;
mod made_up;
mod parameters;
mod references;
mod transform;

pub(super) use made_up::root_resource_id;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gatelet_model::Problem;

use super::TemplateOptions;
use super::sections::Sections;
use crate::document::{Entry, Mapping, Node, Source, Span, Value};

/// How many problems of resolving are kept; what comes behind them adds nothing.
const PROBLEMS_KEPT: usize = 1_000;

/// How deep values may stand in one another while they are resolved, references counted.
const DEPTH_MAX: usize = 160;

/// How many values one template may have when everything that is repeated is written out.
const VALUES_MAX: usize = 4_000_000;

/// How many bytes of text the intrinsics of one template may make.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// A problem, where it is, and which part of the template it is about.
pub(super) struct Note {
    pub(super) span: Span,
    pub(super) problem: Problem,
    /// Whether it is about a circle of values.
    pub(super) is_circle: bool,
}

pub(super) struct Resolver<'a> {
    pub(super) sections: Sections,
    pub(super) options: &'a TemplateOptions<'a>,
    /// The template with the files that it takes in.
    pub(super) source: Source,
    /// The files that were asked for, in order.
    pub(super) files: Vec<String>,
    pub(super) notes: Vec<Note>,
    /// Parameters without a value that something needs.
    pub(super) missing_parameters: BTreeSet<String>,
    /// What the resource that is being resolved refers to, by the resource's name.
    pub(super) uses: BTreeMap<String, BTreeMap<String, Span>>,
    about: String,
    user: Option<String>,
    parameters: BTreeMap<String, Node>,
    conditions: BTreeMap<String, bool>,
    names: BTreeMap<String, String>,
    /// What is being computed now, outermost first: where one of them comes again, it is a circle.
    active: Vec<String>,
    depth: usize,
    values: usize,
    bytes: usize,
    /// Whether an included file is being read, which cannot include another.
    is_included: bool,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(source: &Source, sections: Sections, options: &'a TemplateOptions<'a>) -> Self {
        Self {
            sections,
            options,
            source: source.clone(),
            files: Vec::new(),
            notes: Vec::new(),
            missing_parameters: BTreeSet::new(),
            uses: BTreeMap::new(),
            about: String::new(),
            user: None,
            parameters: BTreeMap::new(),
            conditions: BTreeMap::new(),
            names: BTreeMap::new(),
            active: Vec::new(),
            depth: 0,
            values: 0,
            bytes: 0,
            is_included: false,
        }
    }

    pub(super) fn about(&mut self, about: impl Into<String>) {
        self.about = about.into();
    }

    /// From now on references count as those of this resource.
    pub(super) fn user(&mut self, user: Option<&str>) {
        self.user = user.map(str::to_owned);
    }

    /// Notes that one resource needs another.
    pub(super) fn uses(&mut self, user: &str, used: &str, span: Span) {
        self.uses.entry(user.to_owned()).or_default().entry(used.to_owned()).or_insert(span);
    }

    pub(super) fn report(&mut self, span: Span, problem: Problem) {
        if self.notes.len() < PROBLEMS_KEPT {
            let problem = if problem.about.is_empty() { problem.about(self.about.as_str()) } else { problem };
            self.notes.push(Note { span, problem, is_circle: false });
        }
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(span, Problem::error(message).help(help));
    }

    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(span, Problem::warning(message).help(help));
    }

    /// A value without intrinsics; none for `AWS::NoValue`.
    pub(super) fn resolve(&mut self, node: &Node) -> Option<Node> {
        if self.is_exhausted(node) {
            return None;
        }
        self.depth += 1;
        let resolved = match &node.value {
            Value::Sequence(items) => {
                let items: Vec<Node> = items.iter().filter_map(|item| self.resolve(item)).collect();
                Some(Node { span: node.span, value: Value::Sequence(items.into()) })
            }
            Value::Mapping(mapping) => match intrinsic(mapping) {
                Some(entry) => self.function(node, entry),
                None => Some(self.mapping(node, mapping)),
            },
            Value::String(text) => {
                self.check_dynamic(node.span, text);
                Some(node.clone())
            }
            _ => Some(node.clone()),
        };
        self.depth -= 1;
        resolved
    }

    /// Whether this value is one too many, or too deep; told once.
    fn is_exhausted(&mut self, node: &Node) -> bool {
        self.values += 1;
        if self.values == VALUES_MAX {
            let message = format!("the template stands for more than {VALUES_MAX} values");
            self.error(node.span, message, "refer to smaller parts, or from fewer places");
        }
        if self.depth == DEPTH_MAX {
            let message = format!("more than {DEPTH_MAX} values stand inside one another here");
            self.error(node.span, message, "shorten the chain of references");
        }
        self.values >= VALUES_MAX || self.depth >= DEPTH_MAX || self.bytes > BYTES_MAX
    }

    /// Notes that an intrinsic made a text; an empty one where that is too much.
    fn made(&mut self, span: Span, text: String) -> Node {
        let before = self.bytes;
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > BYTES_MAX && before <= BYTES_MAX {
            let message = format!("the intrinsics of this template make more than {BYTES_MAX} bytes of text");
            self.error(span, message, "use large values less often");
        }
        let text = if self.bytes > BYTES_MAX { String::new() } else { text };
        Node { span, value: Value::String(text.into()) }
    }

    fn mapping(&mut self, node: &Node, mapping: &Mapping) -> Node {
        let mut entries = Vec::with_capacity(mapping.len());
        for entry in mapping {
            match entry.key.as_ref() {
                "Fn::Transform" => {
                    let included = self.transform(&entry.value, entry.key_span);
                    if let Some(included) = included.as_mapping() {
                        entries.extend(included.iter().cloned());
                    }
                }
                key if key.starts_with("Fn::ForEach::") => self.error(
                    entry.key_span,
                    format!("`{key}` is not expanded"),
                    "write its items out, one by one",
                ),
                _ => {
                    if let Some(value) = self.resolve(&entry.value) {
                        entries.push(Entry { key: Arc::clone(&entry.key), key_span: entry.key_span, value });
                    }
                }
            }
        }
        Node { span: node.span, value: Value::Mapping(Mapping::from_entries(entries)) }
    }

    /// The text that a value resolves to.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let resolved = self.resolve(node)?;
        match resolved.scalar_text() {
            Some(text) => Some(text.to_owned()),
            None => {
                let found = resolved.type_name();
                self.error(node.span, format!("{what} must be text, not a {found}"), "write one value");
                None
            }
        }
    }

    /// Computes something that has a name, unless it is being computed already.
    fn guarded<T>(&mut self, what: &str, span: Span, compute: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if let Some(first) = self.active.iter().position(|active| active == what) {
            let circle: Vec<String> =
                self.active.iter().skip(first).map(String::as_str).chain([what]).map(quoted).collect();
            let message = format!("this leads back to itself: {}", circle.join(" → "));
            self.error(span, message, "break the circle: write one of these values out");
            if let Some(note) = self.notes.last_mut() {
                note.is_circle = true;
            }
            return None;
        }
        self.active.push(what.to_owned());
        let computed = compute(self);
        self.active.pop();
        Some(computed)
    }

    fn check_dynamic(&mut self, span: Span, text: &str) {
        if text.contains("{{resolve:") {
            self.warn(
                span,
                "a dynamic reference `{{resolve:...}}` is not looked up and stays as it is written",
                "where its value matters, make it a parameter and give it with `--parameter Name=value`",
            );
        }
    }
}

/// `condition A` → `condition `A``, `A` → `A` in backticks.
fn quoted(what: &str) -> String {
    what.split_once(' ').map_or_else(|| format!("`{what}`"), |(kind, name)| format!("{kind} `{name}`"))
}

/// The one entry of `{"Ref": ..}` or `{"Fn::..": ..}`.
fn intrinsic(mapping: &Mapping) -> Option<&Entry> {
    let mut entries = mapping.iter();
    let (entry, None) = (entries.next()?, entries.next()) else { return None };
    let is_one = entry.key.as_ref() == "Ref"
        || (entry.key.starts_with("Fn::") && !entry.key.starts_with("Fn::ForEach::"));
    is_one.then_some(entry)
}
