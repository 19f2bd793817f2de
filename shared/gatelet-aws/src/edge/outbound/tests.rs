#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;

use gatelet_core::payload::Response;
use gatelet_core::record::{Record, SealedRecord};
use gatelet_core::{Scheme, Timestamp};
use http::{Method, StatusCode, Version};

use super::*;
use crate::edge::{Sink, arrival};

/// Which requests ended, and how.
#[derive(Default)]
struct Ends(Mutex<Vec<(End, u64)>>);

impl Sink for Ends {
    fn take(&self, record: SealedRecord) {
        self.0.lock().unwrap().push((record.end.clone(), record.response_bytes));
    }
}

/// An open record whose guard is counted, and where its end is noted.
fn open() -> (OpenRecord<Arc<()>>, Arc<Ends>, Arc<()>) {
    let now = Timestamp::from_milliseconds(1_000);
    let peer = IpAddr::from([127, 0, 0, 1]);
    let arrival = arrival(now, peer, Scheme::Https, now.after(Duration::from_secs(5)));
    let record = Record::open(&arrival, Method::GET, Version::HTTP_11);
    let (ends, guard) = (Arc::new(Ends::default()), Arc::new(()));
    (OpenRecord::new(record, Arc::<Ends>::clone(&ends), Arc::clone(&guard)), ends, guard)
}

fn ends(of: &Ends) -> Vec<(End, u64)> {
    of.0.lock().unwrap().clone()
}

fn next(body: &mut Outbound<Arc<()>>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// Pieces, then an end or a break.
struct Pieces(Vec<Result<&'static str, BodyError>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(piece.map(|piece| piece.map(|text| Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

#[test]
fn a_body_of_known_length_is_complete_with_its_last_byte() {
    let (open, sealed, guard) = open();
    let mut body = Outbound::new(Body::from("hello"), open);
    assert_eq!((ends(&sealed), Arc::strong_count(&guard)), (Vec::new(), 2));
    assert!(matches!(next(&mut body), Poll::Ready(Some(Ok(_)))));
    assert_eq!((ends(&sealed), Arc::strong_count(&guard)), (vec![(End::Complete, 5)], 1));
    drop(body);
    assert_eq!(ends(&sealed).len(), 1, "sealed once");
}

#[test]
fn a_stream_is_complete_at_its_end_broken_off_by_an_error_and_left_when_dropped() {
    let stream = |pieces| Body::stream(Pieces(pieces));
    let (open_record, sealed, _) = open();
    let mut body = Outbound::new(stream(vec![Ok("ab"), Ok("c")]), open_record);
    while matches!(next(&mut body), Poll::Ready(Some(_))) {}
    assert_eq!(ends(&sealed), [(End::Complete, 3)]);

    let (open_record, sealed, _) = open();
    let mut body = Outbound::new(stream(vec![Ok("ab"), Err(BodyError::BrokenOff)]), open_record);
    while matches!(next(&mut body), Poll::Ready(Some(Ok(_)))) {}
    drop(body);
    assert_eq!(ends(&sealed), [(End::BrokenOff(BodyError::BrokenOff), 2)]);

    let (open_record, sealed, _) = open();
    let mut body = Outbound::new(stream(vec![Ok("ab"), Ok("c")]), open_record);
    assert!(matches!(next(&mut body), Poll::Ready(Some(Ok(_)))));
    drop(body);
    assert_eq!(ends(&sealed), [(End::ClientGone, 2)]);
}

#[test]
fn a_request_that_is_dropped_before_its_answer_is_left_by_the_client() {
    let (open, sealed, guard) = open();
    drop(open);
    assert_eq!((ends(&sealed), Arc::strong_count(&guard)), (vec![(End::ClientGone, 0)], 1));
}

#[test]
fn no_body_goes_out_where_there_may_be_none() {
    for (method, status, expected) in [
        (Method::GET, StatusCode::OK, None),
        (Method::HEAD, StatusCode::OK, Some((End::Complete, 0))),
        (Method::GET, StatusCode::NO_CONTENT, Some((End::Complete, 0))),
        (Method::GET, StatusCode::NOT_MODIFIED, Some((End::Complete, 0))),
    ] {
        let (open, sealed, _) = open();
        let mut response = Response::new(Body::from("hello"));
        *response.status_mut() = status;
        let answer = open.answer(&method, response);
        assert_eq!((answer.status(), answer.body().is_end_stream()), (status, expected.is_some()));
        assert_eq!(ends(&sealed), Vec::from_iter(expected), "{method} {status}");
    }
}
