//! A client's stream, inside TLS where that is spoken: what comes from it passes the gate, and what it waits for is noted for the
//! connection's watch.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::activity::Activity;
use super::desync::{Gate, READ_BYTES, Step};
use super::limits;

/// A client's stream behind the gate.
pub(super) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    gate: Gate,
    /// Begins when our side of the connection is closed.
    lingering: Option<Lingering>,
}

/// A client that is still sending would lose an answer that it has not read yet if its connection were closed at
/// once (RFC 9112, section 9.6): what it sends is thrown away for a moment.
struct Lingering {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S: AsyncRead + Unpin> Watched<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity, gate: Gate::new(), lingering: None }
    }

    fn note_write<T>(&self, polled: Poll<T>) -> Poll<T> {
        match &polled {
            Poll::Pending => self.activity.block_write(),
            Poll::Ready(_) => self.activity.unblock_write(),
        }
        polled
    }

    /// Takes a piece from the stream; how long it is, 0 at the end.
    fn poll_take(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut scratch = [0; READ_BYTES];
        let mut piece = ReadBuf::new(&mut scratch);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
        self.gate.take(piece.filled());
        Poll::Ready(Ok(piece.filled().len()))
    }

    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let taken = self.poll_take(context);
            let Some(lingering) = &mut self.lingering else { return Poll::Ready(()) };
            match taken {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(length)) => {
                    self.gate.forget();
                    lingering.bytes = lingering.bytes.saturating_add(length);
                    if lingering.bytes > limits::LINGER_BYTES_MAX {
                        return Poll::Ready(());
                    }
                }
                Poll::Pending => return lingering.until.as_mut().poll(context),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.gate.is_open() {
                return Pin::new(&mut this.stream).poll_read(context, buffer);
            }
            match this.gate.step() {
                Step::Give | Step::Need if this.gate.given().has_remaining() => {
                    let given = this.gate.given();
                    let length = given.remaining().min(buffer.remaining());
                    buffer.put_slice(given.chunk().get(..length).unwrap_or_default());
                    given.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Step::Give | Step::Need => {}
                Step::Head(number, names) => {
                    this.activity.announce(number, names);
                    continue;
                }
                Step::Refuse(number, refusal) => {
                    this.activity.refuse(number, refusal);
                    continue;
                }
                Step::Broken => {
                    let why = "the body is not in chunks as it should be";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
                }
            }
            let taken = this.poll_take(context);
            match this.gate.is_within_head() {
                true => this.activity.await_head(),
                false => this.activity.complete_head(),
            }
            if ready!(taken)? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_write(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note_write(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.gate.is_within_body() {
                return Poll::Ready(Ok(()));
            }
            this.lingering = Some(Lingering { until: Box::pin(sleep(limits::LINGER)), bytes: 0 });
        }
        this.poll_linger(context).map(Ok)
    }
}
