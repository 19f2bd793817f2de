//! Rendering: a walk over the tree, with the values on a heap of its own.

mod arithmetic;
mod assign;
mod context;
mod expression;
mod input;
mod macros;
mod methods;
mod print;
mod reference;
mod util;

use bumpalo::Bump;

use super::limits::{
    BLOCK_DEPTH, BYTES_PER_STEP, FUEL, HEAP_BYTES_MAX, OUTPUT_BYTES_MAX, RENDER_DEPTH_MAX, ROUNDS_MAX,
};
use super::tree::{Foreach, Macros, Node};
use super::{Overrides, Scope};
use crate::LanguageError;
use crate::heap::{Heap, ListId, ListKind, Map, MapId, Value, bytes_of_list, bytes_of_map};
use macros::Frame;

pub(super) use methods::Pattern;

/// What a reference can mean.
#[derive(Debug, Clone, Copy)]
enum Item<'a> {
    Value(Value<'a>),
    /// `$input`
    Input,
    /// `$util`
    Util,
    /// `$context`
    Context,
    /// A part of `$context` that can be set.
    Override(context::Place),
    /// `$stageVariables`
    StageVariables,
    /// `$input.params()`
    Parameters,
    /// `$input.params().header` and its like.
    ParametersOf(super::Parameters),
    /// What `#define` has set a variable to.
    Block(&'a [Node]),
    /// `$foreach`: which of the loops.
    Loop(usize),
}

/// Why rendering goes no further.
#[derive(Debug)]
enum Halt {
    /// `#break`
    Break,
    /// `#stop`
    Stop,
    Error(Box<LanguageError>),
}

impl From<LanguageError> for Halt {
    fn from(error: LanguageError) -> Self {
        Self::Error(Box::new(error))
    }
}

/// A `#foreach`: one that runs, or that has ended and that a variable still means.
#[derive(Debug, Clone, Copy)]
struct Loop {
    index: usize,
    count: usize,
    /// The one around it.
    parent: Option<usize>,
    /// Whether a variable means it.
    is_kept: bool,
}

/// What has been made of the scope so far.
#[derive(Debug, Default)]
struct Made<'a> {
    body: Option<Value<'a>>,
    context: Option<MapId>,
    stage_variables: Option<MapId>,
    parameters: Option<MapId>,
    parameters_of: [Option<MapId>; 3],
}

/// A rendering.
struct Renderer<'a> {
    scope: &'a dyn Scope,
    macros: &'a Macros,
    heap: Heap<'a>,
    out: String,
    variables: Vec<Option<Item<'a>>>,
    frames: Vec<Frame<'a>>,
    /// The macro whose block is being rendered.
    frame: Option<usize>,
    /// Those that run, and before them or between them those that are kept.
    loops: Vec<Loop>,
    /// The innermost that runs.
    innermost: Option<usize>,
    /// The `#define`d blocks that are being rendered.
    blocks: Vec<&'a [Node]>,
    made: Made<'a>,
    /// The pattern that was compiled last, and whether it is for whole texts.
    pattern: Option<(Box<str>, bool, Pattern)>,
    overrides: Overrides,
    fuel: u64,
    depth: usize,
    /// What of the heap is the body's.
    body_bytes: usize,
    /// Where in the template the reference stands that is being looked at.
    offset: usize,
}

/// Renders a template, to a text of about this length: the text, and what it overrides.
pub(super) fn render(
    block: &[Node],
    macros: &Macros,
    variables: usize,
    length: usize,
    scope: &dyn Scope,
    overrides: Overrides,
) -> Result<(String, Overrides), LanguageError> {
    let texts = Bump::new();
    let mut renderer = Renderer {
        scope,
        macros,
        heap: Heap::new(&texts),
        out: String::with_capacity(length),
        variables: vec![None; variables],
        frames: Vec::new(),
        frame: None,
        loops: Vec::new(),
        innermost: None,
        blocks: Vec::new(),
        made: Made::default(),
        pattern: None,
        overrides,
        fuel: FUEL,
        depth: 0,
        body_bytes: 0,
        offset: 0,
    };
    match renderer.block(block) {
        Ok(()) | Err(Halt::Break | Halt::Stop) => Ok((renderer.out, renderer.overrides)),
        Err(Halt::Error(error)) => Err(*error),
    }
}

impl<'a> Renderer<'a> {
    fn error(&self, message: impl Into<String>) -> Halt {
        LanguageError::new(self.offset, message).into()
    }

    /// Takes a step.
    fn step(&mut self) -> Result<(), Halt> {
        self.steps(1)
    }

    fn steps(&mut self, count: u64) -> Result<(), Halt> {
        match self.fuel.checked_sub(count) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(self.error("the template takes too long: let it do less, or shorten its loops")),
        }
    }

    /// Takes the steps that working on so many bytes needs.
    fn work(&mut self, bytes: usize) -> Result<(), Halt> {
        self.steps(1 + (bytes / BYTES_PER_STEP) as u64)
    }

    /// Prints.
    fn print(&mut self, text: &str) -> Result<(), Halt> {
        self.check_output(text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    /// Whether so many bytes more can be printed.
    fn check_output(&self, more: usize) -> Result<(), Halt> {
        if self.out.len() + more > OUTPUT_BYTES_MAX {
            return Err(self.error(format!("the template makes more than {OUTPUT_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    /// Whether so many bytes more can be kept.
    fn room(&self, more: usize) -> Result<(), Halt> {
        let made = self.heap.bytes().saturating_sub(self.body_bytes);
        if made.saturating_add(more) > HEAP_BYTES_MAX {
            return Err(self.error("the template makes too many or too long texts, lists and maps"));
        }
        Ok(())
    }

    /// What making a list of so many elements takes.
    fn before_list(&mut self, count: usize) -> Result<(), Halt> {
        self.steps(1 + count as u64)?;
        self.room(bytes_of_list(count))
    }

    /// Makes a list of values, for which [`Self::before_list`] has been asked.
    fn list(&mut self, kind: ListKind, values: Vec<Value<'a>>) -> Item<'a> {
        Item::Value(Value::List(self.heap.new_list_of(kind, values)))
    }

    /// The elements of a list, copied.
    fn copied(&mut self, id: ListId) -> Result<Vec<Value<'a>>, Halt> {
        self.before_list(self.heap.list(id).len())?;
        Ok(self.heap.list(id).to_vec())
    }

    /// Makes a map.
    fn map(&mut self, map: Map<'a>) -> Result<MapId, Halt> {
        let count = map.entries().len();
        self.steps(1 + count as u64)?;
        self.room(bytes_of_map(count))?;
        Ok(self.heap.new_map(map))
    }

    /// Keeps a text.
    fn keep(&mut self, text: &str) -> Result<&'a str, Halt> {
        self.work(text.len())?;
        self.room(text.len())?;
        Ok(self.heap.text(text))
    }

    fn keep_value(&mut self, text: &str) -> Result<Value<'a>, Halt> {
        Ok(Value::Text(self.keep(text)?))
    }

    /// Does something that prints, and gives what it has printed instead.
    fn captured(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Halt>) -> Result<String, Halt> {
        let start = self.out.len();
        let result = work(self);
        let text = self.out.split_off(start);
        result.map(|()| text)
    }

    /// The same, where the text is kept, without its last so many bytes.
    fn captured_text(
        &mut self,
        but: usize,
        work: impl FnOnce(&mut Self) -> Result<(), Halt>,
    ) -> Result<&'a str, Halt> {
        let start = self.out.len();
        let result = work(self);
        // Taken out for as long as it is read.
        let mut out = std::mem::take(&mut self.out);
        let end = out.len().saturating_sub(but).max(start);
        let text = result.and_then(|()| self.keep(out.get(start..end).unwrap_or_default()));
        out.truncate(start);
        self.out = out;
        text
    }

    /// Does something one block deeper.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Halt>) -> Result<T, Halt> {
        self.descend(BLOCK_DEPTH)?;
        let result = work(self);
        self.depth -= BLOCK_DEPTH;
        result
    }

    /// Takes levels of the depth, which whoever takes them gives back, unless rendering ends.
    fn descend(&mut self, levels: usize) -> Result<(), Halt> {
        if self.depth + levels > RENDER_DEPTH_MAX {
            return Err(self.error("the template calls itself, or nests lists and maps, too deep"));
        }
        self.depth += levels;
        Ok(())
    }

    fn block(&mut self, block: &'a [Node]) -> Result<(), Halt> {
        for node in block {
            self.step()?;
            self.node(node)?;
        }
        Ok(())
    }

    fn node(&mut self, node: &'a Node) -> Result<(), Halt> {
        match node {
            Node::Text(text) => self.print(text),
            Node::Reference(printed) => self.print_reference(printed),
            Node::Set(set) => {
                let (target, value) = &**set;
                match self.expression(value)? {
                    Some(item) => self.assign(target, item),
                    // Velocity leaves a variable as it is where the value is null.
                    None => Ok(()),
                }
            }
            Node::If(branches, otherwise) => {
                for (condition, block) in branches {
                    if self.is_true(condition)? {
                        return self.deeper(|renderer| renderer.block(block));
                    }
                }
                match otherwise {
                    Some(block) => self.deeper(|renderer| renderer.block(block)),
                    None => Ok(()),
                }
            }
            Node::Foreach(foreach) => self.deeper(|renderer| renderer.foreach(foreach)),
            Node::Break => Err(Halt::Break),
            Node::Stop => Err(Halt::Stop),
            Node::Define(slot, block) => self.put(*slot, Some(Item::Block(block))),
            Node::Call(call) => self.deeper(|renderer| renderer.call(call)),
        }
    }

    fn foreach(&mut self, foreach: &'a Foreach) -> Result<(), Halt> {
        let Some(of) = self.expression(&foreach.of)? else {
            return Ok(());
        };
        let Some((elements, count)) = self.elements(of)? else {
            return Ok(());
        };
        let saved = self.get(foreach.element)?;
        let parent = self.innermost;
        let at = self.loops.len();
        self.loops.push(Loop { index: 0, count, parent, is_kept: false });
        self.innermost = Some(at);
        let mut result = Ok(());
        for (index, element) in elements.into_iter().enumerate() {
            if let Some(running) = self.loops.get_mut(at) {
                running.index = index;
            }
            result = self
                .step()
                .and_then(|()| self.put(foreach.element, Some(Item::Value(element))))
                .and_then(|()| self.block(&foreach.block));
            if result.is_err() {
                break;
            }
        }
        self.innermost = parent;
        // One that is kept keeps those before it.
        if self.loops.len() == at + 1 && self.loops.last().is_some_and(|it| !it.is_kept) {
            self.loops.pop();
        }
        match result {
            Ok(()) | Err(Halt::Break) => self.put(foreach.element, saved),
            Err(halt) => Err(halt),
        }
    }

    /// What a `#foreach` goes through, as far as it goes, and how many there are. None where it is nothing to go through.
    fn elements(&mut self, of: Item<'a>) -> Result<Option<(Vec<Value<'a>>, usize)>, Halt> {
        let value = self.value_of_item(of)?;
        let count = match value {
            Some(Value::List(id)) => self.heap.list(id).len(),
            Some(Value::Map(id)) => self.heap.map(id).map_or(0, |map| map.entries().len()),
            _ => 0,
        };
        self.steps(count.min(ROUNDS_MAX) as u64 / 4)?;
        Ok(match value {
            Some(Value::List(id)) if self.heap.list_kind(id) == ListKind::Iterator => {
                let list = self.heap.list_mut(id).map(std::mem::take).unwrap_or_default();
                let length = list.len();
                Some((list.into_iter().rev().take(ROUNDS_MAX).collect(), length))
            }
            Some(Value::List(id)) => {
                let all = self.heap.list(id);
                Some((all.iter().copied().take(ROUNDS_MAX).collect(), all.len()))
            }
            Some(Value::Map(id)) => self.heap.map(id).map(|map| {
                let values = map.entries().iter().map(|(_, value)| *value);
                (values.take(ROUNDS_MAX).collect(), map.entries().len())
            }),
            _ => None,
        })
    }
}
