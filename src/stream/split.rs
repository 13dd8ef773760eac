//! Owned halves of a stream, without a lock between them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::crypto::keystream::Keystream;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

/// The receiving half of an [`MseStream`](crate::MseStream). Works on after the other half was dropped.
#[derive(Debug)]
pub struct MseReadHalf<R> {
    io: R,
    inbound: Inbound,
}

impl<R> MseReadHalf<R> {
    pub(crate) const fn new(io: R, inbound: Inbound) -> Self {
        Self { io, inbound }
    }

    /// The transport's half.
    pub const fn get_ref(&self) -> &R {
        &self.io
    }

    /// The transport's half. Reading from it puts the keystream out of step.
    pub const fn get_mut(&mut self) -> &mut R {
        &mut self.io
    }

    /// The transport's half, decrypted bytes that come before its own, and what decrypts those.
    pub fn into_parts(self) -> (R, Bytes, Option<Keystream>) {
        let (unread, decrypt) = self.inbound.into_parts();
        (self.io, unread, decrypt)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for MseReadHalf<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { io, inbound } = self.get_mut();
        inbound.poll_read(Pin::new(io), cx, buf)
    }
}

/// The sending half of an [`MseStream`](crate::MseStream). Works on after the other half was dropped.
#[derive(Debug)]
pub struct MseWriteHalf<W> {
    io: W,
    outbound: Outbound,
}

impl<W> MseWriteHalf<W> {
    pub(crate) const fn new(io: W, outbound: Outbound) -> Self {
        Self { io, outbound }
    }

    /// The transport's half.
    pub const fn get_ref(&self) -> &W {
        &self.io
    }

    /// The transport's half. Writing to it puts the keystream out of step.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.io
    }

    /// The transport's half, and what encrypts for it.
    pub fn into_parts(self) -> (W, Option<Keystream>) {
        (self.io, self.outbound.into_keystream())
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for MseWriteHalf<W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { io, outbound } = self.get_mut();
        outbound.poll_write(Pin::new(io), cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { io, outbound } = self.get_mut();
        outbound.poll_write_vectored(Pin::new(io), cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.outbound.is_write_vectored(&self.io)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
