//! A function's answer as it comes: metadata in JSON, eight zero bytes, then the body
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>).

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;

use super::answer::Head;
use super::members::Members;
use crate::payload::{Body, BodyError, Response};
use crate::refusal::Refusal;

/// What stands between metadata and body.
const DELIMITER: [u8; 8] = [0; 8];

/// The metadata and the delimiter lie within this many bytes.
const PRELUDE_BYTES_MAX: usize = 16 * 1024;

/// Reads the metadata; the body goes on to the client as it comes.
///
/// # Errors
/// [`Refusal::BadFunctionAnswer`] where there is no metadata in front, or it is none that can be used.
pub(super) async fn open(body: Body) -> Result<Response, Refusal> {
    open_prelude(body).await.map_err(Refusal::BadFunctionAnswer)
}

async fn open_prelude(mut body: Body) -> Result<Response, String> {
    let mut buffer = BytesMut::new();
    let length = loop {
        match body.frame().await {
            None => return Err("the stream ended before the eight zero bytes behind its metadata".to_owned()),
            Some(Err(error)) => return Err(format!("the function failed before it answered: {error}")),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                let from = buffer.len().saturating_sub(DELIMITER.len() - 1);
                buffer.extend_from_slice(&data);
                if let Some(length) = delimiter(&buffer, from) {
                    break length;
                }
                if buffer.len() >= PRELUDE_BYTES_MAX {
                    return Err(format!(
                        "the first {PRELUDE_BYTES_MAX} bytes of the stream hold no metadata with eight zero bytes behind it"
                    ));
                }
            }
        }
    };
    let behind = buffer.split_off(length);
    let prelude = std::str::from_utf8(&buffer).ok();
    let members = prelude.and_then(Members::read).ok_or("the metadata of the stream is not a JSON object")?;
    let mut headers = members.headers(true)?;
    members.add_cookies(&mut headers)?;
    let head = Head { status: members.status()?.unwrap_or(StatusCode::OK), headers };
    let first = behind.freeze().split_off(DELIMITER.len());
    let first = Some(first).filter(|first| !first.is_empty());
    Ok(head.with_rest_body(Body::stream(Resumed { first, rest: body })))
}

/// Where the delimiter begins, if it is there and within its bounds.
fn delimiter(buffer: &[u8], from: usize) -> Option<usize> {
    let within = buffer.get(from..buffer.len().min(PRELUDE_BYTES_MAX))?;
    within.windows(DELIMITER.len()).position(|window| *window == DELIMITER).map(|position| from + position)
}

/// A body of which the beginning has been read.
struct Resumed {
    first: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Resumed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}
