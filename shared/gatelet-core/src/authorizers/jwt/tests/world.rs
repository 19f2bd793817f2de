//! A world of which only issuers, the clock and the memory answer.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;

use crate::authorizers::jwt::TokenPorts;
use crate::ports::Timestamp;
use crate::ports::{Clock, IdentityProviders, Memory, PortError};

#[derive(Debug)]
pub(super) struct TestWorld {
    documents: Mutex<BTreeMap<String, Bytes>>,
    mapped: BTreeMap<String, String>,
    seen: Mutex<Vec<String>>,
    /// Whether the next document is waited for once.
    slow: Mutex<bool>,
    time: Mutex<Timestamp>,
    memory: Memory,
}

impl TestWorld {
    pub(super) fn at(seconds: u64) -> Self {
        Self {
            documents: Mutex::default(),
            mapped: BTreeMap::new(),
            seen: Mutex::default(),
            slow: Mutex::new(false),
            time: Mutex::new(Timestamp::from_milliseconds(seconds * 1_000)),
            memory: Memory::default(),
        }
    }

    pub(super) fn mapping(mut self, issuer: &str, url: &str) -> Self {
        self.mapped.insert(issuer.to_owned(), url.to_owned());
        self
    }

    pub(super) fn publish(&self, url: &str, document: &str) {
        self.documents.lock().unwrap().insert(url.to_owned(), Bytes::from(document.to_owned()));
    }

    pub(super) fn withdraw(&self, url: &str) {
        self.documents.lock().unwrap().remove(url);
    }

    pub(super) fn set_time(&self, seconds: u64) {
        self.set_moment(Timestamp::from_milliseconds(seconds * 1_000));
    }

    pub(super) fn set_moment(&self, moment: Timestamp) {
        *self.time.lock().unwrap() = moment;
    }

    pub(super) fn be_slow(&self) {
        *self.slow.lock().unwrap() = true;
    }

    pub(super) fn be_quick(&self) {
        *self.slow.lock().unwrap() = false;
    }

    /// All URLs that were asked for.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn nothing<T>() -> Result<T, PortError> {
        Err(PortError::Unavailable { what: "this", why: "nobody is there".to_owned() })
    }
}

impl IdentityProviders for TestWorld {
    fn key_set_url(&self, issuer: &str) -> Option<&str> {
        self.mapped.get(issuer).map(String::as_str)
    }

    async fn document(&self, url: &str, bytes_max: usize, timeout: Duration) -> Result<Bytes, PortError> {
        assert!(timeout <= Duration::from_millis(1_500) && bytes_max <= 150_000);
        self.seen.lock().unwrap().push(url.to_owned());
        let mut waits = std::mem::take(&mut *self.slow.lock().unwrap());
        std::future::poll_fn(|_| match std::mem::take(&mut waits) {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(()),
        })
        .await;
        self.documents.lock().unwrap().get(url).cloned().map_or_else(Self::nothing, Ok)
    }

    async fn caller_identity(
        &self,
        _: &str,
        _: &http::HeaderMap,
        _: Duration,
    ) -> Result<Result<Bytes, http::StatusCode>, PortError> {
        Self::nothing()
    }
}

impl Clock for TestWorld {
    fn now(&self) -> Timestamp {
        *self.time.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl TokenPorts for TestWorld {
    type IdentityProviders = Self;
    type Clock = Self;

    fn identity_providers(&self) -> &Self {
        self
    }

    fn clock(&self) -> &Self {
        self
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }
}
