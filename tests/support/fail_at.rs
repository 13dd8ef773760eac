//! A transport that fails at one call, whichever kind of call that is.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Every kind of error that a transport has been seen to report, and a few that none should.
pub(crate) const EVERY_KIND: [ErrorKind; 20] = [
    ErrorKind::NotFound,
    ErrorKind::PermissionDenied,
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkUnreachable,
    ErrorKind::ConnectionAborted,
    ErrorKind::NotConnected,
    ErrorKind::NetworkDown,
    ErrorKind::BrokenPipe,
    ErrorKind::AlreadyExists,
    ErrorKind::WouldBlock,
    ErrorKind::InvalidInput,
    ErrorKind::InvalidData,
    ErrorKind::TimedOut,
    ErrorKind::WriteZero,
    ErrorKind::Interrupted,
    ErrorKind::UnexpectedEof,
    ErrorKind::OutOfMemory,
    ErrorKind::Other,
];

/// Fails at the call with this number, counted over all kinds of calls, and panics at every later one.
#[derive(Debug)]
pub(crate) struct FailAt<T> {
    io: T,
    calls_left: usize,
    kind: ErrorKind,
    failed: bool,
}

impl<T> FailAt<T> {
    pub(crate) const fn new(io: T, call: usize, kind: ErrorKind) -> Self {
        Self {
            io,
            calls_left: call,
            kind,
            failed: false,
        }
    }

    fn count(&mut self) -> io::Result<()> {
        assert!(!self.failed, "used again after it failed");
        if self.calls_left == 0 {
            self.failed = true;
            return Err(self.kind.into());
        }
        self.calls_left -= 1;
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for FailAt<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.count()?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for FailAt<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.count()?;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.count()?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.count()?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
