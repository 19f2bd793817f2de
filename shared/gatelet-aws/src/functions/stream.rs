//! A streamed answer: AWS's event stream, taken apart into what the function wrote.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::Message;
use bytes::{Bytes, BytesMut};
use gatelet_core::payload::{Body, BodyError};
use http_body::{Body as HttpBody, Frame};
use serde::Deserialize;
use tokio::time::{Instant, Sleep};

/// The longest message that is taken in, in bytes: what
/// [AWS's event streams](https://smithy.io/2.0/aws/amazon-eventstream.html) may have, 16 MB and its headers.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024 + 128 * 1024;

/// One event of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// `PayloadChunk`: what the function wrote.
    Chunk(Bytes),
    /// `InvokeComplete` without an error: the function came to its end.
    Complete,
    /// `InvokeComplete` with one: the function failed.
    Failed(Failure),
}

/// How a function failed:
/// [`InvokeWithResponseStreamCompleteEvent`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStreamCompleteEvent.html).
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Failure {
    pub(super) error_code: Option<String>,
    pub(super) error_details: Option<String>,
}

/// The events of a stream, as they come.
pub(super) struct Events<B> {
    source: B,
    received: BytesMut,
    decoder: MessageFrameDecoder,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl<B> Events<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::fmt::Display,
{
    /// The events of an answer's body, which may pause for `idle` while somebody waits for it.
    pub(super) fn of(source: B, idle: Duration) -> Self {
        Self {
            source,
            received: BytesMut::new(),
            decoder: MessageFrameDecoder::new(),
            idle,
            timer: None,
            is_waiting: false,
        }
    }

    /// The next event. A stream that ends without `InvokeComplete` is broken off.
    pub(super) async fn next(&mut self) -> Result<Event, BodyError> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// What the function writes, from this chunk on.
    pub(super) fn into_body(self, first: Bytes) -> Body {
        Body::stream(Chunks { first: Some(first), events: Some(self) })
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Event, BodyError>> {
        loop {
            if let Some(event) = self.decode()? {
                return Poll::Ready(Ok(event));
            }
            if self.received.len() > MESSAGE_BYTES_MAX {
                return Poll::Ready(Err(BodyError::TooLong { limit: MESSAGE_BYTES_MAX }));
            }
            match Pin::new(&mut self.source).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.is_waiting = false;
                    if let Ok(data) = frame.into_data() {
                        self.received.extend_from_slice(&data);
                    }
                }
                Poll::Ready(Some(Err(problem))) => {
                    tracing::debug!(%problem, "a function's stream broke off");
                    return Poll::Ready(Err(BodyError::BrokenOff));
                }
                Poll::Ready(None) => return Poll::Ready(Err(BodyError::BrokenOff)),
                Poll::Pending => {
                    ready!(self.poll_idle(context));
                    return Poll::Ready(Err(BodyError::Idle { seconds: self.idle.as_secs() }));
                }
            }
        }
    }

    /// The next event of what was received, where it is there as a whole.
    fn decode(&mut self) -> Result<Option<Event>, BodyError> {
        while !self.received.is_empty() {
            match self.decoder.decode_frame(&mut self.received) {
                Ok(DecodedFrame::Incomplete) => return Ok(None),
                Ok(DecodedFrame::Complete(message)) => {
                    self.decoder = MessageFrameDecoder::new();
                    if let Some(event) = event(&message)? {
                        return Ok(Some(event));
                    }
                }
                Err(problem) => {
                    tracing::debug!(%problem, "a function's stream is no event stream");
                    return Err(BodyError::BrokenOff);
                }
            }
        }
        Ok(None)
    }

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

/// What a message says; nothing where it is of a kind that came later than this program, or has no content.
fn event(message: &Message) -> Result<Option<Event>, BodyError> {
    let header = |name: &str| {
        let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
        Some(header.value().as_string().ok()?.as_str())
    };
    if header(":message-type").is_some_and(|kind| kind != "event") {
        let what = header(":exception-type").or_else(|| header(":error-code")).unwrap_or_default();
        tracing::debug!(what, "Lambda ended a function's stream");
        return Err(BodyError::BrokenOff);
    }
    match header(":event-type") {
        Some("PayloadChunk") if message.payload().is_empty() => Ok(None),
        Some("PayloadChunk") => Ok(Some(Event::Chunk(message.payload().clone()))),
        Some("InvokeComplete") => {
            let failure: Failure = serde_json::from_slice(message.payload()).unwrap_or_default();
            let has_failed = failure.error_code.is_some() || failure.error_details.is_some();
            Ok(Some(if has_failed { Event::Failed(failure) } else { Event::Complete }))
        }
        _ => Ok(None),
    }
}

/// The chunks alone, as a body.
struct Chunks<B> {
    first: Option<Bytes>,
    /// `None` behind the end and behind a failure: dropping it gives the connection up.
    events: Option<Events<B>>,
}

impl<B> HttpBody for Chunks<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::fmt::Display,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(events) = &mut self.events else { return Poll::Ready(None) };
        let ended = match ready!(events.poll_next(context)) {
            Ok(Event::Chunk(chunk)) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
            Ok(Event::Complete) => None,
            Ok(Event::Failed(failure)) => {
                tracing::debug!(code = failure.error_code, "a function failed in the middle of its answer");
                Some(Err(BodyError::BrokenOff))
            }
            Err(problem) => Some(Err(problem)),
        };
        self.events = None;
        Poll::Ready(ended)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.events.is_none()
    }
}

#[cfg(test)]
mod tests;
