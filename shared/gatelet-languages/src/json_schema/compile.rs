//! From documents to nodes: references are followed while compiling, each schema becomes one node however often it is referred to.

use std::collections::BTreeMap;
use std::sync::Arc;

use bumpalo::Bump;

use super::{Documents, Node, NodeId, Pattern, SCHEMAS_MAX, Schema, uri};
use crate::LanguageError;
use crate::error::shown;
use crate::heap::{Heap, Map, MapId, Value};
use crate::json;

/// Members that map names to schemas.
const SCHEMAS_BY_NAME: [&str; 4] = ["properties", "patternProperties", "definitions", "dependencies"];
/// Members that are a schema or a list of schemas.
const SCHEMAS: [&str; 7] =
    ["items", "additionalItems", "additionalProperties", "allOf", "anyOf", "oneOf", "not"];

/// Compiles a schema and what it refers to.
pub(super) fn compile(text: &str, address: &str, documents: &Documents<'_>) -> Result<Schema, LanguageError> {
    let texts = Bump::new();
    let mut compiler = Compiler {
        heap: Heap::new(&texts),
        documents,
        loaded: BTreeMap::new(),
        identified: BTreeMap::new(),
        bases: BTreeMap::new(),
        known: BTreeMap::new(),
        pending: Vec::new(),
        nodes: Vec::new(),
        patterns: BTreeMap::new(),
        pattern_bytes: 0,
    };
    let (address, _) = uri::split(address);
    let root = compiler.load(address, text)?;
    compiler.node(root, &Arc::from(address), "the schema")?;
    while let Some((id, map, base)) = compiler.pending.pop() {
        let node = compiler.compile_node(map, &base)?;
        if let Some(place) = compiler.nodes.get_mut(id) {
            *place = node;
        }
    }
    let schema = Schema { nodes: compiler.nodes };
    match endless(&schema.nodes) {
        true => Err(refused(
            "refers to itself in a circle that no value ends: let it go through `properties` or `items`",
        )),
        false => Ok(schema),
    }
}

pub(super) fn refused(why: impl AsRef<str>) -> LanguageError {
    LanguageError::new(0, format!("the schema {}", why.as_ref()))
}

/// A schema under way.
pub(super) struct Compiler<'a, 'd> {
    pub(super) heap: Heap<'a>,
    documents: &'d Documents<'d>,
    /// Documents by their address.
    loaded: BTreeMap<String, Value<'a>>,
    /// Schemas by the `id` that they give themselves, made absolute.
    identified: BTreeMap<String, Value<'a>>,
    /// What references in a schema are relative to.
    bases: BTreeMap<MapId, Arc<str>>,
    known: BTreeMap<MapId, NodeId>,
    /// Nodes that are named and not compiled yet.
    pending: Vec<(NodeId, MapId, Arc<str>)>,
    nodes: Vec<Node>,
    /// Patterns by their text.
    pub(super) patterns: BTreeMap<&'a str, Pattern>,
    /// How large they have grown together.
    pub(super) pattern_bytes: usize,
}

impl<'a> Compiler<'a, '_> {
    fn load(&mut self, address: &str, text: &str) -> Result<Value<'a>, LanguageError> {
        let text = self.heap.text(text);
        let root = json::read(text, &mut self.heap)?;
        self.loaded.insert(address.to_owned(), root);
        self.index(root, address);
        Ok(root)
    }

    pub(super) fn member(&self, map: MapId, name: &str) -> Option<Value<'a>> {
        self.heap.map(map)?.get(name)
    }

    pub(super) fn members(&self, map: MapId) -> Vec<(&'a str, Value<'a>)> {
        self.heap.map(map).map(Map::entries).unwrap_or_default().to_vec()
    }

    /// Finds the schemas of a document that have an `id`, and what their references are relative to.
    fn index(&mut self, root: Value<'a>, address: &str) {
        let mut pending: Vec<(Value<'a>, Arc<str>)> = vec![(root, address.into())];
        while let Some((value, base)) = pending.pop() {
            let map = match value {
                Value::Map(map) => map,
                Value::List(list) => {
                    pending.extend(self.heap.list(list).iter().map(|value| (*value, Arc::clone(&base))));
                    continue;
                }
                _ => continue,
            };
            let base = self.identify(map, base);
            for name in SCHEMAS {
                pending.extend(self.member(map, name).map(|value| (value, Arc::clone(&base))));
            }
            for name in SCHEMAS_BY_NAME {
                let Some(Value::Map(schemas)) = self.member(map, name) else { continue };
                let schemas = self.members(schemas).into_iter();
                pending.extend(schemas.map(|(_, value)| (value, Arc::clone(&base))));
            }
        }
    }

    /// Notes a schema's `id`; returns what its references are relative to. Beside `$ref` nothing counts.
    fn identify(&mut self, map: MapId, base: Arc<str>) -> Arc<str> {
        let mut base = base;
        let refers = matches!(self.member(map, "$ref"), Some(Value::Text(_)));
        if let (Some(Value::Text(id)), false) = (self.member(map, "id"), refers) {
            let absolute = uri::resolve(&base, id);
            let (address, fragment) = uri::split(&absolute);
            if !id.starts_with('#') {
                self.identified.insert(address.to_owned(), Value::Map(map));
                base = address.into();
            }
            if !fragment.is_empty() {
                self.identified.insert(absolute.clone(), Value::Map(map));
            }
        }
        self.bases.insert(map, Arc::clone(&base));
        base
    }

    /// The node that a schema becomes.
    pub(super) fn node(
        &mut self,
        value: Value<'a>,
        base: &Arc<str>,
        what: &str,
    ) -> Result<NodeId, LanguageError> {
        let Value::Map(map) = value else {
            return Err(refused(format!("has something else where a schema must stand: {what}")));
        };
        if let Some(known) = self.known.get(&map) {
            return Ok(*known);
        }
        if self.nodes.len() == SCHEMAS_MAX {
            return Err(refused(format!("consists of more than {SCHEMAS_MAX} schemas")));
        }
        let base = Arc::clone(self.bases.get(&map).unwrap_or(base));
        let id = self.nodes.len();
        self.nodes.push(Node::default());
        self.known.insert(map, id);
        self.pending.push((id, map, base));
        Ok(id)
    }

    fn compile_node(&mut self, map: MapId, base: &Arc<str>) -> Result<Node, LanguageError> {
        match self.member(map, "$ref") {
            Some(Value::Text(reference)) => {
                let (target, base) = self.find(reference, base)?;
                let target = self.node(target, &base, reference)?;
                Ok(Node { reference: Some(target), ..Node::default() })
            }
            Some(_) => Err(refused("has a `$ref` that is no text")),
            None => self.keywords(map, base),
        }
    }

    /// What a reference leads to, and what references there are relative to.
    fn find(&mut self, reference: &str, base: &str) -> Result<(Value<'a>, Arc<str>), LanguageError> {
        let absolute = uri::resolve(base, reference);
        let (address, fragment) = uri::split(&absolute);
        let nowhere = || refused(format!("refers to {}, which is not there", shown(reference)));
        if !self.loaded.contains_key(address) && !self.identified.contains_key(address) {
            let text = (self.documents)(address).ok_or_else(nowhere)?;
            self.load(address, &text)?;
        }
        if let Some(value) = self.identified.get(absolute.as_str()) {
            return Ok((*value, address.into()));
        }
        let document = self.identified.get(address).or_else(|| self.loaded.get(address));
        let document = *document.ok_or_else(nowhere)?;
        if fragment.is_empty() {
            return Ok((document, address.into()));
        }
        let names = uri::pointer(fragment).ok_or_else(nowhere)?;
        let mut base: Arc<str> = address.into();
        let mut value = document;
        for name in names {
            value = match value {
                Value::Map(map) => self.member(map, &name),
                Value::List(list) => {
                    name.parse().ok().and_then(|at: usize| self.heap.list(list).get(at).copied())
                }
                _ => None,
            }
            .ok_or_else(nowhere)?;
            if let Value::Map(map) = value
                && let Some(own) = self.bases.get(&map)
            {
                base = Arc::clone(own);
            }
        }
        Ok((value, base))
    }
}

/// Whether a schema leads to itself without going down into the value.
fn endless(nodes: &[Node]) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; nodes.len()];
    let mut stack = Vec::new();
    for root in 0..nodes.len() {
        stack.push((root, false));
        while let Some((id, leaving)) = stack.pop() {
            let Some(mark) = marks.get_mut(id) else { continue };
            match (leaving, *mark) {
                (true, _) => *mark = Mark::Done,
                (false, Mark::New) => {
                    *mark = Mark::Open;
                    stack.push((id, true));
                    stack.extend(nodes.get(id).into_iter().flat_map(Node::in_place).map(|id| (id, false)));
                }
                (false, Mark::Open) => return true,
                (false, Mark::Done) => {}
            }
        }
    }
    false
}
