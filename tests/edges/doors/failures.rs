//! What fails in one request is that request's alone, and each invocation leaves one record.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gatelet_core::payload::{Body, BodyError};
use gatelet_core::record::End;
use gatelet_core::refusal::Refusal;
use gatelet_tests::doors::{Answer, invocation};
use http::StatusCode;
use http_body::Frame;

use crate::fixture::{Function, NOW, answer, at_balancer, at_url, soon};

/// A body that never comes to its end.
struct Endless;

impl http_body::Body for Endless {
    type Data = bytes::Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, BodyError>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_panic_is_500_and_the_next_request_is_served() {
    let calls = AtomicUsize::new(0);
    let function = Function::new(&[], move |_| {
        assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "the first request finds a fault");
        answer("fine")
    });
    let failed = function.ask(&at_url("/dev/a")).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.text(), r#"{"message": "Internal server error"}"#);
    assert_eq!(function.record().refusal(), Some(&Refusal::Internal));
    assert_eq!(function.ask(&at_url("/dev/a")).await.text(), "fine");
    assert_eq!(function.records.all().len(), 2);
}

#[tokio::test]
async fn a_deadline_in_the_past_is_not_believed() {
    let function = Function::new(&[], |_| answer("fine"));
    let long_ago = gatelet_core::Timestamp::from_milliseconds(1);
    let reply = function.router.invoke(invocation(&at_url("/dev/a"), long_ago)).await.unwrap();
    assert_eq!(Answer::of(reply).await.text(), "fine");
}

#[tokio::test]
async fn an_answer_is_given_before_lambda_ends_the_invocation() {
    let function = Function::new(&[], |_| answer(Body::stream(Endless)));
    let invocation = invocation(&at_balancer("/dev/a"), NOW.after(Duration::from_millis(100)));
    let reply = soon(function.router.invoke(invocation)).await.unwrap();
    assert_eq!(Answer::of(reply).await.status, StatusCode::GATEWAY_TIMEOUT);
    let record = function.record();
    assert_eq!((&record.end, record.status()), (&End::Complete, Some(504)));
    assert!(matches!(record.refusal(), Some(Refusal::Integration(_))), "{:?}", record.refusal());
}

#[tokio::test]
async fn a_backend_has_no_more_time_than_the_invocation() {
    let function = Function::new(&[], |_| answer("fine"));
    let invocation = invocation(&at_url("/dev/a"), NOW.after(Duration::from_secs(3)));
    function.router.invoke(invocation).await.unwrap();
    assert_eq!(function.seen()[0].timeout, Duration::from_millis(2_750));
}

#[tokio::test]
async fn an_invocation_that_is_given_up_leaves_its_record() {
    let function = Function::new(&[], |_| answer(Body::stream(Endless)));
    {
        let event = at_balancer("/dev/a");
        let mut invoking = pin!(function.reply(&event));
        let polled = invoking.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        assert!(function.records.all().is_empty());
    }
    assert_eq!(function.record().end, End::ClientGone);
}

#[tokio::test]
async fn what_can_be_understood_in_two_ways_is_refused() {
    let function = Function::new(&[], |_| answer("never"));
    let mut event = at_balancer("/dev/a");
    event["multiValueHeaders"]["authorization"] = serde_json::json!(["one", "two"]);
    assert_eq!(function.ask(&event).await.status, StatusCode::BAD_REQUEST);
    assert!(function.seen().is_empty());
}

#[tokio::test]
async fn connections_are_not_trusted_after_a_pause() {
    let function = Function::new(&[], |_| answer("fine"));
    let mut forgotten = Vec::new();
    for pause in [0, 3, 4, 5, 0, 3_600] {
        function.shared.world.clock.advance(Duration::from_secs(pause));
        function.ask(&at_url("/dev/a")).await;
        forgotten.push(function.shared.forgotten());
    }
    assert_eq!(forgotten, [0, 0, 0, 1, 1, 2]);
}
