//! YAML 1.2, from the events of the `saphyr-parser` crate.
//!
//! Here live anchors, tags and the meaning of plain scalars; the crate knows only the syntax.

mod explain;
mod scalar;
mod tag;

use std::cell::Cell;
use std::str::Chars;

use gatelet_model::{Problem, Problems};
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Markers, Tag as ParsedTag};

use super::builder::{Builder, Built, Weight};
use super::node::{Node, Value};
use super::{MAX_ALIASED_BYTES, MAX_ALIASED_NODES, Source, Span, no_content};
use tag::Tag;

/// How many of `, : [ {` the parser may read before it says what they are.
///
/// It holds back a flow collection (`{..}`) until it is sure that it is no key, about 250 bytes of memory for each
/// of these characters: without a bound a 6 MB file would take 600 MB.
const MAX_UNDECIDED_INDICATORS: usize = 250_000;

pub(super) fn read(source: &Source) -> Result<Node, Problems> {
    let meter = Meter::default();
    let mut reader = Reader {
        source,
        builder: Builder::new(source),
        cursor: Cursor { text: source.text(), character: 0, byte: 0 },
        open: Vec::new(),
        anchors: Vec::new(),
        aliased: Weight::default(),
    };
    match reader.read(&meter) {
        Ok(()) => reader.builder.finish()?.ok_or_else(|| no_content(source).into()),
        Err(problem) => Err(reader.builder.stopped_by(problem)),
    }
}

struct Reader<'s> {
    source: &'s Source,
    builder: Builder<'s>,
    cursor: Cursor<'s>,
    /// What the parser said when it opened the containers that are still open.
    open: Vec<Open>,
    /// What an anchor names, by the parser's number for it; nothing while it is still being read.
    anchors: Vec<Option<Built>>,
    aliased: Weight,
}

/// What stands before a node: `&anchor !tag`.
struct Properties {
    anchor: usize,
    tag: Tag,
    tag_span: Span,
}

struct Open {
    properties: Properties,
    /// Whether it began with a bracket, so that it ends with one.
    is_flow: bool,
}

impl<'s> Reader<'s> {
    fn read(&mut self, meter: &Meter) -> Result<(), Problem> {
        let mut parser = Parser::new_from_iter(Metered { characters: self.source.text().chars(), meter });
        let mut documents = 0;
        loop {
            meter.spent.set(0);
            let event = parser.next_event();
            if meter.is_exhausted.get() {
                return Err(self.undecided());
            }
            match event {
                None => return Ok(()),
                Some(Err(error)) => {
                    let is_in_bracket = self.open.last().is_some_and(|open| open.is_flow);
                    let bracket = self.builder.innermost().filter(|_| is_in_bracket);
                    return Err(explain::explain(self.source, &mut self.cursor, &error, bracket));
                }
                Some(Ok((Event::DocumentStart(_), markers))) => {
                    documents += 1;
                    if documents > 1 {
                        let span = self.span(markers);
                        return Err(Problem::error("a second document begins here")
                            .help("a definition is one document: put the second into a file of its own, or remove the `---`")
                            .at(self.source.place(span)));
                    }
                }
                Some(Ok((event, markers))) => self.event(event, markers)?,
            }
        }
    }

    fn event(&mut self, event: Event<'_>, markers: Markers) -> Result<(), Problem> {
        match event {
            Event::Alias(anchor) => self.alias(anchor, markers),
            Event::Scalar(text, style, anchor, tag) => {
                let (properties, span) = self.properties(anchor, tag.as_deref(), markers)?;
                if self.builder.expects_key() {
                    self.key(&text, style, &properties, span)
                } else {
                    let value = match (&properties.tag, style) {
                        (Tag::Core(core), style) => scalar::tagged(core, &text, style)
                            .map_err(|problem| problem.at(self.source.place(span)))?,
                        (Tag::None, ScalarStyle::Plain) => scalar::plain(&text),
                        _ => Value::String(text.as_ref().into()),
                    };
                    self.put(Built::scalar(value, span), &properties)
                }
            }
            Event::SequenceStart(anchor, tag) => {
                let properties = self.open(anchor, tag.as_deref(), markers, "seq")?;
                self.builder.open_sequence(properties)
            }
            Event::MappingStart(anchor, tag) => {
                let properties = self.open(anchor, tag.as_deref(), markers, "map")?;
                self.builder.open_mapping(properties)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { properties, is_flow }) = self.open.pop() else { return Ok(()) };
                let bracket = self.span(markers).start as usize;
                let built = self.builder.close(is_flow.then_some(bracket + 1))?;
                self.put(built, &properties)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// Notes a container that opens, and tells where its content begins.
    fn open(
        &mut self,
        anchor: usize,
        tag: Option<&ParsedTag>,
        markers: Markers,
        core_type: &str,
    ) -> Result<Span, Problem> {
        let (mut properties, span) = self.properties(anchor, tag, markers)?;
        if self.builder.expects_key() {
            return Err(Problem::error("a key must be text, not a mapping or a sequence")
                .help("if this is text, put it in quotes")
                .at(self.source.place(span)));
        }
        if let Tag::Core(core) = properties.tag {
            if core != core_type {
                return Err(tag::misplaced(core).at(self.source.place(properties.tag_span)));
            }
            properties.tag = Tag::None;
        }
        let begins = self.source.text().get(span.start as usize..).unwrap_or_default();
        self.open.push(Open { properties, is_flow: begins.starts_with(['[', '{']) });
        Ok(span)
    }

    /// Applies what stands before a node, and puts it where it belongs.
    fn put(&mut self, built: Built, properties: &Properties) -> Result<(), Problem> {
        let built = match properties.tag {
            Tag::ShortForm(name) => tag::expand(name, properties.tag_span, built, self.source),
            Tag::None | Tag::Core(_) => built,
        };
        self.remember(properties.anchor, &built);
        self.builder.add(built, false)
    }

    fn key(
        &mut self,
        text: &str,
        style: ScalarStyle,
        properties: &Properties,
        span: Span,
    ) -> Result<(), Problem> {
        let is_plain = style == ScalarStyle::Plain;
        if let Tag::ShortForm(name) = properties.tag {
            return Err(Problem::error(format!("`!{name}` cannot be part of a key"))
                .help("CloudFormation's functions stand in values only")
                .at(self.source.place(properties.tag_span)));
        }
        if is_plain && text.is_empty() {
            return Err(Problem::error("a key is missing before this `:`")
                .help("write `key: value`")
                .at(self.source.place(span)));
        }
        self.remember(properties.anchor, &Built::scalar(Value::String(text.into()), span));
        let merges = is_plain && text == "<<" && matches!(properties.tag, Tag::None);
        self.builder.key(text, span, merges);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, markers: Markers) -> Result<(), Problem> {
        let span = self.span(markers);
        let Some(mut built) = self.anchors.get(anchor).cloned().flatten() else {
            return Err(Problem::error(format!("`{}` stands inside what it names", self.source.slice(span)))
                .help("a value cannot contain itself; for a recursive schema use `$ref`")
                .at(self.source.place(span)));
        };
        if self.builder.expects_key() {
            let Some(text) = built.node.scalar_text() else {
                return Err(Problem::error("a key must be text, not a mapping or a sequence")
                    .at(self.source.place(span)));
            };
            self.builder.key(text, span, false);
            return Ok(());
        }
        self.aliased = self.aliased.plus(built.weight);
        if self.aliased.nodes > MAX_ALIASED_NODES || self.aliased.bytes > MAX_ALIASED_BYTES {
            return Err(Problem::error(format!(
                "the aliases of this document stand for more than {MAX_ALIASED_NODES} values or {MAX_ALIASED_BYTES} bytes"
            ))
            .help("aliases of aliases multiply; write the values out or use `$ref`")
            .at(self.source.place(span)));
        }
        built.node.span = span;
        self.builder.add(built, true)
    }

    fn remember(&mut self, anchor: usize, built: &Built) {
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            if let Some(place) = self.anchors.get_mut(anchor) {
                *place = Some(built.clone());
            }
        }
    }

    /// Reads a node's tag and parts the span of the node from that of its properties.
    fn properties(
        &mut self,
        anchor: usize,
        tag: Option<&ParsedTag>,
        markers: Markers,
    ) -> Result<(Properties, Span), Problem> {
        if anchor == 0 && tag.is_none() {
            let span = self.span(markers);
            return Ok((Properties { anchor, tag: Tag::None, tag_span: Span::default() }, span));
        }
        let (tag_span, span) = tag::part(self.source, self.untrimmed(markers));
        let span = self.trimmed(span);
        let tag = match Tag::read(tag) {
            Ok(tag) => tag,
            Err(problem) => {
                self.builder.report(problem.at(self.source.place(tag_span)))?;
                Tag::None
            }
        };
        Ok((Properties { anchor, tag, tag_span }, span))
    }

    /// The bytes between two markers, without white space at the end.
    fn span(&mut self, markers: Markers) -> Span {
        let span = self.untrimmed(markers);
        self.trimmed(span)
    }

    fn untrimmed(&mut self, markers: Markers) -> Span {
        let start = self.cursor.byte_of(markers.start.index());
        let end = self.cursor.byte_of(markers.end.index());
        Span::new(start, end)
    }

    fn trimmed(&self, span: Span) -> Span {
        let start = span.start as usize;
        Span::new(start, start + self.source.slice(span).trim_end().len())
    }

    fn undecided(&self) -> Problem {
        let span = Span::new(self.cursor.byte, self.cursor.byte);
        Problem::error(format!("a value with more than {MAX_UNDECIDED_INDICATORS} of `,`, `:`, `[` and `{{` begins behind here"))
            .help("write so large a value as block YAML (one key or item per line), or the whole file as valid JSON")
            .at(self.source.place(span))
    }
}

/// Turns the parser's character indexes into byte offsets. They mostly grow, so each is found from the last one.
pub(super) struct Cursor<'s> {
    text: &'s str,
    character: usize,
    byte: usize,
}

impl Cursor<'_> {
    pub(super) fn byte_of(&mut self, character: usize) -> usize {
        let (before, after) = self.text.split_at_checked(self.byte).unwrap_or((self.text, ""));
        if character >= self.character {
            let mut passed = after.char_indices();
            let mut count = self.character;
            while count < character && passed.next().is_some() {
                count += 1;
            }
            self.character = count;
            self.byte += passed.offset();
        } else {
            let back = self.character - character;
            let mut characters = before.char_indices().rev();
            self.byte = characters.nth(back - 1).map_or(0, |(byte, _)| byte);
            self.character = character;
        }
        self.byte
    }
}

/// How much the parser has read since it last said something.
#[derive(Default)]
struct Meter {
    spent: Cell<usize>,
    is_exhausted: Cell<bool>,
}

/// The characters of a text up to what the meter allows.
struct Metered<'s, 'm> {
    characters: Chars<'s>,
    meter: &'m Meter,
}

impl Iterator for Metered<'_, '_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.characters.next()?;
        if matches!(character, ',' | ':' | '[' | '{') {
            let spent = self.meter.spent.get() + 1;
            self.meter.spent.set(spent);
            if spent > MAX_UNDECIDED_INDICATORS {
                self.meter.is_exhausted.set(true);
            }
        }
        (!self.meter.is_exhausted.get()).then_some(character)
    }
}
