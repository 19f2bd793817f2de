//! Expressions, and the parameters of methods, lists and maps.

use super::Parser;
use crate::LanguageError;
use crate::vtl::lexer::{Kind, Operator, Token};
use crate::vtl::tree::{Binary, Expression};

impl Parser<'_, '_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Result<Expression, LanguageError> {
        self.deeper(|parser| parser.binary(0))
    }

    /// Operators of at least this rank, from the left.
    fn binary(&mut self, least: u8) -> Result<Expression, LanguageError> {
        let mut left = self.unary()?;
        loop {
            let Kind::Operator(operator) = self.peek_kind()? else {
                return Ok(left);
            };
            let Some((binary, rank)) = ranked(operator).filter(|(_, rank)| *rank >= least) else {
                return Ok(left);
            };
            self.next()?;
            let right = self.binary(rank + 1)?;
            left = Expression::Binary(binary, Box::new((left, right)));
        }
    }

    fn unary(&mut self) -> Result<Expression, LanguageError> {
        self.skip_space()?;
        if self.peek_kind()? == Kind::Operator(Operator::Not) {
            self.next()?;
            let of = self.deeper(Self::unary)?;
            return Ok(Expression::Not(Box::new(of)));
        }
        let primary = if self.peek_kind()? == Kind::Left {
            self.next()?;
            let inner = self.expression()?;
            self.expect(Kind::Right)?;
            inner
        } else {
            self.simple()?
        };
        self.skip_space()?;
        Ok(primary)
    }

    /// A parameter of a method, or an element of a list or map, with the white space around it.
    pub(super) fn parameter(&mut self) -> Result<Expression, LanguageError> {
        self.skip_space()?;
        let parameter = self.simple()?;
        self.skip_space()?;
        Ok(parameter)
    }

    /// What stands between the brackets of an index.
    pub(super) fn index(&mut self) -> Result<Expression, LanguageError> {
        self.skip_space()?;
        let token = self.peek(0)?;
        let index = match token.kind {
            Kind::Quoted | Kind::Integer | Kind::True | Kind::False | Kind::Identifier | Kind::BraceLeft => {
                self.simple()?
            }
            _ => return Err(self.unexpected(&token)),
        };
        self.skip_space()?;
        Ok(index)
    }

    /// A literal or a reference.
    pub(super) fn simple(&mut self) -> Result<Expression, LanguageError> {
        match self.peek_kind()? {
            Kind::Identifier | Kind::BraceLeft => self.reference_expression(),
            Kind::ListLeft => self.deeper(Self::list_or_range),
            Kind::MapLeft => self.deeper(Self::map),
            _ => {
                let token = self.next()?;
                match token.kind {
                    Kind::Quoted => self.quoted(&token),
                    Kind::Integer => Ok(self.integer(&token)),
                    Kind::Float => {
                        let number = self.image(&token).parse();
                        number.map(Expression::Double).map_err(|_| self.unexpected(&token))
                    }
                    Kind::True => Ok(Expression::Boolean(true)),
                    Kind::False => Ok(Expression::Boolean(false)),
                    _ => Err(self.unexpected(&token)),
                }
            }
        }
    }

    fn integer(&self, token: &Token) -> Expression {
        let image = self.image(token);
        if let Ok(integer) = image.parse() {
            return Expression::Integer(integer);
        }
        let (sign, digits) = image.strip_prefix('-').map_or(("", image), |digits| ("-", digits));
        match digits.trim_start_matches('0') {
            "" => Expression::Integer(0),
            digits => {
                let plain = [sign, digits].concat();
                plain.parse().map_or_else(|_| Expression::Big(plain.into()), Expression::Integer)
            }
        }
    }

    fn list_or_range(&mut self) -> Result<Expression, LanguageError> {
        self.expect(Kind::ListLeft)?;
        self.skip_space()?;
        if self.peek_kind()? == Kind::ListRight {
            self.next()?;
            return Ok(Expression::List(Box::default()));
        }
        let first = self.parameter()?;
        let can_be_bound = |it: &Expression| {
            matches!(
                it,
                Expression::Integer(_) | Expression::Big(_) | Expression::Reference(_) | Expression::Nothing
            )
        };
        if self.peek_kind()? == Kind::DoubleDot && can_be_bound(&first) {
            let dots = self.next()?;
            let last = self.parameter()?;
            if !can_be_bound(&last) {
                return Err(LanguageError::new(dots.end, "a range goes to an integer or a reference"));
            }
            self.expect(Kind::ListRight)?;
            return Ok(Expression::Range(Box::new((first, last))));
        }
        let mut elements = vec![first];
        loop {
            let token = self.next()?;
            match token.kind {
                Kind::Comma => elements.push(self.parameter()?),
                Kind::ListRight => return Ok(Expression::List(elements.into())),
                _ => return Err(self.unexpected(&token)),
            }
        }
    }

    fn map(&mut self) -> Result<Expression, LanguageError> {
        self.expect(Kind::MapLeft)?;
        self.skip_space()?;
        let mut entries = Vec::new();
        if !matches!(self.peek_kind()?, Kind::MapRight | Kind::BraceRight) {
            loop {
                let key = self.parameter()?;
                self.expect(Kind::Colon)?;
                entries.push((key, self.parameter()?));
                if self.peek_kind()? != Kind::Comma {
                    break;
                }
                self.next()?;
            }
        }
        let token = self.next()?;
        match token.kind {
            Kind::MapRight | Kind::BraceRight => Ok(Expression::Map(entries.into())),
            _ => Err(self.unexpected(&token)),
        }
    }
}

/// What an operator between two expressions means, and how strongly it binds.
const fn ranked(operator: Operator) -> Option<(Binary, u8)> {
    Some(match operator {
        Operator::Or => (Binary::Or, 0),
        Operator::And => (Binary::And, 1),
        Operator::Equal => (Binary::Equal, 2),
        Operator::NotEqual => (Binary::NotEqual, 2),
        Operator::Less => (Binary::Less, 3),
        Operator::LessOrEqual => (Binary::LessOrEqual, 3),
        Operator::Greater => (Binary::Greater, 3),
        Operator::GreaterOrEqual => (Binary::GreaterOrEqual, 3),
        Operator::Plus => (Binary::Add, 4),
        Operator::Minus => (Binary::Subtract, 4),
        Operator::Times => (Binary::Multiply, 5),
        Operator::Divide => (Binary::Divide, 5),
        Operator::Modulo => (Binary::Modulo, 5),
        Operator::Not | Operator::Assign => return None,
    })
}
