//! HTTP/1.0, HTTP/1.1 with one connection for many requests, HTTP/2 with prior knowledge, bodies on their way: nothing encrypted.

use std::sync::Arc;

use bytes::Bytes;
use gatelet_core::record::End;
use gatelet_tests::backend::{Backend, answers};
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::Client;
use crate::fixture::Local;
use crate::soon;

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let local = Local::start(None).await;
    let mut client = Client::connect(local.address).await;
    for _ in 0..3 {
        client.send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
    }
    // Two at once are answered in their order.
    client.send("GET /dev/nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 403);
    assert_eq!(client.answer().await.status, 200);
    client.send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(client.until_closed().await, "");
    assert_eq!(local.records.until(6).await.len(), 6);
}

/// Events of format 1.0, one for each request that a function is told of.
async fn events(backend: &Backend, count: usize) -> Vec<Value> {
    let told = backend.until_requests(count).await;
    told.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
}

#[tokio::test]
async fn functions_see_header_names_as_each_request_spelled_them() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"statusCode\":200}";
    let backend = Backend::start(answers::fixed(answer)).await;
    let local = Local::start(Some(backend.address())).await;
    let request = |name: &str| {
        format!("GET /dev/function HTTP/1.1\r\nhOST: localhost\r\n{name}: 1\r\nX-Same: 2\r\n\r\n")
    };
    let told = |event: &Value| event["headers"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let spellings = ["x-NAME", "X-Name", "x-name", "X-nAmE"];
    let mut client = Client::connect(local.address).await;
    for name in spellings {
        client.send(request(name)).await;
        assert_eq!(client.answer().await.status, 200);
    }
    // Many at once, among them one that no function hears of: nobody gets another's names.
    let unheard = "GET /dev/nothing HTTP/1.1\r\nHost: localhost\r\nX-NAME: 1\r\n\r\n";
    let burst: Vec<&str> = spellings.into_iter().cycle().take(40).collect();
    client.send(burst.iter().map(|name| unheard.to_owned() + &request(name)).collect::<String>()).await;
    for _ in &burst {
        assert_eq!(client.answer().await.status, 403);
        assert_eq!(client.answer().await.status, 200);
    }
    let events = events(&backend, spellings.len() + burst.len()).await;
    for (event, name) in events.iter().zip(spellings.into_iter().chain(burst)) {
        let names = told(event);
        assert!(names.iter().any(|told| told == name), "{name}: {names:?}");
        assert!(names.iter().any(|told| told == "X-Same") && names.iter().any(|told| told == "Host"));
        assert_eq!(event["multiValueHeaders"][name], json!(["1"]));
        assert_eq!(event["headers"]["X-Forwarded-Proto"], "http");
    }
}

#[tokio::test]
async fn a_refused_request_does_not_lend_its_names() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"statusCode\":200}";
    let backend = Backend::start(answers::fixed(answer)).await;
    let local = Local::start(Some(backend.address())).await;
    for name in ["x-ONE", "X-one"] {
        let mut client = Client::connect(local.address).await;
        let refused = format!("GET /dev/function HTTP/1.1\r\nHost: localhost\r\n{name}: 1\n\r\n");
        let good = format!("GET /dev/function HTTP/1.1\r\nHost: localhost\r\n{name}: 1\r\n\r\n");
        client.send(good + &refused).await;
        assert_eq!((client.answer().await.status, client.answer().await.status), (200, 400));
    }
    let names: Vec<_> = events(&backend, 2).await.into_iter().map(|event| event["headers"].clone()).collect();
    assert_eq!((&names[0]["x-ONE"], &names[1]["X-one"]), (&json!("1"), &json!("1")));
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let local = Local::start(None).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/mock HTTP/1.0\r\nHost: localhost\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"from": "mock"}"#));
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn a_head_request_has_an_answer_without_a_body() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("HEAD /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(client.answer_to("HEAD").await.status, 200);
    client.send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(client.answer().await.body, r#"{"from": "mock"}"#, "nothing stands between the two answers");
    let records = local.records.until(2).await;
    assert_eq!((&records[0].end, records[0].response_bytes), (&End::Complete, 0));
}

#[tokio::test]
async fn http_2_is_spoken_with_prior_knowledge() {
    let backend = Backend::start(answers::echo).await;
    let local = Local::start(Some(backend.address())).await;
    let stream = TcpStream::connect(local.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = |path: &str, body: &'static str| {
        let uri = format!("http://localhost{path}");
        http::Request::post(uri).body(Full::from(body)).unwrap()
    };
    // Both are under way at once, on one connection.
    let (first, second) =
        (sender.send_request(request("/dev/to/a", "one")), sender.send_request(request("/dev/to/b", "two")));
    let (first, second) = soon(async { tokio::join!(first, second) }).await;
    for answer in [first.unwrap(), second.unwrap()] {
        assert_eq!((answer.status(), answer.version()), (http::StatusCode::OK, http::Version::HTTP_2));
        assert!(answer.headers().contains_key("x-amzn-requestid"));
        assert!(!soon(answer.into_body().collect()).await.unwrap().to_bytes().is_empty());
    }
    let mut bodies: Vec<_> = backend.requests().into_iter().map(|request| request.body).collect();
    bodies.sort();
    assert_eq!(bodies, [b"one", b"two"]);
    assert_eq!(local.records.until(2).await[0].version, http::Version::HTTP_2);
}

#[tokio::test]
async fn http_2_has_the_same_limits() {
    let local = Local::start(None).await;
    let stream = TcpStream::connect(local.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut status = async |uri: String, header: usize| {
        let request = http::Request::get(uri).header("x", "v".repeat(header)).body(Empty::new()).unwrap();
        soon(sender.send_request(request)).await.unwrap().status().as_u16()
    };
    assert_eq!(status("http://localhost/dev/mock".to_owned(), 10).await, 200);
    assert_eq!(status(format!("http://localhost/dev/mock?{}", "a".repeat(9_000)), 10).await, 414);
    assert_eq!(status("http://localhost/dev/mock".to_owned(), 11_000).await, 431);
    assert_eq!(status("http://evil.test/dev/mock".to_owned(), 10).await, 403);
    assert_eq!(status("http://localhost/dev/mock".to_owned(), 10).await, 200);
}

#[tokio::test]
async fn an_answer_s_first_piece_arrives_before_its_last_is_sent() {
    let has_arrived = Arc::new(Notify::new());
    let waits = Arc::clone(&has_arrived);
    let backend = Backend::start(move |mut connection| {
        let waits = Arc::clone(&waits);
        async move {
            connection.request().await?;
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n").await?;
            waits.notified().await;
            connection.send("4\r\nlast\r\n0\r\n\r\n").await
        }
    })
    .await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client.send("GET /dev/to/x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    client.until("5\r\nfirst\r\n").await;
    assert_eq!(local.records.count(), 0, "the record waits for the end");
    has_arrived.notify_one();
    client.until("4\r\nlast\r\n0\r\n\r\n").await;
    let record = local.records.only().await;
    assert_eq!((&record.end, record.response_bytes), (&End::Complete, 9));
}

#[tokio::test]
async fn a_request_s_first_piece_arrives_before_its_last_is_sent() {
    let has_arrived = Arc::new(Notify::new());
    let tells = Arc::clone(&has_arrived);
    let backend = Backend::start(move |mut connection| {
        let tells = Arc::clone(&tells);
        async move {
            connection.head().await?;
            let first = connection.some_bytes().await?;
            assert_eq!(String::from_utf8_lossy(&first), "5\r\nfirst\r\n");
            tells.notify_one();
            connection.until_last_chunk().await?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await
        }
    })
    .await;
    let local = Local::start(Some(backend.address())).await;
    let mut client = Client::connect(local.address).await;
    client
        .send(
            "POST /dev/to/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
        )
        .await;
    soon(has_arrived.notified()).await;
    client.send("4\r\nlast\r\n0\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
}

/// A client that opens streams and resets them at once (CVE-2023-44487) costs its own connection at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_reset_at_once_do_not_stop_the_server() {
    let backend = Backend::start(answers::silence).await;
    let local = Local::start(Some(backend.address())).await;
    let stream = TcpStream::connect(local.address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut opened = 0;
    while opened < 5_000 {
        client = match soon(client.ready()).await {
            Ok(ready) => ready,
            Err(_) => break,
        };
        let request = http::Request::get("http://localhost/dev/to/x").body(()).unwrap();
        let Ok((answer, mut stream)) = client.send_request(request, false) else { break };
        stream.send_reset(h2::Reason::CANCEL);
        drop(answer);
        opened += 1;
    }
    assert!(opened > 0);
    connection.abort();
    let mut other = Client::connect(local.address).await;
    other.send("GET /dev/mock HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(other.answer().await.status, 200);
    let in_flight = local.server.as_ref().unwrap().in_flight().clone();
    soon(async {
        while !in_flight.list().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    backend.until_open_connections(0).await;
}
