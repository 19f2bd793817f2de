//! What a template is compiled to.

use std::collections::BTreeMap;

use super::render::Pattern;
use crate::LanguageError;
use crate::json_path::JsonPath;

/// Statements in order.
pub(super) type Block = Box<[Node]>;

/// A variable's place among all that a template names.
pub(super) type Slot = usize;

/// A statement.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Text as it stands.
    Text(Box<str>),
    /// A reference that is printed.
    Reference(Box<Printed>),
    /// `#set`
    Set(Box<(Reference, Expression)>),
    /// `#if` and its `#elseif`s in order, then its `#else`.
    If(Box<[(Expression, Block)]>, Option<Block>),
    /// `#foreach`
    Foreach(Box<Foreach>),
    /// `#break`
    Break,
    /// `#stop`
    Stop,
    /// `#define`
    Define(Slot, Block),
    /// `#name(...)`
    Call(Box<Call>),
}

/// A reference that is printed.
#[derive(Debug, Clone)]
pub(super) struct Printed {
    pub(super) reference: Reference,
    /// What is printed in its place where a block is nested too deep in itself.
    pub(super) literal: Box<str>,
}

/// `$root.step.step`
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// Where in the template, in bytes.
    pub(super) offset: usize,
    pub(super) root: Slot,
    pub(super) kind: Root,
    pub(super) steps: Box<[Step]>,
}

/// What a root means as long as no variable has its name.
#[derive(Debug, Clone)]
pub(super) enum Root {
    Variable,
    Input,
    Util,
    StageVariables,
    /// `$context`, and the names behind it with dots between them as far as they are properties.
    Context {
        name: Box<str>,
        steps: usize,
    },
    Foreach,
    /// `$velocityCount`
    Count,
    /// `$velocityHasNext`
    HasNext,
}

/// One step of a reference.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `.name`
    Property(Box<str>),
    /// `[index]`
    Index(Expression),
    /// `.name(...)`
    Method(Box<Method>),
}

/// The call of a method.
#[derive(Debug, Clone)]
pub(super) struct Method {
    pub(super) name: Box<str>,
    pub(super) arguments: Box<[Expression]>,
    /// The path that its only argument is, where that is a text that is known beforehand and `$input` stands before it.
    pub(super) path: Option<Result<JsonPath, LanguageError>>,
    /// The pattern that its first argument is, where that is a text that is known beforehand and the method takes one.
    pub(super) pattern: Option<Result<Pattern, LanguageError>>,
}

/// `#foreach`
#[derive(Debug, Clone)]
pub(super) struct Foreach {
    pub(super) element: Slot,
    pub(super) of: Expression,
    pub(super) block: Block,
}

/// `#name(...)` or `#@name(...)`
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) offset: usize,
    pub(super) name: Box<str>,
    pub(super) arguments: Box<[Argument]>,
    /// What is printed where there is no such macro.
    pub(super) literal: Box<str>,
    /// What stands between `#@name(...)` and its `#end`, and the variable that means it.
    pub(super) content: Option<(Slot, Block)>,
}

/// An argument of a directive.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    Expression(Expression),
    /// A word without quotes.
    Word,
}

/// All macros of a template by their names.
pub(super) type Macros = BTreeMap<Box<str>, Macro>;

/// `#macro`
#[derive(Debug, Clone)]
pub(super) struct Macro {
    pub(super) parameters: Box<[Slot]>,
    pub(super) block: Block,
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Text(Box<str>),
    /// Text with references or directives in it.
    Interpolated(Box<Interpolated>),
    Integer(i64),
    /// An integer that does not fit into 64 bits.
    Big(Box<str>),
    Double(f64),
    Boolean(bool),
    List(Box<[Self]>),
    Map(Box<[(Self, Self)]>),
    Range(Box<(Self, Self)>),
    Reference(Box<Reference>),
    /// A reference that was none.
    Nothing,
    Not(Box<Self>),
    Binary(Binary, Box<(Self, Self)>),
}

/// The content of a text in double quotes.
#[derive(Debug, Clone)]
pub(super) struct Interpolated {
    pub(super) block: Block,
    /// Whether a space was put behind it, which is taken off again.
    pub(super) is_padded: bool,
}

/// What stands between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}
