//! Tokens of the template language.
//!
//! Which tokens there can be depends on where one stands: text, behind a `$`, between the parentheses of a directive, and so on.
//! Velocity 1.7 decides this with lexical states on a stack, and much of what templates rely on by accident follows from it
//! (a text between a reference and a `.`, white space that a directive swallows, a `$` that is nothing). So the states here are
//! those of Velocity's grammar, and of several possible tokens the longest counts, then the one that stands first in it
//! (<https://velocity.apache.org/engine/1.7/>).

mod rules;

use crate::LanguageError;

/// What kind of token. Directives, references and the like carry everything that stood before them without being a token of its own:
/// the text of `$foo` is `$foo`, and that of `#if` is `#if`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    IndexLeft,
    IndexRight,
    ListLeft,
    ListRight,
    Comma,
    DoubleDot,
    Colon,
    MapLeft,
    MapRight,
    Left,
    Right,
    CallRight,
    EscapedDirective,
    Set,
    LineCommentStart,
    DoubleEscape,
    Escape,
    Text,
    LineCommentEnd,
    Comment,
    TextBlock,
    Space,
    Quoted,
    True,
    False,
    Operator(Operator),
    EndDirective,
    If,
    ElseIf,
    Else,
    Integer,
    Float,
    Word,
    BracketedWord,
    Identifier,
    Dot,
    BraceLeft,
    BraceRight,
    EmptyIndex,
}

/// The operators of expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Minus,
    Plus,
    Times,
    Divide,
    Modulo,
    And,
    Or,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Not,
    Assign,
}

/// A token: a part of the template.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Marks before it that turned out to be nothing: they belong to the text that follows.
    pub(super) before: String,
}

/// Where one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Reference,
    Modifier,
    Arguments,
    Index,
    BeforeDirective,
    Directive,
    TextBlock,
    Comment,
    LineComment,
}

/// A state that one returns to, with its parentheses.
#[derive(Debug, Clone, Copy)]
struct Saved {
    state: State,
    left: usize,
    right: usize,
}

/// What matched: a token, or something to go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Token(Kind),
    /// `$` with what stands before it.
    Dollar,
    TextBlockStart,
    FormalCommentStart,
    CommentStart,
    Hash,
    /// One character of a comment, which is dropped.
    Skip,
    /// One character of a text block.
    More,
    ReferenceEnd,
    DirectiveEnd,
}

/// How many states may be open at once.
const STATES_MAX: usize = 1_000;

/// Reads tokens one by one, because the parser changes the state between them.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Where the backslashes end that were counted last: a long row of them is counted once.
    slashes_end: usize,
    state: State,
    stack: Vec<Saved>,
    left: usize,
    right: usize,
    in_comment: bool,
    in_set: bool,
}

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        let stack = Vec::new();
        Self {
            text,
            at: 0,
            slashes_end: 0,
            state: State::Text,
            stack,
            left: 0,
            right: 0,
            in_comment: false,
            in_set: false,
        }
    }

    /// The next token.
    ///
    /// # Errors
    /// Where no token is possible; a `$` or `#` with nothing behind it is the usual case.
    pub(super) fn next(&mut self) -> Result<Token, LanguageError> {
        let mut before = String::new();
        let mut start = self.at;
        loop {
            if self.at >= self.text.len() {
                if self.at > start {
                    return Err(self.refuse(start));
                }
                return Ok(Token { kind: Kind::End, start, end: start, before });
            }
            let slashes = self.count_slashes();
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some((rule, length)) = rules::longest(self.state, rest, slashes) else {
                return Err(self.refuse(start));
            };
            self.at += length;
            match rule {
                Rule::Token(kind) => {
                    let end = self.act(kind)?;
                    return Ok(Token { kind, start, end, before });
                }
                Rule::Skip => start = self.at,
                Rule::ReferenceEnd | Rule::DirectiveEnd => {
                    before.push_str(&marks(self.text.get(start..self.at).unwrap_or_default()));
                    self.at -= length;
                    self.pop();
                    start = self.at;
                }
                Rule::More => {}
                rule => self.go_on(rule)?,
            }
        }
    }

    /// Whether a parenthesis follows, with white space before it or none.
    pub(super) fn is_parenthesis_next(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.trim_start_matches([' ', '\n', '\r', '\t']).starts_with('(')
    }

    /// The parser has seen the name of a directive.
    pub(super) const fn enter_directive(&mut self) {
        self.state = State::Directive;
    }

    /// The parser has found that a directive has ended.
    pub(super) fn leave_directive(&mut self) {
        self.pop();
    }

    /// The parser has seen the end of a `#set`.
    pub(super) const fn leave_set(&mut self) {
        self.in_set = false;
    }

    fn count_slashes(&mut self) -> usize {
        if self.at >= self.slashes_end {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.slashes_end = self.at + rest.iter().take_while(|it| **it == b'\\').count();
        }
        self.slashes_end - self.at
    }

    fn refuse(&self, start: usize) -> LanguageError {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let message = match rest.chars().next() {
            Some(found) => format!("`{}` cannot stand here", found.escape_debug()),
            None => "the template ends in the middle of something: write `$` or `#` at its end as the value of a variable".into(),
        };
        LanguageError::new(if rest.is_empty() { start } else { self.at }, message)
    }

    /// Something that a token begins with.
    fn go_on(&mut self, rule: Rule) -> Result<(), LanguageError> {
        if rule == Rule::FormalCommentStart {
            let last = self.text.get(..self.at).and_then(|text| text.chars().next_back());
            if !self.in_comment {
                self.at -= last.map_or(0, char::len_utf8);
            }
        }
        if self.in_comment {
            return Ok(());
        }
        let is_reference = self.state == State::Reference;
        match rule {
            Rule::Dollar => {
                if is_reference {
                    self.pop();
                }
                self.push()?;
                self.state = State::Reference;
            }
            Rule::Hash => {
                if is_reference || self.state == State::Modifier {
                    self.pop();
                }
                self.push()?;
                self.state = State::BeforeDirective;
            }
            Rule::TextBlockStart => {
                self.in_comment = true;
                self.push()?;
                self.state = State::TextBlock;
            }
            _ => {
                self.in_comment = true;
                self.push()?;
                self.state = State::Comment;
            }
        }
        Ok(())
    }

    /// What a token does to the state; returns where it ends.
    fn act(&mut self, kind: Kind) -> Result<usize, LanguageError> {
        match kind {
            Kind::IndexLeft => {
                self.push()?;
                self.state = State::Index;
            }
            Kind::IndexRight | Kind::BraceRight | Kind::EndDirective | Kind::Else => {
                self.pop();
            }
            Kind::Left => {
                if !self.in_comment {
                    self.left += 1;
                }
                if self.state == State::Modifier {
                    self.state = State::Arguments;
                }
            }
            Kind::Right => self.close(),
            Kind::CallRight => self.state = State::Reference,
            Kind::Set if !self.in_comment => {
                self.push()?;
                self.in_set = true;
                self.state = State::Directive;
                self.left += 1;
            }
            Kind::LineCommentStart if !self.in_comment => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.in_comment = true;
                self.push()?;
                self.state = State::LineComment;
            }
            Kind::LineCommentEnd | Kind::Comment | Kind::TextBlock => {
                self.in_comment = false;
                self.pop();
            }
            Kind::Quoted if self.state == State::Directive && !self.in_set && self.left == 0 => {
                self.pop();
            }
            Kind::If | Kind::ElseIf => self.state = State::Directive,
            Kind::Integer | Kind::Float => {
                if kind == Kind::Integer && self.text.get(..self.at).is_some_and(|text| text.ends_with(".."))
                {
                    self.at -= 2;
                }
                let in_value =
                    self.state == State::Arguments || (kind == Kind::Integer && self.state == State::Index);
                if self.left == 0 && !self.in_set && !in_value {
                    self.pop();
                }
            }
            Kind::Dot => {
                // The letter behind it was only looked at.
                self.at -= 1;
                self.state = State::Modifier;
            }
            _ => {}
        }
        Ok(self.at)
    }

    fn push(&mut self) -> Result<(), LanguageError> {
        if self.stack.len() >= STATES_MAX {
            return Err(LanguageError::new(self.at, "the template is nested too deep here: make it flatter"));
        }
        self.stack.push(Saved { state: self.state, left: self.left, right: self.right });
        self.left = 0;
        Ok(())
    }

    /// Returns to the state before; false where there is none.
    fn pop(&mut self) -> bool {
        match self.stack.pop() {
            Some(saved) => {
                (self.state, self.left, self.right) = (saved.state, saved.left, saved.right);
                true
            }
            None => {
                self.left = 0;
                self.state = State::Text;
                false
            }
        }
    }

    /// A closing parenthesis ends the innermost state that has an open one.
    fn close(&mut self) {
        if self.in_comment {
            return;
        }
        loop {
            if self.left > 0 {
                if self.left == self.right + 1 {
                    self.pop();
                } else {
                    self.right += 1;
                }
                return;
            }
            if !self.pop() {
                return;
            }
        }
    }
}

/// What is left of something that began like a reference or directive and was none: its marks, and backslashes before a `$`.
fn marks(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    // Where the row of backslashes ends that was counted last, as bytes that are left: a long row is counted once.
    let mut behind_slashes = usize::MAX;
    while let Some(first) = rest.chars().next() {
        if rest.len() <= behind_slashes {
            behind_slashes = rest.trim_start_matches('\\').len();
        }
        let slashes = rest.len() - behind_slashes;
        let length = match first {
            '#' | '$' => 1,
            '\\' if rest.get(slashes..).is_some_and(|rest| rest.starts_with('$')) => slashes + 1,
            _ => 0,
        };
        kept.push_str(rest.get(..length).unwrap_or_default());
        // Behind backslashes and their `$`, Velocity drops one character more.
        let skipped = if first == '\\' && length > 0 { length } else { 0 };
        let behind = rest.get(skipped..).unwrap_or_default();
        let step = behind.chars().next().map_or(0, char::len_utf8);
        rest = behind.get(step..).unwrap_or_default();
    }
    kept
}
