//! Paths and their operations.

use gatelet_model::{MethodKey, PathTemplate, Segment};
use indexmap::IndexMap;

use super::super::extensions;
use super::super::reader::Reader;
use super::{ApiKind, Document};
use crate::document::{Entry, Mapping, Node, Span};

/// The keys of a path under which an operation stands.
pub(super) const OPERATIONS: &[&str] =
    &["get", "put", "post", "delete", "options", "head", "patch", extensions::ANY_METHOD];

/// What else a path holds.
const OTHER_KEYS: &[&str] = &["$ref", "summary", "description", "servers", "parameters"];

/// What an operation holds, in all versions of OpenAPI.
const OPERATION_KEYS: &[&str] = &[
    "$ref",
    "callbacks",
    "consumes",
    "deprecated",
    "description",
    "externalDocs",
    "isDefaultRoute",
    "operationId",
    "parameters",
    "produces",
    "requestBody",
    "responses",
    "schemes",
    "security",
    "servers",
    "summary",
    "tags",
];

/// The route of an HTTP API that takes what no other takes. SAM writes `$default`, exports have `/$default`.
const DEFAULT_PATHS: &[&str] = &["$default", "/$default"];

/// What a key of `paths` names.
#[derive(Debug, Clone)]
pub(super) enum RoutePath {
    /// `$default`.
    Default,
    /// A path.
    Template(PathTemplate),
}

/// One path with its operations.
#[derive(Debug)]
pub(super) struct PathItem<'d> {
    pub(super) path: RoutePath,
    pub(super) key_span: Span,
    /// Parameters that all its operations share.
    pub(super) parameters: Option<&'d Node>,
    pub(super) operations: Vec<Operation<'d>>,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation<'d> {
    pub(super) method: MethodKey,
    pub(super) mapping: &'d Mapping,
    pub(super) key_span: Span,
}

/// All paths in the order of the file, each shape of a path once.
pub(super) fn read<'d>(reader: &mut Reader<'d>, document: Document<'d>, kind: ApiKind) -> Vec<PathItem<'d>> {
    const HELP: &str = "list the API's paths under `paths`, such as `/pets: {get: {...}}`";
    let Some(entry) = document.mapping.entry("paths") else {
        let span = document.mapping.iter().next().map_or(reader.root.span, |first| first.key_span);
        reader.error(span, "`paths` is missing", HELP);
        return Vec::new();
    };
    let Some(paths) = reader.mapping(&entry.value, "paths") else { return Vec::new() };
    let mut items = Vec::with_capacity(paths.len());
    let mut shapes: IndexMap<String, &Entry> = IndexMap::with_capacity(paths.len());
    for entry in paths {
        if reader.is_exhausted() {
            break;
        }
        if entry.key.starts_with("x-") {
            continue;
        }
        let Some(path) = route_path(reader, entry, kind) else { continue };
        if let Some(first) = shapes.insert(shape(&path), entry) {
            let line = reader.source.place(first.key_span).line;
            let (first, again) = (&first.key, &entry.key);
            let message = if first == again {
                format!("the path `{again}` stands twice")
            } else {
                format!("`{again}` is the same path as `{first}` on line {line}")
            };
            reader.error(entry.key_span, message, "put all operations under one of them");
            continue;
        }
        reader.about(entry.key.as_ref());
        items.extend(item(reader, entry, path));
        reader.about("");
    }
    items
}

fn route_path(reader: &mut Reader<'_>, entry: &Entry, kind: ApiKind) -> Option<RoutePath> {
    if DEFAULT_PATHS.contains(&entry.key.as_ref()) {
        if kind == ApiKind::Rest {
            reader.error(
                entry.key_span,
                "a REST API has no `$default` route",
                "use `/{proxy+}` and `/`, or import it with `--http`",
            );
            return None;
        }
        return Some(RoutePath::Default);
    }
    reader.keep(entry.key_span, PathTemplate::parse(&entry.key)).map(RoutePath::Template)
}

/// The path without the names of its parameters: what makes two paths the same.
fn shape(path: &RoutePath) -> String {
    let RoutePath::Template(path) = path else { return "$default".to_owned() };
    let mut shape = String::with_capacity(path.as_str().len());
    for segment in path.segments() {
        shape.push('/');
        shape.push_str(match segment {
            Segment::Static(text) => text,
            Segment::Parameter(_) => "{}",
            Segment::Greedy(_) => "{+}",
        });
    }
    shape
}

fn item<'d>(reader: &mut Reader<'d>, entry: &'d Entry, path: RoutePath) -> Option<PathItem<'d>> {
    let node = reader.follow(&entry.value)?;
    let mapping = reader.mapping(node, &entry.key)?;
    let mut operations = Vec::new();
    for member in mapping {
        let key = member.key.as_ref();
        if key == "trace" {
            let help = "remove it, or use `x-amazon-apigateway-any-method`";
            reader.warn(member.key_span, "API Gateway has no TRACE method, the operation is ignored", help);
        } else if key == extensions::ANY_METHOD {
            reader.extension(mapping, key);
            operations.extend(operation(reader, member, MethodKey::Any));
        } else if OPERATIONS.contains(&key) {
            if let Some(method) = reader.keep(member.key_span, MethodKey::parse(key)) {
                operations.extend(operation(reader, member, method));
            }
        } else if !key.starts_with("x-") && !OTHER_KEYS.contains(&key) {
            let known = OPERATIONS.iter().chain(OTHER_KEYS).copied();
            let help = match reader.nearest(key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "use a method in lower case, such as `get`".to_owned(),
            };
            reader.warn(member.key_span, format!("`{key}` is no method of a path and is ignored"), help);
        }
    }
    Some(PathItem { path, key_span: entry.key_span, parameters: mapping.get("parameters"), operations })
}

fn operation<'d>(reader: &mut Reader<'d>, member: &'d Entry, method: MethodKey) -> Option<Operation<'d>> {
    let node = reader.follow(&member.value)?;
    let mapping = reader.mapping(node, &member.key)?;
    reader.check_members(mapping, "an operation", OPERATION_KEYS);
    Some(Operation { method, mapping, key_span: member.key_span })
}
