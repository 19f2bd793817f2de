//! One connection of a backend, as its script sees it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::log::{Log, Received};

/// A connection, with what was read of it but not yet used.
pub struct Connection {
    stream: Stream,
    number: usize,
    log: Log,
    unread: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: Stream, number: usize, log: Log) -> Self {
        Self { stream, number, log, unread: Vec::new() }
    }

    /// Which connection of the backend this is, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Reads the head of a request; `None` where the client has closed before one began. Its body is empty.
    ///
    /// # Errors
    /// Where the connection breaks or ends inside the head.
    pub async fn head(&mut self) -> io::Result<Option<Received>> {
        let Some(end) = self.find(b"\r\n\r\n").await? else { return Ok(None) };
        let head: Vec<u8> = self.unread.drain(..end).collect();
        self.unread.drain(..4);
        Ok(Some(parse_head(self.number, &String::from_utf8_lossy(&head))))
    }

    /// Reads the body behind a head and takes its framing off.
    ///
    /// # Errors
    /// Where the connection breaks or ends before the body does.
    pub async fn body(&mut self, head: &Received) -> io::Result<Vec<u8>> {
        if head.header("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked")) {
            let mut body = Vec::new();
            loop {
                let size = self.line().await?;
                let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
                    .map_err(io::Error::other)?;
                body.extend(self.exactly(size).await?);
                self.line().await?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        let length = head.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
        self.exactly(length).await
    }

    /// Reads until the last chunk of a chunked body.
    ///
    /// # Errors
    /// Where the connection breaks or ends before that.
    pub async fn until_last_chunk(&mut self) -> io::Result<()> {
        let end = self.find(b"0\r\n\r\n").await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.unread.drain(..end + 5);
        Ok(())
    }

    /// Reads a whole request and notes it; `None` where the client has closed before one began.
    ///
    /// # Errors
    /// Where the connection breaks or ends inside the request.
    pub async fn request(&mut self) -> io::Result<Option<Received>> {
        let Some(mut request) = self.head().await? else { return Ok(None) };
        request.body = self.body(&request).await?;
        self.log.note_request(request.clone());
        Ok(Some(request))
    }

    /// Whatever of a body is there, as soon as it is there; nothing at the end of the connection.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn some_bytes(&mut self) -> io::Result<Vec<u8>> {
        if self.unread.is_empty() {
            self.fill().await?;
        }
        Ok(std::mem::take(&mut self.unread))
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await?;
        self.stream.flush().await
    }

    /// Reads, and notes, until the client closes.
    pub async fn until_closed(&mut self) {
        while self.fill().await.is_ok_and(|count| count > 0) {}
    }

    /// The connection itself, for whoever speaks another protocol over it. Nothing of it is noted any more.
    pub fn into_stream(self) -> impl AsyncRead + AsyncWrite + Send + Unpin + 'static {
        self.stream
    }

    /// Breaks the connection with a TCP reset.
    ///
    /// # Errors
    /// Where the socket refuses.
    pub fn reset(self) -> io::Result<()> {
        match &self.stream {
            Stream::Plain(stream) => stream.set_zero_linger(),
            Stream::Tls(stream) => stream.get_ref().0.set_zero_linger(),
        }
    }

    /// How many unread bytes stand before `text`; `None` where the connection ends with nothing unread.
    async fn find(&mut self, text: &[u8]) -> io::Result<Option<usize>> {
        loop {
            if let Some(at) = self.unread.windows(text.len()).position(|window| window == text) {
                return Ok(Some(at));
            }
            if self.fill().await? == 0 {
                return if self.unread.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        let end = self.find(b"\r\n").await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let line = self.unread.drain(..end).collect();
        self.unread.drain(..2);
        String::from_utf8(line).map_err(io::Error::other)
    }

    async fn exactly(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < count {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..count).collect())
    }

    async fn fill(&mut self) -> io::Result<usize> {
        let before = self.unread.len();
        let count = self.stream.read_buf(&mut self.unread).await?;
        self.log.note_bytes(self.number, &self.unread[before..]);
        Ok(count)
    }
}

fn parse_head(connection: usize, head: &str) -> Received {
    let mut lines = head.split("\r\n");
    let mut start = lines.next().unwrap_or_default().splitn(3, ' ').map(str::to_owned);
    let [method, target, version] = std::array::from_fn(|_| start.next().unwrap_or_default());
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (name.to_owned(), value.trim().to_owned())
    };
    Received { connection, version, method, target, headers: lines.map(header).collect(), body: Vec::new() }
}

/// A stream with TLS or without.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
