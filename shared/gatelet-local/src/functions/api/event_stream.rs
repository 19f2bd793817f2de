//! The event stream of `InvokeWithResponseStream`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use gatelet_core::payload::BodyError;
use http_body::{Body, Frame};
use serde_json::json;
use tokio::sync::mpsc;

use crate::functions::invocation::Said;

/// What a function says, as `PayloadChunk`s and one `InvokeComplete`.
#[derive(Debug)]
pub(super) struct EventStream {
    /// `None` behind the end.
    said: Option<mpsc::Receiver<Said>>,
}

impl EventStream {
    pub(super) const fn of(said: mpsc::Receiver<Said>) -> Self {
        Self { said: Some(said) }
    }
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(said) = &mut self.said else { return Poll::Ready(None) };
        let message = match ready!(said.poll_recv(context)) {
            Some(Said::Chunk(chunk)) => {
                return Poll::Ready(Some(frame("PayloadChunk", "application/octet-stream", chunk)));
            }
            Some(Said::Done) => json!({}),
            Some(Said::Failed(failure)) => {
                json!({ "ErrorCode": "Unhandled", "ErrorDetails": String::from_utf8_lossy(&failure.0) })
            }
            // Whoever ran it is gone.
            None => {
                self.said = None;
                return Poll::Ready(Some(Err(BodyError::BrokenOff)));
            }
        };
        self.said = None;
        let bytes = Bytes::from(message.to_string());
        Poll::Ready(Some(frame("InvokeComplete", "application/json", bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.said.is_none()
    }
}

fn frame(event: &'static str, content: &'static str, payload: Bytes) -> Result<Frame<Bytes>, BodyError> {
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(payload)
        .add_header(header(":event-type", event))
        .add_header(header(":content-type", content))
        .add_header(header(":message-type", "event"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).map_err(|_| BodyError::BrokenOff)?;
    Ok(Frame::data(bytes.into()))
}
