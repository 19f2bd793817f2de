//! The event stream of `InvokeWithResponseStream`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::base64::encode;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use gatelet_core::payload::BodyError;
use http_body::{Body, Frame};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::functions::invocation::Said;

/// What a function says, as `PayloadChunk`s and one `InvokeComplete`.
#[derive(Debug)]
pub(super) struct EventStream {
    /// `None` behind the end.
    said: Option<mpsc::Receiver<Said>>,
    /// What the caller who asked for the log hears with the end.
    log: Option<Bytes>,
}

impl EventStream {
    pub(super) const fn of(said: mpsc::Receiver<Said>) -> Self {
        Self { said: Some(said), log: None }
    }
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Self { said: receiver, log } = &mut *self;
        let Some(said) = receiver else { return Poll::Ready(None) };
        let mut complete = Map::new();
        loop {
            match ready!(said.poll_recv(context)) {
                Some(Said::Chunk(chunk)) => {
                    return Poll::Ready(Some(frame("PayloadChunk", "application/octet-stream", chunk)));
                }
                Some(Said::Log(text)) => *log = Some(text),
                Some(Said::Done) => break,
                Some(Said::Failed(failure)) => {
                    let details = String::from_utf8_lossy(&failure.0).into_owned();
                    complete.insert("ErrorCode".to_owned(), "Unhandled".into());
                    complete.insert("ErrorDetails".to_owned(), details.into());
                    break;
                }
                // Whoever ran it is gone.
                None => {
                    *receiver = None;
                    return Poll::Ready(Some(Err(BodyError::BrokenOff)));
                }
            }
        }
        *receiver = None;
        if let Some(log) = log.take() {
            complete.insert("LogResult".to_owned(), encode(log).into());
        }
        let bytes = Bytes::from(Value::Object(complete).to_string());
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
