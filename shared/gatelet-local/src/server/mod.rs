//! The server on one machine: HTTP/1.1 and HTTP/2, with prior knowledge or as TLS agrees on it, its limits, and one sealed record
//! for every request. What a request means is the handler's: no rule of the gateway lives here.

mod activity;
mod connection;
mod desync;
mod exchange;
mod in_flight;
mod inbound;
pub mod limits;
mod stream;
pub mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use gatelet_aws::edge::Sink;
use gatelet_core::Arrival;
use gatelet_core::payload::{Request, Response};
use gatelet_core::ports::Clock;
use gatelet_core::record::Record;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

pub use in_flight::InFlight;
use limits::{BODY_BYTES_MAX, Patience};
use tls::Tls;

/// What answers the requests that the edge lets in.
pub trait Handler: Send + Sync + 'static {
    /// The clock that tells when a request arrived.
    fn clock(&self) -> &impl Clock;

    /// The largest body of a request that is let in.
    fn body_bytes_max(&self) -> usize {
        BODY_BYTES_MAX
    }

    /// Answers a request, and writes in its record.
    fn answer(
        &self,
        arrival: &Arrival,
        request: Request,
        record: &mut Record,
    ) -> impl Future<Output = Response> + Send;
}

impl<H: Handler> Handler for Arc<H> {
    fn clock(&self) -> &impl Clock {
        H::clock(self)
    }

    fn body_bytes_max(&self) -> usize {
        H::body_bytes_max(self)
    }

    fn answer(
        &self,
        arrival: &Arrival,
        request: Request,
        record: &mut Record,
    ) -> impl Future<Output = Response> + Send {
        H::answer(self, arrival, request, record)
    }
}

/// How far a server has been told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    No,
    Gracefully,
    AtOnce,
}

/// A server that listens. Dropped, it stops at once.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    in_flight: InFlight,
    stop: watch::Sender<Stop>,
    accepting: JoinHandle<()>,
    patience: Patience,
}

impl Server {
    /// Begins to serve what `listener` accepts. Records go to `sink`.
    ///
    /// # Errors
    /// Where the listener cannot tell its own address.
    pub fn start<H: Handler>(
        listener: TcpListener,
        handler: H,
        sink: Arc<dyn Sink>,
        patience: Patience,
    ) -> io::Result<Self> {
        Self::start_with(listener, None, handler, sink, patience)
    }

    /// The same, inside TLS.
    ///
    /// # Errors
    /// Where the listener cannot tell its own address.
    pub fn start_tls<H: Handler>(
        listener: TcpListener,
        tls: Tls,
        handler: H,
        sink: Arc<dyn Sink>,
        patience: Patience,
    ) -> io::Result<Self> {
        Self::start_with(listener, Some(tls), handler, sink, patience)
    }

    fn start_with<H: Handler>(
        listener: TcpListener,
        tls: Option<Tls>,
        handler: H,
        sink: Arc<dyn Sink>,
        patience: Patience,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let in_flight = InFlight::default();
        let (stop, stopped) = watch::channel(Stop::No);
        let edge = exchange::Edge { handler, sink, patience, in_flight: in_flight.clone(), tls };
        let accepting = tokio::spawn(accept(listener, Arc::new(edge), stopped));
        Ok(Self { address, in_flight, stop, accepting, patience })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its requests under way.
    #[must_use]
    pub const fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Stops accepting and waits until what is under way is finished, for as long as the server's patience lasts.
    /// Returns the requests that were cut off.
    pub async fn stop(mut self) -> Vec<Box<str>> {
        self.stop.send_replace(Stop::Gracefully);
        let ended = tokio::time::timeout(self.patience.stop, &mut self.accepting).await;
        if ended.is_ok() {
            return Vec::new();
        }
        let cut_off = self.in_flight.list();
        self.stop.send_replace(Stop::AtOnce);
        // What is under way is dropped, and with it each open record is sealed.
        let _ = (&mut self.accepting).await;
        cut_off
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(Stop::AtOnce);
    }
}

async fn accept<H: Handler>(
    listener: TcpListener,
    edge: Arc<exchange::Edge<H>>,
    mut stop: watch::Receiver<Stop>,
) {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop != Stop::No) => break,
            accepted = accept_one(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let serving = connection::serve(stream, peer.ip(), Arc::clone(&edge), stop.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    let at_once = async {
        let _ = stop.wait_for(|stop| *stop == Stop::AtOnce).await;
    };
    tokio::select! {
        () = ended => return,
        () = at_once => {}
    }
    connections.shutdown().await;
}

async fn accept_one(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}
