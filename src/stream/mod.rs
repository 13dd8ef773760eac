//! The established stream.

pub(crate) mod inbound;
pub(crate) mod outbound;
pub(crate) mod split;

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::crypto::keystream::Keystream;
use crate::handshake::{Established, Negotiated, Role};
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;
use crate::stream::split::{MseReadHalf, MseWriteHalf};

/// A peer connection: encrypted, header-only or plaintext, and used like the bare transport.
///
/// Every call makes the same call on the transport that the bare transport would have got, and returns what it
/// returned; only the bytes are XORed. No ciphertext is held back, so there is nothing that only a flush would send. See
/// [`docs::flush`](crate::docs::flush) and [`docs::cancel_safety`](crate::docs::cancel_safety).
///
/// MSE is obfuscation: it does not tell you who the peer is, whether the bytes were changed on the way, or, as there is
/// no close record, whether an end of the stream is the one that the peer meant.
#[derive(Debug)]
pub struct MseStream<T> {
    io: T,
    inbound: Inbound,
    outbound: Outbound,
    negotiated: Negotiated,
}

/// What an [`MseStream`] is made of.
#[non_exhaustive]
pub struct Parts<T> {
    /// The transport.
    pub io: T,
    /// Decrypted bytes that were received with the handshake and not read yet. They come before those of `io`.
    pub unread: Bytes,
    /// Decrypts what `io` yields from here on; `None` if the stream is clear.
    pub decrypt: Option<Keystream>,
    /// Encrypts what is written to `io` from here on; `None` if the stream is clear.
    pub encrypt: Option<Keystream>,
    /// What was agreed on.
    pub negotiated: Negotiated,
}

impl<T: fmt::Debug> fmt::Debug for Parts<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of the unread bytes, only how many: they were encrypted on the wire, and are not for log files either.
        f.debug_struct("Parts")
            .field("io", &self.io)
            .field("unread", &self.unread.len())
            .field("decrypt", &self.decrypt)
            .field("encrypt", &self.encrypt)
            .field("negotiated", &self.negotiated)
            .finish()
    }
}

impl<T> MseStream<T> {
    /// A stream without MSE, so that an application has one type for every peer.
    pub fn plaintext(io: T) -> Self {
        Self {
            io,
            inbound: Inbound::new(Bytes::new(), None),
            outbound: Outbound::new(None),
            negotiated: Negotiated::plaintext(Role::Initiator, None),
        }
    }

    /// Goes on over `io` after a handshake that was driven by hand.
    pub fn from_established(io: T, established: Established) -> Self {
        Self {
            io,
            inbound: Inbound::new(established.received, established.decrypt),
            outbound: Outbound::new(established.encrypt),
            negotiated: established.negotiated,
        }
    }

    pub(crate) const fn negotiated_mut(&mut self) -> &mut Negotiated {
        &mut self.negotiated
    }

    /// What was agreed on.
    pub const fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The transport.
    pub const fn get_ref(&self) -> &T {
        &self.io
    }

    /// The transport. Reading from it or writing to it puts the keystream out of step.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Takes the stream apart.
    pub fn into_parts(self) -> Parts<T> {
        let (unread, decrypt) = self.inbound.into_parts();
        Parts {
            io: self.io,
            unread,
            decrypt,
            encrypt: self.outbound.into_keystream(),
            negotiated: self.negotiated,
        }
    }

    /// Splits into owned halves without a lock between them, by splitting the transport with `split`:
    /// `TcpStream::into_split`, `UtpStream::split`, [`tokio::io::split`].
    ///
    /// ```no_run
    /// # async fn example(peer: tokio_mse::MseStream<tokio::net::TcpStream>) {
    /// let (reader, writer) = peer.into_split_with(tokio::net::TcpStream::into_split);
    /// # let _ = (reader, writer);
    /// # }
    /// ```
    pub fn into_split_with<R, W>(self, split: impl FnOnce(T) -> (R, W)) -> (MseReadHalf<R>, MseWriteHalf<W>) {
        let (read, write) = split(self.io);
        (
            MseReadHalf::new(read, self.inbound),
            MseWriteHalf::new(write, self.outbound),
        )
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for MseStream<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { io, inbound, .. } = self.get_mut();
        inbound.poll_read(Pin::new(io), cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for MseStream<T> {
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
