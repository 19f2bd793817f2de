//! What a backend has seen.

use std::sync::Arc;

use tokio::sync::watch;

use super::PATIENCE;

/// A request as a backend received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The connection it came over, from 0.
    pub connection: usize,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// The method.
    pub method: String,
    /// What stood behind the method; over HTTP/2 the path with its query.
    pub target: String,
    /// The headers as they were written, in their order; over HTTP/2 `:authority` is the first.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Received {
    /// The first value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The names of all headers, lower-case and sorted.
    pub fn header_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort();
        names
    }
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) open: usize,
    /// By connection.
    pub(super) bytes: Vec<Vec<u8>>,
    pub(super) requests: Vec<Received>,
}

/// What was seen, shared by all connections of a backend.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<watch::Sender<Seen>>);

/// A connection that is open until this is dropped.
pub(super) struct Open(Log);

impl Log {
    pub(super) fn read<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        read(&self.0.borrow())
    }

    pub(super) fn open(&self) -> (usize, Open) {
        let mut number = 0;
        self.0.send_modify(|seen| {
            number = seen.bytes.len();
            seen.bytes.push(Vec::new());
            seen.open += 1;
        });
        (number, Open(self.clone()))
    }

    pub(super) fn note_bytes(&self, connection: usize, bytes: &[u8]) {
        self.0.send_modify(|seen| seen.bytes[connection].extend_from_slice(bytes));
    }

    pub(super) fn note_request(&self, request: Received) {
        self.0.send_modify(|seen| seen.requests.push(request));
    }

    pub(super) async fn wait(&self, what: &str, is_there: impl FnMut(&Seen) -> bool) {
        let mut changes = self.0.subscribe();
        let waiting = changes.wait_for(is_there);
        let waited = tokio::time::timeout(PATIENCE, waiting).await.map(|seen| seen.is_ok());
        assert_eq!(waited, Ok(true), "the backend waited for {what}");
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.send_modify(|seen| seen.open -= 1);
    }
}
