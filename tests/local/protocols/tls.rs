//! HTTPS: HTTP/1.1 and HTTP/2 inside TLS, and handshakes that come to nothing.

use std::time::Duration;

use bytes::Bytes;
use gatelet_local::server::limits::Patience;
use gatelet_tests::backend::{Backend, answers};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::authority::{Files, ask, connect, get};
use crate::client::Client;
use crate::fixture::{Local, patience};
use crate::soon;

const FUNCTION_ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"statusCode\":200}";

#[tokio::test]
async fn both_protocols_are_spoken_inside_tls() {
    let files = Files::new();
    let backend = Backend::start(answers::fixed(FUNCTION_ANSWER)).await;
    let local = Local::start_tls(Some(backend.address()), files.tls(), patience()).await;
    for versions in [&[&rustls::version::TLS12][..], &[&rustls::version::TLS13]] {
        let client = files.client_of(None, &["http/1.1"], versions);
        let answer = ask(local.address, &client, &get("/dev/function", "")).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let stream = connect(local.address, &files.client(None, &["h2", "http/1.1"])).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = http::Request::get("https://localhost/dev/function").body(Empty::new()).unwrap();
        let answer = soon(sender.send_request(request)).await.unwrap();
        assert_eq!((answer.status(), answer.version()), (http::StatusCode::OK, http::Version::HTTP_2));
        soon(answer.into_body().collect()).await.unwrap();
    }
    for request in backend.until_requests(4).await {
        let event: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(event["headers"]["X-Forwarded-Proto"], "https");
        assert_eq!(event["requestContext"]["identity"].get("clientCert"), None);
    }
    assert!(local.records.until(4).await.iter().all(|record| record.certificate().is_none()));
}

#[tokio::test]
async fn the_gate_sees_what_is_inside_tls() {
    let files = Files::new();
    let local = Local::start_tls(None, files.tls(), patience()).await;
    let client = files.client(None, &[]);
    for headers in
        ["Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "X-a: 1\n", "Content-Length: +3\r\n"]
    {
        let answer = ask(local.address, &client, &get("/dev/mock", headers)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{headers:?}: {answer}");
    }
    assert_eq!(local.records.until(3).await.len(), 3);
}

#[tokio::test]
async fn a_handshake_has_its_time_and_what_is_no_handshake_is_cut() {
    let files = Files::new();
    let short = Patience { handshake: Duration::from_millis(50), ..patience() };
    let local = Local::start_tls(None, files.tls(), short).await;
    let mut silent = Client::connect(local.address).await;
    assert_eq!(silent.until_closed().await, "");
    // The beginning of a hello, and never its end.
    let mut slow = Client::connect(local.address).await;
    slow.send([0x16, 3, 1, 0, 200]).await;
    assert_eq!(slow.until_closed().await, "");
    let mut plain = Client::connect(local.address).await;
    plain.try_send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!plain.until_closed().await.contains("HTTP"));
    assert_eq!(local.records.count(), 0);
}

#[tokio::test]
async fn a_connection_in_its_handshake_does_not_hold_up_the_server_s_end() {
    let files = Files::new();
    let mut local = Local::start_tls(None, files.tls(), patience()).await;
    let mut unfinished = Client::connect(local.address).await;
    unfinished.send([0x16, 3, 1]).await;
    let mut idle = connect(local.address, &files.client(None, &[])).await.unwrap();
    assert!(soon(local.server.take().unwrap().stop()).await.is_empty());
    assert_eq!(unfinished.until_closed().await, "");
    // Whether it fails or not: nobody is there any more.
    let _ = idle.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(local.records.count(), 0);
}

#[tokio::test]
async fn a_body_goes_both_ways_inside_tls() {
    let files = Files::new();
    let backend = Backend::start(answers::echo).await;
    let local = Local::start_tls(Some(backend.address()), files.tls(), patience()).await;
    let body = "b".repeat(200_000);
    let request = format!(
        "POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(local.address, &files.client(None, &[]), &request).await.unwrap();
    let (_, echo) = answer.split_once("\r\n\r\n").unwrap();
    let echo: Value = serde_json::from_str(echo).unwrap();
    assert_eq!(echo["body"], json!(body));
}
