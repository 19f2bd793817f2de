//! A request's body on its way in, held against its limit and the server's patience.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::payload::BodyError;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

/// The body of a request, as it comes from the connection. Trailers are dropped, as AWS drops them.
pub(super) struct Inbound {
    incoming: Incoming,
    taken: usize,
    bytes_max: usize,
    patience: Duration,
    idle: Pin<Box<Sleep>>,
}

impl Inbound {
    pub(super) fn new(incoming: Incoming, bytes_max: usize, patience: Duration) -> Self {
        Self { incoming, taken: 0, bytes_max, patience, idle: Box::pin(sleep(patience)) }
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.taken = self.taken.saturating_add(data.len());
                    if self.taken > self.bytes_max {
                        return Poll::Ready(Some(Err(BodyError::TooLong { limit: self.bytes_max })));
                    }
                    let next = Instant::now() + self.patience;
                    self.idle.as_mut().reset(next);
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(BodyError::BrokenOff))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    let seconds = self.patience.as_secs();
                    return self.idle.as_mut().poll(context).map(|()| Some(Err(BodyError::Idle { seconds })));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
