//! Request bodies that fail or pause on the client's side.

use std::time::Duration;

use gatelet_aws::backends::{AddressPolicy, BackendSettings};
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::ports::BackendError;
use gatelet_tests::backend::{Backend, Tls, answers};
use http::Request;

use crate::{call, failure, fed, local, soon, text, to, with, within};

#[tokio::test]
async fn the_client_s_own_failure_keeps_its_name() {
    let backend = Backend::start(answers::echo).await;
    for problem in [BodyError::TooLong { limit: 7 }, BodyError::BrokenOff, BodyError::Idle { seconds: 30 }] {
        let (feed, body) = fed();
        let feeding = async {
            feed.send(Ok("begin".into())).await.unwrap();
            feed.send(Err(problem.clone())).await.unwrap();
        };
        let backends = local();
        let (failure, ()) = tokio::join!(failure(&backends, call("POST", &backend.url("/"), body)), feeding);
        assert_eq!(failure, BackendError::RequestBody(problem));
    }
    backend.until_open_connections(0).await;
    assert!(backend.requests().is_empty());
}

#[tokio::test]
async fn so_it_does_over_http2() {
    let tls = Tls::new(&["127.0.0.1"], &["h2"]);
    let backend = Backend::start_http2(Some(&tls)).await;
    let backends = with(BackendSettings::new(AddressPolicy::local()).trusting(tls.certificate()));
    let (feed, body) = fed();
    let feeding = async {
        feed.send(Ok("begin".into())).await.unwrap();
        feed.send(Err(BodyError::TooLong { limit: 7 })).await.unwrap();
    };
    let (failure, ()) = tokio::join!(failure(&backends, call("POST", &backend.url("/"), body)), feeding);
    assert_eq!(failure, BackendError::RequestBody(BodyError::TooLong { limit: 7 }));
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_the_client_s_failure() {
    let backend = Backend::start(answers::echo).await;
    let (feed, body) = fed();
    feed.send(Ok("four".into())).await.unwrap();
    drop(feed);
    let request = Request::post(backend.url("/")).header("content-length", "10").body(body).unwrap();
    let failure = failure(&local(), to(request)).await;
    assert_eq!(failure, BackendError::RequestBody(BodyError::BrokenOff));
    assert!(backend.requests().is_empty());
}

#[tokio::test]
async fn a_client_that_pauses_does_not_use_up_the_backend_s_time() {
    let backend = Backend::start(answers::echo).await;
    let limit = Duration::from_millis(500);
    let (feed, body) = fed();
    let feeding = async {
        feed.send(Ok("begin ".into())).await.unwrap();
        tokio::time::sleep(limit * 2).await;
        feed.send(Ok("end".into())).await.unwrap();
        drop(feed);
    };
    let backends = local();
    let calling = text(&backends, within(limit, call("POST", &backend.url("/"), body)));
    let ((status, _), ()) = soon(async { tokio::join!(calling, feeding) }).await;
    assert_eq!(status, 200);
    assert_eq!(backend.requests()[0].body, b"begin end");
}

#[tokio::test]
async fn behind_the_pause_the_backend_s_time_goes_on() {
    let backend = Backend::start(answers::silence).await;
    let limit = Duration::from_millis(100);
    let (feed, body) = fed();
    let feeding = async {
        feed.send(Ok("begin ".into())).await.unwrap();
        tokio::time::sleep(limit * 2).await;
        drop(feed);
    };
    let backends = local();
    let calling = failure(&backends, within(limit, call("POST", &backend.url("/"), body)));
    let (failure, ()) = soon(async { tokio::join!(calling, feeding) }).await;
    assert_eq!(failure, BackendError::Timeout(limit));
}

#[tokio::test]
async fn a_backend_may_answer_early_and_leave_the_body_unread() {
    let backend = Backend::start(|mut connection| async move {
        connection.head().await?;
        connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig").await?;
        connection.until_closed().await;
        Ok(())
    })
    .await;
    let backends = local();
    // The body never ends by itself.
    let (feed, body) = fed();
    assert_eq!(text(&backends, call("POST", &backend.url("/"), body)).await, (413, "big".to_owned()));
    drop(backends);
    drop(feed);
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn an_empty_stream_is_an_empty_body() {
    let backend = Backend::start(answers::echo).await;
    let (feed, body) = fed();
    drop(feed);
    assert!(matches!(body, Body::Stream(_)));
    assert_eq!(text(&local(), call("POST", &backend.url("/"), body)).await.0, 200);
    assert_eq!(backend.requests()[0].body, b"");
}
