//! An answer's body as Lambda's runtime takes it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use gatelet_aws::edge::Outbound;
use gatelet_core::payload::BodyError;
use http_body::Body;
use tokio::time::{Sleep, sleep};

/// The chunks of an answer that goes out as it comes.
///
/// A body that breaks off ends here as if it were complete, and so does one that is still on its way when the invocation's time is
/// over: the runtime would write the error among the client's bytes otherwise, and Lambda end the process before its record is
/// written. That record says what happened.
pub struct AnswerBody {
    body: Box<Outbound>,
    end: Pin<Box<Sleep>>,
}

impl AnswerBody {
    /// The body of an answer, for which so much time is left.
    #[must_use]
    pub fn new(body: Outbound, left: Duration) -> Self {
        Self { body: Box::new(body), end: Box::pin(sleep(left)) }
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.end.as_mut().poll(context).is_ready() {
            self.body.break_off(BodyError::OutOfTime);
            return Poll::Ready(None);
        }
        loop {
            return match Pin::new(&mut *self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
                Poll::Ready(Some(Err(_)) | None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
        }
    }
}
