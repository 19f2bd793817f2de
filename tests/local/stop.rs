//! A server that stops finishes what is under way.

use std::sync::Arc;
use std::time::Duration;

use gatelet_core::record::End;
use gatelet_local::server::limits::Patience;
use gatelet_tests::backend::{Backend, answers};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::Client;
use crate::fixture::{Local, Only, patience};
use crate::soon;

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_new_accepted() {
    let may_answer = Arc::new(Notify::new());
    let waits = Arc::clone(&may_answer);
    let backend = Backend::start(move |mut connection| {
        let waits = Arc::clone(&waits);
        async move {
            connection.request().await?;
            waits.notified().await;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").await
        }
    })
    .await;
    let mut local = Local::start(Some(backend.address())).await;
    let mut idle = Client::connect(local.address).await;
    idle.send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(idle.answer().await.status, 200);
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    backend.until_requests(1).await;

    let server = local.server.take().unwrap();
    assert_eq!(server.in_flight().list(), [Box::<str>::from("GET /dev/to/x")]);
    let stopping = tokio::spawn(server.stop());
    assert_eq!(idle.until_closed().await, "", "a connection with nothing under way is closed at once");
    assert!(TcpStream::connect(local.address).await.is_err(), "nothing is accepted any more");
    assert!(!stopping.is_finished());
    may_answer.notify_one();
    assert_eq!(client.answer().await.body, "done");
    assert_eq!(soon(stopping).await.unwrap(), Vec::<Box<str>>::new(), "nothing was cut off");
    assert_eq!(local.records.until(2).await.len(), 2);
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off_and_recorded() {
    let backend = Backend::start(answers::silence).await;
    let short = Patience { stop: Duration::from_millis(100), ..patience() };
    let mut local = Local::start_with(Some(backend.address()), Only::Rest, &[], short).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    backend.until_open_connections(1).await;
    let cut_off = soon(local.server.take().unwrap().stop()).await;
    assert_eq!(cut_off, [Box::<str>::from("GET /dev/to/x")]);
    assert_eq!(client.until_closed().await, "");
    assert_eq!(local.records.only().await.end, End::ClientGone);
}
