//! Connections are reused, given up and, where that is safe, replaced.

use std::time::Duration;

use gatelet_aws::backends::{AddressPolicy, BackendLimits, BackendSettings};
use gatelet_core::payload::Body;
use gatelet_core::ports::BackendError;
use gatelet_tests::backend::answers::Running;
use gatelet_tests::backend::{Backend, Connection, answers};

use crate::{answer, call, failure, fed, get, local, next, text, with};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const OK_AND_CLOSE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

/// The first connection answers one request and dies of the second; the others do as `others` does.
fn dies_of_the_second_request(
    others: impl Fn(Connection) -> Running + Send + Sync + 'static,
) -> impl Fn(Connection) -> Running + Send + Sync {
    move |mut connection| {
        if connection.number() > 0 {
            return others(connection);
        }
        Box::pin(async move {
            connection.request().await?;
            connection.send(OK).await?;
            connection.request().await?;
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_thousand_calls_need_one_connection() {
    let backend = Backend::start(answers::fixed(OK)).await;
    let backends = local();
    for _ in 0..1000 {
        assert_eq!(text(&backends, get(&backend.url("/"))).await, (200, "ok".to_owned()));
    }
    assert_eq!((backend.connections(), backend.requests().len()), (1, 1000));
    drop(backends);
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn a_thousand_closed_connections_leave_none_behind() {
    let backend = Backend::start(answers::fixed(OK_AND_CLOSE)).await;
    let backends = local();
    for _ in 0..1000 {
        assert_eq!(text(&backends, get(&backend.url("/"))).await, (200, "ok".to_owned()));
    }
    assert_eq!(backend.connections(), 1000);
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn calls_side_by_side_each_have_a_connection() {
    let backend = Backend::start(answers::fixed(OK)).await;
    let backends = local();
    let url = backend.url("/");
    let (first, second) = (answer(&backends, get(&url)), answer(&backends, get(&url)));
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(backend.connections(), 2);
}

#[tokio::test]
async fn an_unused_connection_is_closed() {
    let backend = Backend::start(answers::fixed(OK)).await;
    let limits = BackendLimits { unused_connection: Duration::from_millis(50), ..BackendLimits::default() };
    let backends = with(BackendSettings::new(AddressPolicy::local()).with_limits(limits));
    text(&backends, get(&backend.url("/"))).await;
    backend.until_open_connections(0).await;
    text(&backends, get(&backend.url("/"))).await;
    assert_eq!(backend.connections(), 2);
}

#[tokio::test]
async fn a_call_that_is_given_up_closes_its_connection() {
    let backend = Backend::start(answers::silence).await;
    let backends = local();
    tokio::select! {
        answer = answer(&backends, get(&backend.url("/"))) => panic!("{answer:?}"),
        () = backend.until_open_connections(1) => {}
    }
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn an_answer_that_is_given_up_closes_its_connection() {
    let backend = Backend::start(|mut connection| async move {
        connection.request().await?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin").await?;
        connection.until_closed().await;
        Ok(())
    })
    .await;
    let mut answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
    assert_eq!(next(answer.body_mut()).await.unwrap().unwrap(), "begin");
    drop(answer);
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn a_safe_request_on_a_dead_connection_goes_out_once_more() {
    for (method, body) in [("GET", ""), ("PUT", "body"), ("DELETE", "")] {
        let backend = Backend::start(dies_of_the_second_request(answers::echo)).await;
        let backends = local();
        text(&backends, get(&backend.url("/"))).await;
        let (status, echoed) = text(&backends, call(method, &backend.url("/again"), body)).await;
        assert_eq!(status, 200, "{method}");
        assert!(echoed.contains(&format!("\"body\":\"{body}\"")), "{method}: {echoed}");
        let requests = backend.requests();
        assert_eq!((backend.connections(), requests.len()), (2, 3), "{method}");
        assert_eq!((&requests[1].target, &requests[1].body), (&requests[2].target, &requests[2].body));
    }
}

#[tokio::test]
async fn a_request_that_is_not_idempotent_is_sent_once() {
    let backend = Backend::start(dies_of_the_second_request(answers::echo)).await;
    let backends = local();
    text(&backends, get(&backend.url("/"))).await;
    let failure = failure(&backends, call("POST", &backend.url("/"), "order")).await;
    assert!(matches!(failure, BackendError::Network(_)), "{failure:?}");
    assert_eq!((backend.connections(), backend.requests().len()), (1, 2));
}

#[tokio::test]
async fn a_request_whose_body_is_gone_is_sent_once() {
    let backend = Backend::start(dies_of_the_second_request(answers::echo)).await;
    let backends = local();
    text(&backends, get(&backend.url("/"))).await;
    let (feed, body) = fed();
    feed.send(Ok("streamed".into())).await.unwrap();
    drop(feed);
    let failure = failure(&backends, call("PUT", &backend.url("/"), body)).await;
    assert!(matches!(failure, BackendError::Network(_)), "{failure:?}");
    assert_eq!((backend.connections(), backend.requests().len()), (1, 2));
}

#[tokio::test]
async fn the_second_attempt_is_the_last() {
    let backend = Backend::start(dies_of_the_second_request(answers::once(""))).await;
    let backends = local();
    text(&backends, get(&backend.url("/"))).await;
    let failure = failure(&backends, get(&backend.url("/"))).await;
    assert!(matches!(failure, BackendError::Network(_)), "{failure:?}");
    assert_eq!((backend.connections(), backend.requests().len()), (2, 3));
}

#[tokio::test]
async fn a_fresh_connection_that_dies_is_not_replaced() {
    let backend = Backend::start(answers::once("")).await;
    let failure = failure(&local(), get(&backend.url("/"))).await;
    assert!(matches!(failure, BackendError::Network(_)), "{failure:?}");
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn an_answer_that_had_begun_is_not_asked_for_again() {
    let backend = Backend::start(|mut connection: Connection| async move {
        connection.request().await?;
        connection.send(OK).await?;
        connection.request().await?;
        connection.send("HTTP/1.1 200 O").await
    })
    .await;
    let backends = local();
    text(&backends, get(&backend.url("/"))).await;
    let failure = failure(&backends, get(&backend.url("/"))).await;
    assert!(matches!(failure, BackendError::BadAnswer(_)), "{failure:?}");
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_unused_is_replaced_whatever_the_method() {
    let backend = Backend::start(answers::once(OK)).await;
    let backends = local();
    for number in 1..=3 {
        assert_eq!(text(&backends, call("POST", &backend.url("/"), Body::from("order"))).await.0, 200);
        backend.until_open_connections(0).await;
        // The end of the connection has arrived by now. While this sleeps, the runtime has nothing else to do
        // than to hear it.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!((backend.connections(), backend.requests().len()), (number, number));
    }
}
