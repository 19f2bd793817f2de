//! The record of a request under way, and where it goes when the request is over.

use std::sync::Arc;
use std::time::Instant;

use gatelet_core::payload::Response;
use gatelet_core::record::{End, Record, SealedRecord};
use http::{Method, StatusCode};

use super::outbound::Outbound;

/// Where the records of requests go. It must not block: a request waits for it.
pub trait Sink: Send + Sync + 'static {
    /// Takes the record of a request that is over.
    fn take(&self, record: SealedRecord);
}

/// Whether the answer to a request of this method, with this status, has a body at all
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1>).
#[must_use]
pub fn has_body(method: &Method, status: StatusCode) -> bool {
    *method != Method::HEAD && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// A record that is sealed exactly once: with its answer's last byte, or, dropped before, as left by the client.
/// It keeps a guard of the door's, such as a count of requests under way, for as long as it is open.
pub struct OpenRecord<G = ()> {
    record: Option<Record>,
    began: Instant,
    sink: Arc<dyn Sink>,
    _guard: G,
}

impl<G> OpenRecord<G> {
    /// Keeps a record open. When it is sealed it goes to `sink`, and then `guard` is dropped.
    #[must_use]
    pub fn new(record: Record, sink: Arc<dyn Sink>, guard: G) -> Self {
        Self { record: Some(record), began: Instant::now(), sink, _guard: guard }
    }

    /// The record, to be written in. It is there until it is sealed, which takes `self`.
    #[must_use]
    pub const fn record(&mut self) -> Option<&mut Record> {
        self.record.as_mut()
    }

    /// The answer to a request of this method, whose body seals the record at its end. To `HEAD`, and with a status
    /// that has none, no body goes out.
    #[must_use]
    pub fn answer(self, method: &Method, response: Response) -> http::Response<Outbound<G>> {
        let (head, body) = response.into_parts();
        let outbound =
            if has_body(method, head.status) { Outbound::new(body, self) } else { Outbound::none(self) };
        http::Response::from_parts(head, outbound)
    }

    /// Seals it: the answer ended so, and this many bytes of its body went out.
    pub fn seal(mut self, end: End, response_bytes: u64) {
        self.seal_once(end, response_bytes);
    }

    fn seal_once(&mut self, end: End, response_bytes: u64) {
        if let Some(record) = self.record.take() {
            self.sink.take(record.seal(end, response_bytes, self.began.elapsed()));
        }
    }
}

impl<G> Drop for OpenRecord<G> {
    fn drop(&mut self) {
        self.seal_once(End::ClientGone, 0);
    }
}
