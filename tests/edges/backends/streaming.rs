//! Bodies pass while they are on their way, in both directions.

use std::sync::Arc;

use bytes::Bytes;
use gatelet_core::payload::Body;
use gatelet_tests::backend::{Backend, answers};
use http_body_util::BodyExt;
use tokio::sync::Notify;

use crate::{answer, call, fed, get, local, next, soon, text};

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
    let mut answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
    let body = answer.body_mut();
    assert_eq!(next(body).await.unwrap().unwrap(), "first");
    has_arrived.notify_one();
    assert_eq!(next(body).await.unwrap().unwrap(), "last");
    assert!(next(body).await.is_none());
}

#[tokio::test]
async fn a_request_s_first_piece_arrives_before_its_last_is_sent() {
    let has_arrived = Arc::new(Notify::new());
    let tells = Arc::clone(&has_arrived);
    let backend = Backend::start(move |mut connection| {
        let tells = Arc::clone(&tells);
        async move {
            let head = connection.head().await?;
            let first = connection.some_bytes().await?;
            assert_eq!(String::from_utf8_lossy(&first), "5\r\nfirst\r\n");
            tells.notify_one();
            assert!(head.is_some());
            connection.until_last_chunk().await?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await
        }
    })
    .await;
    let backends = local();
    let (feed, body) = fed();
    let feeding = async {
        feed.send(Ok("first".into())).await.unwrap();
        has_arrived.notified().await;
        feed.send(Ok("last".into())).await.unwrap();
        drop(feed);
    };
    let calling = text(&backends, call("POST", &backend.url("/"), body));
    let (answered, ()) = soon(async { tokio::join!(calling, feeding) }).await;
    assert_eq!(answered, (200, "ok".to_owned()));
}

#[tokio::test]
async fn a_backend_may_answer_while_it_is_still_asked() {
    let backend = Backend::start(|mut connection| async move {
        connection.head().await?;
        connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
        loop {
            let bytes = connection.some_bytes().await?;
            let is_last = bytes.ends_with(b"0\r\n\r\n");
            connection.send(bytes).await?;
            if is_last {
                return Ok(());
            }
        }
    })
    .await;
    let (feed, body) = fed();
    let mut answer = answer(&local(), call("POST", &backend.url("/"), body)).await.unwrap();
    for piece in ["one", "two", "three"] {
        feed.send(Ok(piece.into())).await.unwrap();
        let expected = format!("{:X}\r\n{piece}\r\n", piece.len());
        let mut echoed = Vec::new();
        while echoed.len() < expected.len() {
            echoed.extend(next(answer.body_mut()).await.unwrap().unwrap());
        }
        assert_eq!(String::from_utf8(echoed).unwrap(), expected);
    }
    drop(feed);
    let mut rest = Vec::new();
    while let Some(piece) = next(answer.body_mut()).await {
        rest.extend(piece.unwrap());
    }
    assert_eq!(rest, b"0\r\n\r\n");
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let backend = Backend::start(|mut connection| async move {
        while let Some(request) = connection.request().await? {
            connection
                .send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.body.len()))
                .await?;
            connection.send(request.body).await?;
        }
        Ok(())
    })
    .await;
    let sent: Bytes = (0..4_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let answer = answer(&local(), call("POST", &backend.url("/"), sent.clone())).await.unwrap();
    assert_eq!(answer.body().exact_length(), Some(4_000_000));
    assert_eq!(crate::whole(answer).await.unwrap(), sent);
}

#[tokio::test]
async fn what_nobody_reads_is_not_asked_for() {
    let backend = Backend::start(|mut connection| async move {
        connection.head().await?;
        // Holds the connection without reading.
        std::future::pending().await
    })
    .await;
    let (feed, body) = fed();
    let backends = local();
    let piece = Bytes::from(vec![0; 1 << 20]);
    let mut taken = 0;
    let feeding = async {
        // What the sockets hold is a few MiB; the rest must stay with the client.
        while tokio::time::timeout(std::time::Duration::from_millis(500), feed.send(Ok(piece.clone())))
            .await
            .is_ok()
        {
            taken += 1;
            assert!(taken < 64, "64 MiB were taken for a backend that reads nothing");
        }
    };
    tokio::select! {
        answer = answer(&backends, call("POST", &backend.url("/"), body)) => panic!("{answer:?}"),
        () = feeding => {}
    }
}

#[tokio::test]
async fn trailers_pass() {
    let backend = Backend::start(answers::fixed(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
    ))
    .await;
    let answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
    let Body::Stream(stream) = answer.into_body() else { panic!("the answer streams") };
    let collected = soon(stream.collect()).await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sum"], "7");
    assert_eq!(collected.to_bytes(), "ok");
}
