//! An answer's body on its way in.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::payload::{Body, BodyError};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

/// Passes an answer's body on as it comes, and gives up where it pauses longer than `idle` while somebody
/// waits for it.
pub(crate) fn streamed(incoming: Incoming, idle: Duration) -> Body {
    if incoming.is_end_stream() {
        return Body::Empty;
    }
    Body::stream(AnswerBody { incoming: Some(incoming), idle, timer: None, is_waiting: false })
}

struct AnswerBody {
    /// `None` behind the end and behind a failure: dropping it gives the connection up.
    incoming: Option<Incoming>,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl AnswerBody {
    /// Waits on the timer, which starts when the waiting starts.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        if !self.is_waiting {
            self.is_waiting = true;
            timer.as_mut().reset(Instant::now() + idle);
        }
        timer.as_mut().poll(context)
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let failure = match Pin::new(incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.is_waiting = false;
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(None) => {
                self.incoming = None;
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(problem))) => {
                tracing::debug!(%problem, "a backend's answer broke off");
                BodyError::BrokenOff
            }
            Poll::Pending if self.poll_idle(context).is_pending() => return Poll::Pending,
            Poll::Pending => BodyError::Idle { seconds: self.idle.as_secs() },
        };
        self.incoming = None;
        Poll::Ready(Some(Err(failure)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
