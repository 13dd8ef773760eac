//! A transport with a watcher that sees every call before it is passed on, and can prevent it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Flush,
    Shutdown,
}

pub(crate) trait Watcher {
    /// Called before every call; an error is returned in its place.
    fn before(&mut self, call: Kind) -> io::Result<()>;
}

#[derive(Debug)]
pub(crate) struct Watched<T, W> {
    pub(super) io: T,
    pub(super) watcher: W,
}

impl<T, W: Default> Watched<T, W> {
    pub(crate) fn new(io: T) -> Self {
        let watcher = W::default();
        Self { io, watcher }
    }
}

impl<T: AsyncRead + Unpin, W: Watcher + Unpin> AsyncRead for Watched<T, W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.watcher.before(Kind::Read)?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin, W: Watcher + Unpin> AsyncWrite for Watched<T, W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.watcher.before(Kind::Write)?;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watcher.before(Kind::Flush)?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watcher.before(Kind::Shutdown)?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
