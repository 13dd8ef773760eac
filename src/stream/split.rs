//! Owned halves of a stream, without a lock between them.

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::crypto::keystream::Keystream;
use crate::handshake::Negotiated;
use crate::stream::MseStream;
use crate::stream::broken::BrokenStream;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

impl<T> MseStream<T> {
    /// Splits into owned halves without a lock between them, by splitting the transport with `split`:
    /// `TcpStream::into_split`, `UtpStream::split`, [`tokio::io::split`]. [`MseReadHalf::reunite`] undoes it.
    ///
    /// ```no_run
    /// # async fn example(peer: tokio_mse::MseStream<tokio::net::TcpStream>) {
    /// let (reader, writer) = peer.into_split_with(tokio::net::TcpStream::into_split);
    /// # let _ = (reader, writer);
    /// # }
    /// ```
    ///
    /// A transport that is in halves already, boxed perhaps, is joined for the handshake, and comes apart again without
    /// a lock either:
    ///
    /// ```
    /// use tokio::io::{AsyncRead, AsyncWrite, Join, join};
    /// use tokio_mse::{Error, MseStream, Policy, Skey};
    ///
    /// type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;
    /// type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;
    ///
    /// async fn encrypted(r: BoxedRead, w: BoxedWrite, skey: Skey) -> Result<(BoxedRead, BoxedWrite), Error> {
    ///     let peer = MseStream::connect(join(r, w), skey, &Policy::full_rc4()).await?;
    ///     let (reader, writer) = peer.into_split_with(Join::into_inner);
    ///     Ok((Box::new(reader), Box::new(writer)))
    /// }
    /// ```
    pub fn into_split_with<R, W>(self, split: impl FnOnce(T) -> (R, W)) -> (MseReadHalf<R>, MseWriteHalf<W>) {
        let (read, write) = split(self.io);
        let negotiated = Arc::new(self.negotiated);
        (
            MseReadHalf::new(read, self.inbound, Arc::clone(&negotiated)),
            MseWriteHalf::new(write, self.outbound, negotiated),
        )
    }
}

/// The receiving half of an [`MseStream`]. Works on after the other half was dropped.
#[derive(Debug)]
pub struct MseReadHalf<R> {
    pub(super) io: R,
    pub(super) inbound: Inbound,
    /// The same in both halves, by which they are known to be a pair.
    pub(super) negotiated: Arc<Negotiated>,
}

impl<R> MseReadHalf<R> {
    pub(super) const fn new(io: R, inbound: Inbound, negotiated: Arc<Negotiated>) -> Self {
        Self {
            io,
            inbound,
            negotiated,
        }
    }

    /// What was agreed on.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The transport's half.
    pub const fn get_ref(&self) -> &R {
        &self.io
    }

    /// The transport's half. Reading from it puts the keystream out of step.
    pub const fn get_mut(&mut self) -> &mut R {
        &mut self.io
    }

    /// The transport's half, decrypted bytes that come before its own, and what decrypts those: see [`Parts`](crate::Parts).
    pub fn into_parts(self) -> (R, Bytes, Result<Option<Keystream>, BrokenStream>) {
        let (unread, decrypt) = self.inbound.into_parts();
        (self.io, unread, decrypt)
    }
}

impl<R: Unpin> MseReadHalf<R> {
    /// Reads into several buffers through a transport that can: see [`MseStream::poll_read_vectored_with`].
    ///
    /// An application that has a trait for such transports implements it with this, and its halves go on being what
    /// they were without MSE:
    ///
    /// ```
    /// use std::io::{IoSliceMut, Result};
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    ///
    /// use tokio::io::AsyncRead;
    /// use tokio_mse::MseReadHalf;
    ///
    /// trait AsyncReadVectored: AsyncRead + Unpin {
    ///     fn poll_read_vectored(
    ///         self: Pin<&mut Self>,
    ///         cx: &mut Context<'_>,
    ///         bufs: &mut [IoSliceMut<'_>],
    ///     ) -> Poll<Result<usize>>;
    /// }
    ///
    /// impl<R: AsyncReadVectored> AsyncReadVectored for MseReadHalf<R> {
    ///     fn poll_read_vectored(
    ///         self: Pin<&mut Self>,
    ///         cx: &mut Context<'_>,
    ///         bufs: &mut [IoSliceMut<'_>],
    ///     ) -> Poll<Result<usize>> {
    ///         self.poll_read_vectored_with(cx, bufs, R::poll_read_vectored)
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// What `read` fails with, and a [`BrokenStream`] if it reports more than there was room for.
    pub fn poll_read_vectored_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        read: impl FnOnce(Pin<&mut R>, &mut Context<'_>, &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Self { io, inbound, .. } = self.get_mut();
        inbound.poll_read_vectored(Pin::new(io), cx, bufs, read)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for MseReadHalf<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { io, inbound, .. } = self.get_mut();
        inbound.poll_read(Pin::new(io), cx, buf)
    }
}

/// The sending half of an [`MseStream`]. Works on after the other half was dropped.
#[derive(Debug)]
pub struct MseWriteHalf<W> {
    pub(super) io: W,
    pub(super) outbound: Outbound,
    pub(super) negotiated: Arc<Negotiated>,
}

impl<W> MseWriteHalf<W> {
    pub(super) const fn new(io: W, outbound: Outbound, negotiated: Arc<Negotiated>) -> Self {
        Self {
            io,
            outbound,
            negotiated,
        }
    }

    /// What was agreed on.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The transport's half.
    pub const fn get_ref(&self) -> &W {
        &self.io
    }

    /// The transport's half. Writing to it puts the keystream out of step.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.io
    }

    /// The transport's half, and what encrypts for it: see [`Parts`](crate::Parts).
    pub fn into_parts(self) -> (W, Result<Option<Keystream>, BrokenStream>) {
        (self.io, self.outbound.into_keystream())
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for MseWriteHalf<W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { io, outbound, .. } = self.get_mut();
        outbound.poll_write(Pin::new(io), cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { io, outbound, .. } = self.get_mut();
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
