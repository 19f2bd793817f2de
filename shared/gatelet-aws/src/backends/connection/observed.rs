//! A connection that remembers what a failure's name depends on.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is known about a connection. Each connection has one, shared by all who hold it.
#[derive(Debug, Clone, Default)]
pub(in crate::backends) struct Facts(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    has_answered: AtomicBool,
    has_spoken: AtomicBool,
}

impl Facts {
    /// Notes that an answer began on this connection.
    pub(in crate::backends) fn note_answer(&self) {
        self.0.has_answered.store(true, Ordering::Relaxed);
    }

    /// Whether an answer has begun on it before: it was kept and reused.
    pub(in crate::backends) fn has_answered(&self) -> bool {
        self.0.has_answered.load(Ordering::Relaxed)
    }

    /// Whether the backend sent anything since something was last sent to it. Without multiplexing these are
    /// bytes of the answer that is waited for.
    pub(in crate::backends) fn has_spoken(&self) -> bool {
        self.0.has_spoken.load(Ordering::Relaxed)
    }
}

/// A connection with its facts.
pub(crate) struct Observed<S> {
    inner: S,
    facts: Facts,
}

impl<S> Observed<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, facts: Facts::default() }
    }

    fn note_sent(&self, sent: &io::Result<usize>) {
        if sent.as_ref().is_ok_and(|count| *count > 0) {
            self.facts.0.has_spoken.store(false, Ordering::Relaxed);
        }
    }
}

impl<S: Connection> Connection for Observed<S> {
    fn connected(&self) -> Connected {
        self.inner.connected().extra(self.facts.clone())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.facts.0.has_spoken.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.inner).poll_write(context, bytes));
        self.note_sent(&sent);
        Poll::Ready(sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.inner).poll_write_vectored(context, slices));
        self.note_sent(&sent);
        Poll::Ready(sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
