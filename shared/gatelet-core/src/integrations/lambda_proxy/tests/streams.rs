//! Answers as they come.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gatelet_model::ResponseTransferMode;
use http_body::Frame;

use super::{request, rest, shown};
use crate::payload::{Body, BodyError, Response};
use crate::ports::{FunctionAnswer, InvocationMode};
use crate::refusal::Refusal;

/// Chunks one after the other, and perhaps a break.
struct Chunks(VecDeque<Result<Bytes, BodyError>>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop_front().map(|chunk| chunk.map(Frame::data)))
    }
}

fn stream(chunks: impl IntoIterator<Item = Result<Vec<u8>, BodyError>>) -> Result<Response, Refusal> {
    let chunks: VecDeque<_> = chunks.into_iter().map(|chunk| chunk.map(Bytes::from)).collect();
    let setup = rest("/")
        .integration(|integration| integration.response_transfer_mode = ResponseTransferMode::Stream);
    let chunks = std::sync::Mutex::new(chunks);
    let outcome = setup.scripted(request("GET /", &[], ""), move || {
        let chunks = std::mem::take(&mut *chunks.lock().unwrap());
        Ok(FunctionAnswer::Stream(Body::stream(Chunks(chunks))))
    });
    assert_eq!(outcome.calls[0].mode, InvocationMode::ResponseStream);
    outcome.result
}

const PRELUDE: &[u8] = b"{\"statusCode\": 202, \"headers\": {\"content-type\": \"text/event-stream\", \"x\": \"1\"}, \"multiValueHeaders\": {\"x\": [\"0\"]}, \"cookies\": [\"c=1\"], \"unknown\": 1}";
const ANSWER: &str =
    r#"202 | content-type: text/event-stream | set-cookie: c=1 | x: 0 | x: 1 | "first second""#;

#[test]
fn metadata_is_read_however_it_is_cut() {
    let whole = [PRELUDE, &[0; 8], b"first second"].concat();
    for size in [1, 3, 7, 8, 9, 64, whole.len()] {
        let chunks = whole.chunks(size).map(|chunk| Ok(chunk.to_vec()));
        assert_eq!(shown(stream(chunks)), ANSWER, "{size}");
    }
    assert_eq!(
        shown(stream([Ok(b"{}".to_vec()), Ok(vec![0; 8])])),
        r#"200 | content-type: application/json | """#
    );
}

#[test]
fn the_body_goes_on_as_it_comes() {
    use http_body_util::BodyExt as _;
    let chunks =
        [Ok([PRELUDE, &[0; 8], b"first "].concat()), Ok(b"second".to_vec()), Err(BodyError::BrokenOff)];
    let mut body = stream(chunks).unwrap().into_body();
    let mut next = || super::now(body.frame()).map(|frame| frame.map(|frame| frame.into_data().unwrap()));
    assert_eq!(next(), Some(Ok(Bytes::from_static(b"first "))));
    assert_eq!(next(), Some(Ok(Bytes::from_static(b"second"))));
    assert_eq!(next(), Some(Err(BodyError::BrokenOff)));
    assert_eq!(next(), None);
}

#[test]
fn zero_bytes_of_the_body_stay_its_own() {
    let chunks = [Ok([b"{}".as_slice(), &[0; 8], &[0; 8], b"x"].concat())];
    let body = stream(chunks).unwrap().into_body();
    let body = super::now(body.collect_up_to(100)).unwrap();
    assert_eq!(&body[..], [&[0; 8][..], b"x"].concat());
}

#[test]
fn a_stream_without_metadata_is_502() {
    let broken = || Err(BodyError::BrokenOff);
    for (chunks, why) in [
        (vec![], "ended before"),
        (vec![Ok(b"{\"statusCode\": 200, \"body\": \"buffered\"}".to_vec())], "ended before"),
        (vec![Ok([b"{}".as_slice(), &[0; 7]].concat())], "ended before"),
        (vec![broken()], "failed before it answered"),
        (vec![Ok(b"{\"status".to_vec()), broken()], "failed before it answered"),
        (vec![Ok([b"junk".as_slice(), &[0; 8]].concat())], "not a JSON object"),
        (vec![Ok(vec![0; 8])], "not a JSON object"),
        (vec![Ok([b"{\"statusCode\": 5}".as_slice(), &[0; 8]].concat())], "no status"),
        (vec![Ok(vec![b' '; 16 * 1024])], "hold no metadata"),
        (vec![Ok([b" ".repeat(16 * 1024).as_slice(), b"{}", &[0; 8]].concat())], "hold no metadata"),
        (std::iter::repeat_n(Ok(vec![b' '; 1000]), 1_000).collect(), "hold no metadata"),
    ] {
        let refusal = stream(chunks).err().unwrap();
        assert_eq!(refusal.rest_form().status.as_u16(), 502);
        let cause = refusal.cause().unwrap();
        assert!(cause.contains(why), "{cause}");
    }
}

#[test]
fn an_answer_that_came_whole_is_read_the_same_way() {
    let setup = rest("/")
        .integration(|integration| integration.response_transfer_mode = ResponseTransferMode::Stream);
    let whole = [PRELUDE, &[0; 8], b"first second"].concat();
    assert_eq!(shown(setup.answered(request("GET /", &[], ""), whole).result), ANSWER);
}
