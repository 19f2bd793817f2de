//! Which route a request takes: all paths of an API compiled into one tree.
//!
//! A route is found by its path and method together. On the real service a more specific resource without the
//! requested method gives way to a less specific one that has it, measured in public in
//! <https://github.com/ministackorg/ministack/pull/1423> and <https://github.com/floci-io/floci/pull/3399>.

use std::hash::BuildHasher as _;
use std::num::NonZeroU32;

use foldhash::fast::FixedState;
use gatelet_model::{Method, MethodKey, ParameterName, PathTemplate, Segment};
use hashbrown::HashTable;

use crate::payload::CanonicalPath;

/// Where REST and HTTP APIs choose differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// A trailing slash counts for nothing. At each segment static text goes before a parameter before a greedy one.
    Rest,
    /// A path that is matched to its end goes before any that a greedy parameter ends
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>); among
    /// these, segment by segment as in a REST API.
    ///
    /// ASSUMPTION: a trailing slash counts, so that `/pets/` is not `GET /pets`; a greedy parameter takes it,
    /// as its empty value.
    Http,
}

/// The route that a request takes. Its parameters follow from its template: see [`parameters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its position among the routes that the table was built from.
    pub route: u32,
}

/// All routes of an API, compiled.
#[derive(Debug)]
pub struct RouteTable {
    rules: Rules,
    nodes: Vec<Node>,
    /// Every step by static text, of all nodes: one table to look into, however many routes there are.
    steps: HashTable<StaticStep>,
    /// Fixed, because only a definition puts texts into the table: a request can merely look.
    hasher: FixedState,
}

/// The root's place among the nodes.
const ROOT: u32 = 0;

/// What templates with the same beginning share.
#[derive(Debug)]
struct Node {
    parent: u32,
    /// The branch of the parent that leads here.
    reached_by: Branch,
    parameter: Option<NonZeroU32>,
    greedy: Option<NonZeroU32>,
    routes: ByMethod,
}

/// The branches of a node in the order in which they are tried; a greedy one ends a path and needs no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    Static,
    Parameter,
}

#[derive(Debug)]
struct StaticStep {
    from: u32,
    text: Box<str>,
    to: u32,
}

/// The routes of one path: one place for each method, and the last for `ANY`.
#[derive(Debug)]
struct ByMethod([u32; METHODS + 1]);

/// The methods that API Gateway knows; `ANY` stands for these and no other.
const METHODS: usize = Method::ALL.len();

/// No route.
const NONE: u32 = u32::MAX;

impl RouteTable {
    /// Compiles routes. Of several with the same method whose paths differ in nothing but parameter names,
    /// the first is taken.
    #[must_use]
    pub fn build<'a>(routes: impl Iterator<Item = (&'a PathTemplate, MethodKey)>, rules: Rules) -> Self {
        let mut table = Self {
            rules,
            nodes: vec![Node::new(ROOT, Branch::Static)],
            steps: HashTable::new(),
            hasher: FixedState::with_seed(0),
        };
        for (route, (template, method)) in (0..NONE).zip(routes) {
            let mut at = ROOT;
            for segment in template.segments() {
                at = match segment {
                    Segment::Static(text) => table.static_child(at, &matching_text(text)),
                    Segment::Parameter(_) => table.child(at, |node| &mut node.parameter),
                    Segment::Greedy(_) => table.child(at, |node| &mut node.greedy),
                };
            }
            if let Some(node) = table.nodes.get_mut(at as usize) {
                node.routes.insert(method, route);
            }
        }
        table
    }

    /// The route that a request takes; `None` as the method is one that API Gateway does not know, and matches nothing.
    #[must_use]
    pub fn find(&self, path: &CanonicalPath, method: Option<Method>) -> Option<Found> {
        self.find_counting(path, method).0
    }

    /// [`find`](Self::find), with the number of nodes that were looked at, the same one again included.
    ///
    /// A node has one place in the tree and at most two branches to come back from, so a search looks at most
    /// three times at each node whose template matches the beginning of the path. Without parameters beside static
    /// text that is one node for each segment. A table can make it look at `2^n` nodes for `n` segments only by
    /// holding as many.
    #[must_use]
    pub fn find_counting(&self, path: &CanonicalPath, method: Option<Method>) -> (Option<Found>, u32) {
        let mut looked_at = 0;
        let Some(method) = method else { return (None, looked_at) };
        let length = self.rules.segment_count(path);
        let mut ended_by_greedy = None;
        let mut at = ROOT;
        let mut depth = 0;
        let mut back_from = None;
        while let Some(node) = self.nodes.get(at as usize) {
            looked_at += 1;
            if depth == length {
                if let Some(route) = node.routes.get(method) {
                    return (Some(Found { route }), looked_at);
                }
            } else if let Some(child) = self.next_child(at, node, path.matching_segment(depth), back_from) {
                at = child;
                depth += 1;
                back_from = None;
                continue;
            } else if ended_by_greedy.is_none() {
                ended_by_greedy = self.greedy_route(node, method);
                if self.rules == Rules::Rest && ended_by_greedy.is_some() {
                    break;
                }
            }
            if at == ROOT {
                break;
            }
            back_from = Some(node.reached_by);
            at = node.parent;
            depth -= 1;
        }
        (ended_by_greedy.map(|route| Found { route }), looked_at)
    }

    /// The next child to try for a segment, after those that were tried before.
    fn next_child(&self, at: u32, node: &Node, segment: &str, back_from: Option<Branch>) -> Option<u32> {
        if back_from.is_none()
            && let Some(step) = self.static_step(at, segment)
        {
            return Some(step.to);
        }
        match node.parameter {
            Some(child) if back_from != Some(Branch::Parameter) && !segment.is_empty() => Some(child.get()),
            _ => None,
        }
    }

    fn greedy_route(&self, node: &Node, method: Method) -> Option<u32> {
        self.nodes.get(node.greedy?.get() as usize)?.routes.get(method)
    }

    fn static_step(&self, from: u32, text: &str) -> Option<&StaticStep> {
        let hash = self.hasher.hash_one((from, text));
        self.steps.find(hash, |step| step.from == from && *step.text == *text)
    }

    fn static_child(&mut self, from: u32, text: &str) -> u32 {
        if let Some(step) = self.static_step(from, text) {
            return step.to;
        }
        let to = self.add(from, Branch::Static);
        let hash = self.hasher.hash_one((from, text));
        let hasher = &self.hasher;
        self.steps.insert_unique(hash, StaticStep { from, text: text.into(), to }, |step| {
            hasher.hash_one((step.from, &*step.text))
        });
        to
    }

    fn child(&mut self, from: u32, place: fn(&mut Node) -> &mut Option<NonZeroU32>) -> u32 {
        if let Some(child) = self.nodes.get_mut(from as usize).and_then(|node| *place(node)) {
            return child.get();
        }
        let to = self.add(from, Branch::Parameter);
        if let Some(node) = self.nodes.get_mut(from as usize) {
            *place(node) = NonZeroU32::new(to);
        }
        to
    }

    /// Memory ends long before the numbers do.
    fn add(&mut self, parent: u32, reached_by: Branch) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.push(Node::new(parent, reached_by));
        id
    }
}

impl Rules {
    /// How many segments of a path are matched.
    fn segment_count(self, path: &CanonicalPath) -> usize {
        path.segment_count() - usize::from(self.drops_last(path))
    }

    /// Whether the empty segment behind a trailing slash is left out.
    fn drops_last(self, path: &CanonicalPath) -> bool {
        self == Self::Rest && path.has_trailing_slash()
    }
}

impl Node {
    const fn new(parent: u32, reached_by: Branch) -> Self {
        Self { parent, reached_by, parameter: None, greedy: None, routes: ByMethod([NONE; METHODS + 1]) }
    }
}

impl ByMethod {
    fn insert(&mut self, method: MethodKey, route: u32) {
        let place = match method {
            MethodKey::Only(method) => method as usize,
            MethodKey::Any => METHODS,
        };
        if let Some(place) = self.0.get_mut(place).filter(|place| **place == NONE) {
            *place = route;
        }
    }

    /// The method's own route goes before that of `ANY`.
    fn get(&self, method: Method) -> Option<u32> {
        let at = |place: usize| self.0.get(place).copied().filter(|route| *route != NONE);
        at(method as usize).or_else(|| at(METHODS))
    }
}

/// The parameters of a template and their values in a path that it matches, percent-encoded as the path spells them.
pub fn parameters<'a>(
    template: &'a PathTemplate,
    path: &'a CanonicalPath,
    rules: Rules,
) -> impl Iterator<Item = (&'a ParameterName, &'a str)> {
    // The n-th segment of a template is matched by the n-th of the path; a greedy one takes all from there.
    template.segments().iter().enumerate().filter_map(move |(position, segment)| match segment {
        Segment::Static(_) => None,
        Segment::Parameter(name) => Some((name, path.segment(position))),
        Segment::Greedy(name) => {
            let rest = path.from_segment(position);
            let without_slash = rest.strip_suffix('/').filter(|_| rules.drops_last(path));
            Some((name, without_slash.unwrap_or(rest)))
        }
    })
}

/// A template's text in the form in which a path's segments are held against it, so that both may be spelled in
/// any way. What no path can hold stays as it is and is never matched.
fn matching_text(text: &str) -> Box<str> {
    match CanonicalPath::parse(&format!("/{text}")) {
        Ok(path) => path.matching_segment(0).into(),
        Err(_) => text.into(),
    }
}

#[cfg(test)]
mod tests;
