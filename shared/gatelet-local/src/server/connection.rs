//! One connection: hyper speaks HTTP/1.1 or HTTP/2 on it, and a watch closes it when its client is too slow.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use gatelet_core::Scheme;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::activity::{Activity, Verdict};
use super::exchange::{Client, Edge, exchange};
use super::limits;
use super::stream::Watched;
use super::{Handler, Stop};

/// Serves a connection until either side closes it.
pub(super) async fn serve<H: Handler>(
    stream: TcpStream,
    peer: IpAddr,
    edge: Arc<Edge<H>>,
    mut stop: watch::Receiver<Stop>,
) {
    let Some(tls) = &edge.tls else {
        let client = Client { address: peer, scheme: Scheme::Http, certificate: None };
        return serve_stream(stream, client, edge, stop).await;
    };
    let handshake = tokio::select! {
        handshake = timeout(edge.patience.handshake, tls.accept(stream)) => handshake,
        // Nothing is under way yet that could be finished.
        _ = stop.wait_for(|stop| *stop != Stop::No) => return,
    };
    match handshake {
        Ok(Ok((stream, certificate))) => {
            let client = Client { address: peer, scheme: Scheme::Https, certificate };
            serve_stream(stream, client, edge, stop).await;
        }
        Ok(Err(error)) => tracing::info!(%peer, %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "a TLS handshake took too long; its connection is cut"),
    }
}

/// Serves what is inside, with or without TLS.
async fn serve_stream<H: Handler>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    client: Client,
    edge: Arc<Edge<H>>,
    mut stop: watch::Receiver<Stop>,
) {
    let peer = client.address;
    let activity = Arc::new(Activity::new());
    let patience = edge.patience;
    let watched = Watched::new(stream, Arc::clone(&activity));
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |request| exchange(Arc::clone(&edge), Arc::clone(&activity), client.clone(), request))
    };
    let builder = protocols(&patience);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(watched), service));
    let mut look = interval(patience.look);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut closing = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "a connection broke off");
                }
                return;
            }
            _ = stop.wait_for(|stop| *stop != Stop::No), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = look.tick() => match activity.verdict(&patience) {
                Verdict::Keep => {}
                Verdict::Close if closing => return,
                Verdict::Close => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::Cut => {
                    tracing::debug!(%peer, "a client was too slow; its connection is cut");
                    return;
                }
            }
        }
    }
}

fn protocols(patience: &limits::Patience) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The head's own time limit and size are the watch's and `Watched`'s; hyper's stand above them.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        // HTTP/1.1 backends see names as the client wrote them; functions hear of them by `HeaderNames`.
        .preserve_header_case(true)
        .max_headers(limits::HEADERS_MAX * 2)
        .max_buf_size(limits::HEAD_BYTES_READ_MAX * 2);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_pending_accept_reset_streams(limits::HTTP2_PENDING_RESETS_MAX)
        .max_local_error_reset_streams(limits::HTTP2_ERROR_RESETS_MAX)
        .max_header_list_size(limits::HTTP2_HEADER_LIST_BYTES_MAX)
        .keep_alive_interval(patience.keep_alive)
        .keep_alive_timeout(patience.head);
    builder
}
