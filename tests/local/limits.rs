//! What the edge refuses, in AWS's words, and how long it waits.

use std::time::{Duration, Instant};

use gatelet_core::record::End;
use gatelet_local::server::limits::{BODY_BYTES_MAX, HEADER_BYTES_MAX, Patience, URL_BYTES_MAX};
use gatelet_tests::backend::{Backend, answers};

use crate::client::{Client, get, request};
use crate::fixture::{Local, Only, patience};

/// Short, and longer than a step of any test may take.
const SHORT: Duration = Duration::from_millis(300);

async fn impatient(change: impl FnOnce(&mut Patience)) -> Local {
    let mut patience = patience();
    change(&mut patience);
    Local::start_with(None, Only::Rest, &[], patience).await
}

#[tokio::test]
async fn a_url_that_is_too_long_is_414() {
    let local = Local::start(None).await;
    let path = |bytes: usize| format!("/dev/mock?{}", "a".repeat(bytes - "/dev/mock?".len()));
    assert_eq!(get(local.address, &path(URL_BYTES_MAX)).await.status, 200);
    for bytes in [URL_BYTES_MAX + 1, 60_000, 200_000] {
        let mut client = Client::connect(local.address).await;
        client.try_send(format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(bytes))).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (414, r#"{"message":"URI Too Long"}"#), "{bytes}");
        assert!(answer.header("x-amzn-requestid").is_some());
    }
}

#[tokio::test]
async fn headers_that_are_too_large_are_431() {
    let local = Local::start(None).await;
    let fill = |bytes: usize| format!("x: {}\r\n", "v".repeat(bytes - "hostlocalhostx".len()));
    let fits = request(local.address, "GET", "/dev/mock", "localhost", &fill(HEADER_BYTES_MAX)).await;
    assert_eq!(fits.status, 200, "{}", fits.body);
    for headers in [fill(HEADER_BYTES_MAX + 1), fill(50_000), fill(300_000), "a: 1\r\n".repeat(101)] {
        let mut client = Client::connect(local.address).await;
        client.try_send(format!("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 431);
        assert_eq!(answer.body, r#"{"message":"Request Header Fields Too Large"}"#);
    }
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_413_at_once() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let length = format!("Content-Length: {}\r\n", BODY_BYTES_MAX + 1);
    let answer = request(local.address, "POST", "/dev/to/x", "localhost", &length).await;
    assert_eq!((answer.status, answer.body.as_str()), (413, r#"{"message":"Request Too Long"}"#));
    assert_eq!(backend.connections(), 0, "the backend is not troubled");
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_413_on_its_way() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "a".repeat(1 << 20));
    for _ in 0..11 {
        client.try_send(&chunk).await;
    }
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (413, r#"{"message":"Request Too Long"}"#));
    assert!(backend.requests().is_empty(), "the backend never has a whole request");
    assert_eq!(local.records.only().await.end, End::Complete);
}

#[tokio::test]
async fn a_body_of_ten_megabytes_passes() {
    let backend = Backend::start(answers::fixed("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client
        .send(format!(
            "PUT /dev/to/x HTTP/1.1\r\nHost: a.localhost\r\nContent-Length: {BODY_BYTES_MAX}\r\n\r\n"
        ))
        .await;
    client.send(vec![7; BODY_BYTES_MAX]).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(backend.requests()[0].body.len(), BODY_BYTES_MAX);
}

#[tokio::test]
async fn headers_that_must_be_single_are_refused_when_double() {
    let local = Local::start(None).await;
    for header in ["Host: localhost", "Authorization: x", "Content-Type: text/plain"] {
        let twice = format!("{header}\r\n{header}\r\n");
        let answer = request(local.address, "GET", "/dev/mock", "localhost", &twice).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, r#"{"message":"Bad Request"}"#), "{header}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_costs_the_connection() {
    let local = impatient(|patience| patience.head = SHORT).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET / HTTP/1.1\r\nHost: local").await;
    let began = Instant::now();
    assert_eq!(client.until_closed().await, "");
    assert!(began.elapsed() >= SHORT / 2, "it was cut after {:?}", began.elapsed());
    assert_eq!(local.records.count(), 0, "there was no request yet");
}

#[tokio::test]
async fn a_connection_with_nothing_under_way_is_closed() {
    let local = impatient(|patience| patience.keep_alive = SHORT).await;
    let mut silent = Client::connect(local.address).await;
    assert_eq!(silent.until_closed().await, "");
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn a_body_that_stops_coming_is_400() {
    let backend = Backend::start(answers::echo).await;
    let short = Patience { body: SHORT, ..patience() };
    let local = Local::start_with(Some(backend.address()), Only::Rest, &[], short).await;
    let mut client = Client::connect(local.address).await;
    client.send("POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (400, r#"{"message":"Bad Request"}"#));
    assert!(backend.requests().is_empty());
    assert_eq!(local.records.only().await.status(), Some(400));
}

#[tokio::test]
async fn a_request_that_is_not_answered_in_time_is_504() {
    let backend = Backend::start(answers::silence).await;
    let short = Patience { answer: SHORT, ..patience() };
    let local = Local::start_with(Some(backend.address()), Only::Rest, &[], short).await;
    let answer = get(local.address, "/dev/to/x").await;
    assert_eq!((answer.status, answer.body.as_str()), (504, r#"{"message": "Endpoint request timed out"}"#));
    // An HTTP API says it in its own words.
    let local = Local::start_with(Some(backend.address()), Only::Http, &[], short).await;
    let answer = get(local.address, "/to/x").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, r#"{"message":"Service Unavailable"}"#));
    assert!(answer.header("apigw-requestid").is_some());
}
