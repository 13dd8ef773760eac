//! The established stream.

pub(crate) mod broken;
mod descriptor;
pub(crate) mod inbound;
pub(crate) mod outbound;
pub(crate) mod parts;
pub(crate) mod reunite;
pub(crate) mod split;

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::handshake::{Established, Mode, Negotiated, Role};
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

/// A peer connection: encrypted, header-only or plaintext, and used like the bare transport.
///
/// Every call makes the same call on the transport that the bare transport would have got, and returns what it
/// returned; only the bytes are XORed. No ciphertext is held back, so there is nothing that only a flush would send.
/// See [`docs::flush`](crate::docs::flush) and [`docs::cancel_safety`](crate::docs::cancel_safety).
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

impl<T> MseStream<T> {
    /// A stream without MSE, so that an application has one type for every peer. `role` is who opened the connection,
    /// as [`Negotiated::role`] will tell.
    pub fn plaintext(io: T, role: Role) -> Self {
        Self {
            io,
            inbound: Inbound::new(Bytes::new(), None),
            outbound: Outbound::new(None),
            negotiated: Negotiated::new(role, Mode::Plaintext, None),
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

    /// Notes how many attempts it took in all, and how long.
    pub(crate) fn tell_of_attempts(&mut self, attempts: u32, elapsed: Duration) {
        self.negotiated = self
            .negotiated
            .clone()
            .with_attempts(attempts)
            .with_elapsed(elapsed);
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
}

impl<T: Unpin> MseStream<T> {
    /// Reads into several buffers through a transport that can: `read` is its call for that, and says how many bytes it
    /// filled, in the order of the buffers. Tokio's traits have no such call.
    ///
    /// The rules of [`AsyncRead::poll_read`] hold: bytes that came with the handshake come first, and while there are
    /// any, or if no buffer has room, `read` is not called; what it fills is decrypted in place; zero is the end of the
    /// stream. `read` is offered the first 16 buffers that are not empty.
    ///
    /// # Errors
    ///
    /// What `read` fails with. If it reports more than there was room for, or has panicked before, the direction is
    /// out of step for good, and this and every later read is a [`BrokenStream`](crate::BrokenStream).
    pub fn poll_read_vectored_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        read: impl FnOnce(Pin<&mut T>, &mut Context<'_>, &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Self { io, inbound, .. } = self.get_mut();
        inbound.poll_read_vectored(Pin::new(io), cx, bufs, read)
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
