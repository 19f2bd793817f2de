//! Backends that answer as a test says, and remember what they were sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::payload::{Body, Response};
use gatelet_core::ports::{BackendCall, BackendError, BackendWay, Backends};

/// What a backend was sent.
#[derive(Debug, Clone)]
pub struct SeenCall {
    /// The request's head.
    pub head: http::request::Parts,
    /// Its whole body.
    pub body: Bytes,
    /// How long the backend might have taken.
    pub timeout: Duration,
    /// How it was reached, beside its URI.
    pub way: Arc<BackendWay>,
}

type Script = dyn Fn(&SeenCall) -> Result<Response, BackendError> + Send + Sync;

/// Backends that answer by a script and remember each call.
pub struct MemoryBackends {
    script: Box<Script>,
    remembers: bool,
    seen: Mutex<Vec<SeenCall>>,
}

/// Largest body that is remembered; a test that sends more is told so.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

impl MemoryBackends {
    /// Backends that answer every call by this function.
    pub fn answering(
        script: impl Fn(&SeenCall) -> Result<Response, BackendError> + Send + Sync + 'static,
    ) -> Self {
        Self { script: Box::new(script), remembers: true, seen: Mutex::default() }
    }

    /// The same, but remembering nothing: for measuring.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.remembers = false;
        self
    }

    /// Forgets what it was sent so far.
    pub fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// All calls so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<SeenCall> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for MemoryBackends {
    /// Backends of which none can be reached.
    fn default() -> Self {
        Self::answering(|_| Err(BackendError::Refused("no backend in this world".to_owned())))
    }
}

impl std::fmt::Debug for MemoryBackends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryBackends(..)")
    }
}

impl Backends for MemoryBackends {
    async fn call(&self, call: BackendCall) -> Result<Response, BackendError> {
        let (head, body): (_, Body) = call.request.into_parts();
        let body = body.collect_up_to(BODY_BYTES_MAX).await.map_err(BackendError::RequestBody)?;
        let seen = SeenCall { head, body, timeout: call.timeout, way: call.way };
        let answer = (self.script)(&seen);
        if self.remembers {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        }
        answer
    }
}
