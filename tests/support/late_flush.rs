//! Transports with a late flush.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A flush completes only once a byte of the peer was read after the last write, as with a transport whose flush means
/// "acknowledged" and whose acknowledgements are seen by reading.
#[derive(Debug)]
pub(crate) struct FlushAwaitsPeer<T> {
    io: T,
    unacknowledged: bool,
    flusher: Option<Waker>,
}

impl<T> FlushAwaitsPeer<T> {
    pub(crate) const fn new(io: T) -> Self {
        Self {
            io,
            unacknowledged: false,
            flusher: None,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for FlushAwaitsPeer<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.unacknowledged = false;
            if let Some(flusher) = self.flusher.take() {
                flusher.wake();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for FlushAwaitsPeer<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, buf))?;
        self.unacknowledged = true;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.unacknowledged {
            self.flusher = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Accepts every write and sends nothing before it is flushed; the first poll of every flush is `Pending`.
#[derive(Debug)]
pub(crate) struct SendsOnFlush<T> {
    io: T,
    held: Vec<u8>,
    flushing: bool,
}

impl<T> SendsOnFlush<T> {
    pub(crate) const fn new(io: T) -> Self {
        Self {
            io,
            held: Vec::new(),
            flushing: false,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for SendsOnFlush<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for SendsOnFlush<T> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.held.extend(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.flushing, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while !self.held.is_empty() {
            let Self { io, held, .. } = &mut *self;
            let sent = ready!(Pin::new(io).poll_write(cx, held))?;
            held.drain(..sent);
        }
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.flushing = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
