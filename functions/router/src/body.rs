//! An answer's body as Lambda's runtime takes it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use gatelet_aws::edge::Outbound;
use http_body::Body;

/// The chunks of an answer that goes out as it comes.
///
/// A body that breaks off ends here as if it were complete: the runtime would write the error among the client's bytes
/// otherwise. Its record says what happened.
pub struct AnswerBody(Box<Outbound>);

impl AnswerBody {
    /// The body of an answer.
    #[must_use]
    pub fn new(body: Outbound) -> Self {
        Self(Box::new(body))
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return match Pin::new(&mut *self.0).poll_frame(context) {
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
