#![allow(clippy::unwrap_used, reason = "tests")]
use std::collections::VecDeque;
use std::pin::pin;
use std::task::Waker;

use super::*;

/// A body that comes in these pieces.
struct Pieces(VecDeque<Result<&'static str, BodyError>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = self.0.pop_front();
        Poll::Ready(piece.map(|piece| piece.map(|text| Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

fn collect(pieces: &[Result<&'static str, BodyError>], limit: usize) -> Collected {
    let body = Body::stream(Pieces(pieces.iter().cloned().collect()));
    match pin!(body.collect_up_to(limit)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(collected) => collected,
        Poll::Pending => panic!("the pieces are all there"),
    }
}

#[test]
fn pieces_become_one_body_up_to_the_limit() {
    assert_eq!(collect(&[], 0).unwrap(), "");
    assert_eq!(collect(&[Ok("ab"), Ok(""), Ok("cd"), Ok("e")], 5).unwrap(), "abcde");
    assert_eq!(collect(&[Ok("ab"), Ok("cd"), Ok("e")], 4), Err(BodyError::TooLong { limit: 4 }));
    assert_eq!(collect(&[Ok("ab"), Err(BodyError::BrokenOff)], 5), Err(BodyError::BrokenOff));
}

#[test]
fn one_piece_is_not_copied() {
    let bytes = Bytes::from(vec![1, 2, 3]);
    let address = bytes.as_ptr();
    let body = Body::from(bytes);
    assert_eq!(body.exact_length(), Some(3));
    let Poll::Ready(Ok(collected)) =
        pin!(body.collect_up_to(3)).poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("the body is there");
    };
    assert_eq!(collected.as_ptr(), address);
}

#[test]
fn an_empty_body_has_ended_before_it_begins() {
    for body in [Body::default(), Body::from(""), Body::from(String::new())] {
        assert!(body.is_end_stream());
        assert_eq!(body.exact_length(), Some(0));
    }
    assert_eq!(Body::stream(Pieces(VecDeque::new())).exact_length(), None);
}
