//! A transport that insists on being left alone once it is closed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Panics when it is written to or flushed after its shutdown began.
#[derive(Debug)]
pub(crate) struct CloseGuard<T> {
    io: T,
    closing: bool,
}

impl<T> CloseGuard<T> {
    pub(crate) const fn new(io: T) -> Self {
        Self { io, closing: false }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for CloseGuard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for CloseGuard<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!self.closing, "written to after the shutdown began");
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        assert!(!self.closing, "flushed after the shutdown began");
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closing = true;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
