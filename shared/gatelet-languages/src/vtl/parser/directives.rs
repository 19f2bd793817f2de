//! Directives, macros and escaped directives.

use super::{Nodes, Parser};
use crate::LanguageError;
use crate::vtl::lexer::{Kind, Operator, Token};
use crate::vtl::tree::{Argument, Block, Call, Expression, Foreach, Macro, Node};

/// The directives of Velocity 1.7 that its grammar does not know by name.
const DIRECTIVES: [&str; 9] =
    ["foreach", "include", "parse", "macro", "literal", "evaluate", "break", "stop", "define"];

/// Those that reach beyond the template, which API Gateway does not run.
const REFUSED: [&str; 3] = ["include", "parse", "evaluate"];

impl Parser<'_, '_> {
    pub(super) fn if_statement(&mut self) -> Result<Node, LanguageError> {
        self.next()?;
        let mut branches = vec![self.branch()?];
        while self.peek_kind()? == Kind::ElseIf {
            self.next()?;
            branches.push(self.branch()?);
        }
        let mut otherwise = None;
        if self.peek_kind()? == Kind::Else {
            self.next()?;
            otherwise = Some(self.block()?);
        }
        self.expect(Kind::EndDirective)?;
        Ok(Node::If(branches.into(), otherwise))
    }

    fn branch(&mut self) -> Result<(Expression, Block), LanguageError> {
        self.skip_space()?;
        self.expect(Kind::Left)?;
        let condition = self.expression()?;
        self.expect(Kind::Right)?;
        Ok((condition, self.block()?))
    }

    pub(super) fn set(&mut self) -> Result<Option<Node>, LanguageError> {
        self.next()?;
        self.skip_space()?;
        let target = self.assigned_reference()?;
        self.skip_space()?;
        self.expect(Kind::Operator(Operator::Assign))?;
        let value = self.expression()?;
        self.expect(Kind::Right)?;
        self.lexer.leave_set();
        Ok(target.map(|target| Node::Set(Box::new((target, value)))))
    }

    /// `#name`: a directive, the call of a macro, or text.
    pub(super) fn directive(&mut self, nodes: &mut Nodes) -> Result<(), LanguageError> {
        let token = self.next()?;
        let image = self.image(&token);
        let name = match token.kind {
            Kind::BracketedWord => image.get(2..image.len().saturating_sub(1)),
            _ => image.get(1..),
        }
        .unwrap_or_default();
        if REFUSED.contains(&name) {
            let message = format!("API Gateway does not run `#{name}`: put its content into the template");
            return Err(LanguageError::new(token.start, message));
        }
        let is_known = DIRECTIVES.contains(&name);
        self.lexer.enter_directive();
        if !self.lexer.is_parenthesis_next() {
            self.lexer.leave_directive();
            match name {
                "break" => nodes.push(Node::Break),
                "stop" => nodes.push(Node::Stop),
                _ if is_known => {
                    let message = format!("`#{name}` needs its arguments in parentheses");
                    return Err(LanguageError::new(token.start, message));
                }
                // What has a block cannot be called without parentheses.
                _ if name.starts_with('@') => nodes.text(&["#", name].concat()),
                _ => nodes.push(self.call(&token, name, Vec::new(), token.end, None)),
            }
            return Ok(());
        }
        let (arguments, end) = self.arguments(&token, name)?;
        match name {
            "break" => nodes.push(Node::Break),
            "stop" => nodes.push(Node::Stop),
            "foreach" | "macro" | "literal" | "define" => {
                let block = self.block()?;
                let last = self.expect(Kind::EndDirective)?;
                match name {
                    "foreach" => nodes.extend(self.foreach(&token, arguments, block)?),
                    "macro" => self.define_macro(&token, arguments, block)?,
                    "literal" => nodes.text(self.text.get(end..last.start).unwrap_or_default()),
                    _ => nodes.push(self.define(&token, &arguments, block)?),
                }
            }
            _ if name.starts_with('@') => {
                let content = self.block()?;
                let last = self.expect(Kind::EndDirective)?;
                let arguments = arguments.into_iter().map(|it| it.0).collect();
                nodes.push(self.call(
                    &token,
                    name.get(1..).unwrap_or_default(),
                    arguments,
                    last.end,
                    Some(content),
                ));
            }
            _ => {
                let arguments = arguments.into_iter().map(|it| it.0).collect();
                nodes.push(self.call(&token, name, arguments, end, None));
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        token: &Token,
        name: &str,
        arguments: Vec<Argument>,
        end: usize,
        content: Option<Block>,
    ) -> Node {
        let content = content.map(|block| (self.names.slot("bodyContent"), block));
        let literal = self.text.get(token.start..end).unwrap_or_default().into();
        let offset = token.start;
        Node::Call(Box::new(Call {
            offset,
            name: name.into(),
            arguments: arguments.into(),
            literal,
            content,
        }))
    }

    /// What stands in the parentheses of a directive, each with its token, and where they end.
    fn arguments(
        &mut self,
        of: &Token,
        name: &str,
    ) -> Result<(Vec<(Argument, Token)>, usize), LanguageError> {
        self.skip_space()?;
        self.expect(Kind::Left)?;
        let mut arguments = Vec::new();
        loop {
            self.skip_space()?;
            if self.peek_kind()? == Kind::Right {
                let end = self.next()?.end;
                return Ok((arguments, end));
            }
            if self.peek_kind()? == Kind::Comma {
                self.next()?;
                self.skip_space()?;
            }
            let token = self.peek(0)?;
            let is_word = token.kind == Kind::Word;
            let position = arguments.len();
            let is_fine = match name {
                "macro" => is_word == (position == 0),
                "foreach" => !is_word || position == 1,
                _ => !is_word || !(DIRECTIVES.contains(&name) || self.names.has_macro(name)),
            };
            if !is_fine {
                let message =
                    format!("{} cannot be an argument of `#{name}`", crate::error::shown(self.image(&token)));
                return Err(LanguageError::new(token.start.max(of.start), message));
            }
            let argument = if is_word {
                self.next()?;
                Argument::Word
            } else {
                Argument::Expression(self.simple()?)
            };
            arguments.push((argument, token));
        }
    }

    fn foreach(
        &mut self,
        token: &Token,
        mut arguments: Vec<(Argument, Token)>,
        block: Block,
    ) -> Result<Option<Node>, LanguageError> {
        // With more arguments Velocity renders the fourth, which is nothing.
        if arguments.len() > 3 {
            return Ok(None);
        }
        match (arguments.pop(), arguments.pop(), arguments.pop()) {
            (Some((Argument::Expression(of), _)), Some(_), Some((Argument::Expression(element), _))) => {
                let Expression::Reference(element) = element else {
                    return Err(LanguageError::new(token.start, "write `#foreach($element in $list)`"));
                };
                let element = element.root;
                Ok(Some(Node::Foreach(Box::new(Foreach { element, of, block }))))
            }
            _ => Err(LanguageError::new(token.start, "write `#foreach($element in $list)`")),
        }
    }

    fn define(
        &self,
        token: &Token,
        arguments: &[(Argument, Token)],
        block: Block,
    ) -> Result<Node, LanguageError> {
        match arguments {
            [(Argument::Expression(Expression::Reference(name)), _)] => Ok(Node::Define(name.root, block)),
            _ => Err(LanguageError::new(token.start, "write `#define($name)`")),
        }
    }

    fn define_macro(
        &mut self,
        token: &Token,
        arguments: Vec<(Argument, Token)>,
        block: Block,
    ) -> Result<(), LanguageError> {
        let mut arguments = arguments.into_iter();
        let Some((_, name)) = arguments.next() else {
            return Err(LanguageError::new(
                token.start,
                "a macro needs a name: write `#macro(name $argument)`",
            ));
        };
        let name = self.image(&name);
        let mut parameters = Vec::new();
        for (argument, at) in arguments {
            parameters.push(match argument {
                Argument::Expression(Expression::Reference(parameter)) => parameter.root,
                // Nothing can mean it, but it takes its place.
                _ => self.names.slot(&format!("#{}", self.image(&at))),
            });
        }
        // The first of a name counts.
        if !self.names.has_macro(name) {
            self.names.macros.insert(name.into(), Macro { parameters: parameters.into(), block });
        }
        Ok(())
    }

    /// Backslashes in pairs: halved before a directive.
    pub(super) fn escapes(&mut self, nodes: &mut Nodes) -> Result<(), LanguageError> {
        let mut count = 0;
        while self.peek_kind()? == Kind::DoubleEscape {
            // Marks before it that were nothing are lost.
            self.next()?;
            count += 1;
        }
        let next = self.peek(0)?;
        let image = self.image(&next);
        let mut characters = image.chars();
        characters.next();
        let name = characters.as_str();
        let is_directive = matches!(next.kind, Kind::If | Kind::Else | Kind::ElseIf | Kind::EndDirective)
            || DIRECTIVES.contains(&name)
            || self.names.has_macro(name);
        nodes.text(&"\\".repeat(if is_directive { count } else { 2 * count }));
        Ok(())
    }

    /// `\#name`: without half of its backslashes where it would be a directive.
    pub(super) fn escaped_directive(&self, token: &Token) -> String {
        let image = self.image(token);
        let last = image.rfind('\\').unwrap_or(0);
        let directive = image.get(last + 1..).unwrap_or_default();
        let word = directive.get(1..).unwrap_or_default();
        let word = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')).unwrap_or(word);
        let is_known = matches!(word, "if" | "end" | "set" | "else" | "elseif")
            || DIRECTIVES.contains(&word)
            || self.names.has_macro(word);
        match is_known {
            true => ["\\".repeat(last / 2), directive.to_owned()].concat(),
            false => image.to_owned(),
        }
    }
}
