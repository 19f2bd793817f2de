//! What stands on the wire: nothing is added, nothing is taken away.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::ports::{BackendError, Backends};
use gatelet_tests::backend::{Backend, answers};
use http::Request;
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{answer, call, failure, fed, get, local, text, to, whole};

fn sent(backend: &Backend) -> String {
    String::from_utf8(backend.bytes(0)).unwrap()
}

#[tokio::test]
async fn a_get_is_these_bytes() {
    let backend = Backend::start(answers::echo).await;
    let request = Request::get(backend.url("/a//b/../%2e%2E/c;d?x=%20&y=+&y"))
        .header("x-amzn-trace-id", "Root=1")
        .header("accept", "text/plain")
        .body(Body::Empty)
        .unwrap();
    text(&local(), to(request)).await;
    let expected = format!(
        "GET /a//b/../%2e%2E/c;d?x=%20&y=+&y HTTP/1.1\r\nX-Amzn-Trace-Id: Root=1\r\nAccept: text/plain\r\n\
         Host: {}\r\n\r\n",
        backend.address()
    );
    assert_eq!(sent(&backend), expected);
}

#[tokio::test]
async fn an_empty_body_is_announced_where_one_is_expected() {
    for (method, expected) in [
        ("POST", vec!["content-length", "host"]),
        ("PUT", vec!["content-length", "host"]),
        ("PATCH", vec!["content-length", "host"]),
        ("DELETE", vec!["host"]),
        ("OPTIONS", vec!["host"]),
        ("GET", vec!["host"]),
    ] {
        let backend = Backend::start(answers::echo).await;
        text(&local(), call(method, &backend.url("/"), Body::Empty)).await;
        assert_eq!(backend.requests()[0].header_names(), expected, "{method}");
    }
}

#[tokio::test]
async fn a_whole_body_has_its_own_length_whatever_a_header_says() {
    let backend = Backend::start(answers::echo).await;
    let request = Request::put(backend.url("/"))
        .header("content-length", "7000")
        .header("transfer-encoding", "chunked")
        .body(Body::from("four"))
        .unwrap();
    text(&local(), to(request)).await;
    let received = &backend.requests()[0];
    assert_eq!(received.header("content-length"), Some("4"));
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(received.body, b"four");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_sent_in_chunks_whatever_the_method() {
    for method in ["POST", "GET", "DELETE"] {
        let backend = Backend::start(answers::echo).await;
        let (feed, body) = fed();
        feed.send(Ok("piece".into())).await.unwrap();
        drop(feed);
        text(&local(), call(method, &backend.url("/"), body)).await;
        let received = &backend.requests()[0];
        assert_eq!(received.header_names(), ["host", "transfer-encoding"], "{method}");
        assert_eq!(received.body, b"piece", "{method}");
    }
}

#[tokio::test]
async fn a_stream_of_announced_length_is_sent_as_announced() {
    let backend = Backend::start(answers::echo).await;
    let (feed, body) = fed();
    feed.send(Ok("piece".into())).await.unwrap();
    drop(feed);
    let request = Request::post(backend.url("/")).header("content-length", "5").body(body).unwrap();
    text(&local(), to(request)).await;
    assert_eq!(backend.requests()[0].header_names(), ["content-length", "host"]);
    assert!(sent(&backend).ends_with("\r\n\r\npiece"), "{}", sent(&backend));
}

#[tokio::test]
async fn a_host_header_replaces_the_uri_s_own() {
    let backend = Backend::start(answers::echo).await;
    for host in ["other.example", &backend.address().to_string()] {
        let request = Request::get(backend.url("/")).header("host", host).body(Body::Empty).unwrap();
        text(&local(), to(request)).await;
    }
    let received = backend.requests();
    assert_eq!(received[0].headers, [("Host".to_owned(), "other.example".to_owned())]);
    assert_eq!(received[1].headers, [("Host".to_owned(), backend.address().to_string())]);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let backend = Backend::start(answers::fixed(
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "http://169.254.169.254/");
    assert_eq!(backend.requests().len(), 1);
}

#[tokio::test]
async fn a_compressed_answer_stays_compressed() {
    let backend = Backend::start(answers::fixed(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\xff",
    ))
    .await;
    let answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(answer.headers().len(), 2);
    assert_eq!(whole(answer).await.unwrap(), &b"\x1f\x8b\x08\xff"[..]);
    assert!(backend.requests()[0].header("accept-encoding").is_none());
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_but_keeps_its_length() {
    let backend = Backend::start(answers::echo).await;
    let backends = local();
    for _ in 0..2 {
        let answer = answer(&backends, call("HEAD", &backend.url("/"), Body::Empty)).await.unwrap();
        assert!(answer.headers()["content-length"] != "0");
        assert!(matches!(answer.body(), Body::Empty));
    }
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    let backend = Backend::start(|mut connection| async move {
        let Some(head) = connection.head().await? else { return Ok(()) };
        connection
            .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            .await?;
        let body = connection.body(&head).await?;
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())).await?;
        connection.send(body).await
    })
    .await;
    let request =
        Request::post(backend.url("/")).header("expect", "100-continue").body(Body::from("hello")).unwrap();
    assert_eq!(text(&local(), to(request)).await, (200, "hello".to_owned()));
}

#[tokio::test]
async fn a_backend_that_never_says_continue_gets_the_body_all_the_same() {
    let backend = Backend::start(answers::echo).await;
    let request =
        Request::post(backend.url("/")).header("expect", "100-continue").body(Body::from("hello")).unwrap();
    assert_eq!(text(&local(), to(request)).await.0, 200);
    assert_eq!(backend.requests()[0].body, b"hello");
}

#[tokio::test]
async fn a_switch_of_protocols_is_not_passed_on() {
    let backend = Backend::start(answers::fixed(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ))
    .await;
    let failure = failure(&local(), get(&backend.url("/"))).await;
    assert!(matches!(failure, BackendError::BadAnswer(_)), "{failure:?}");
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn a_tunnel_is_not_opened() {
    let backend = Backend::start(answers::silence).await;
    let failure = failure(&local(), call("CONNECT", &backend.url("/"), Body::Empty)).await;
    assert!(matches!(failure, BackendError::BadAddress(_)), "{failure:?}");
    assert_eq!(backend.connections(), 0);
}

/// A server of this process hands requests and answers through: header names keep the case they were written
/// in, both ways.
#[tokio::test]
async fn header_names_keep_their_case_through_one_process() {
    let backend = Backend::start(answers::fixed(
        "HTTP/1.1 200 OK\r\nX-lower-UPPER: 1\r\nContent-Length: 0\r\nconnection: close\r\n\r\n",
    ))
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let url = backend.url("/");
    let backends = Arc::new(local());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let serve = service_fn(|request: Request<hyper::body::Incoming>| {
            let (backends, url) = (Arc::clone(&backends), url.clone());
            async move {
                let (mut parts, body) = request.into_parts();
                parts.uri = url.parse().unwrap();
                parts.headers.remove("host");
                let body = Body::stream(body.map_err(|_| BodyError::BrokenOff));
                Ok::<_, Infallible>(backends.call(to(Request::from_parts(parts, body))).await.unwrap())
            }
        });
        let mut server = hyper::server::conn::http1::Builder::new();
        server.preserve_header_case(true);
        server.serve_connection(TokioIo::new(stream), serve).await.unwrap();
    });
    let mut client = TcpStream::connect(front).await.unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: front\r\nx-MY-Name: 1\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\r\nX-lower-UPPER: 1\r\n"), "{answer}");
    let received = &backend.requests()[0];
    assert!(received.headers.iter().any(|(name, _)| name == "x-MY-Name"), "{received:?}");
}

#[tokio::test]
async fn bytes_that_are_not_text_pass_in_headers_and_bodies() {
    let backend = Backend::start(answers::fixed(
        b"HTTP/1.1 200 OK\r\nX-Raw: \xff\xfe\r\nContent-Length: 3\r\n\r\n\x00\xff\n",
    ))
    .await;
    let request = Request::post(backend.url("/"))
        .header("x-raw", http::HeaderValue::from_bytes(b"\xff\xfe").unwrap())
        .body(Body::from(Bytes::from_static(b"\x00\xff\n")))
        .unwrap();
    let answer = answer(&local(), to(request)).await.unwrap();
    assert_eq!(answer.headers()["x-raw"].as_bytes(), b"\xff\xfe");
    assert_eq!(whole(answer).await.unwrap(), &b"\x00\xff\n"[..]);
    assert!(backend.bytes(0).windows(9).any(|it| it == b"X-Raw: \xff\xfe"));
    assert_eq!(backend.requests()[0].body, b"\x00\xff\n");
}
