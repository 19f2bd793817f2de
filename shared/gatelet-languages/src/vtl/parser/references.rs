//! References, and what is left of what only looks like one.

use super::{Names, Nodes, Parser};
use crate::LanguageError;
use crate::vtl::lexer::{Kind, Token};
use crate::vtl::render::Pattern;
use crate::vtl::tree::{Expression, Method, Node, Printed, Reference, Root, Step};

/// A reference as it was read.
struct Read {
    /// None where it was none after all.
    reference: Option<Reference>,
    /// What stands before it.
    before: String,
    /// Its text.
    literal: String,
    is_escaped: bool,
}

impl Parser<'_, '_> {
    /// A reference between texts.
    pub(super) fn printed_reference(&mut self, nodes: &mut Nodes) -> Result<(), LanguageError> {
        let read = self.deeper(Self::reference)?;
        nodes.text(&read.before);
        match read.reference {
            Some(reference) if !read.is_escaped => {
                nodes.push(Node::Reference(Box::new(Printed { reference, literal: read.literal.into() })));
            }
            _ => nodes.text(&read.literal),
        }
        Ok(())
    }

    /// A reference in an expression.
    pub(super) fn reference_expression(&mut self) -> Result<Expression, LanguageError> {
        let read = self.deeper(Self::reference)?;
        Ok(read.reference.map_or(Expression::Nothing, |reference| Expression::Reference(Box::new(reference))))
    }

    /// A reference that is set; none where it was none after all.
    pub(super) fn assigned_reference(&mut self) -> Result<Option<Reference>, LanguageError> {
        Ok(self.deeper(Self::reference)?.reference)
    }

    fn reference(&mut self) -> Result<Read, LanguageError> {
        let first = self.next()?;
        let is_formal = first.kind == Kind::BraceLeft;
        let root = match first.kind {
            Kind::BraceLeft => self.expect(Kind::Identifier)?,
            Kind::Identifier => first.clone(),
            _ => return Err(self.unexpected(&first)),
        };
        let mut last = root.end;
        let mut steps = Vec::new();
        self.indexes(&mut steps, &mut last)?;
        while self.peek_kind()? == Kind::Dot && self.peek(1)?.kind == Kind::Identifier {
            self.next()?;
            let name = self.next()?;
            last = name.end;
            let image = self.image(&name);
            if self.peek_kind()? == Kind::Left && begins_arguments(self.peek(1)?.kind) {
                steps.push(self.method(image, name.start, &mut last)?);
            } else {
                steps.push(Step::Property(image.into()));
            }
            self.indexes(&mut steps, &mut last)?;
        }
        if is_formal {
            last = self.expect(Kind::BraceRight)?.end;
        }
        Ok(self.judge(&first, &root, steps, last))
    }

    fn indexes(&mut self, steps: &mut Vec<Step>, last: &mut usize) -> Result<(), LanguageError> {
        while self.peek_kind()? == Kind::IndexLeft {
            self.next()?;
            steps.push(Step::Index(self.index()?));
            *last = self.expect(Kind::IndexRight)?.end;
        }
        Ok(())
    }

    fn method(&mut self, name: &str, offset: usize, last: &mut usize) -> Result<Step, LanguageError> {
        self.expect(Kind::Left)?;
        let mut arguments = Vec::new();
        if self.peek_kind()? != Kind::CallRight {
            loop {
                arguments.push(self.parameter()?);
                if self.peek_kind()? != Kind::Comma {
                    break;
                }
                self.next()?;
            }
        }
        *last = self.expect(Kind::CallRight)?.end;
        let pattern = match arguments.first() {
            Some(Expression::Text(text)) if Pattern::is_taken_by(name) => {
                Some(self.names.pattern(text, name, offset))
            }
            _ => None,
        };
        let arguments = arguments.into();
        Ok(Step::Method(Box::new(Method { name: name.into(), arguments, path: None, pattern })))
    }

    /// Whether this is a reference, which the characters before its name decide.
    fn judge(&mut self, first: &Token, root: &Token, mut steps: Vec<Step>, last: usize) -> Read {
        let image = self.image(first);
        let nothing =
            |literal: String| Read { reference: None, before: String::new(), literal, is_escaped: false };
        if image.contains("\\!") {
            // ASSUMPTION: this is the name of a variable that nobody can set, as it is for Velocity where unset ones are empty.
            let root = self.names.slot(image);
            let reference =
                Reference { offset: first.start, root, kind: Root::Variable, steps: steps.into() };
            return Read { reference: Some(reference), ..nothing(String::new()) };
        }
        let slashes = image.len() - image.trim_start_matches('\\').len();
        let is_escaped = slashes % 2 == 1;
        let mut before = "\\".repeat(slashes / 2);
        let unescaped = image.get(slashes..).unwrap_or_default();
        let dollar = unescaped.rfind('$').unwrap_or(0);
        let name = unescaped.get(dollar..).unwrap_or_default();
        let literal_start = first.start + slashes + dollar;
        // An escaped reference is printed without what stands between its backslashes and its `$`.
        if !is_escaped {
            before.push_str(unescaped.get(..dollar).unwrap_or_default());
        }
        let root = match name {
            "$!{" | "${" => self.image(root),
            _ => match name.strip_prefix("$!").or_else(|| name.strip_prefix('$')) {
                Some(plain) => plain,
                None => return nothing([&before, name].concat()),
            },
        };
        let kind = root_kind(root, &mut steps, self.names, literal_start);
        let slot = self.names.slot(root);
        let literal = self.text.get(literal_start..last).unwrap_or_default().to_owned();
        let reference = Reference { offset: literal_start, root: slot, kind, steps: steps.into() };
        Read { reference: Some(reference), before, literal, is_escaped }
    }
}

/// Whether this can stand behind the parenthesis of a call. Otherwise that is text.
const fn begins_arguments(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CallRight
            | Kind::Space
            | Kind::Quoted
            | Kind::Integer
            | Kind::Float
            | Kind::ListLeft
            | Kind::MapLeft
            | Kind::True
            | Kind::False
            | Kind::Identifier
            | Kind::BraceLeft
    )
}

/// What a root stands for. Paths that are known beforehand are compiled here.
fn root_kind(root: &str, steps: &mut [Step], names: &mut Names, offset: usize) -> Root {
    match root {
        "input" => {
            if let Some(Step::Method(method)) = steps.first_mut() {
                compile_path(method, names, offset);
            }
            Root::Input
        }
        "util" => Root::Util,
        "stageVariables" => Root::StageVariables,
        "context" => {
            let names = steps.iter().map_while(|step| match step {
                Step::Property(name) => Some(&**name),
                Step::Index(_) | Step::Method(_) => None,
            });
            let names: Vec<&str> = names.collect();
            Root::Context { name: names.join(".").into(), steps: names.len() }
        }
        "foreach" => Root::Foreach,
        "velocityCount" => Root::Count,
        "velocityHasNext" => Root::HasNext,
        _ => Root::Variable,
    }
}

fn compile_path(method: &mut Method, names: &mut Names, offset: usize) {
    if let ("path" | "json", [Expression::Text(path)]) = (&*method.name, &*method.arguments) {
        method.path = Some(names.path(path, offset));
    }
}
