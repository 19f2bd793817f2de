//! Every request leaves one record, however it ends.

use std::collections::BTreeSet;

use gatelet_core::payload::BodyError;
use gatelet_core::record::End;
use gatelet_tests::backend::{Backend, answers};
use tokio::task::JoinSet;

use crate::client::{Client, get};
use crate::fixture::Local;

#[tokio::test]
async fn a_whole_answer_leaves_all_that_is_known() {
    let backend =
        Backend::start(answers::fixed("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello")).await;
    let local = Local::start(Some(backend.address())).await;
    let answer = get(local.address, "/dev/to/a%20b?c=d").await;
    let record = local.records.only().await;
    assert_eq!((record.status(), &record.end, record.response_bytes), (Some(201), &End::Complete, 5));
    assert_eq!((record.method.as_str(), record.path()), ("GET", "/dev/to/a%20b"));
    assert_eq!(record.route(), Some("ANY /to/{proxy+}"));
    assert_eq!(answer.header("x-amzn-requestid"), Some(record.request_id()));
    assert_eq!(answer.header("x-amz-apigw-id"), Some(record.extended_request_id()));
    let call = record.integration().unwrap();
    assert_eq!((call.kind, call.status), ("HTTP_PROXY", Some(201)));
    assert!(call.latency <= record.elapsed);
}

#[tokio::test]
async fn a_client_that_leaves_while_the_backend_is_silent_leaves_a_record() {
    let backend = Backend::start(answers::silence).await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    backend.until_open_connections(1).await;
    drop(client);
    let record = local.records.only().await;
    assert_eq!((&record.end, record.status(), record.response_bytes), (&End::ClientGone, None, 0));
    // The backend is let go too: nobody waits for it any more.
    backend.until_open_connections(0).await;
    assert_eq!(local.records.count(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_half_way_through_an_answer_leaves_a_record() {
    let backend = Backend::start(|mut connection| async move {
        connection.request().await?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
        connection.until_closed().await;
        Ok(())
    })
    .await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    client.until("half").await;
    drop(client);
    let record = local.records.only().await;
    assert_eq!((&record.end, record.status(), record.response_bytes), (&End::ClientGone, Some(200), 4));
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn a_client_that_leaves_half_way_through_its_own_body_leaves_a_record() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf").await;
    backend.until_open_connections(1).await;
    drop(client);
    local.records.only().await;
    backend.until_open_connections(0).await;
    assert!(backend.requests().is_empty(), "half a body is no request");
}

#[tokio::test]
async fn a_backend_that_breaks_off_leaves_a_record_and_no_whole_answer() {
    let backend = Backend::start(answers::once("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")).await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let came = client.until_closed().await;
    assert!(came.starts_with("HTTP/1.1 200 OK\r\n"), "{came}");
    let record = local.records.only().await;
    assert_eq!(record.end, End::BrokenOff(BodyError::BrokenOff));
    assert_eq!(record.status(), Some(200));
    // The server goes on.
    assert_eq!(get(local.address, "/dev/mock").await.status, 200);
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_told_to_the_author_alone() {
    let local = Local::start(None).await;
    let answer = get(local.address, "/dev/to/x").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, r#"{"message": "Internal server error"}"#));
    let record = local.records.only().await;
    assert!(record.refusal().is_some());
    assert!(record.integration().unwrap().error.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_at_once_leave_two_hundred_records() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let mut requests = JoinSet::new();
    for number in 0..200 {
        let address = local.address;
        requests.spawn(async move {
            let answer = get(address, &format!("/dev/to/{number}")).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert!(answer.body.contains(&format!("/{number}\"")), "{number}: {}", answer.body);
            answer.header("x-amzn-requestid").unwrap().to_owned()
        });
    }
    let ids: BTreeSet<String> = requests.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 200);
    let records = local.records.until(200).await;
    let recorded: BTreeSet<String> = records.iter().map(|record| record.request_id().to_owned()).collect();
    assert_eq!((records.len(), recorded), (200, ids));
    assert!(records.iter().all(|record| record.end == End::Complete));
}
