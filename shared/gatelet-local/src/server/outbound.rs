//! An answer's body on its way out, and the record that is sealed when it ends.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::record::{End, Record, SealedRecord};
use http_body::{Body as _, Frame, SizeHint};

use super::in_flight::UnderWay;

/// Where the records of requests go. It must not block: a request waits for it.
pub trait Sink: Send + Sync + 'static {
    /// Takes the record of a request that is over.
    fn take(&self, record: SealedRecord);
}

/// A record that is sealed exactly once: by [`seal`](Self::seal), or as left by the client when it is dropped.
pub(super) struct Open {
    record: Option<Record>,
    began: Instant,
    sink: Arc<dyn Sink>,
    /// Counts the request as under way for as long as its record is open.
    _under_way: UnderWay,
}

impl Open {
    pub(super) fn new(record: Record, sink: Arc<dyn Sink>, under_way: UnderWay) -> Self {
        Self { record: Some(record), began: Instant::now(), sink, _under_way: under_way }
    }

    /// The record, to be written in. It is there until it is sealed, which takes `self`.
    pub(super) const fn record(&mut self) -> Option<&mut Record> {
        self.record.as_mut()
    }

    fn seal(mut self, end: End, response_bytes: u64) {
        self.seal_once(end, response_bytes);
    }

    fn seal_once(&mut self, end: End, response_bytes: u64) {
        if let Some(record) = self.record.take() {
            self.sink.take(record.seal(end, response_bytes, self.began.elapsed()));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.seal_once(End::ClientGone, 0);
    }
}

/// The body of an answer. It seals its request's record with its last byte, with what broke it off, or, dropped
/// before either, as left by the client.
pub struct Outbound {
    body: Body,
    open: Option<Open>,
    /// How long it is, where that is known: the connection may drop a body that has handed over all of it.
    length: Option<u64>,
    handed_over: u64,
}

impl Outbound {
    /// A body that is sent.
    pub(super) fn new(body: Body, open: Open) -> Self {
        let length = body.exact_length();
        let mut outbound = Self { body, open: Some(open), length, handed_over: 0 };
        outbound.seal_at_end();
        outbound
    }

    /// No body: the answer has none, or is to a request that gets none (`HEAD`).
    pub(super) fn none(open: Open) -> Self {
        Self::new(Body::Empty, open)
    }

    fn seal_at_end(&mut self) {
        if self.body.is_end_stream() || self.length == Some(self.handed_over) {
            self.seal(End::Complete);
        }
    }

    fn seal(&mut self, end: End) {
        if let Some(open) = self.open.take() {
            open.seal(end, self.handed_over);
        }
    }
}

impl http_body::Body for Outbound {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.handed_over += frame.data_ref().map_or(0, |data| data.len() as u64);
                self.seal_at_end();
            }
            Poll::Ready(Some(Err(error))) => {
                let error = error.clone();
                self.seal(End::BrokenOff(error));
            }
            Poll::Ready(None) => self.seal(End::Complete),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        self.seal(End::ClientGone);
    }
}
