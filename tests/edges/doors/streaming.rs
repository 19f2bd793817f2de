//! Answers as they come, on the one door that takes them so.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::record::End;
use gatelet_tests::doors::{Answer, chunk, function_url, invocation, load_balancer};
use http::StatusCode;
use http_body::Frame;
use router::Reply;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::fixture::{Function, NOW, STREAMING, answer, at_balancer, at_url, peer, request, soon};

type Piece = Result<Bytes, BodyError>;

/// A body whose pieces a test sends by hand.
struct ByHand(UnboundedReceiver<Piece>);

impl http_body::Body for ByHand {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// A function whose backend answers one request with a body by hand.
fn function(variables: &[(&str, &str)]) -> (Function, UnboundedSender<Piece>) {
    let (hand, pieces) = unbounded_channel();
    let pieces = Mutex::new(Some(pieces));
    let function = Function::new(variables, move |_| {
        let body = Body::stream(ByHand(pieces.lock().unwrap().take().expect("one request")));
        let response = http::Response::builder()
            .status(201)
            .header("content-type", "text/event-stream")
            .header("x-list", "1")
            .header("x-list", "2")
            .header("set-cookie", "a=1; Path=/")
            .header("set-cookie", "b=2");
        Ok(response.body(body).unwrap())
    });
    (function, hand)
}

fn begun(reply: Reply) -> (Answer, router::AnswerBody) {
    match reply {
        Reply::Streamed(prelude, body) => (Answer::begin(prelude), body),
        Reply::Buffered(answer) => panic!("it is not streamed: {answer:?}"),
    }
}

#[tokio::test]
async fn a_function_urls_answer_goes_out_as_it_comes() {
    let (function, hand) = function(&[STREAMING]);
    let (answer, mut body) = begun(soon(function.reply(&at_url("/dev/a"))).await);
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("x-list"), "1,2", "a prelude holds each header once");
    assert_eq!(answer.header("set-cookie"), "a=1; Path=/\nb=2");
    for piece in ["data: 1\n\n", "data: 2\n\n"] {
        hand.send(Ok(piece.into())).unwrap();
        assert_eq!(soon(chunk(&mut body)).await.unwrap(), piece, "before the next one is there");
    }
    assert!(function.records.all().is_empty(), "the answer has not ended");
    drop(hand);
    assert_eq!(soon(chunk(&mut body)).await, None);
    let record = function.record();
    assert_eq!((&record.end, record.response_bytes, record.status()), (&End::Complete, 18, Some(201)));
}

#[tokio::test]
async fn an_answer_that_is_still_on_its_way_at_the_end_of_the_invocation_ends_and_its_record_says_so() {
    let (function, hand) = function(&[STREAMING]);
    let invocation = invocation(&at_url("/dev/a"), NOW.after(Duration::from_millis(40)));
    let (_, mut body) = begun(soon(function.router.invoke(invocation)).await.unwrap());
    hand.send(Ok("half".into())).unwrap();
    assert_eq!(soon(chunk(&mut body)).await.unwrap(), "half");
    assert_eq!(soon(chunk(&mut body)).await, None, "the backend says nothing more");
    let record = function.record();
    assert_eq!((&record.end, record.response_bytes), (&End::BrokenOff(BodyError::OutOfTime), 4));
}

#[tokio::test]
async fn a_broken_off_answer_ends_and_its_record_says_so() {
    let (function, hand) = function(&[STREAMING]);
    let (_, mut body) = begun(function.reply(&at_url("/dev/a")).await);
    hand.send(Ok("half".into())).unwrap();
    hand.send(Err(BodyError::BrokenOff)).unwrap();
    assert_eq!(soon(chunk(&mut body)).await.unwrap(), "half");
    assert_eq!(soon(chunk(&mut body)).await, None);
    let record = function.record();
    assert_eq!((&record.end, record.response_bytes), (&End::BrokenOff(BodyError::BrokenOff), 4));
}

#[tokio::test]
async fn a_client_that_goes_leaves_its_record() {
    let (function, hand) = function(&[STREAMING]);
    let (_, mut body) = begun(function.reply(&at_url("/dev/a")).await);
    hand.send(Ok("half".into())).unwrap();
    soon(chunk(&mut body)).await.unwrap();
    drop(body);
    assert_eq!((&function.record().end, function.record().response_bytes), (&End::ClientGone, 4));
    assert!(hand.is_closed(), "the backend is let go");
}

#[tokio::test]
async fn every_other_door_waits_for_the_whole() {
    for (variables, event) in [
        (&[STREAMING][..], at_balancer("/dev/a")),
        (&[STREAMING][..], serde_json::json!({ "httpMethod": "GET", "path": "/dev/a" })),
        (&[][..], at_url("/dev/a")),
    ] {
        let (function, hand) = function(variables);
        hand.send(Ok(Bytes::from_static(b"\xFFhalf"))).unwrap();
        hand.send(Ok("half".into())).unwrap();
        drop(hand);
        let answer = soon(function.ask(&event)).await;
        let json = answer.json.as_ref().unwrap();
        assert_eq!(
            (json["body"].as_str(), json["isBase64Encoded"].as_bool()),
            (Some("/2hhbGZoYWxm"), Some(true))
        );
        assert_eq!(answer.header("set-cookie"), "a=1; Path=/\nb=2");
        assert_eq!((&function.record().end, function.record().response_bytes), (&End::Complete, 9));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_before_it_is_whole_is_none() {
    let (function, hand) = function(&[]);
    hand.send(Ok("half".into())).unwrap();
    hand.send(Err(BodyError::BrokenOff)).unwrap();
    let answer = soon(function.ask(&at_balancer("/dev/a"))).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "as an integration that breaks off");
    assert!(!answer.headers.contains_key("x-list") && !answer.headers.contains_key("set-cookie"));
    assert_eq!(function.record().status(), Some(504));
    let why = function.record().refusal().unwrap().cause().unwrap();
    assert!(why.contains("broke off"), "{why}");
}

#[tokio::test]
async fn an_answer_to_head_has_headers_alone() {
    let head = request("HEAD", "/dev/a", "");
    for event in [function_url(&head, peer()), load_balancer(&head, peer())] {
        let function = Function::new(&[STREAMING], |_| answer("a body that a backend should not send"));
        let answer = function.ask(&event).await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, ""));
        assert_eq!(function.record().response_bytes, 0);
    }
}
