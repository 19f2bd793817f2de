//! TLS and HTTP/2.

use gatelet_aws::backends::{AddressPolicy, BackendSettings, HttpBackends};
use gatelet_core::payload::Body;
use gatelet_core::ports::BackendError;
use gatelet_tests::backend::{Backend, Tls, answers};
use http::Request;

use crate::{call, failure, fed, get, local, soon, text, to, with};

fn trusting(tls: &Tls) -> HttpBackends {
    with(BackendSettings::new(AddressPolicy::local()).trusting(tls.certificate()))
}

#[tokio::test]
async fn a_backend_that_offers_http2_is_called_over_it() {
    let tls = Tls::new(&["backend.localhost"], &["h2", "http/1.1"]);
    let backend = Backend::start_http2(Some(&tls)).await;
    let backends = trusting(&tls);
    let url = backend.url_by_name("backend.localhost", "/a?b=c");
    for _ in 0..3 {
        assert_eq!(text(&backends, call("POST", &url, "body")).await.0, 200);
    }
    assert_eq!(backend.connections(), 1);
    let received = &backend.requests()[0];
    assert_eq!((received.version.as_str(), received.target.as_str()), ("HTTP/2.0", "/a?b=c"));
    assert_eq!(received.header_names(), [":authority", "content-length"]);
    assert_eq!(
        received.header(":authority").unwrap(),
        format!("backend.localhost:{}", backend.address().port())
    );
    assert_eq!(received.body, b"body");
}

#[tokio::test]
async fn a_streamed_body_goes_over_http2_without_framing_headers() {
    let tls = Tls::new(&["127.0.0.1"], &["h2"]);
    let backend = Backend::start_http2(Some(&tls)).await;
    let (feed, body) = fed();
    feed.send(Ok("piece".into())).await.unwrap();
    drop(feed);
    text(&trusting(&tls), call("POST", &backend.url("/"), body)).await;
    let received = &backend.requests()[0];
    assert_eq!(received.header_names(), [":authority"]);
    assert_eq!(received.body, b"piece");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_first_calls_at_once_all_succeed_over_http2() {
    let tls = Tls::new(&["127.0.0.1"], &["h2"]);
    let backend = Backend::start_http2(Some(&tls)).await;
    let backends = std::sync::Arc::new(trusting(&tls));
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (backends, url) = (std::sync::Arc::clone(&backends), backend.url(&format!("/{number}")));
        calls.spawn(async move { text(&backends, get(&url)).await.0 });
    }
    let statuses = soon(calls.join_all()).await;
    assert_eq!(statuses, [200; 50]);
}

#[tokio::test]
async fn a_backend_that_does_not_offer_it_is_called_over_http1() {
    for protocols in [&["http/1.1"][..], &[]] {
        let tls = Tls::new(&["127.0.0.1"], protocols);
        let backend = Backend::start_tls(&tls, answers::echo).await;
        let backends = trusting(&tls);
        for _ in 0..2 {
            assert_eq!(text(&backends, get(&backend.url("/"))).await.0, 200);
        }
        assert_eq!(backend.connections(), 1);
        assert_eq!(backend.requests()[0].version, "HTTP/1.1");
    }
}

#[tokio::test]
async fn a_host_that_differs_from_the_uri_is_said_over_http1() {
    let tls = Tls::new(&["127.0.0.1"], &["h2", "http/1.1"]);
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let request = Request::get(backend.url("/")).header("host", "other.example").body(Body::Empty).unwrap();
    assert_eq!(text(&trusting(&tls), to(request)).await.0, 200);
    assert_eq!(backend.requests()[0].header("host"), Some("other.example"));
}

#[tokio::test]
async fn http2_is_not_tried_in_the_clear() {
    let backend = Backend::start(answers::echo).await;
    text(&local(), get(&backend.url("/"))).await;
    assert!(backend.bytes(0).starts_with(b"GET / HTTP/1.1\r\n"));
    let only_http2 = Backend::start_http2(None).await;
    let failure = failure(&local(), get(&only_http2.url("/"))).await;
    assert!(matches!(failure, BackendError::BadAnswer(_) | BackendError::Network(_)), "{failure:?}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_bears_another_name_is_a_network_error() {
    let tls = Tls::new(&["backend.localhost"], &["http/1.1"]);
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let url = backend.url_by_name("backend.localhost", "/");
    let untrusted = failure(&local(), get(&url)).await;
    assert!(
        matches!(&untrusted, BackendError::Network(why) if why.contains("UnknownIssuer")),
        "{untrusted:?}"
    );
    let misnamed = failure(&trusting(&tls), get(&backend.url_by_name("other.localhost", "/"))).await;
    assert!(matches!(&misnamed, BackendError::Network(why) if why.contains("not valid for")), "{misnamed:?}");
    assert_eq!(text(&trusting(&tls), get(&url)).await.0, 200);
    assert_eq!(backend.requests().len(), 1);
}

/// Answers the first stream of the first connection, and every stream of the others; what else comes over the
/// first connection is reset with `reason`.
async fn resetting(tls: &Tls, reason: h2::Reason) -> Backend {
    Backend::start_tls(tls, move |connection| async move {
        let is_first_connection = connection.number() == 0;
        let mut streams =
            h2::server::handshake(connection.into_stream()).await.map_err(std::io::Error::other)?;
        let mut is_first_stream = true;
        while let Some(stream) = streams.accept().await {
            let (_, mut answer) = stream.map_err(std::io::Error::other)?;
            if is_first_connection && !is_first_stream {
                answer.send_reset(reason);
            } else {
                answer.send_response(http::Response::new(()), true).map_err(std::io::Error::other)?;
            }
            is_first_stream = false;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stream_that_a_backend_resets_is_a_network_error_and_not_asked_for_again() {
    let tls = Tls::new(&["127.0.0.1"], &["h2"]);
    let backend = resetting(&tls, h2::Reason::INTERNAL_ERROR).await;
    let backends = trusting(&tls);
    assert_eq!(text(&backends, get(&backend.url("/"))).await.0, 200);
    let failed = failure(&backends, get(&backend.url("/"))).await;
    assert!(matches!(failed, BackendError::Network(_)), "{failed:?}");
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn a_stream_that_was_refused_unseen_is_asked_for_once_more() {
    let tls = Tls::new(&["127.0.0.1"], &["h2"]);
    let backend = resetting(&tls, h2::Reason::REFUSED_STREAM).await;
    let backends = trusting(&tls);
    assert_eq!(text(&backends, get(&backend.url("/"))).await.0, 200);
    assert_eq!(text(&backends, get(&backend.url("/"))).await.0, 200);
    assert_eq!(backend.connections(), 2);
}

#[tokio::test]
async fn nonsense_in_the_place_of_http2_is_a_bad_answer() {
    let tls = Tls::new(&["127.0.0.1"], &["h2"]);
    let backend = Backend::start_tls(&tls, |mut connection| async move {
        connection.some_bytes().await?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?;
        connection.until_closed().await;
        Ok(())
    })
    .await;
    let failed = failure(&trusting(&tls), get(&backend.url("/"))).await;
    assert!(matches!(failed, BackendError::BadAnswer(_)), "{failed:?}");
}
