//! Puts nodes together from what a reader meets, and holds the limits that both syntaxes share.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatelet_model::{Problem, Problems};

use super::node::{Entry, Mapping, Node, Value};
use super::{MAX_DEPTH, MAX_NODES, MAX_PROBLEMS, Source, Span};

/// A finished node with what the limits need to know about it.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) node: Node,
    /// How many containers stand inside one another in it: 0 for a scalar.
    pub(super) height: usize,
    pub(super) weight: Weight,
}

/// How large a node is when everything in it is written out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) nodes: usize,
    pub(super) bytes: usize,
}

impl Weight {
    pub(super) fn plus(self, other: Self) -> Self {
        let nodes = self.nodes.saturating_add(other.nodes);
        Self { nodes, bytes: self.bytes.saturating_add(other.bytes) }
    }
}

/// A key that waits for its value.
#[derive(Debug)]
struct Key {
    text: Arc<str>,
    span: Span,
    /// Whether it is YAML's merge key.
    merges: bool,
}

#[derive(Debug)]
enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Key>, merged: Vec<Mapping> },
}

/// A container that is not closed yet.
#[derive(Debug)]
struct Frame {
    start: usize,
    /// Where the last thing in it ended.
    end: u32,
    content: Content,
    height: usize,
    weight: Weight,
}

#[derive(Debug)]
pub(super) struct Builder<'s> {
    source: &'s Source,
    stack: Vec<Frame>,
    root: Option<Node>,
    nodes: usize,
    problems: Problems,
}

impl Built {
    pub(super) fn scalar(value: Value, span: Span) -> Self {
        let bytes = match &value {
            Value::String(text) | Value::Number(text) => text.len(),
            _ => 0,
        };
        Self { node: Node { span, value }, height: 0, weight: Weight { nodes: 1, bytes } }
    }
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self { source, stack: Vec::new(), root: None, nodes: 0, problems: Problems::new() }
    }

    pub(super) fn open_sequence(&mut self, span: Span) -> Result<(), Problem> {
        self.open(span, Content::Sequence(Vec::new()))
    }

    pub(super) fn open_mapping(&mut self, span: Span) -> Result<(), Problem> {
        self.open(span, Content::Mapping { entries: Vec::new(), key: None, merged: Vec::new() })
    }

    fn open(&mut self, span: Span, content: Content) -> Result<(), Problem> {
        self.check_depth(1, span)?;
        let weight = Weight { nodes: 1, bytes: 0 };
        self.stack.push(Frame { start: span.start as usize, end: span.end, content, height: 0, weight });
        Ok(())
    }

    /// Whether the next thing is a key.
    pub(super) fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Mapping { key: None, .. }, .. }))
    }

    pub(super) fn key(&mut self, text: &str, span: Span, merges: bool) {
        if let Some(frame) = self.stack.last_mut()
            && let Content::Mapping { key, .. } = &mut frame.content
        {
            *key = Some(Key { text: text.into(), span, merges });
            frame.end = frame.end.max(span.end);
            frame.weight = frame.weight.plus(Weight { nodes: 0, bytes: text.len() });
        }
    }

    /// Puts a node where the reader stands: into the innermost open container, or at the root.
    /// Its inner nodes count only if `is_repeated`, because otherwise each was added before.
    pub(super) fn add(&mut self, built: Built, is_repeated: bool) -> Result<(), Problem> {
        let span = built.node.span;
        self.nodes = self.nodes.saturating_add(if is_repeated { built.weight.nodes } else { 1 });
        if self.nodes > MAX_NODES {
            return Err(Problem::error(format!("the definition has more than {MAX_NODES} values"))
                .help("split the API, or leave out examples")
                .at(self.source.place(span)));
        }
        self.check_depth(built.height, span)?;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(built.node);
            return Ok(());
        };
        frame.end = frame.end.max(span.end);
        frame.height = frame.height.max(built.height);
        frame.weight = frame.weight.plus(built.weight);
        match &mut frame.content {
            Content::Sequence(items) => items.push(built.node),
            Content::Mapping { entries, key, merged } => match key.take() {
                Some(key) if key.merges => {
                    let value = built.node;
                    return Self::merge(self.source, merged, &value);
                }
                Some(key) => entries.push(Entry { key: key.text, key_span: key.span, value: built.node }),
                None => {}
            },
        }
        Ok(())
    }

    /// YAML's `<<`: a mapping, or a sequence of mappings of which the earlier wins.
    fn merge(source: &Source, merged: &mut Vec<Mapping>, value: &Node) -> Result<(), Problem> {
        let values = value.as_sequence().unwrap_or(std::slice::from_ref(value));
        for value in values {
            let Some(mapping) = value.as_mapping() else {
                let found = value.type_name();
                return Err(Problem::error(format!("`<<` merges mappings, found a {found}"))
                    .help(
                        "name an anchored mapping such as `<<: *defaults`; for a key `<<` write it in quotes",
                    )
                    .at(source.place(value.span)));
            };
            merged.push(mapping.clone());
        }
        Ok(())
    }

    /// Closes the innermost container. Without a bracket of its own (`end` is none) it ends with the last thing in it.
    pub(super) fn close(&mut self, end: Option<usize>) -> Result<Built, Problem> {
        let Some(frame) = self.stack.pop() else {
            let end = Span::new(end.unwrap_or_default(), end.unwrap_or_default());
            return Err(
                Problem::error("a bracket is closed that was never opened").at(self.source.place(end))
            );
        };
        let Frame { start, end: content_end, content, height, weight } = frame;
        let span = Span::new(start, end.unwrap_or(content_end as usize));
        let value = match content {
            Content::Sequence(items) => Value::Sequence(items.into()),
            Content::Mapping { mut entries, merged, .. } => {
                append_merged(&mut entries, &merged);
                let (mapping, repeated) = Mapping::new(entries);
                for repeated in repeated {
                    let first = self.source.place(repeated.first);
                    self.report(
                        Problem::error(format!("the key `{}` is given twice", repeated.key))
                            .help(format!(
                                "keep one of them; the first is on line {}, column {}",
                                first.line, first.column
                            ))
                            .at(self.source.place(repeated.again)),
                    )?;
                }
                Value::Mapping(mapping)
            }
        };
        Ok(Built { node: Node { span, value }, height: height + 1, weight })
    }

    /// Where the innermost open container began.
    pub(super) fn innermost(&self) -> Option<usize> {
        self.stack.last().map(|frame| frame.start)
    }

    /// Whether the innermost open container is a mapping.
    pub(super) fn is_in_mapping(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Mapping { .. }, .. }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    /// Keeps a problem behind which reading can go on; the last that is kept stops it.
    pub(super) fn report(&mut self, problem: Problem) -> Result<(), Problem> {
        if self.problems.len() + 1 >= MAX_PROBLEMS {
            return Err(problem);
        }
        self.problems.push(problem);
        Ok(())
    }

    /// The whole document, or everything that was reported.
    pub(super) fn finish(self) -> Result<Option<Node>, Problems> {
        if self.problems.is_empty() { Ok(self.root) } else { Err(self.problems) }
    }

    /// Everything that was reported, and what stopped the reading.
    pub(super) fn stopped_by(mut self, problem: Problem) -> Problems {
        self.problems.push(problem);
        self.problems
    }

    fn check_depth(&self, height: usize, span: Span) -> Result<(), Problem> {
        if self.stack.len() + height <= MAX_DEPTH {
            return Ok(());
        }
        Err(too_deep().at(self.source.place(span)))
    }
}

pub(super) fn too_deep() -> Problem {
    Problem::error(format!("more than {MAX_DEPTH} mappings and sequences stand inside one another"))
        .help("move inner schemas to `components/schemas` (OpenAPI 3) or `definitions` (2.0) and name them with `$ref`")
}

/// Merged entries come last and only where the mapping has no such key itself.
fn append_merged(entries: &mut Vec<Entry>, merged: &[Mapping]) {
    if merged.is_empty() {
        return;
    }
    let mut known: BTreeSet<Arc<str>> = entries.iter().map(|entry| Arc::clone(&entry.key)).collect();
    for entry in merged.iter().flat_map(Mapping::iter) {
        if known.insert(Arc::clone(&entry.key)) {
            entries.push(entry.clone());
        }
    }
}
