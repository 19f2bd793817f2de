//! Variables and macros. The arguments of a macro are called by name: each time that its parameter is looked at, the argument is evaluated
//! anew where the macro was called.

use super::{Halt, Item, Renderer};
use crate::heap::ELEMENT_BYTES;
use crate::vtl::limits::MACRO_DEPTH_MAX;
use crate::vtl::tree::{Argument, Call, Expression, Macro, Node, Slot};

/// How many parameters of macros are looked at in one step.
const PARAMETERS_PER_STEP: usize = 8;

/// A running macro.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    of: &'a Macro,
    arguments: &'a [Argument],
    /// The values of parameters: of arguments that are constant, and of those that have been set.
    values: Vec<(Slot, Item<'a>)>,
    /// What stands between a call with `#@` and its `#end`.
    content: Option<(Slot, &'a [Node])>,
    /// Where it was called.
    caller: Option<usize>,
}

/// What a name means in a macro.
enum Meaning<'a> {
    /// What stands between a call and its `#end`, and for which macro.
    Item(usize, Item<'a>),
    /// An argument: of which macro, and where that was called.
    Argument(usize, &'a Expression, Option<usize>),
    /// One of the values of a macro.
    Value(usize, usize),
}

impl<'a> Renderer<'a> {
    fn meaning(&self, slot: Slot) -> Option<Meaning<'a>> {
        let mut next = self.frame;
        while let Some((at, frame)) = next.and_then(|at| self.frames.get(at).map(|frame| (at, frame))) {
            if let Some(position) = frame.values.iter().position(|(name, _)| *name == slot) {
                return Some(Meaning::Value(at, position));
            }
            if let Some((name, block)) = frame.content
                && name == slot
            {
                return Some(Meaning::Item(at, Item::Block(block)));
            }
            if let Some(position) = frame.of.parameters.iter().position(|name| *name == slot)
                && let Some(Argument::Expression(argument)) = frame.arguments.get(position)
            {
                return Some(Meaning::Argument(at, argument, frame.caller));
            }
            next = frame.caller;
        }
        None
    }

    /// What a name means, and the steps that looking through so many parameters takes.
    fn meaning_charged(&mut self, slot: Slot) -> Result<Option<Meaning<'a>>, Halt> {
        let mut looked_at = 0;
        let mut next = self.frame;
        while let Some(frame) = next.and_then(|at| self.frames.get(at)) {
            looked_at += frame.values.len() + frame.of.parameters.len();
            next = frame.caller;
        }
        self.steps(1 + (looked_at / PARAMETERS_PER_STEP) as u64)?;
        Ok(self.meaning(slot))
    }

    /// The value of a variable; none where it has not been set.
    pub(super) fn get(&mut self, slot: Slot) -> Result<Option<Item<'a>>, Halt> {
        if self.frame.is_none() {
            return Ok(self.variables.get(slot).copied().flatten());
        }
        match self.meaning_charged(slot)? {
            None => Ok(self.variables.get(slot).copied().flatten()),
            Some(Meaning::Item(_, item)) => Ok(Some(item)),
            Some(Meaning::Value(frame, position)) => {
                let frame = self.frames.get(frame);
                Ok(frame.and_then(|frame| frame.values.get(position)).map(|(_, item)| *item))
            }
            Some(Meaning::Argument(_, argument, caller)) => self.within(caller, |renderer| match argument {
                Expression::Reference(reference) => renderer.reference(reference),
                other => renderer.expression(other),
            }),
        }
    }

    /// Sets a variable, or removes it.
    pub(super) fn put(&mut self, slot: Slot, item: Option<Item<'a>>) -> Result<(), Halt> {
        if let Some(Item::Loop(at)) = item
            && let Some(kept) = self.loops.get_mut(at)
        {
            kept.is_kept = true;
            // A row of loops that are kept is bounded as lists are.
            self.heap.charge(ELEMENT_BYTES);
            self.room(0)?;
        }
        if self.frame.is_some() {
            match self.meaning_charged(slot)? {
                // An argument is not changed where the macro was called, only what the parameter means from here on.
                Some(Meaning::Item(at, _) | Meaning::Argument(at, ..)) => {
                    if let (Some(frame), Some(item)) = (self.frames.get_mut(at), item) {
                        frame.values.push((slot, item));
                    }
                    return Ok(());
                }
                Some(Meaning::Value(at, position)) => {
                    let values = self.frames.get_mut(at).map(|frame| &mut frame.values);
                    if let (Some((_, old)), Some(item)) = (values.and_then(|it| it.get_mut(position)), item) {
                        *old = item;
                    }
                    return Ok(());
                }
                None => {}
            }
        }
        if let Some(variable) = self.variables.get_mut(slot) {
            *variable = item;
        }
        Ok(())
    }

    /// Does something where a macro was called.
    fn within<T>(
        &mut self,
        caller: Option<usize>,
        work: impl FnOnce(&mut Self) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        let frame = std::mem::replace(&mut self.frame, caller);
        let result = self.deeper(work);
        self.frame = frame;
        result
    }

    /// `#name(...)`
    pub(super) fn call(&mut self, call: &'a Call) -> Result<(), Halt> {
        let macros = self.macros;
        self.work(call.name.len() + macros.len())?;
        let Some(of) = macros.get(&*call.name) else {
            return self.print(&call.literal);
        };
        self.offset = call.offset;
        if call.arguments.iter().any(|it| matches!(it, Argument::Word)) {
            return Err(self.error(format!("an argument of `#{}` is a word without quotes", call.name)));
        }
        if self.frames.len() >= MACRO_DEPTH_MAX {
            return Err(self.error(format!("macros call each other more than {MACRO_DEPTH_MAX} levels deep")));
        }
        let mut values = Vec::new();
        for (parameter, argument) in of.parameters.iter().zip(&call.arguments) {
            if let Argument::Expression(
                argument @ (Expression::Integer(_)
                | Expression::Big(_)
                | Expression::Double(_)
                | Expression::Boolean(_)),
            ) = argument
                && let Some(item) = self.expression(argument)?
            {
                values.push((*parameter, item));
            }
        }
        let content = call.content.as_ref().map(|(slot, block)| (*slot, &**block));
        self.frames.push(Frame { of, arguments: &call.arguments, values, content, caller: self.frame });
        let at = self.frames.len() - 1;
        let caller = self.frame.replace(at);
        let result = self.block(&of.block);
        self.frame = caller;
        self.frames.truncate(at);
        match result {
            Err(Halt::Break) => Ok(()),
            other => other,
        }
    }
}
