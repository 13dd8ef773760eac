//! The stream after the handshake.

mod fault;
mod forward;
pub(crate) mod halves;
mod inbound;
mod outbound;

use std::fmt;
use std::io;

use bytes::Bytes;

use crate::crypto::keystream::Keystream;
use crate::handshake::{Established, Negotiated};
use crate::mode::Role;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

pub(crate) use fault::{Breach, Fault};
pub(crate) use inbound::poll_read_checked;

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
/// The exceptions:
///
/// - Empty reads and writes do not reach the transport.
/// - The first reads return the bytes that arrived with the handshake.
/// - On an encrypted stream, a vectored write becomes one ordinary write, and one write passes on at most 16 KiB and 128
///   bytes.
/// - A direction whose transport broke its contract returns errors.
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
    pub(crate) negotiated: Negotiated,
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

/// The parts of an [`MseStream`], from [`MseStream::into_parts`].
///
/// The keystream of each direction is `Ok(None)` if the stream is not encrypted, and `Err` if the direction is broken. With a
/// broken direction, one end would decrypt garbage.
///
/// ```
/// # use tokio_mse::{MseStream, Role};
/// # fn example(peer: MseStream<std::net::TcpStream>) -> std::io::Result<()> {
/// let parts = peer.into_parts();
/// let mut message = *b"\0\0\0\0";
/// if let Some(keystream) = &mut parts.encrypt? {
///     keystream.apply(&mut message);
/// }
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct Parts<T> {
    /// The transport.
    pub io: T,
    /// Decrypted bytes that arrived with the handshake and have not been read. They precede those of `io`.
    pub unread: Bytes,
    /// Decrypts bytes that you read from `io`. `Ok(None)` if the stream is not encrypted, `Err` if the direction is broken.
    pub decrypt: io::Result<Option<Keystream>>,
    /// Encrypts bytes that you write to `io`. `Ok(None)` if the stream is not encrypted, `Err` if the direction is broken.
    pub encrypt: io::Result<Option<Keystream>>,
    /// The result of the handshake.
    pub negotiated: Negotiated,
}

impl<T> MseStream<T> {
    /// Splits the stream into transport, unread bytes and keystreams.
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

    /// Assembles a stream from its parts: the inverse of [`into_parts`](Self::into_parts). A broken direction stays broken.
    pub fn from_parts(parts: Parts<T>) -> Self {
        Self {
            io: parts.io,
            inbound: Inbound::from_parts(parts.unread, parts.decrypt),
            outbound: Outbound::from_parts(parts.encrypt),
            negotiated: parts.negotiated,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Parts<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Prints only the number of unread bytes: they were encrypted on the wire.
        f.debug_struct("Parts")
            .field("io", &self.io)
            .field("unread", &self.unread.len())
            .field("decrypt", &self.decrypt)
            .field("encrypt", &self.encrypt)
            .field("negotiated", &self.negotiated)
            .finish()
    }
}
