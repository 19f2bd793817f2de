//! Backends that cannot be reached, stay silent, break off or talk nonsense.

use std::sync::Arc;
use std::time::Duration;

use gatelet_aws::backends::{AddressPolicy, BackendLimits, BackendSettings};
use gatelet_core::payload::{Body, BodyError};
use gatelet_core::ports::BackendError;
use gatelet_tests::backend::{Backend, Connection, Tls, answers};
use http::Uri;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::{answer, call, failure, get, local, next, text, whole, with, within};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_silent_backend_times_out_and_is_left() {
    let backend = Backend::start(answers::silence).await;
    assert_eq!(failure(&local(), within(SHORT, get(&backend.url("/")))).await, BackendError::Timeout(SHORT));
    backend.until_open_connections(0).await;
    let posted = within(SHORT, call("POST", &backend.url("/"), "order"));
    assert_eq!(failure(&local(), posted).await, BackendError::Timeout(SHORT));
    assert_eq!(backend.connections(), 2);
}

#[tokio::test]
async fn an_answer_whose_head_drips_times_out() {
    let drip = answers::drip("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", SHORT / 4);
    let backend = Backend::start(drip).await;
    assert_eq!(failure(&local(), within(SHORT, get(&backend.url("/")))).await, BackendError::Timeout(SHORT));
}

#[tokio::test]
async fn only_continue_is_not_an_answer() {
    let backend = Backend::start(answers::fixed("HTTP/1.1 100 Continue\r\n\r\n")).await;
    assert_eq!(failure(&local(), within(SHORT, get(&backend.url("/")))).await, BackendError::Timeout(SHORT));
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = failure(&local(), get(&format!("http://{address}/"))).await;
    assert!(matches!(&failure, BackendError::Refused(why) if why.contains("refused")), "{failure:?}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_network_error() {
    let failure = failure(&local(), get("http://backend.invalid/")).await;
    assert!(
        matches!(&failure, BackendError::Network(why) if why.contains("`backend.invalid`")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_connection_that_never_comes_about_times_out() {
    let limits = BackendLimits { connect: SHORT, ..BackendLimits::default() };
    let backend = Backend::start(answers::silence).await;
    let backends = with(BackendSettings::new(AddressPolicy::local()).with_limits(limits));
    // TLS is part of connecting, and this backend never answers the handshake.
    let url = backend.url("/").replace("http:", "https:");
    assert_eq!(failure(&backends, get(&url)).await, BackendError::Timeout(SHORT));
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn tls_to_a_backend_without_it_is_a_network_error() {
    let backend = Backend::start(answers::once("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let url = backend.url("/").replace("http:", "https:");
    // It does not wait for a request that never comes: what it reads is a handshake.
    let talks = Backend::start(|mut connection: Connection| async move {
        connection.some_bytes().await?;
        connection.send("HTTP/1.1 400 Bad Request\r\n\r\n").await
    })
    .await;
    let failed = failure(&local(), get(&talks.url("/").replace("http:", "https:"))).await;
    assert!(matches!(failed, BackendError::Network(_)), "{failed:?}");
    let failed = failure(&local(), within(SHORT, get(&url))).await;
    assert_eq!(failed, BackendError::Timeout(SHORT));
}

#[tokio::test]
async fn no_tls_to_a_backend_with_it_is_a_bad_answer() {
    let tls = Tls::new(&["127.0.0.1"], &[]);
    let backend = Backend::start_tls(&tls, answers::echo).await;
    let failure = failure(&local(), get(&backend.url("/").replace("https:", "http:"))).await;
    assert!(matches!(failure, BackendError::BadAnswer(_) | BackendError::Network(_)), "{failure:?}");
}

#[tokio::test]
async fn a_backend_that_closes_without_a_word_is_a_network_error() {
    let closes = Backend::start(|_| async { Ok(()) }).await;
    let resets = Backend::start(|mut connection: Connection| async move {
        connection.request().await?;
        connection.reset()
    })
    .await;
    for backend in [closes, resets] {
        for method in ["GET", "POST"] {
            let failure = failure(&local(), call(method, &backend.url("/"), Body::Empty)).await;
            assert!(matches!(failure, BackendError::Network(_)), "{method}: {failure:?}");
        }
        assert_eq!(backend.connections(), 2, "a fresh connection is not replaced");
    }
}

#[tokio::test]
async fn what_breaks_off_in_the_head_or_is_not_http_is_a_bad_answer() {
    let too_long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20));
    for said in [
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "\0\0\0\0",
        &too_long,
    ] {
        let backend = Backend::start(answers::once(said)).await;
        let failure = failure(&local(), get(&backend.url("/"))).await;
        assert!(matches!(failure, BackendError::BadAnswer(_)), "{said:.60?}: {failure:?}");
        assert_eq!(backend.connections(), 1);
    }
}

#[tokio::test]
async fn what_breaks_off_in_the_body_is_said_there() {
    for said in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\nnonsense",
    ] {
        let backend = Backend::start(answers::once(said)).await;
        let mut answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(next(answer.body_mut()).await.unwrap().unwrap(), "begin", "{said:?}");
        assert_eq!(whole(answer).await, Err(BodyError::BrokenOff), "{said:?}");
    }
}

#[tokio::test]
async fn a_reset_in_the_body_is_said_there() {
    let has_arrived = Arc::new(Notify::new());
    let waits = Arc::clone(&has_arrived);
    let backend = Backend::start(move |mut connection| {
        let waits = Arc::clone(&waits);
        async move {
            connection.request().await?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin").await?;
            waits.notified().await;
            connection.reset()
        }
    })
    .await;
    let mut answer = answer(&local(), get(&backend.url("/"))).await.unwrap();
    assert_eq!(next(answer.body_mut()).await.unwrap().unwrap(), "begin");
    has_arrived.notify_one();
    assert_eq!(whole(answer).await, Err(BodyError::BrokenOff));
}

#[tokio::test]
async fn a_body_without_a_length_ends_where_the_connection_does() {
    let backend = Backend::start(answers::once("HTTP/1.0 200 OK\r\n\r\nall of it")).await;
    assert_eq!(text(&local(), get(&backend.url("/"))).await, (200, "all of it".to_owned()));
}

#[tokio::test]
async fn a_body_that_pauses_too_long_is_given_up() {
    let backend = Backend::start(|mut connection: Connection| async move {
        connection.request().await?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin").await?;
        connection.until_closed().await;
        Ok(())
    })
    .await;
    let limits = BackendLimits { body_idle: SHORT, ..BackendLimits::default() };
    let backends = with(BackendSettings::new(AddressPolicy::local()).with_limits(limits));
    let mut answer = answer(&backends, get(&backend.url("/"))).await.unwrap();
    assert_eq!(next(answer.body_mut()).await.unwrap().unwrap(), "begin");
    assert_eq!(next(answer.body_mut()).await, Some(Err(BodyError::Idle { seconds: 0 })));
    assert_eq!(next(answer.body_mut()).await, None);
    // The connection is given up with the body, not only when the answer is dropped.
    backend.until_open_connections(0).await;
}

#[tokio::test]
async fn a_body_that_drips_within_the_limit_is_not_given_up() {
    let said = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nslow but";
    let backend = Backend::start(answers::drip(said, Duration::from_millis(5))).await;
    let limits = BackendLimits { body_idle: Duration::from_secs(5), ..BackendLimits::default() };
    let backends = with(BackendSettings::new(AddressPolicy::local()).with_limits(limits));
    assert_eq!(text(&backends, get(&backend.url("/"))).await, (200, "slow but".to_owned()));
}

#[tokio::test]
async fn what_is_no_address_of_a_backend_is_said() {
    for (uri, why) in [
        ("/relative", "names no scheme"),
        ("example.com", "names no scheme"),
        ("ftp://example.com/", "`ftp` is not spoken"),
        ("http://user:password@example.com/", "credentials"),
        ("http://example.com:99999/", "`99999` is not a port"),
        ("http://example.com:0/", "`0` is not a port"),
        ("http://256.0.0.1/", "neither a host name nor an address"),
        ("http://[v1.x]/", "neither a host name nor an address"),
        ("http://a$b/", "neither a host name nor an address"),
        ("http://./", "names no host"),
        ("http://:80/", "names no host"),
    ] {
        // Some of these are no URI at all, which the core hears before it could call.
        let Ok(uri) = uri.parse::<Uri>() else { continue };
        let mut request = get("http://127.0.0.1/");
        *request.request.uri_mut() = uri.clone();
        let failure = failure(&local(), request).await;
        assert!(
            matches!(&failure, BackendError::BadAddress(said) if said.contains(why)),
            "{uri}: {failure:?}"
        );
    }
}
