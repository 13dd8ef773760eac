//! The stream after the handshake.

#[macro_use]
mod forward;

mod descriptor;
pub(crate) mod fault;
pub(crate) mod halves;
pub(crate) mod inbound;
mod outbound;
pub(crate) mod parts;

use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::handshake::{Established, Negotiated};
use crate::mode::Role;
use crate::stream::fault::Fault;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

/// A connection to a peer: RC4-encrypted, header-only or plaintext. Use it like the bare transport.
///
/// ```no_run
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio::net::TcpStream;
/// use tokio_mse::{MseStream, Policy};
///
/// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) -> std::io::Result<()> {
/// let tcp = TcpStream::connect("192.0.2.1:51414").await?;
/// let mut peer = MseStream::connect(tcp, info_hash, handshake, &Policy::full_rc4()).await?;
/// peer.write_all(b"\0\0\0\x01\x02").await?; // no flush needed
/// let mut answer = [0; 68];
/// peer.read_exact(&mut answer).await?;
/// # Ok(()) }
/// ```
///
/// Each call makes the same call on the transport, and returns what the transport returned. The only difference is that the
/// bytes are encrypted or decrypted. The stream holds no ciphertext back, so it needs no more flushes than the transport.
/// There are four exceptions:
///
/// - Empty reads and writes do not reach the transport.
/// - The first reads return the bytes that arrived with the handshake.
/// - A vectored write on an encrypted stream becomes one ordinary write.
/// - One write encrypts at most 16 KiB and 128 bytes.
///
/// The guide [`docs::stream`](crate::docs::stream) has the details.
///
/// MSE is obfuscation, not security. It does not authenticate the peer, and does not protect the bytes against changes. It
/// has no close message, so anyone on the path can forge the end of the stream.
#[derive(Debug)]
pub struct MseStream<T> {
    io: T,
    inbound: Inbound,
    outbound: Outbound,
    negotiated: Negotiated,
}

impl<T> MseStream<T> {
    /// A stream without MSE, for applications that want one type for every peer. `role` is the role of this end.
    pub fn plaintext(io: T, role: Role) -> Self {
        Self::from_established(io, Established::plaintext(role, None, Vec::new()))
    }

    /// Continues over `io` after a handshake that was driven by hand.
    pub fn from_established(io: T, established: Established) -> Self {
        Self::after_handshake(io, established, None, None)
    }

    pub(crate) fn after_handshake(
        io: T,
        established: Established,
        read_fault: Option<Fault>,
        write_fault: Option<Fault>,
    ) -> Self {
        Self {
            io,
            inbound: Inbound::new(established.received, established.decrypt, read_fault),
            outbound: Outbound::new(established.encrypt, write_fault),
            negotiated: established.negotiated,
        }
    }

    /// Sets how many attempts it took, and how long.
    pub(crate) const fn set_attempts(&mut self, attempts: u32, elapsed: Duration) {
        self.negotiated.set_attempts(attempts);
        self.negotiated.set_elapsed(elapsed);
    }

    /// The result of the handshake.
    pub const fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The bytes that arrived with the handshake and have not been read. The next reads return them without a call on the
    /// transport.
    ///
    /// If there are any, read them before you wait for the readiness of the transport.
    pub fn unread(&self) -> &[u8] {
        self.inbound.unread()
    }

    /// The transport.
    pub const fn get_ref(&self) -> &T {
        &self.io
    }

    /// The transport. Reading from it or writing to it desynchronises the keystream.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Returns the transport, and discards the keystreams and the [unread bytes](Self::unread). Use
    /// [`into_parts`](Self::into_parts) to keep them.
    pub fn into_inner(self) -> T {
        self.io
    }

    /// Replaces the transport, for example to wrap, unwrap or box it.
    ///
    /// The new transport must continue at the same byte. Flush a transport that buffers writes, such as `BufWriter`,
    /// before you unwrap it. Do not unwrap a transport that buffers reads, such as `BufReader`.
    ///
    /// ```
    /// # use tokio::io::BufWriter;
    /// # use tokio_mse::{MseStream, Role};
    /// # let (transport, _) = tokio::io::duplex(64);
    /// let peer = MseStream::plaintext(transport, Role::Initiator);
    /// let peer = peer.map_io(BufWriter::new);
    /// # let _: MseStream<BufWriter<tokio::io::DuplexStream>> = peer;
    /// ```
    pub fn map_io<U>(self, change: impl FnOnce(T) -> U) -> MseStream<U> {
        MseStream {
            io: change(self.io),
            inbound: self.inbound,
            outbound: self.outbound,
            negotiated: self.negotiated,
        }
    }
}

impl<T: Unpin> MseStream<T> {
    /// Reads into several buffers with a vectored read of the transport, which Tokio's traits do not have.
    ///
    /// `read` is the transport's own method. It fills the buffers in order, and returns how many bytes it filled. Zero is the
    /// end of the stream. It gets the first 16 buffers that are not empty.
    ///
    /// The rules of [`AsyncRead::poll_read`](tokio::io::AsyncRead::poll_read) hold. `read` is not called if all buffers are
    /// empty, or while there are [unread bytes](Self::unread), which are returned first.
    ///
    /// # Errors
    ///
    /// The error of `read`. If `read` panics or reports more bytes than fit, this direction is broken, and every later read
    /// fails.
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

impl_async_read!(MseStream);
impl_async_write!(MseStream);
