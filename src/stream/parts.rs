//! The parts of a stream.

use std::fmt;
use std::io;

use bytes::Bytes;

use crate::crypto::keystream::Keystream;
use crate::handshake::Negotiated;
use crate::stream::MseStream;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

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
