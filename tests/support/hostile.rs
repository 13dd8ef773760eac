//! Transports that are as slow as the traits allow.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// In which way a transport is slow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Every call is `Pending` once before it is passed on.
    pub(crate) pending_first: bool,
    /// The most bytes that one read gets.
    pub(crate) read_at_most: usize,
    /// Writes get 1, 2, 3... up to this many bytes and then 1 again.
    pub(crate) write_at_most: usize,
}

impl Manner {
    pub(crate) const ONE_BYTE: Self = Self {
        pending_first: false,
        read_at_most: 1,
        write_at_most: 1,
    };
    pub(crate) const PENDING_FIRST: Self = Self {
        pending_first: true,
        read_at_most: usize::MAX,
        write_at_most: usize::MAX,
    };
    pub(crate) const SHORT_WRITES: Self = Self {
        pending_first: false,
        read_at_most: usize::MAX,
        write_at_most: 67,
    };
    pub(crate) const ALL_AT_ONCE: Self = Self {
        pending_first: true,
        read_at_most: 1,
        write_at_most: 3,
    };
    pub(crate) const EVERY: [Self; 4] = [
        Self::ONE_BYTE,
        Self::PENDING_FIRST,
        Self::SHORT_WRITES,
        Self::ALL_AT_ONCE,
    ];
}

/// A slow transport.
#[derive(Debug)]
pub(crate) struct Hostile<T> {
    io: T,
    manner: Manner,
    next_write: usize,
    /// For reads, writes, flushes and shutdowns: whether the next call is passed on.
    let_through: [bool; 4],
}

impl<T> Hostile<T> {
    pub(crate) const fn new(io: T, manner: Manner) -> Self {
        Self {
            io,
            manner,
            next_write: 1,
            let_through: [false; 4],
        }
    }

    fn poll_turn(&mut self, kind: usize, cx: &Context<'_>) -> Poll<()> {
        if self.manner.pending_first && !std::mem::replace(&mut self.let_through[kind], true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.let_through[kind] = false;
        Poll::Ready(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Hostile<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_turn(0, cx));
        let mut part = vec![0; buf.remaining().min(self.manner.read_at_most)];
        let mut part = ReadBuf::new(&mut part);
        std::task::ready!(Pin::new(&mut self.io).poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Hostile<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_turn(1, cx));
        let at_most = if self.manner.write_at_most == usize::MAX {
            usize::MAX
        } else {
            let at_most = self.next_write;
            self.next_write = at_most % self.manner.write_at_most + 1;
            at_most
        };
        Pin::new(&mut self.io).poll_write(cx, &buf[..buf.len().min(at_most)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_turn(2, cx));
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_turn(3, cx));
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
