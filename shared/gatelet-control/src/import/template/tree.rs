//! A definition that is put together from what stands in a template: SAM makes one of a function's events, and an API
//! of single resources is written as one too, so that there is one importer. Every part keeps its place in the template.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::document::{Entry, Mapping, Node, Span, Value};

/// A text.
pub(super) fn text(span: Span, text: impl Into<Arc<str>>) -> Node {
    Node { span, value: Value::String(text.into()) }
}

/// A truth value.
pub(super) const fn flag(span: Span, value: bool) -> Node {
    Node { span, value: Value::Bool(value) }
}

/// A list.
pub(super) fn list(span: Span, items: Vec<Node>) -> Node {
    Node { span, value: Value::Sequence(items.into()) }
}

/// A mapping that can still change.
#[derive(Debug, Clone)]
pub(super) struct Object {
    span: Span,
    members: IndexMap<Arc<str>, (Span, Node)>,
}

impl Object {
    pub(super) fn new(span: Span) -> Self {
        Self { span, members: IndexMap::new() }
    }

    /// Of a mapping; empty where the node is none.
    pub(super) fn of(node: &Node) -> Self {
        let members = node.as_mapping().into_iter().flatten();
        let members = members.map(|entry| (Arc::clone(&entry.key), (entry.key_span, entry.value.clone())));
        Self { span: node.span, members: members.collect() }
    }

    pub(super) const fn span(&self) -> Span {
        self.span
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.members.get(key).map(|(_, value)| value)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(AsRef::as_ref)
    }

    /// Sets a member; one that was there keeps its position.
    pub(super) fn set(&mut self, key: impl Into<Arc<str>>, value: Node) {
        let span = value.span;
        self.set_at(span, key, value);
    }

    /// Sets a member whose key stands elsewhere than its value.
    pub(super) fn set_at(&mut self, key_span: Span, key: impl Into<Arc<str>>, value: Node) {
        self.members.insert(key.into(), (key_span, value));
    }

    pub(super) fn set_text(&mut self, key: &str, span: Span, value: impl Into<Arc<str>>) {
        self.set(key, text(span, value));
    }

    /// Sets a member, if there is a value.
    pub(super) fn set_some(&mut self, key: &str, value: Option<Node>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Node> {
        self.members.shift_remove(key).map(|(_, value)| value)
    }

    pub(super) fn node(self) -> Node {
        let entry = |(key, (key_span, value))| Entry { key, key_span, value };
        let entries = self.members.into_iter().map(entry).collect();
        Node { span: self.span, value: Value::Mapping(Mapping::from_entries(entries)) }
    }

    /// Takes over members under the names that the definition has for them.
    pub(super) fn rename(&mut self, from: &Node, names: &[(&str, &str)]) {
        for (theirs, ours) in names {
            if let Some(entry) = from.as_mapping().and_then(|mapping| mapping.entry(theirs)) {
                self.set_at(entry.key_span, *ours, entry.value.clone());
            }
        }
    }
}

/// A `JwtConfiguration` under the names that a definition has for its members, and for those of several issuers: AWS's own
/// tools take them in either case.
pub(super) fn jwt_configuration(node: &Node) -> Node {
    let mut configuration = Object::new(node.span);
    for member in node.as_mapping().into_iter().flatten() {
        let mut name = String::with_capacity(member.key.len());
        let mut letters = member.key.chars();
        name.extend(letters.next().map(|first| first.to_ascii_lowercase()));
        name.extend(letters);
        let value = match member.value.as_sequence().filter(|_| name == "issuers") {
            Some(several) => list(member.value.span, several.iter().map(jwt_configuration).collect()),
            None => member.value.clone(),
        };
        configuration.set_at(member.key_span, name, value);
    }
    configuration.node()
}

/// The keys of a path under which an operation stands.
pub(super) const OPERATIONS: &[&str] =
    &["get", "put", "post", "delete", "options", "head", "patch", ANY_METHOD];

pub(super) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

pub(super) const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// An OpenAPI definition that can still change.
#[derive(Debug)]
pub(super) struct Definition {
    /// Everything but `paths`, `components` and the like.
    pub(super) top: Object,
    /// Operations and what else a path has, by path.
    pub(super) paths: IndexMap<Arc<str>, (Span, Object)>,
    pub(super) schemes: Object,
    pub(super) schemas: Object,
    components: Object,
    /// Whether it is Swagger 2.0, which keeps schemes and schemas at the top.
    pub(super) is_swagger: bool,
}

impl Definition {
    /// One without paths.
    pub(super) fn new(span: Span, version: &str, title: Node) -> Self {
        let mut top = Object::new(span);
        top.set_text("openapi", span, version);
        let mut info = Object::new(title.span);
        info.set_text("version", span, "1.0");
        info.set("title", title);
        top.set("info", info.node());
        Self {
            top,
            paths: IndexMap::new(),
            schemes: Object::new(span),
            schemas: Object::new(span),
            components: Object::new(span),
            is_swagger: false,
        }
    }

    /// Of a body that the author wrote; none where it is no mapping with paths, which the importer will tell.
    pub(super) fn of(body: &Node) -> Option<Self> {
        let mut top = Object::of(body);
        let paths_node = top.get("paths")?;
        let paths_mapping = paths_node.as_mapping()?;
        let paths = paths_mapping
            .iter()
            .map(|entry| (Arc::clone(&entry.key), (entry.key_span, Object::of(&entry.value))))
            .collect();
        if paths_mapping.iter().any(|entry| entry.value.as_mapping().is_none()) {
            return None;
        }
        let is_swagger = top.get("swagger").is_some();
        let paths_span = paths_node.span;
        let mut components = top.get("components").map_or_else(|| Object::new(paths_span), Object::of);
        let (schemes, schemas) = if is_swagger {
            (top.remove("securityDefinitions"), top.remove("definitions"))
        } else {
            (components.remove("securitySchemes"), components.remove("schemas"))
        };
        top.remove("paths");
        top.remove("components");
        let object = |node: Option<Node>| node.as_ref().map_or_else(|| Object::new(paths_span), Object::of);
        Some(Self { top, paths, schemes: object(schemes), schemas: object(schemas), components, is_swagger })
    }

    /// Gives the definition a title, where it has none.
    pub(super) fn entitle(&mut self, title: Node) {
        let info = self.top.get("info");
        let has_title = info.and_then(|info| info.get("title")).and_then(Node::scalar_text);
        if has_title.is_none_or(|title| title.trim().is_empty()) {
            let mut info = info.map_or_else(|| Object::new(title.span), Object::of);
            info.set("title", title);
            self.top.set("info", info.node());
        }
    }

    pub(super) fn operation(&self, path: &str, method: &str) -> Option<&Node> {
        self.paths.get(path)?.1.get(method)
    }

    /// Sets an operation; its path is made where there is none.
    pub(super) fn set_operation(&mut self, span: Span, path: &str, method: &str, operation: Node) {
        let (_, item) = self.paths.entry(path.into()).or_insert_with(|| (span, Object::new(span)));
        item.set_at(span, method, operation);
    }

    /// Sets a part of `components`.
    pub(super) fn set_component(&mut self, key: &str, value: Node) {
        self.components.set(key, value);
    }

    /// Changes every operation that has an integration.
    pub(super) fn each_operation(&mut self, mut change: impl FnMut(&str, &str, &mut Object)) {
        for (path, (_, item)) in &mut self.paths {
            for method in OPERATIONS {
                if let Some(node) = item.get(method)
                    && node.get(INTEGRATION).is_some()
                {
                    let mut operation = Object::of(node);
                    change(path, method, &mut operation);
                    if let Some((_, value)) = item.members.get_mut(*method) {
                        *value = operation.node();
                    }
                }
            }
        }
    }

    pub(super) fn node(mut self) -> Node {
        let span = self.top.span();
        let mut paths = Object::new(span);
        for (path, (key_span, item)) in self.paths {
            paths.set_at(key_span, path, item.node());
        }
        self.top.set("paths", paths.node());
        let named = |object: Object| (!object.is_empty()).then(|| object.node());
        let (schemes, schemas) = (named(self.schemes), named(self.schemas));
        if self.is_swagger {
            self.top.set_some("securityDefinitions", schemes);
            self.top.set_some("definitions", schemas);
        } else {
            self.components.set_some("securitySchemes", schemes);
            self.components.set_some("schemas", schemas);
        }
        self.top.set_some("components", named(self.components));
        self.top.node()
    }
}

/// `GET` and `any` as a definition's keys name them.
pub(super) fn method_key(method: &str) -> String {
    let lower = method.to_ascii_lowercase();
    if matches!(lower.as_str(), "any" | "*") { ANY_METHOD.to_owned() } else { lower }
}

/// The same value with one place for all its parts: of a text that was read apart.
pub(super) fn respanned(node: &Node, span: Span) -> Node {
    let value = match &node.value {
        Value::Sequence(items) => Value::Sequence(items.iter().map(|item| respanned(item, span)).collect()),
        Value::Mapping(mapping) => {
            let entry = |entry: &Entry| Entry {
                key: Arc::clone(&entry.key),
                key_span: span,
                value: respanned(&entry.value, span),
            };
            Value::Mapping(Mapping::from_entries(mapping.iter().map(entry).collect()))
        }
        other => other.clone(),
    };
    Node { span, value }
}
