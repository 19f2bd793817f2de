//! An answer's body on its way out, and the record that is sealed when it ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::record::End;
use http_body::{Body as _, Frame, SizeHint};

use super::record::OpenRecord;

/// The body of an answer. It seals its request's record with its last byte, with what broke it off, or, dropped
/// before either, as left by the client.
pub struct Outbound<G = ()> {
    body: Body,
    open: Option<OpenRecord<G>>,
    /// How long it is, where that is known: the connection may drop a body that has handed over all of it.
    length: Option<u64>,
    handed_over: u64,
}

impl<G> Outbound<G> {
    /// A body that is sent.
    #[must_use]
    pub fn new(body: Body, open: OpenRecord<G>) -> Self {
        let length = body.exact_length();
        let mut outbound = Self { body, open: Some(open), length, handed_over: 0 };
        outbound.seal_at_end();
        outbound
    }

    /// No body: the answer has none, or is to a request that gets none (`HEAD`).
    #[must_use]
    pub fn none(open: OpenRecord<G>) -> Self {
        Self::new(Body::Empty, open)
    }

    /// Ends it here: nothing more goes out, and the record says why.
    pub fn break_off(&mut self, error: BodyError) {
        self.body = Body::Empty;
        self.seal(End::BrokenOff(error));
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

impl<G: Unpin> http_body::Body for Outbound<G> {
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

impl<G> Drop for Outbound<G> {
    fn drop(&mut self) {
        self.seal(End::ClientGone);
    }
}

#[cfg(test)]
mod tests;
