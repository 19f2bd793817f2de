//! From tokens to a tree.

mod directives;
mod expressions;
mod references;
mod strings;

use std::collections::{BTreeMap, VecDeque};

use super::lexer::{Kind, Lexer, Token};
use super::limits::{NESTING_MAX, PATTERNS_MAX};
use super::render::Pattern;
use super::tree::{Block, Macros, Node, Slot};
use crate::LanguageError;
use crate::json_path::JsonPath;

/// How many problems of a template are told.
const PROBLEMS_MAX: usize = 20;

/// The names and macros of a template, those in its texts included.
#[derive(Debug, Default)]
pub(super) struct Names {
    slots: BTreeMap<Box<str>, Slot>,
    pub(super) macros: Macros,
    /// What will fail where it is used.
    pub(super) problems: Vec<LanguageError>,
    /// The patterns that are known beforehand, each once.
    patterns: BTreeMap<(Box<str>, bool), Result<Pattern, LanguageError>>,
    paths_with_patterns: usize,
}

impl Names {
    /// How many variables there are.
    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    /// The place of a variable.
    pub(super) fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let slot = self.slots.len();
        self.slots.insert(name.into(), slot);
        slot
    }

    /// A pattern that is known beforehand, compiled once however often it stands in the template.
    pub(super) fn pattern(
        &mut self,
        text: &str,
        method: &str,
        offset: usize,
    ) -> Result<Pattern, LanguageError> {
        if let Some(plain) = Pattern::plain(text) {
            return Ok(plain);
        }
        let key = (Box::from(text), method == "matches");
        let compiled = match self.patterns.get(&key) {
            Some(known) => known.clone(),
            None if self.patterns.len() >= PATTERNS_MAX => Err(too_many_patterns()),
            None => {
                let compiled = Pattern::parse(text, method);
                self.patterns.insert(key, compiled.clone());
                compiled
            }
        };
        if let Err(error) = &compiled {
            self.problem(offset, error);
        }
        compiled
    }

    /// A path that is known beforehand. One with patterns counts as one of these.
    pub(super) fn path(&mut self, text: &str, offset: usize) -> Result<JsonPath, LanguageError> {
        self.paths_with_patterns += usize::from(text.contains("=~"));
        let compiled = match self.paths_with_patterns {
            ..=PATTERNS_MAX => JsonPath::parse(text),
            _ => Err(too_many_patterns()),
        };
        if let Err(error) = &compiled {
            self.problem(offset, error);
        }
        compiled
    }

    /// Notes what will fail where it is used.
    pub(super) fn problem(&mut self, offset: usize, error: &LanguageError) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(LanguageError::new(offset, error.message.clone()));
        }
    }

    pub(super) fn has_macro(&self, name: &str) -> bool {
        self.macros.contains_key(name)
    }
}

fn too_many_patterns() -> LanguageError {
    LanguageError::new(0, format!("the template has more than {PATTERNS_MAX} different patterns: use fewer"))
}

/// Parses a template.
pub(super) fn parse(text: &str, names: &mut Names) -> Result<Block, LanguageError> {
    parse_within(text, names, 0)
}

/// Parses a text at so many levels below a template.
fn parse_within(text: &str, names: &mut Names, depth: usize) -> Result<Block, LanguageError> {
    let mut parser = Parser { text, lexer: Lexer::new(text), ahead: VecDeque::new(), names, depth };
    let block = parser.block()?;
    match parser.peek(0)? {
        token if token.kind == Kind::End => Ok(block),
        token => Err(parser.unexpected(&token)),
    }
}

struct Parser<'t, 'n> {
    text: &'t str,
    lexer: Lexer<'t>,
    ahead: VecDeque<Token>,
    names: &'n mut Names,
    depth: usize,
}

impl<'t> Parser<'t, '_> {
    /// A token that is still to come, read as late as possible.
    fn peek(&mut self, position: usize) -> Result<Token, LanguageError> {
        while self.ahead.len() <= position {
            let token = self.lexer.next()?;
            self.ahead.push_back(token);
        }
        self.ahead
            .get(position)
            .cloned()
            .ok_or_else(|| LanguageError::new(self.text.len(), "the template ends here"))
    }

    fn peek_kind(&mut self) -> Result<Kind, LanguageError> {
        if self.ahead.is_empty() {
            let token = self.lexer.next()?;
            self.ahead.push_back(token);
        }
        Ok(self.ahead.front().map_or(Kind::End, |token| token.kind))
    }

    fn next(&mut self) -> Result<Token, LanguageError> {
        match self.ahead.pop_front() {
            Some(token) => Ok(token),
            None => self.lexer.next(),
        }
    }

    fn expect(&mut self, kind: Kind) -> Result<Token, LanguageError> {
        let token = self.next()?;
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token)) }
    }

    fn skip_space(&mut self) -> Result<(), LanguageError> {
        if self.peek_kind()? == Kind::Space {
            self.next()?;
        }
        Ok(())
    }

    fn image(&self, token: &Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn unexpected(&self, token: &Token) -> LanguageError {
        let message = match token.kind {
            Kind::End => {
                "the template ends before this is complete: an `#end` or a closing bracket is missing"
                    .to_owned()
            }
            _ => format!("{} cannot stand here", crate::error::shown(self.image(token))),
        };
        LanguageError::new(token.start, message)
    }

    /// Does something one level deeper.
    fn deeper<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LanguageError>,
    ) -> Result<T, LanguageError> {
        if self.depth >= NESTING_MAX {
            let at = self.ahead.front().map_or(0, |token| token.start);
            let message =
                format!("the template is nested more than {NESTING_MAX} levels deep here: make it flatter");
            return Err(LanguageError::new(at, message));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// Statements, up to what is none.
    fn block(&mut self) -> Result<Block, LanguageError> {
        let mut nodes = Nodes::default();
        loop {
            match self.peek_kind()? {
                Kind::Identifier => self.printed_reference(&mut nodes)?,
                Kind::BraceLeft => match self.peek(1)?.kind {
                    Kind::Identifier => self.printed_reference(&mut nodes)?,
                    _ => self.plain(&mut nodes)?,
                },
                Kind::If => {
                    let node = self.deeper(Self::if_statement)?;
                    nodes.push(node);
                }
                Kind::LineCommentStart => {
                    self.comment(&mut nodes)?;
                    if self.peek_kind()? == Kind::LineCommentEnd {
                        self.next()?;
                    }
                }
                Kind::Comment => self.comment(&mut nodes)?,
                Kind::TextBlock => {
                    let token = self.next()?;
                    let image = self.image(&token);
                    nodes.text(image.get(3..image.len().saturating_sub(3)).unwrap_or_default());
                }
                Kind::Set => {
                    let node = self.deeper(Self::set)?;
                    nodes.extend(node);
                }
                Kind::EscapedDirective => {
                    // Marks before it that were nothing are lost.
                    let token = self.next()?;
                    nodes.text(&self.escaped_directive(&token));
                }
                Kind::DoubleEscape => self.escapes(&mut nodes)?,
                Kind::Word | Kind::BracketedWord => self.deeper(|parser| parser.directive(&mut nodes))?,
                Kind::Text
                | Kind::Dot
                | Kind::Right
                | Kind::Left
                | Kind::Integer
                | Kind::Float
                | Kind::Quoted
                | Kind::Escape
                | Kind::BraceRight
                | Kind::EmptyIndex => self.plain(&mut nodes)?,
                _ => return Ok(nodes.finished()),
            }
        }
    }

    /// A token that is text here.
    fn plain(&mut self, nodes: &mut Nodes) -> Result<(), LanguageError> {
        let token = self.next()?;
        nodes.text(&token.before);
        let image = if token.kind == Kind::Dot { "." } else { self.image(&token) };
        nodes.text(image);
        Ok(())
    }

    /// A comment is nothing, but for marks that were read together with its beginning.
    fn comment(&mut self, nodes: &mut Nodes) -> Result<(), LanguageError> {
        let token = self.next()?;
        let image = self.image(&token);
        if let Some(end) = image.find("##").or_else(|| image.find("#*")) {
            nodes.text(image.get(..end).unwrap_or_default());
        }
        Ok(())
    }
}

/// Statements under construction: texts beside each other become one.
#[derive(Debug, Default)]
struct Nodes {
    done: Vec<Node>,
    /// The text that stands behind them so far.
    text: String,
}

impl Nodes {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn push(&mut self, node: Node) {
        self.end_text();
        self.done.push(node);
    }

    fn extend(&mut self, node: Option<Node>) {
        if let Some(node) = node {
            self.push(node);
        }
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.done.push(Node::Text(std::mem::take(&mut self.text).into_boxed_str()));
        }
    }

    fn finished(mut self) -> Block {
        self.end_text();
        self.done.into_boxed_slice()
    }
}
