//! A backend that does what a test tells it, byte by byte, and remembers what it was sent.
//!
//! [`Backend::start`] runs a script on every connection: a function that reads and writes through a
//! [`Connection`]. [`answers`] holds the usual ones. [`Backend::start_http2`] speaks HTTP/2 and echoes.

pub mod answers;
mod connection;
mod http2;
mod log;
mod tls;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::connection::Stream;
use self::log::Log;
pub use connection::Connection;
pub use log::Received;
pub use tls::Tls;

/// How long a test waits for what must happen, before it fails. No passing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A backend on a free port of 127.0.0.1. It stops, and drops its connections, when it is dropped.
pub struct Backend {
    address: SocketAddr,
    scheme: &'static str,
    log: Log,
    accepting: JoinHandle<()>,
}

impl Backend {
    /// A backend that runs `script` on every connection. The connection is closed when the script ends.
    pub async fn start<Script, Running>(script: Script) -> Self
    where
        Script: Fn(Connection) -> Running + Send + Sync + 'static,
        Running: Future<Output = io::Result<()>> + Send + 'static,
    {
        Self::listen(None, move |stream, number, log| script(Connection::new(stream, number, log))).await
    }

    /// The same over TLS.
    pub async fn start_tls<Script, Running>(tls: &Tls, script: Script) -> Self
    where
        Script: Fn(Connection) -> Running + Send + Sync + 'static,
        Running: Future<Output = io::Result<()>> + Send + 'static,
    {
        let start = move |stream, number, log| script(Connection::new(stream, number, log));
        Self::listen(Some(tls.clone()), start).await
    }

    /// A backend that answers over HTTP/2 as [`answers::echo`] does, over TLS or in the clear, where the client
    /// must know that it speaks HTTP/2.
    pub async fn start_http2(tls: Option<&Tls>) -> Self {
        Self::listen(tls.cloned(), http2::echo).await
    }

    async fn listen<Start, Running>(tls: Option<Tls>, start: Start) -> Self
    where
        Start: Fn(Stream, usize, Log) -> Running + Send + Sync + 'static,
        Running: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port is there");
        let address = listener.local_addr().expect("a listener has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let log = Log::default();
        let accepting = tokio::spawn(accept(listener, tls, log.clone(), Arc::new(start)));
        Self { address, scheme, log, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path that begins with `/`; the host is the address.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The URL of a path with another name for the host.
    pub fn url_by_name(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.log.read(|seen| seen.bytes.len())
    }

    /// How many connections are open, as far as the scripts have noticed.
    pub fn open_connections(&self) -> usize {
        self.log.read(|seen| seen.open)
    }

    /// The requests that were read whole, in that order.
    pub fn requests(&self) -> Vec<Received> {
        self.log.read(|seen| seen.requests.clone())
    }

    /// Every byte that came over a connection, numbered from 0. Over TLS they are the deciphered ones; over
    /// HTTP/2 they are not kept.
    pub fn bytes(&self, connection: usize) -> Vec<u8> {
        self.log.read(|seen| seen.bytes.get(connection).cloned().unwrap_or_default())
    }

    /// Waits until so many requests were read whole, and gives them.
    ///
    /// # Panics
    /// Where that does not come within [`PATIENCE`].
    pub async fn until_requests(&self, count: usize) -> Vec<Received> {
        self.log.wait(&format!("{count} requests"), move |seen| seen.requests.len() >= count).await;
        self.requests()
    }

    /// Waits until exactly so many connections are open.
    ///
    /// # Panics
    /// Where that does not come within [`PATIENCE`].
    pub async fn until_open_connections(&self, count: usize) {
        self.log.wait(&format!("{count} open connections"), move |seen| seen.open == count).await;
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept<Start, Running>(listener: TcpListener, tls: Option<Tls>, log: Log, start: Arc<Start>)
where
    Start: Fn(Stream, usize, Log) -> Running + Send + Sync + 'static,
    Running: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        while connections.try_join_next().is_some() {}
        let (number, open) = log.open();
        let (tls, log, start) = (tls.clone(), log.clone(), Arc::clone(&start));
        connections.spawn(async move {
            let _open = open;
            stream.set_nodelay(true)?;
            let stream = match tls {
                Some(tls) => Stream::Tls(Box::new(tls.accept(stream).await?)),
                None => Stream::Plain(stream),
            };
            start(stream, number, log).await
        });
    }
}
