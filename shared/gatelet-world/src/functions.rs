//! Functions that answer as a test says, and remember what they were told.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::ports::{FunctionAnswer, FunctionCall, FunctionError, Functions, InvocationMode};

/// What a function was told.
#[derive(Debug, Clone)]
pub struct SeenInvocation {
    /// The function.
    pub function: Box<str>,
    /// The event.
    pub payload: Bytes,
    /// How it was asked.
    pub mode: InvocationMode,
    /// How long it might have taken.
    pub timeout: Duration,
    /// The role that was to be assumed.
    pub credentials: Option<Box<str>>,
    /// The trace that the call was a part of.
    pub trace_id: Option<Box<str>>,
}

type Script = dyn Fn(&SeenInvocation) -> Result<FunctionAnswer, FunctionError> + Send + Sync;

/// Functions that answer by a script and remember each call.
pub struct MemoryFunctions {
    script: Box<Script>,
    remembers: bool,
    seen: Mutex<Vec<SeenInvocation>>,
}

impl MemoryFunctions {
    /// Functions that answer every call by this one.
    pub fn answering(
        script: impl Fn(&SeenInvocation) -> Result<FunctionAnswer, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        Self { script: Box::new(script), remembers: true, seen: Mutex::default() }
    }

    /// The same, but remembering nothing: for measuring.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.remembers = false;
        self
    }

    /// All calls so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<SeenInvocation> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for MemoryFunctions {
    /// No functions at all.
    fn default() -> Self {
        Self::answering(|call| Err(FunctionError::NotFound(call.function.to_string())))
    }
}

impl std::fmt::Debug for MemoryFunctions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryFunctions(..)")
    }
}

impl Functions for MemoryFunctions {
    async fn invoke(&self, call: FunctionCall) -> Result<FunctionAnswer, FunctionError> {
        let FunctionCall { function, payload, mode, timeout, credentials, trace_id } = call;
        let seen = SeenInvocation { function, payload, mode, timeout, credentials, trace_id };
        let answer = (self.script)(&seen);
        if self.remembers {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        }
        answer
    }
}
