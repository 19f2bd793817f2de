#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::VecDeque;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue};
use http_body_util::BodyExt;

use super::*;

/// A body that comes in these pieces and then ends, or never does.
struct Pieces(VecDeque<Bytes>, bool);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        match self.0.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None if self.1 => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

fn message(kind: &str, event: &str, payload: &[u8]) -> Vec<u8> {
    let header =
        |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
    let message = Message::new(payload.to_vec())
        .add_header(header(":message-type", kind))
        .add_header(header(":event-type", event));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

fn events(bytes: &[u8], piece: usize) -> Events<Pieces> {
    let pieces = bytes.chunks(piece).map(Bytes::copy_from_slice).collect();
    Events::of(Pieces(pieces, false), Duration::from_secs(5))
}

#[tokio::test]
async fn chunks_come_out_whatever_the_pieces() {
    let stream = [
        message("event", "PayloadChunk", b"one"),
        message("event", "PayloadChunk", b""),
        message("event", "SomethingNew", b"?"),
        message("event", "PayloadChunk", b"two"),
        message("event", "InvokeComplete", b"{}"),
    ]
    .concat();
    for piece in [1, 7, 40, stream.len()] {
        let mut events = events(&stream, piece);
        let Event::Chunk(first) = events.next().await.unwrap() else { unreachable!() };
        assert_eq!(first, "one");
        let body = events.into_body(first).collect_up_to(100).await.unwrap();
        assert_eq!(body, "onetwo");
    }
}

#[tokio::test]
async fn a_function_that_fails_half_way_breaks_its_body_off() {
    let chunk = message("event", "PayloadChunk", b"half");
    let failure = message("event", "InvokeComplete", br#"{"ErrorCode":"Unhandled","ErrorDetails":"{}"}"#);
    let exception = message("exception", "", b"{}");
    for end in
        [failure.as_slice(), &exception, &chunk[..chunk.len() - 1], b"junk that is no event stream", b""]
    {
        let mut events = events(&[&chunk, end].concat(), 16);
        let Event::Chunk(first) = events.next().await.unwrap() else { unreachable!() };
        let mut body = events.into_body(first);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "half");
        assert_eq!(body.frame().await.unwrap().unwrap_err(), BodyError::BrokenOff);
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test]
async fn a_function_that_fails_at_once_says_how() {
    let details = r#"{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorType\":\"E\"}"}"#;
    let stream = message("event", "InvokeComplete", details.as_bytes());
    let failure =
        Failure { error_code: Some("Unhandled".into()), error_details: Some(r#"{"errorType":"E"}"#.into()) };
    assert_eq!(events(&stream, 10).next().await, Ok(Event::Failed(failure)));
}

#[tokio::test]
async fn a_stream_that_pauses_too_long_is_given_up() {
    let mut events = Events::of(Pieces(VecDeque::new(), true), Duration::from_millis(1));
    assert_eq!(events.next().await, Err(BodyError::Idle { seconds: 0 }));
}
