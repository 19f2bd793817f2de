//! AWS's services that answer as a test says, and remember how they were called.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::payload::Response;
use gatelet_core::ports::{BackendError, ServiceAddress, ServiceCall, Services};

/// How a service was called.
#[derive(Debug, Clone)]
pub struct SeenServiceCall {
    /// The request's head.
    pub head: http::request::Parts,
    /// Its body.
    pub body: Bytes,
    /// Which service.
    pub address: Arc<ServiceAddress>,
    /// The role that was to be assumed.
    pub role: Option<Box<str>>,
    /// How long it might have taken.
    pub timeout: Duration,
}

type Script = dyn Fn(&SeenServiceCall) -> Result<Response, BackendError> + Send + Sync;

/// Services that answer by a script and remember each call.
pub struct MemoryServices {
    script: Box<Script>,
    remembers: bool,
    seen: Mutex<Vec<SeenServiceCall>>,
}

impl MemoryServices {
    /// Services that answer every call by this function.
    pub fn answering(
        script: impl Fn(&SeenServiceCall) -> Result<Response, BackendError> + Send + Sync + 'static,
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
    pub fn seen(&self) -> Vec<SeenServiceCall> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for MemoryServices {
    /// An AWS that nobody may call.
    fn default() -> Self {
        Self::answering(|_| Err(BackendError::Unsigned("no credentials in this world".to_owned())))
    }
}

impl std::fmt::Debug for MemoryServices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryServices(..)")
    }
}

impl Services for MemoryServices {
    async fn call(&self, call: ServiceCall) -> Result<Response, BackendError> {
        let ServiceCall { request, address, role, timeout } = call;
        let (head, body) = request.into_parts();
        let seen = SeenServiceCall { head, body, address, role, timeout };
        let answer = (self.script)(&seen);
        if self.remembers {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        }
        answer
    }
}
